//! The ledger: what people were told against what is there. Each check can fail; the tests make it.

#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use domain::VideoId;

use super::clips::Kind;
pub(crate) use told::{Ledger, Mischief, Videos, Waste, seconds_of};

/// What somebody was told about an upload.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) title: String,
    pub(crate) kind: Kind,
    pub(crate) promise: Promise,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// It is taken.
    Taken(VideoId),
    /// It was taken, and is deleted.
    Deleted(VideoId),
    /// It was taken; whether it is deleted nobody said.
    Unclear(VideoId),
    /// Nothing.
    Unanswered,
}

/// A video as the API lists it.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: VideoId,
    pub(crate) title: String,
    pub(crate) state: String,
    /// Why, and what failed.
    pub(crate) reason: String,
}

/// The objects of one video: hashes by what follows the video's own prefix in the key.
pub(crate) type Objects = BTreeMap<String, String>;

/// What is there when all has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    pub(crate) listed: Vec<Listed>,
    /// What workers made, by video.
    pub(crate) media: BTreeMap<VideoId, Objects>,
    /// What was uploaded, by video.
    pub(crate) raw: BTreeMap<VideoId, Objects>,
    pub(crate) tombstones: BTreeSet<VideoId>,
    /// Objects of no video.
    pub(crate) strays: Vec<String>,
    /// Keys of uploads in parts that nobody finished.
    pub(crate) unfinished: Vec<String>,
    /// Dead letters: queue, task and reason.
    pub(crate) letters: Vec<String>,
    /// Messages that are still somewhere, by queue.
    pub(crate) messages: BTreeMap<String, u64>,
}

/// What the ledger complains of, by check.
pub(crate) type Violations = BTreeMap<&'static str, Vec<String>>;

/// What a clean run made of each kind.
pub(crate) type Clean = BTreeMap<Kind, Objects>;

pub(crate) const LOST: &str = "no video is lost";
pub(crate) const LISTED_TWICE: &str = "none is listed twice";
pub(crate) const UNKNOWN: &str = "none is listed that nobody uploaded";
pub(crate) const STUCK: &str = "none is stuck";
pub(crate) const WRONG_END: &str = "each ends as its file deserves";
pub(crate) const DELETED_LIVES: &str = "what is deleted is gone";
pub(crate) const DIFFERENT: &str = "every object equals that of a clean run";
pub(crate) const ORPHANS: &str = "no object is left over";
pub(crate) const UNFINISHED: &str = "no upload in parts is left over";
pub(crate) const LETTERS: &str = "no dead letters";
pub(crate) const MESSAGES: &str = "no message is left over";

pub(crate) const CHECKS: [&str; 11] = [
    LOST,
    LISTED_TWICE,
    UNKNOWN,
    STUCK,
    WRONG_END,
    DELETED_LIVES,
    DIFFERENT,
    ORPHANS,
    UNFINISHED,
    LETTERS,
    MESSAGES,
];

/// Compares what was said with what is.
pub(crate) fn audit(claims: &[Claim], found: &Findings, clean: &Clean) -> Violations {
    let mut audit = Audit { found, clean, violations: Violations::new() };
    audit.claims(claims);
    audit.listed(claims);
    audit.objects(claims);
    for key in &found.unfinished {
        audit.object(UNFINISHED, key.clone());
    }
    for letter in &found.letters {
        audit.object(LETTERS, letter.clone());
    }
    for (queue, messages) in found.messages.iter().filter(|(_, messages)| **messages > 0) {
        audit.object(MESSAGES, format!("{messages} in {queue}"));
    }
    audit.violations
}

struct Audit<'a> {
    found: &'a Findings,
    clean: &'a Clean,
    violations: Violations,
}

