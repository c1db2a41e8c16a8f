//! Takes what the workers report into the catalogue.

use domain::{ProgressEvent, Reason};
use platform::consumer::{Job, JobError, Lease, Worker};
use serde::Deserialize;
use tracing::{debug, warn};

use crate::{
    catalogue::{Catalogue, Due, Entry, Owed},
    clock,
};

/// A message of the topic `video-progress`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Report(ProgressEvent);

impl Job for Report {}

/// Applies events to videos; order and duplicates do not matter.
#[derive(Debug)]
pub struct ProgressWorker {
    catalogue: Catalogue,
}

impl ProgressWorker {
    /// A worker for this catalogue.
    pub fn new(catalogue: Catalogue) -> Self {
        Self { catalogue }
    }
}

/// A video that begins anew is owed a publish, in the same write.
pub(crate) fn take_in(entry: &mut Entry, event: &ProgressEvent) -> bool {
    let generation = entry.video.record.generation;
    let changed = entry.video.apply(event);
    if entry.video.record.generation != generation {
        entry.due = Some(Due { owed: Owed::Publish, at: clock::unix_now() });
    }
    changed
}

impl Worker for ProgressWorker {
    type Job = Report;

    async fn run(&self, Report(event): &Report, _: &Lease) -> Result<(), JobError> {
        let id = event.run.video_id;
        let updated = self.catalogue.update(id, |entry| take_in(entry, event)).await?;
        match updated {
            Some(updated) if updated.answer => {
                debug!(%id, version = updated.video.record.version, "event taken in");
            }
            Some(_) => debug!(%id, "an event that changes nothing"),
            None => debug!(%id, "an event of a deleted video"),
        }
        Ok(())
    }

    async fn give_up(&self, Report(event): &Report, reason: &Reason) -> anyhow::Result<()> {
        // The letter keeps the event; sent again it does no harm however late.
        warn!(id = %event.run.video_id, %reason, "an event is not in the catalogue");
        Ok(())
    }

    async fn ready(&self) -> anyhow::Result<()> {
        self.catalogue.reachable().await
    }
}
