//! How a fleet gets at a job's source and plan.

use anyhow::{Context, anyhow};
use domain::{Reason, Recipe, StoredPlan, VideoJob, keys::RunKeys};

use crate::{
    consumer::{Job, JobError},
    objects::{ObjectReader, Objects, PutOutcome, ReaderOptions},
};

impl Job for VideoJob {
    fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// A blocking reader of the job's uploaded file.
///
/// # Errors
/// Permanent if the file is gone: its video was deleted.
pub async fn open(raw: &Objects, job: &VideoJob) -> Result<ObjectReader, JobError> {
    open_with(raw, job, ReaderOptions::default()).await
}

/// The same with blocks and a cache of its own.
///
/// # Errors
/// As [`open`].
pub async fn open_with(
    raw: &Objects,
    job: &VideoJob,
    options: ReaderOptions,
) -> Result<ObjectReader, JobError> {
    let source = &job.source;
    if raw.find(&source.key).await?.is_none() {
        return Err(JobError::Permanent(Reason::source_gone()));
    }
    Ok(raw.reader_with(&source.key, source.size_bytes, &source.etag, options))
}

/// The plan that all workers of the job obey: the stored one, or ours if nobody was first.
///
/// `decide` looks at the source on a blocking thread; both an accepted plan and a rejection are
/// stored, so that a probe's whim decides once.
///
/// # Errors
/// Retryable if the bucket or the source cannot be read, or if the job asks for settings that
/// this version does not have.
pub async fn plan<E>(
    media: &Objects,
    job: &VideoJob,
    source: &ObjectReader,
    decide: impl FnOnce(ObjectReader, u64, Recipe) -> Result<StoredPlan, E> + Send + 'static,
) -> Result<StoredPlan, JobError>
where
    E: Into<anyhow::Error> + Send + 'static,
{
    if let Some(plan) = stored_plan(media, &job.run).await? {
        return Ok(plan);
    }
    let recipe = Recipe::standard();
    if recipe.id() != job.run.recipe {
        let (ours, theirs) = (recipe.id(), &job.run.recipe);
        return Err(anyhow!("the job wants recipe {theirs}, this version has {ours}").into());
    }
    let (reader, size_bytes) = (source.clone(), job.source.size_bytes);
    let decided = tokio::task::spawn_blocking(move || decide(reader, size_bytes, recipe));
    let plan = decided.await.context("looking at the source")?.map_err(Into::into)?;
    let json = serde_json::to_vec(&plan).context("writing the plan as JSON")?;
    match media.put_if_absent(&job.run.plan(), json, "application/json").await? {
        PutOutcome::Stored => Ok(plan),
        PutOutcome::Exists => {
            let stored = stored_plan(media, &job.run).await?;
            Ok(stored.context("the plan vanished between two reads")?)
        }
    }
}

/// The plan in the bucket, if there is one.
///
/// # Errors
/// If the bucket does not answer or holds something else there.
pub async fn stored_plan(media: &Objects, run: &RunKeys) -> anyhow::Result<Option<StoredPlan>> {
    let Some(json) = media.find_bytes(&run.plan()).await? else { return Ok(None) };
    Ok(Some(serde_json::from_slice(&json).context("reading plan.json")?))
}