impl Audit<'_> {
    fn object(&mut self, check: &'static str, what: String) {
        self.violations.entry(check).or_default().push(what);
    }

    /// What was promised is kept.
    fn claims(&mut self, claims: &[Claim]) {
        for Claim { title, promise, .. } in claims {
            let is_listed = |id: &VideoId| self.found.listed.iter().any(|video| video.id == *id);
            match promise {
                Promise::Taken(id) if !is_listed(id) => {
                    self.object(LOST, format!("{title} ({id})"));
                }
                Promise::Deleted(id) => {
                    if is_listed(id) {
                        self.object(DELETED_LIVES, format!("{title} ({id}) is listed"));
                    }
                    let media = self.found.media.get(id).map_or(0, BTreeMap::len);
                    let raw = self.found.raw.get(id).map_or(0, BTreeMap::len);
                    if media + raw > 0 {
                        let what = format!("{title} ({id}): {raw} raw, {media} made objects");
                        self.object(DELETED_LIVES, what);
                    }
                    if !self.found.tombstones.contains(id) {
                        self.object(DELETED_LIVES, format!("{title} ({id}) has no tombstone"));
                    }
                }
                _ => {}
            }
        }
    }

    /// What is listed was uploaded, once, and has ended well.
    fn listed(&mut self, claims: &[Claim]) {
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for video in &self.found.listed {
            let Listed { id, title, state, reason, .. } = video;
            if !ids.insert(*id) || !titles.insert(title) {
                self.object(LISTED_TWICE, format!("{title} ({id})"));
            }
            let Some(claim) = claims.iter().find(|claim| claim.title == *title) else {
                self.object(UNKNOWN, format!("{title} ({id})"));
                continue;
            };
            let due = if claim.kind.is_rejected() { "rejected" } else { "ready" };
            let has_ended = matches!(&**state, "ready" | "partial" | "failed" | "rejected");
            if is_abandoned(video, claim) || *state == due {
                continue;
            }
            let check = if has_ended { WRONG_END } else { STUCK };
            self.object(check, format!("{title} ({id}) is {state}, not {due}: {reason}"));
        }
    }

    /// What lies in the buckets belongs to a listed video, and is what a clean run makes.
    fn objects(&mut self, claims: &[Claim]) {
        let videos: BTreeMap<_, _> =
            self.found.listed.iter().map(|video| (video.id, video)).collect();
        let deleted: BTreeSet<_> = claims
            .iter()
            .filter_map(|claim| match claim.promise {
                Promise::Deleted(id) => Some(id),
                _ => None,
            })
            .collect();
        for (bucket, objects) in [("raw", &self.found.raw), ("media", &self.found.media)] {
            for (id, objects) in objects {
                if !videos.contains_key(id) && !deleted.contains(id) {
                    let keys: Vec<_> = objects.keys().take(3).cloned().collect();
                    self.object(ORPHANS, format!("{bucket}: {} of {id}: {keys:?}", objects.len()));
                }
            }
        }
        for key in &self.found.strays {
            self.object(ORPHANS, key.clone());
        }
        let nothing = Objects::new();
        for video in self.found.listed.iter().filter(|video| video.state == "ready") {
            let Some(claim) = claims.iter().find(|claim| claim.title == video.title) else {
                continue;
            };
            let Some(clean) = self.clean.get(&claim.kind) else { continue };
            let made = self.found.media.get(&video.id).unwrap_or(&nothing);
            for difference in differences(clean, made) {
                self.object(DIFFERENT, format!("{} ({}): {difference}", video.title, video.id));
            }
            if !self.found.raw.contains_key(&video.id) {
                self.object(LOST, format!("{} ({}): its source", video.title, video.id));
            }
        }
    }
}

/// An upload that nobody answered, and of which not all arrived: it expires a day later.
fn is_abandoned(video: &Listed, claim: &Claim) -> bool {
    video.state == "uploading" && claim.promise == Promise::Unanswered
}

/// What of a video is not as in a clean run. A video that was made anew has a prefix for each
/// making; only the last one is played, and the others go with the video.
fn differences(clean: &Objects, made: &Objects) -> Vec<String> {
    let (clean, made) = (last_making(clean), last_making(made));
    let mut found = Vec::new();
    for (key, hash) in &clean {
        match made.get(key) {
            None => found.push(format!("{key} is missing")),
            Some(other) if other != hash => found.push(format!("{key} differs")),
            Some(_) => {}
        }
    }
    let more = made.keys().filter(|key| !clean.contains_key(*key));
    found.extend(more.map(|key| format!("{key} is too much")));
    found
}

/// Objects of the highest generation, without its prefix `{recipe}-{generation}/`.
fn last_making(objects: &Objects) -> BTreeMap<&str, &str> {
    let parts = objects.iter().filter_map(|(key, hash)| {
        let (making, file) = key.split_once('/')?;
        let generation: u32 = making.rsplit_once('-')?.1.parse().ok()?;
        Some((generation, file, hash.as_str()))
    });
    let parts: Vec<_> = parts.collect();
    let last = parts.iter().map(|(generation, ..)| *generation).max();
    let of_last = parts.into_iter().filter(|(generation, ..)| Some(*generation) == last);
    of_last.map(|(_, file, hash)| (file, hash)).collect()
}
