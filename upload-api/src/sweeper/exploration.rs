//! Everything that can happen to an uploaded video, in every order that matters: what workers
//! report, late and twice, dead letters, the owner's retries, sweeps that find a long queue or none,
//! a making that supersedes another, and its deletion. No state is illegal, none is stuck, and no
//! result is lost.

use std::collections::{HashSet, VecDeque};

use domain::{
    Happening, OwnerId, Plan, ProgressEvent, Reason, Recipe, RenditionName, SourceInfo,
    SourceObject,
    keys::RunKeys,
    source::{Color, Orientation, VideoTrack},
    video::{Mp4State, RenditionState, ThumbnailsState},
};

use super::*;
use crate::{progress, retries};

/// Moments do not matter, only whether a deadline is over: it is, at each sweep.
const BEGIN: u64 = 0;
const SWEEP: u64 = 3 * 3600;
/// More makings than one, and an end.
const GENERATIONS: u32 = 2;
/// Steps of each story, after its beginning.
const DEPTH: usize = 6;

#[derive(Clone, Copy, Debug)]
enum Action {
    Admit(bool),
    Published,
    /// A report of this making.
    Report(u32, &'static str),
    SweepLongQueue,
    SweepNothingThere,
    SweepQueuesDown,
    Retry(&'static str),
    Delete,
    Erased,
}

use Action::{
    Admit, Delete, Erased, Published, Report, Retry, SweepLongQueue, SweepNothingThere,
    SweepQueuesDown,
};

const REPORTS: [&str; 7] =
    ["started", "segments", "complete", "failed", "mp4", "thumbnails", "superseded"];

fn actions() -> Vec<Action> {
    let mut all = vec![
        Admit(true),
        Admit(false),
        Published,
        SweepLongQueue,
        SweepNothingThere,
        SweepQueuesDown,
        Retry("480p"),
        Retry("thumbnails"),
        Delete,
        Erased,
    ];
    for generation in 1..=GENERATIONS {
        all.extend(REPORTS.map(|report| Report(generation, report)));
    }
    all
}

/// The video, and what of it is in the bucket whatever the catalogue says.
#[derive(Clone)]
struct World {
    entry: Option<Entry>,
    made: Made,
    /// Jobs that sweeps have sent again in this making, the owner's retries aside.
    sent_again: Vec<String>,
}

/// What workers have reported of the current making.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Made {
    rung: bool,
    mp4: bool,
    thumbnails: bool,
}

impl World {
    fn begin() -> Self {
        let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        let created_at = "2026-01-01T00:00:00Z".to_owned();
        let recipe = Recipe::standard().id();
        let mut video = Video::begin(id, OwnerId::local(), "Clip".into(), created_at, recipe);
        video.uploaded(SourceObject { key: "k".into(), size_bytes: 1, etag: "e".into() });
        let due = Some(Due { owed: Owed::Publish, at: BEGIN });
        let entry = Some(Entry { due, ..Entry::new(video) });
        Self { entry, made: Made::default(), sent_again: Vec::new() }
    }

    /// `None` if it cannot happen here.
    fn after(&self, action: Action) -> Option<Self> {
        let mut world = self.clone();
        let entry = world.entry.as_mut()?;
        let before = entry.clone();
        match action {
            Erased if before.is_deleted() => {
                world.entry = None;
                return Some(world);
            }
            Erased => return None,
            // To all but sweepers it is not there any more.
            Admit(_) | Published | Report(..) | Retry(_) | Delete if before.is_deleted() => {
                return None;
            }
            Admit(has_come) => {
                let is_new = entry.video.record.state == VideoState::Uploaded;
                if !is_new || entry.video.is_working() {
                    return None;
                }
                admission::take_turn(entry, has_come, BEGIN);
            }
            Published => {
                if !entry.video.is_working() || before.due?.owed != Owed::Publish {
                    return None;
                }
                let fleets = entry.video.record.retries.clone();
                jobs::settle(entry, &fleets);
            }
            Report(generation, report) => {
                let event = report_of(&before.video, generation, report)?;
                progress::take_in(entry, &event);
                if generation == before.video.record.generation {
                    match report {
                        "complete" => world.made.rung = true,
                        "mp4" => world.made.mp4 = true,
                        "thumbnails" => world.made.thumbnails = true,
                        _ => {}
                    }
                }
            }
            SweepLongQueue => sweep_with(entry, Some(&queues(1)))?,
            SweepNothingThere => {
                sweep_with(entry, Some(&queues(0)))?;
                world.sent_again.extend(resent(&before, entry));
            }
            SweepQueuesDown => sweep_with(entry, None)?,
            Retry(name) => {
                retries::reopen(entry, &name.into()).ok()?;
                world.sent_again.retain(|key| !key.starts_with(name));
            }
            Delete => entry.due = Some(deletion::due()),
        }
        if *entry != before {
            entry.keep(&before, SWEEP);
        }
        if entry.video.record.generation != before.video.record.generation {
            (world.made, world.sent_again) = (Made::default(), Vec::new());
        }
        entry.video.record.version = 0;
        // Everything is as old as anything else: a sweep finds all deadlines over.
        entry.video.record.open_jobs.values_mut().for_each(|job| job.since = BEGIN);
        if let Some(due) = &mut entry.due {
            due.at = BEGIN;
        }
        Some(world)
    }

