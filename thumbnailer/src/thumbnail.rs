//! The thumbnailer's story: a job, the plan, a few stills, the best of them as the poster.

use anyhow::Context;
use domain::{Happening, Plan, ProgressEvent, Reason, StoredPlan, Task, VideoJob, keys::RunKeys};
use media::{Cage, MediaError, StillsRequest};
use platform::{
    consumer::{JobError, Lease, Worker},
    objects::{ObjectReader, Objects},
    source,
    topic::Topic,
};

use crate::poster;

/// Widest poster in pixels: what a watch page shows before playing.
const POSTER_WIDTH: u32 = 1280;
/// Where in the video to look, in thousandths of its length: the very beginning is often black.
const LOOK_AT: [u16; 3] = [100, 300, 500];

/// Makes the poster of every video on its queue.
pub(crate) struct Thumbnailer {
    /// Uploaded files.
    pub(crate) raw: Objects,
    /// Where the poster goes.
    pub(crate) media: Objects,
    /// Where we report.
    pub(crate) progress: Topic,
    /// Where libav runs.
    pub(crate) cage: Cage,
}

impl Worker for Thumbnailer {
    type Job = VideoJob;

    async fn run(&self, job: &VideoJob, _: &Lease) -> Result<(), JobError> {
        match job.task {
            Task::Make => source::unless_deleted(&self.media, job, self.make(job)).await,
            Task::Chunk { .. } | Task::Close { .. } => Ok(()), // concern transcoders only
        }
    }

    async fn give_up(&self, job: &VideoJob, reason: &Reason) -> anyhow::Result<()> {
        let reason = reason.clone();
        self.report(&job.run, Happening::ThumbnailsFailed { reason }).await
    }

    async fn ready(&self) -> anyhow::Result<()> {
        tokio::try_join!(self.raw.reachable(), self.media.reachable(), self.progress.reachable(),)?;
        Ok(())
    }
}

impl Thumbnailer {
    async fn make(&self, job: &VideoJob) -> Result<(), JobError> {
        let source = source::open(&self.raw, job).await?;
        let cage = self.cage;
        let decide =
            move |reader, size_bytes, recipe| cage.plan(Box::new(reader), size_bytes, recipe);
        let plan = match source::plan(&self.media, job, &source, decide).await? {
            StoredPlan::Accepted(plan) => plan,
            StoredPlan::Rejected(reason) => {
                return Ok(self.report(&job.run, Happening::Rejected { reason }).await?);
            }
        };
        let started = Happening::Started { renditions: Vec::new(), plan: plan.clone() };
        self.report(&job.run, started).await?;
        if self.media.find(&job.run.poster()).await?.is_none() {
            let jpeg = best_still(cage, source, *plan).await?;
            self.media.put_if_absent(&job.run.poster(), jpeg, "image/jpeg").await?;
        }
        Ok(self.report(&job.run, Happening::ThumbnailsComplete).await?)
    }

    async fn report(&self, run: &RunKeys, happening: Happening) -> anyhow::Result<()> {
        let event = ProgressEvent { version: 1, run: run.clone(), happening };
        self.progress.publish(&event, &[], None).await
    }
}

/// The still that shows most, as a JPEG.
async fn best_still(cage: Cage, source: ObjectReader, plan: Plan) -> Result<Vec<u8>, JobError> {
    let made = tokio::task::spawn_blocking(move || {
        let positions = LOOK_AT.to_vec();
        let request = StillsRequest { plan, positions, max_width: POSTER_WIDTH };
        let stills = cage.stills(Box::new(source), &request)?;
        let best = stills.into_iter().max_by(|a, b| a.score.total_cmp(&b.score));
        let best = best.ok_or_else(|| MediaError::Rejected(Reason::unreadable()))?;
        poster::jpeg(best).map_err(|error| MediaError::Internal(error.to_string()))
    });
    let made = made.await.context("making stills")?;
    // A child that crashed or hung is tried again: a machine may be at fault, too.
    made.map_err(|error| match (error.reason(), error) {
        (Some(reason), MediaError::Rejected(_)) => JobError::Permanent(reason),
        (Some(reason), error) => JobError::Retryable(anyhow::Error::new(error).context(reason)),
        (None, error) => error.into(),
    })
}
