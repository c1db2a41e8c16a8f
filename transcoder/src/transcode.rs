//! The transcoder's story: a job, the plan, the missing segments, the closing.

use domain::{
    Happening, Plan, ProgressEvent, Reason, RenditionName, StoredPlan, Task, VideoJob,
    keys::RunKeys,
};
use platform::{
    consumer::{JobError, Lease, Worker},
    objects::Objects,
    source,
    topic::Topic,
};

/// Makes `renditions` of every video on its queue.
pub(crate) struct Transcoder {
    /// What this fleet makes.
    pub(crate) renditions: Vec<RenditionName>,
    /// Uploaded files.
    pub(crate) raw: Objects,
    /// What we make of them.
    pub(crate) media: Objects,
    /// Where the jobs for MP4s go.
    pub(crate) uploaded: Topic,
    /// Where we report.
    pub(crate) progress: Topic,
    /// Spans encoded at once.
    pub(crate) spans: usize,
}

impl Worker for Transcoder {
    type Job = VideoJob;

    async fn run(&self, job: &VideoJob, lease: &Lease) -> Result<(), JobError> {
        match &job.task {
            Task::Make => self.make(job, lease).await,
            Task::Close { rendition } => self.close(job, rendition).await,
            Task::ThumbnailsFrom { .. } => Ok(()), // concerns the thumbnailer only
        }
    }

    async fn give_up(&self, job: &VideoJob, reason: &Reason) -> anyhow::Result<()> {
        match &job.task {
            Task::Make => {
                for rendition in self.renditions.iter().cloned() {
                    let reason = reason.clone();
                    self.report(&job.run, Happening::Failed { rendition, reason }).await?;
                }
                Ok(())
            }
            Task::Close { rendition } => {
                let (rendition, reason) = (rendition.clone(), reason.clone());
                self.report(&job.run, Happening::Mp4Failed { rendition, reason }).await
            }
            Task::ThumbnailsFrom { .. } => Ok(()),
        }
    }

    async fn ready(&self) -> anyhow::Result<()> {
        tokio::try_join!(
            self.raw.reachable(),
            self.media.reachable(),
            self.uploaded.reachable(),
            self.progress.reachable(),
        )?;
        Ok(())
    }
}

impl Transcoder {
    async fn make(&self, job: &VideoJob, lease: &Lease) -> Result<(), JobError> {
        let source = source::open(&self.raw, job).await?;
        let decide = |reader, size_bytes, recipe| media::plan(Box::new(reader), size_bytes, recipe);
        let plan = match source::plan(&self.media, job, &source, decide).await? {
            StoredPlan::Accepted(plan) => *plan,
            StoredPlan::Rejected(reason) => {
                return Ok(self.report(&job.run, Happening::Rejected { reason }).await?);
            }
        };
        let made = |name: &&RenditionName| plan.rendition(name).is_some();
        let ours: Vec<_> = self.renditions.iter().filter(made).cloned().collect();
        let started = Happening::Started { renditions: ours.clone(), plan: Box::new(plan.clone()) };
        self.report(&job.run, started).await?;
        if !ours.is_empty() {
            self.encode_missing(job, &plan, &ours, source, lease).await?;
        }
        for rendition in &ours {
            self.close_if_whole(job, &plan, rendition).await?;
        }
        Ok(())
    }

    /// Tells the catalogue.
    pub(crate) async fn report(&self, run: &RunKeys, happening: Happening) -> anyhow::Result<()> {
        let event = ProgressEvent { version: 1, run: run.clone(), happening };
        self.progress.publish(&event, &[], None).await
    }

    /// The stored plan of a job that must have one.
    pub(crate) async fn stored_plan(&self, run: &RunKeys) -> Result<Plan, JobError> {
        match source::stored_plan(&self.media, run).await? {
            Some(StoredPlan::Accepted(plan)) => Ok(*plan),
            Some(StoredPlan::Rejected(reason)) => Err(JobError::Permanent(reason)),
            None => Err(JobError::Permanent(Reason::source_gone())),
        }
    }
}
