//! What a service tells the consumer: its jobs, how to do one, and how one may end.

use std::{any::Any, panic::AssertUnwindSafe};

use anyhow::anyhow;
use domain::Reason;
use futures::FutureExt;
use serde::de::DeserializeOwned;

use super::Lease;

/// The body of a message: what to do.
pub trait Job: DeserializeOwned + Send + Sync {
    /// Which attempt its first delivery is, from 1: a job that is sent anew takes its count along.
    fn attempt(&self) -> u32 {
        1
    }
}

/// Why a job did not get done.
#[derive(Debug)]
pub enum JobError {
    /// Another attempt may succeed: the network, the store, or a cause we do not know. A [`Reason`]
    /// in its context is what is told if none does.
    Retryable(anyhow::Error),
    /// No attempt can succeed: the input itself is at fault.
    Permanent(Reason),
}

/// A plain `?` is retryable; the consumer bounds the attempts.
impl<E: Into<anyhow::Error>> From<E> for JobError {
    fn from(error: E) -> Self {
        Self::Retryable(error.into())
    }
}

/// Does one kind of job.
pub trait Worker: Send + Sync {
    /// What its messages say.
    type Job: Job;

    /// Does the job. Must be safe to do twice, also at the same time elsewhere, and must return
    /// soon once `lease.cancelled()` fires. Blocking work belongs on blocking threads.
    fn run(
        &self,
        job: &Self::Job,
        lease: &Lease,
    ) -> impl Future<Output = Result<(), JobError>> + Send;

    /// Records that the job will not be tried again. Must be safe to do twice; while it fails the
    /// message is kept.
    fn give_up(
        &self,
        job: &Self::Job,
        reason: &Reason,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Whether everything the worker depends on answers. Asked after a failure, to tell an outage
    /// (wait) from a bad job (count the attempt), and before anything is received after one.
    fn ready(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Makes a panic an error like any other.
pub(super) async fn caught<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    let outcome = AssertUnwindSafe(work).catch_unwind().await;
    outcome.map_err(|panic| anyhow!("the worker panicked: {}", words(&*panic)))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a word")
}