    fn check(&self, story: &[Action]) {
        let Some(entry) = &self.entry else { return };
        let (video, due) = (&entry.video, entry.due.map(|due| due.owed));
        let record = &video.record;
        let tell = || format!("{:?} {due:?} {:?} after {story:?}", record.state, record.open_jobs);
        // Somebody comes back to whatever is not at its end.
        if entry.is_deleted() {
            return;
        }
        if !record.state.is_final() || !record.retries.is_empty() {
            assert!(due.is_some(), "nobody looks at it: {}", tell());
        } else {
            assert!(due != Some(Owed::Watch) && record.open_jobs.is_empty(), "{}", tell());
        }
        if !record.retries.is_empty() {
            assert_eq!(due, Some(Owed::Publish), "{}", tell());
        }
        let is_waiting = video.waits_for_its_turn();
        if due == Some(Owed::Watch) {
            assert!(!record.open_jobs.is_empty() && !is_waiting, "{}", tell());
        }
        let needs_reason = matches!(record.state, VideoState::Partial | VideoState::Failed);
        assert!(!needs_reason || record.reason.is_some(), "no reason: {}", tell());
        assert!(record.state != VideoState::Ready || record.reason.is_none(), "{}", tell());
        // What is made is there, whatever was said before and after.
        let rung = video.rendition(&"480p".into());
        let state = rung.map(|rung| rung.state);
        assert!(!self.made.rung || state == Some(RenditionState::Complete), "{}", tell());
        let mp4 = rung.map(|rung| rung.mp4_state);
        assert!(!self.made.mp4 || mp4 == Some(Mp4State::Complete), "{}", tell());
        let thumbnails = record.thumbnails.state;
        assert!(!self.made.thumbnails || thumbnails == ThumbnailsState::Complete, "{}", tell());
        let mut once: Vec<_> = self.sent_again.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), self.sent_again.len(), "sent again twice: {}", tell());
    }

    /// What distinguishes it from others; of the plan it matters that there is one.
    fn key(&self) -> String {
        let entry = self.entry.as_ref().map(|entry| {
            let mut video = entry.video.clone();
            let is_planned = video.record.plan.take().is_some();
            (format!("{video:?}"), entry.due, is_planned)
        });
        let sent_again: BTreeSet<_> = self.sent_again.iter().collect();
        format!("{entry:?} {:?} {sent_again:?}", self.made)
    }

    /// Does these over and over; the state it comes to.
    fn settled_by(&self, actions: &[Action]) -> Option<VideoState> {
        let mut world = self.clone();
        for _ in 0..6 {
            for action in actions {
                world = world.after(*action).unwrap_or(world);
            }
        }
        world.entry.map(|entry| entry.video.record.state)
    }
}

/// What a sweep has found lost, and not for the last time.
fn resent(before: &Entry, after: &Entry) -> Vec<String> {
    let (before, after) = (&before.video.record, &after.video.record);
    let owed = after.retries.difference(&before.retries);
    let job = |fleet: &RenditionName| {
        let mut open = after.open_jobs.keys();
        open.find(|key| key.split('/').next() == Some(&*fleet.0)).cloned()
    };
    owed.filter_map(job).collect()
}

/// `None` if there is nothing to do.
fn sweep_with(entry: &mut Entry, backlogs: Option<&Backlogs>) -> Option<()> {
    entry.due?;
    claim(entry, SWEEP, backlogs);
    Some(())
}

