//! Takes messages from a queue, keeps their leases alive while a worker does the jobs, and settles
//! them. It runs every worker of Fantail.

mod backoff;
mod dependencies;
mod heart;
mod lease;
mod settle;
mod worker;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use self::{dependencies::Dependencies, heart::Heart, lease::Terms, settle::Settler};
pub use self::{
    lease::Lease,
    worker::{Job, JobError, Worker},
};
use crate::queue::Queue;

/// How long it may take to hand back what was dropped at the end.
pub const FAREWELL: Duration = Duration::from_secs(3);

/// How a consumer treats its messages.
#[derive(Clone, Copy, Debug)]
pub struct ConsumerSettings {
    /// How long a message stays ours without a heartbeat; three heartbeats fit in.
    pub lease: Duration,
    /// How often a job is tried before it is given up.
    pub max_attempts: u32,
    /// How long one delivery is worked on before the job is handed over; SQS ends it after 12
    /// hours, whatever was extended.
    pub hold: Duration,
    /// How many jobs run at once.
    pub slots: usize,
    /// How long jobs in hand may take to end once they are asked to stop.
    pub drain: Duration,
}

impl Default for ConsumerSettings {
    /// One job at a time, for less than a quarter of an hour; the drain fits into the 30 s that
    /// ECS gives by default.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            max_attempts: 5,
            hold: Duration::from_secs(14 * 60),
            slots: 1,
            drain: Duration::from_secs(20),
        }
    }
}

/// Does the queue's jobs until `shutdown` fires, then hands back what is in hand and returns.
///
/// A message is taken only when a slot is free for it and the dependencies are up. What becomes of
/// it is decided here and nowhere else, and what fails is logged here, once:
///
/// - done: deleted
/// - [`Permanent`](JobError::Permanent): given up with its reason, deleted
/// - [`Retryable`](JobError::Retryable) while [`Worker::ready`] fails: kept, and done again as soon
///   as it succeeds, as if nothing had happened
/// - [`Retryable`](JobError::Retryable) with an [outage](crate::outage) behind it: kept, and done
///   again soon, for a while
/// - [`Retryable`](JobError::Retryable) otherwise, or a panic: released with backoff; after
///   `max_attempts` given up, sent to the dead letters, deleted
/// - no JSON of a job: sent to the dead letters, deleted
/// - lease lost: left alone, for it is somebody else's now
/// - asked to stop, or [`hold`](ConsumerSettings::hold) is over: the job is cancelled, and dropped
///   if it has not ended within the drain time. Done after all is done; anything else is continued
///   by whoever takes it next: sent again as it is, with no attempt burnt, and deleted. A job that
///   got [nothing done](Lease::progressed) in all its time has failed instead.
pub async fn consume<Q: Queue + 'static, W: Worker + 'static>(
    queue: Arc<Q>,
    worker: Arc<W>,
    settings: ConsumerSettings,
    shutdown: CancellationToken,
) {
    consume_with(Heart::beside_the_jobs(), queue, worker, settings, shutdown).await;
}

async fn consume_with<Q: Queue + 'static, W: Worker + 'static>(
    heart: Heart,
    queue: Arc<Q>,
    worker: Arc<W>,
    settings: ConsumerSettings,
    shutdown: CancellationToken,
) {
    let deadline = CancellationToken::new();
    let terms = Terms {
        length: settings.lease,
        hold: settings.hold,
        drain: settings.drain,
        shutdown: shutdown.clone(),
        deadline: deadline.clone(),
    };
    let dependencies = Arc::new(Dependencies::new(worker.clone()));
    let mut slots = JoinSet::new();
    let mut failed_polls = 0;
    loop {
        let turn = async {
            free_a_slot(&mut slots, settings.slots).await;
            sleep(backoff::between_polls(failed_polls)).await;
            dependencies.wait_if_doubted().await;
            let asked_at = Instant::now();
            (asked_at, queue.receive(settings.slots - slots.len(), settings.lease).await)
        };
        // A delivery that loses this race comes back when its lease is over. With several slots
        // that may even be one we hand back below: the queue may not know yet that this poll is
        // given up, and answer it. With one slot there is no poll while a job runs.
        let (asked_at, received) = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            taken = turn => taken,
        };
        match received {
            Ok(deliveries) => {
                failed_polls = 0;
                for delivery in deliveries {
                    let lease = Lease::begin(&queue, &delivery, asked_at, &terms, &heart);
                    let settler = Settler {
                        queue: queue.clone(),
                        worker: worker.clone(),
                        dependencies: dependencies.clone(),
                        max_attempts: settings.max_attempts,
                    };
                    slots.spawn(settler.settle(delivery, lease));
                }
            }
            Err(error) => {
                failed_polls += 1;
                dependencies.doubt();
                warn!(error = format!("{error:#}"), failed_polls, "cannot receive");
            }
        }
    }
    drain(slots, settings.drain, &deadline).await;
}

/// Waits until fewer than `limit` jobs run.
async fn free_a_slot(slots: &mut JoinSet<()>, limit: usize) {
    while slots.try_join_next().is_some() {}
    while limit.max(1) <= slots.len() {
        slots.join_next().await;
    }
}

/// Waits for the jobs in hand, then drops them, then leaves what cannot even be settled: it comes
/// back when its lease ends.
async fn drain(mut slots: JoinSet<()>, limit: Duration, deadline: &CancellationToken) {
    if slots.is_empty() {
        return;
    }
    info!(jobs = slots.len(), "waiting for the jobs in hand to end");
    if timeout(limit, all_ended(&mut slots)).await.is_ok() {
        return;
    }
    warn!(jobs = slots.len(), "still running after the drain time; dropped");
    deadline.cancel();
    if timeout(FAREWELL, all_ended(&mut slots)).await.is_err() {
        error!(jobs = slots.len(), "cannot be handed back; they come back by themselves");
        slots.abort_all();
    }
}

async fn all_ended(slots: &mut JoinSet<()>) {
    while slots.join_next().await.is_some() {}
}
