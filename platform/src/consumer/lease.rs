//! How long a message is ours, and what ends that.

mod budget;
mod keeper;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::Instrument;

use self::{budget::Budget, keeper::Keeper};
use super::heart::Heart;
use crate::queue::{Delivery, Queue};

/// The time a job has: until it is cancelled, because we are asked to stop, because it has had its
/// share, or because the message could not be kept.
#[derive(Debug)]
pub struct Lease {
    signals: Signals,
    progressed: Arc<AtomicBool>,
    heartbeat: Option<Heartbeat>,
}

/// What a job and its message are told.
#[derive(Clone, Debug)]
struct Signals {
    /// The job is asked to stop.
    cancelled: CancellationToken,
    /// The job has had its share of time.
    over: CancellationToken,
    /// The message could not be kept.
    lost: CancellationToken,
    /// The job is not waited for any longer.
    dropped: CancellationToken,
}

#[derive(Debug)]
struct Heartbeat {
    held_until: watch::Receiver<Instant>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

/// How leases are kept, the same for all messages of a consumer.
#[derive(Debug)]
pub(super) struct Terms {
    /// How long a message stays ours without a heartbeat.
    pub(super) length: Duration,
    /// How long a job may work on one delivery.
    pub(super) hold: Duration,
    /// How long a cancelled job may take to end.
    pub(super) drain: Duration,
    /// Asks all jobs to stop.
    pub(super) shutdown: CancellationToken,
    /// Drops all jobs.
    pub(super) deadline: CancellationToken,
}

impl Lease {
    /// A lease without a message that only `cancelled` ends: to call a worker by hand.
    #[must_use]
    pub fn until(cancelled: CancellationToken) -> Self {
        let signals = Signals {
            cancelled,
            over: CancellationToken::new(),
            lost: CancellationToken::new(),
            dropped: CancellationToken::new(),
        };
        Self { signals, progressed: Arc::default(), heartbeat: None }
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.signals.cancelled.is_cancelled()
    }

    /// Returns when it is time to stop.
    pub async fn cancelled(&self) {
        self.signals.cancelled.cancelled().await;
    }

    /// For what runs elsewhere: tasks, blocking threads.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.signals.cancelled.clone()
    }

    /// Something of the job is done for good, so that whoever takes it up next has less to do. A
    /// job that uses up its time without a word of it has failed.
    pub fn progressed(&self) {
        self.progressed.store(true, Relaxed);
    }

    #[cfg(test)]
    pub(super) fn progress_flag(&self) -> Arc<AtomicBool> {
        self.progressed.clone()
    }

    /// Keeps `delivery` ours from now on, on a thread that no job can hold up.
    ///
    /// The time counts from `asked_at`, before the queue can have handed it out: a process that was
    /// stopped in between does not take for its own what is somebody else's by now.
    pub(super) fn begin<Q: Queue + 'static>(
        queue: &Arc<Q>,
        delivery: &Delivery,
        asked_at: Instant,
        terms: &Terms,
        heart: &Heart,
    ) -> Self {
        let (held, held_until) = watch::channel(asked_at + terms.length);
        let signals = Signals {
            cancelled: terms.shutdown.child_token(),
            over: CancellationToken::new(),
            lost: CancellationToken::new(),
            dropped: terms.deadline.child_token(),
        };
        let stop = CancellationToken::new();
        let keeper = Keeper {
            queue: queue.clone(),
            receipt: delivery.receipt.clone(),
            length: terms.length,
            held,
            stop: stop.clone(),
            signals: signals.clone(),
        };
        let budget = Budget {
            ends: asked_at + terms.hold,
            drain: terms.drain,
            stop: stop.clone(),
            signals: signals.clone(),
        };
        let beating = async move {
            tokio::join!(keeper.keep(), budget.watch());
        };
        let task = heart.runtime.spawn(beating.in_current_span());
        let heartbeat = Heartbeat { held_until, stop, task: AbortOnDropHandle::new(task) };
        Self { signals, progressed: Arc::default(), heartbeat: Some(heartbeat) }
    }

    /// Whether the message is still ours to settle.
    pub(super) fn is_held(&self) -> bool {
        let now = Instant::now();
        let within = |heartbeat: &Heartbeat| now < *heartbeat.held_until.borrow();
        !self.signals.lost.is_cancelled() && self.heartbeat.as_ref().is_none_or(within)
    }

    /// Whether the job has used up its time without having got anything done.
    pub(super) fn is_wasted(&self) -> bool {
        self.signals.over.is_cancelled() && !self.progressed.load(Relaxed)
    }

    /// Returns when the job is not to be waited for any longer.
    pub(super) async fn dropped(&self) {
        self.signals.dropped.cancelled().await;
    }

    /// Stops the heartbeat, so that no late one undoes how the message is settled, and says until
    /// when it is ours to settle; None if it is not.
    pub(super) async fn end(mut self) -> Option<Instant> {
        let heartbeat = self.heartbeat.as_mut()?;
        heartbeat.stop.cancel();
        let _ended_or_panicked = (&mut heartbeat.task).await;
        let held_until = *heartbeat.held_until.borrow();
        self.is_held().then_some(held_until)
    }
}
