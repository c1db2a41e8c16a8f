//! The thumbnailer's story: a job, the plan, the poster; then storyboard and preview, from the
//! source's key frames or, where it has too few, from the smallest rung.

use anyhow::Context;
use domain::{
    Happening, Plan, ProgressEvent, Reason, RenditionName, StoredPlan, Task, VideoJob,
    keys::RunKeys,
};
use media::{Cage, MediaError};
use platform::{
    consumer::{JobError, Lease, Worker},
    objects::{Objects, ReaderOptions},
    source,
    topic::Topic,
};

use crate::extras::{Footage, Outcome};

/// Key frames lie far apart: what is read around each should be little.
const READING: ReaderOptions =
    ReaderOptions { block_bytes: 256 * 1024, cached_blocks: 64, read_ahead: 2 };

/// Makes poster, storyboard and preview of every video on its queue.
pub(crate) struct Thumbnailer {
    /// Uploaded files.
    pub(crate) raw: Objects,
    /// Where our pictures go, and where the rungs are.
    pub(crate) media: Objects,
    /// Where we report.
    pub(crate) progress: Topic,
    /// Where libav runs.
    pub(crate) cage: Cage,
}

impl Worker for Thumbnailer {
    type Job = VideoJob;

    async fn run(&self, job: &VideoJob, _: &Lease) -> Result<(), JobError> {
        let work = async {
            match &job.task {
                Task::Make => self.make(job).await,
                Task::ThumbnailsFrom { rendition } => self.complete_from(job, rendition).await,
                Task::Chunk { .. } | Task::Close { .. } => Ok(()), // concern transcoders only
            }
        };
        source::unless_deleted(&self.media, job, work).await
    }

    async fn give_up(&self, job: &VideoJob, reason: &Reason) -> anyhow::Result<()> {
        let reason = reason.clone();
        match job.task {
            Task::Make => self.report(&job.run, Happening::ThumbnailsFailed { reason }).await,
            Task::ThumbnailsFrom { .. } => {
                let storyboard = Happening::StoryboardFailed { reason: reason.clone() };
                self.report(&job.run, storyboard).await?;
                self.report(&job.run, Happening::PreviewFailed { reason }).await
            }
            Task::Chunk { .. } | Task::Close { .. } => Ok(()),
        }
    }

    async fn ready(&self) -> anyhow::Result<()> {
        tokio::try_join!(self.raw.reachable(), self.media.reachable(), self.progress.reachable(),)?;
        Ok(())
    }
}

impl Thumbnailer {
    async fn make(&self, job: &VideoJob) -> Result<(), JobError> {
        let source = source::open_with(&self.raw, job, READING).await?;
        let cage = self.cage;
        let decide =
            move |reader, size_bytes, recipe| cage.plan(Box::new(reader), size_bytes, recipe);
        let plan = match source::plan(&self.media, job, &source, decide).await? {
            StoredPlan::Accepted(plan) => *plan,
            StoredPlan::Rejected(reason) => {
                return Ok(self.report(&job.run, Happening::Rejected { reason }).await?);
            }
        };
        let started = Happening::Started { renditions: Vec::new(), plan: Box::new(plan.clone()) };
        self.report(&job.run, started).await?;
        self.posters(&job.run, &plan, &source).await?;
        let made = self.extras(&job.run, &plan, &Footage::Upload(source)).await?;
        if made == Outcome::NeedsRung {
            self.turn_to_rung(&job.run, &plan).await?;
        }
        Ok(())
    }

    /// The source has too few key frames: is the smallest rung there already?
    async fn turn_to_rung(&self, run: &RunKeys, plan: &Plan) -> Result<(), JobError> {
        let rendition = plan.made_rungs().next().context("the smallest rung is always made")?;
        match self.rung(run, rendition).await? {
            Some(rung) => self.extras(run, plan, &rung).await.map(drop),
            // Who completes it sends a job.
            None => {
                let rendition = rendition.clone();
                Ok(self.report(run, Happening::ThumbnailsAwait { rendition }).await?)
            }
        }
    }

    /// The smallest rung is complete: what the source has not given, it gives now.
    async fn complete_from(&self, job: &VideoJob, name: &RenditionName) -> Result<(), JobError> {
        let plan = match source::stored_plan(&self.media, &job.run).await? {
            Some(StoredPlan::Accepted(plan)) => *plan,
            _ => return Err(JobError::Permanent(Reason::source_gone())),
        };
        if self.has_extras(&job.run, &plan).await? {
            return Ok(()); // and whoever made them tells it
        }
        let rung = self.rung(&job.run, name).await?.context("a complete rung has an index")?;
        self.extras(&job.run, &plan, &rung).await.map(drop)
    }

    /// Tells the catalogue.
    pub(crate) async fn report(&self, run: &RunKeys, happening: Happening) -> anyhow::Result<()> {
        let event = ProgressEvent { version: 1, run: run.clone(), happening };
        self.progress.publish(&event, &[], None).await
    }
}

/// A child that crashed or hung is tried again: a machine may be at fault, too.
pub(crate) fn job_error(error: MediaError) -> JobError {
    match (error.reason(), error) {
        (Some(reason), MediaError::Rejected(_)) => JobError::Permanent(reason),
        (Some(reason), error) => JobError::Retryable(anyhow::Error::new(error).context(reason)),
        (None, error) => error.into(),
    }
}
