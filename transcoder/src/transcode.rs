//! The transcoder's story: a job, the plan, the missing segments, the closing.

use std::sync::Arc;

use domain::{
    Happening, Plan, ProgressEvent, Reason, RenditionName, StoredPlan, Task, VideoJob, Work,
    keys::RunKeys,
};
use media::{Cage, MediaError};
use platform::{
    consumer::{JobError, Lease, Worker},
    objects::{Objects, ReaderOptions},
    queue::SqsQueue,
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
    /// Our own queue, where the chunks of long videos go.
    pub(crate) queue: Arc<SqsQueue>,
    /// Where libav runs.
    pub(crate) cage: Cage,
    /// Spans encoded at once.
    pub(crate) spans: usize,
}

impl Worker for Transcoder {
    type Job = VideoJob;

    async fn run(&self, job: &VideoJob, lease: &Lease) -> Result<(), JobError> {
        let work = async {
            match &job.task {
                Task::Make => self.make(job, lease).await,
                Task::Chunk { chunk } => {
                    let plan = self.stored_plan(&job.run).await?;
                    self.make_part(job, &plan, Work::Chunk(*chunk), lease).await
                }
                Task::Close { rendition } => self.close(job, rendition).await,
            }
        };
        source::unless_deleted(&self.media, job, work).await
    }

    async fn give_up(&self, job: &VideoJob, reason: &Reason) -> anyhow::Result<()> {
        match &job.task {
            Task::Make | Task::Chunk { .. } => {
                for rendition in self.renditions.iter().cloned() {
                    let reason = reason.clone();
                    self.report(&job.run, Happening::Failed { rendition, reason }).await?;
                }
                match source::stored_plan(&self.media, &job.run).await? {
                    Some(StoredPlan::Accepted(plan)) if self.makes_sound() => {
                        self.text_captions_failed(job, &plan, reason).await
                    }
                    _ => Ok(()),
                }
            }
            Task::Close { rendition } => {
                let (rendition, reason) = (rendition.clone(), reason.clone());
                self.report(&job.run, Happening::Mp4Failed { rendition, reason }).await
            }
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
        let cage = self.cage;
        let decide =
            move |reader, size_bytes, recipe| cage.plan(Box::new(reader), size_bytes, recipe);
        let plan = match source::plan(&self.media, job, &source, decide).await? {
            StoredPlan::Accepted(plan) => *plan,
            StoredPlan::Rejected(reason) => {
                return Ok(self.report(&job.run, Happening::Rejected { reason }).await?);
            }
        };
        let renditions = self.ours(&plan);
        let started = Happening::Started { renditions, plan: Box::new(plan.clone()) };
        self.report(&job.run, started).await?;
        if plan.messages() == 1 {
            self.make_part(job, &plan, Work::Whole, lease).await?;
        } else {
            // Both at once: who waits for the first segment does not wait for the sending.
            let spread = async { Ok(self.spread(job, &plan).await?) };
            tokio::try_join!(spread, self.make_part(job, &plan, Work::Chunk(0), lease))?;
        }
        if self.makes_sound() {
            self.text_captions(job, &plan, source, lease).await?;
        }
        Ok(())
    }

    /// Makes what is missing of this part, and closes what is whole then.
    async fn make_part(
        &self,
        job: &VideoJob,
        plan: &Plan,
        work: Work,
        lease: &Lease,
    ) -> Result<(), JobError> {
        let ours = self.ours(plan);
        if !ours.is_empty() {
            let source = source::open_with(&self.raw, job, self.reading()).await?;
            self.encode_missing(job, plan, &ours, work, source, lease).await?;
        }
        for rendition in &ours {
            self.close_if_whole(job, plan, rendition).await?;
        }
        Ok(())
    }

    /// Which of our renditions this video gets.
    pub(crate) fn ours(&self, plan: &Plan) -> Vec<RenditionName> {
        let made = |name: &&RenditionName| plan.rendition(name).is_some();
        self.renditions.iter().filter(made).cloned().collect()
    }

    /// One cache for all spans of a job, with room for the blocks that each has in hand or ahead.
    fn reading(&self) -> ReaderOptions {
        let usual = ReaderOptions::default();
        ReaderOptions { cached_blocks: usual.cached_blocks.max(4 * self.spans), ..usual }
    }

    fn makes_sound(&self) -> bool {
        self.renditions.iter().any(RenditionName::is_audio)
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

/// A child that crashed or hung is tried again: a machine may be at fault, too.
pub(crate) fn job_error(error: MediaError) -> JobError {
    match (error.reason(), error) {
        (Some(reason), MediaError::Rejected(_)) => JobError::Permanent(reason),
        (Some(reason), error) => JobError::Retryable(anyhow::Error::new(error).context(reason)),
        (None, error) => error.into(),
    }
}
