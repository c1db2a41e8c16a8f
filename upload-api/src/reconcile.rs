//! Compares the catalogue with the buckets, and mends if told to: after a restore, an incident, or
//! once a month. It lists and pages, so its memory does not grow with what there is.

mod objects;
mod records;

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

use clap::Args;
use domain::VideoId;
use serde::Serialize;

use crate::{App, clock};

/// What `reconcile` is told.
#[derive(Args, Clone, Copy, Debug)]
pub struct ReconcileArgs {
    /// Mend what differs instead of only telling it.
    #[arg(long)]
    pub repair: bool,

    /// Leave alone what nobody knows if it is younger than this many hours: its record may have
    /// been restored to a time before it.
    #[arg(long, default_value_t = 24)]
    pub older_than_hours: u64,
}

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of difference.
    pub kind: FindingKind,
    /// Which video; none if even that cannot be told.
    pub video_id: Option<VideoId>,
    /// Where: a bucket and a key or prefix in it.
    pub place: String,
    /// Whether it was mended.
    pub is_repaired: bool,
}

/// Kinds of differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Objects of a video that has no record. Repair: they go.
    ObjectsWithoutRecord,
    /// An object that is not where any video's would be. Never touched.
    ForeignObject,
    /// A video that is to be made has lost its file. Repair: it fails, and says so.
    SourceMissing,
    /// Something that is said to be complete is not there. Repair: the video is made anew, if its
    /// file is there.
    OutputMissing,
    /// An upload in parts that no record waits for. Repair: it is aborted.
    UnknownUpload,
}

/// What was compared, and what differed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Videos in the catalogue.
    pub records: u64,
    /// Videos in the buckets.
    pub prefixes: u64,
    /// Findings by kind, and how many of them were mended.
    pub found: BTreeMap<FindingKind, (u64, u64)>,
}

/// A comparison under way.
struct Round<'a> {
    app: &'a App,
    args: ReconcileArgs,
    now: u64,
    summary: Summary,
    tell: &'a mut dyn FnMut(&Finding),
}

/// Compares everything, and tells each difference as it is found.
///
/// # Errors
/// If the table or a bucket does not answer. What was mended stays so; begin again.
pub async fn reconcile(
    app: &App,
    args: ReconcileArgs,
    tell: &mut dyn FnMut(&Finding),
) -> anyhow::Result<Summary> {
    let (now, summary) = (clock::unix_now(), Summary::default());
    let mut round = Round { app, args, now, summary, tell };
    records::compare(&mut round).await?;
    objects::compare(&mut round, &app.raw).await?;
    objects::compare(&mut round, &app.media).await?;
    objects::compare_uploads(&mut round, &app.raw).await?;
    objects::compare_uploads(&mut round, &app.media).await?;
    Ok(round.summary)
}

impl Round<'_> {
    fn found(
        &mut self,
        kind: FindingKind,
        video_id: Option<VideoId>,
        place: String,
        is_repaired: bool,
    ) {
        let (found, repaired) = self.summary.found.entry(kind).or_default();
        *found += 1;
        *repaired += u64::from(is_repaired);
        (self.tell)(&Finding { kind, video_id, place, is_repaired });
    }

    fn is_old(&self, written_at: u64) -> bool {
        written_at + self.args.older_than_hours * 3600 <= self.now
    }
}

impl Summary {
    /// Whether everything is as it should be, now.
    pub fn is_clean(&self) -> bool {
        self.found.iter().all(|(kind, (found, repaired))| {
            found == repaired || *kind == FindingKind::ForeignObject
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut found = String::new();
        for (kind, (count, repaired)) in &self.found {
            let kind = serde_json::to_value(kind).map_err(|_| fmt::Error)?;
            write!(found, "; {}: {count}, {repaired} repaired", kind.as_str().unwrap_or_default())?;
        }
        let Self { records, prefixes, .. } = self;
        write!(f, "{records} records, {prefixes} videos in the buckets{found}")
    }
}