fn queues(waiting: u64) -> Backlogs {
    let names = ["audio", "480p", "720p", "1080p", "thumbnails"];
    Backlogs::of(&names.map(|name| (name, waiting, waiting)))
}

/// Workers of a making report only once it has begun.
fn report_of(video: &Video, generation: u32, report: &str) -> Option<ProgressEvent> {
    if video.record.generation < generation || !has_begun(video) {
        return None;
    }
    let rendition = RenditionName::from("480p");
    let reason = Reason::worker_died();
    let happening = match report {
        "started" => Happening::Started { renditions: vec![rendition], plan: Box::new(plan()) },
        "segments" => Happening::Segments { rendition, chunk: 0, segments: 1 },
        "complete" => Happening::Complete {
            rendition,
            size_bytes: 1000,
            peak_bps: 1000,
            average_bps: 1000,
            loudness: None,
        },
        "failed" => Happening::Failed { rendition, reason },
        "mp4" => Happening::Mp4Complete { rendition, size_bytes: 9 },
        "thumbnails" => Happening::ThumbnailsComplete,
        _ if generation < GENERATIONS => Happening::Superseded { reason },
        _ => return None,
    };
    let run = RunKeys { generation, ..video.run() };
    Some(ProgressEvent { version: 1, run, happening })
}

fn has_begun(video: &Video) -> bool {
    video.is_working() || video.record.state.is_final()
}

/// Of a silent clip that fills the smallest rung only.
fn plan() -> Plan {
    let track = VideoTrack {
        stream: 0,
        codec: "h264".into(),
        width: 640,
        height: 360,
        sample_aspect_ratio: (1, 1),
        orientation: Orientation::default(),
        average_rate: None,
        base_rate: None,
        start_us: 0,
        late_us: 0,
        duration_us: 8_000_000,
        bitrate_bps: None,
        interlaced: false,
        pixel_format: "yuv420p".into(),
        color: Color::default(),
        cuttable: true,
    };
    let source = SourceInfo {
        container: "mov".into(),
        size_bytes: 9,
        video: Some(track),
        audio: None,
        refused_audio: None,
        captions: Vec::new(),
    };
    Plan::new(source, Recipe::standard()).unwrap()
}

#[test]
fn whatever_happens_a_video_comes_to_its_end_and_nothing_made_is_lost() {
    let all = actions();
    let told = [Admit(true), Published];
    let begun = [&told[..], &[Report(1, "started")]].concat();
    let remade = [&begun[..], &[Report(1, "superseded"), Published, Report(2, "started")]].concat();
    let mut seen = HashSet::new();
    let mut queue = VecDeque::new();
    for beginning in [Vec::new(), begun, remade] {
        let world = beginning.iter().fold(World::begin(), |world, action| {
            world.after(*action).expect("a story that can be told")
        });
        queue.push_back((world, beginning.clone(), beginning.len() + DEPTH));
    }
    while let Some((world, story, most)) = queue.pop_front() {
        // Nobody ever reports anything: sweepers bring it to an end.
        let alone = [Admit(true), Published, SweepNothingThere, Erased];
        let end = world.settled_by(&alone);
        assert!(end.is_none_or(VideoState::is_final), "stuck at {end:?} after {story:?}");
        // Everything is made in the end: that counts, whatever came before.
        let generation = world.entry.as_ref().map(|entry| entry.video.record.generation);
        let made = ["started", "complete", "mp4", "thumbnails"];
        let made = made.map(|report| Report(generation.unwrap_or(1), report));
        let good = [&[Admit(true), Published][..], &made, &[SweepLongQueue, Published]].concat();
        let end = world.settled_by(&good);
        let is_deleted = world.entry.as_ref().is_none_or(Entry::is_deleted);
        let is_good = matches!(end, Some(VideoState::Ready | VideoState::Partial));
        assert!(is_deleted || is_good, "{end:?} after {story:?}");
        for action in &all {
            let Some(next) = world.after(*action) else { continue };
            let story = [story.clone(), vec![*action]].concat();
            next.check(&story);
            if seen.insert(next.key()) && story.len() < most {
                queue.push_back((next, story, most));
            }
        }
    }
    assert!(1000 < seen.len(), "only {} states", seen.len());
}
