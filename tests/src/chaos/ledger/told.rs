//! The ledger as people and programs read it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CHECKS, Claim, Findings, Promise};
use crate::chaos::{gremlin::Deeds, proxy::Counts};

/// Complaints of one check that are printed; the JSON has all.
const SHOWN: usize = 8;

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Ledger {
    pub(crate) seed: u64,
    pub(crate) seconds: u64,
    /// How the run was cut short, if it was.
    pub(crate) cut_short: Option<String>,
    pub(crate) videos: Videos,
    pub(crate) mischief: Mischief,
    pub(crate) waste: Waste,
    /// By check; empty where nothing is wrong.
    pub(crate) violations: BTreeMap<&'static str, Vec<String>>,
    pub(crate) notes: Vec<&'static str>,
}

/// Every video accounted for.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Videos {
    pub(crate) asked_for: u32,
    pub(crate) accepted: usize,
    pub(crate) deleted: usize,
    pub(crate) listed_by_state: BTreeMap<String, usize>,
    /// Uploads that got no answer, and were tried again under another title.
    pub(crate) unanswered_uploads: usize,
    /// Of those, the ones that are listed all the same.
    pub(crate) unanswered_and_listed: usize,
    pub(crate) objects_compared: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct Mischief {
    pub(crate) kills: u32,
    /// Of those, the ones that met an encoder at work.
    pub(crate) kills_in_work: u32,
    pub(crate) strikes: BTreeMap<String, u32>,
    pub(crate) strikes_that_met_nobody: u32,
    pub(crate) faults: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Waste {
    /// What the killed encoders had used, their segments that were stored included.
    pub(crate) cpu_seconds_in_killed_encoders: f64,
    /// The same as seconds of video, by what those cost in the clean run; per kill.
    pub(crate) encode_seconds_per_kill: f64,
    /// Segments that were made although they were there.
    pub(crate) segments_made_twice: usize,
    pub(crate) seconds_made_twice: f64,
    /// CPU of all workers over what the same videos cost in the clean run, per kill: also starting
    /// again, looking at the source again, lists and retries.
    pub(crate) extra_cpu_seconds_per_kill: f64,
}

impl Videos {
    pub(crate) fn of(asked_for: u32, claims: &[Claim], found: &Findings) -> Self {
        let count = |promise: fn(Promise) -> bool| {
            claims.iter().filter(|claim| promise(claim.promise)).count()
        };
        let mut videos = Self {
            asked_for,
            accepted: claims.len() - count(|promise| promise == Promise::Unanswered),
            deleted: count(|promise| matches!(promise, Promise::Deleted(_))),
            unanswered_uploads: count(|promise| promise == Promise::Unanswered),
            objects_compared: found.media.values().map(BTreeMap::len).sum(),
            ..Self::default()
        };
        for video in &found.listed {
            *videos.listed_by_state.entry(video.state.clone()).or_default() += 1;
            let claim = claims.iter().find(|claim| claim.title == video.title);
            if claim.is_some_and(|claim| claim.promise == Promise::Unanswered) {
                videos.unanswered_and_listed += 1;
            }
        }
        videos
    }
}

impl Mischief {
    pub(crate) fn of(deeds: &Deeds, counts: &Counts) -> Self {
        let faults = counts.faults.iter();
        let told = faults.map(|((service, what), n)| (format!("{} {what}", service.name()), *n));
        Self {
            kills: deeds.kills,
            kills_in_work: deeds.kills_in_work,
            strikes: deeds.done.clone(),
            strikes_that_met_nobody: deeds.missed,
            faults: told.collect(),
        }
    }
}

impl Ledger {
    pub(crate) fn is_clean(&self) -> bool {
        self.violations.is_empty() && self.cut_short.is_none()
    }

    pub(crate) fn print(&self) {
        let Videos { asked_for, accepted, deleted, objects_compared, .. } = self.videos;
        println!("\nLEDGER of seed {}, {} s", self.seed, self.seconds);
        println!("  videos      {asked_for} asked for, {accepted} accepted, {deleted} deleted");
        println!("  listed      {:?}", self.videos.listed_by_state);
        let (lost, there) = (self.videos.unanswered_uploads, self.videos.unanswered_and_listed);
        println!("  no answer   to {lost} uploads, {there} of which are listed");
        println!("  objects     {objects_compared} compared");
        let (kills, at_work) = (self.mischief.kills, self.mischief.kills_in_work);
        println!("  kills       {kills}, {at_work} of an encoder at work");
        for (what, times) in &self.mischief.strikes {
            println!("    {times:5} × {what}");
        }
        let faults: u64 = self.mischief.faults.values().sum();
        println!("  faults      {faults}");
        for (what, times) in &self.mischief.faults {
            println!("    {times:5} × {what}");
        }
        println!("  waste       {:.2} encode seconds per kill", self.waste.encode_seconds_per_kill);
        println!(
            "              {:.2} CPU seconds in killed encoders",
            self.waste.cpu_seconds_in_killed_encoders
        );
        println!(
            "              {} segments, {:.0} s, made twice",
            self.waste.segments_made_twice, self.waste.seconds_made_twice
        );
        println!(
            "              {:.2} CPU seconds more than a clean run's per kill",
            self.waste.extra_cpu_seconds_per_kill
        );
        for note in &self.notes {
            println!("  note        {note}");
        }
        for check in CHECKS {
            match self.violations.get(check) {
                None => println!("  ok          {check}"),
                Some(all) => {
                    println!("  VIOLATED    {check}: {}", all.len());
                    all.iter().take(SHOWN).for_each(|one| println!("                {one}"));
                }
            }
        }
        if let Some(why) = &self.cut_short {
            println!("  CUT SHORT   {why}");
        }
    }
}

/// Seconds of video in these segments' keys, as the grid has them: 2 s twice, then 4 s.
pub(crate) fn seconds_of(keys: &[String]) -> f64 {
    let index = keys.iter().filter_map(|key| domain::keys::segment_index(key));
    index.map(|index| if index <= 2 { 2.0 } else { 4.0 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_with_a_violation_or_cut_short_is_not_clean() {
        let (deeds, counts) = (Deeds::default(), Counts::default());
        let mut ledger = Ledger {
            seed: 1,
            seconds: 1,
            cut_short: None,
            videos: Videos::of(0, &[], &Findings::default()),
            mischief: Mischief::of(&deeds, &counts),
            waste: Waste {
                cpu_seconds_in_killed_encoders: 0.0,
                encode_seconds_per_kill: 0.0,
                segments_made_twice: 0,
                seconds_made_twice: seconds_of(&["a/00001.m4s".into(), "a/00003.m4s".into()]),
                extra_cpu_seconds_per_kill: 0.0,
            },
            violations: BTreeMap::new(),
            notes: Vec::new(),
        };
        assert!((ledger.waste.seconds_made_twice - 6.0).abs() < 1e-9);
        assert!(ledger.is_clean());
        ledger.cut_short = Some("no time".into());
        assert!(!ledger.is_clean());
        ledger.cut_short = None;
        ledger.violations.insert(CHECKS[0], vec!["one".into()]);
        assert!(!ledger.is_clean());
    }
}
