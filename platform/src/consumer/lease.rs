//! How long a message is ours, and the heartbeat that makes it longer.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};
use tracing::{Instrument, debug, warn};

use crate::queue::{Delivery, Queue, Receipt};

/// The time a job has: until it is cancelled, because we are asked to stop or because the message
/// could not be kept.
#[derive(Debug)]
pub struct Lease {
    cancelled: CancellationToken,
    lost: CancellationToken,
    heartbeat: Option<Heartbeat>,
}

#[derive(Debug)]
struct Heartbeat {
    held_until: watch::Receiver<Instant>,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Lease {
    /// A lease without a message that only `cancelled` ends: to call a worker by hand.
    #[must_use]
    pub fn until(cancelled: CancellationToken) -> Self {
        Self { cancelled, lost: CancellationToken::new(), heartbeat: None }
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    /// Returns when it is time to stop.
    pub async fn cancelled(&self) {
        self.cancelled.cancelled().await;
    }

    /// For what runs elsewhere: tasks, blocking threads.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.cancelled.clone()
    }

    /// Keeps `delivery` ours from now on, in a task of its own that no job can hold up.
    ///
    /// The time counts from `asked_at`, before the queue can have handed it out: a process that was
    /// stopped in between does not take for its own what is somebody else's by now.
    pub(super) fn begin<Q: Queue + 'static>(
        queue: &Arc<Q>,
        delivery: &Delivery,
        asked_at: Instant,
        length: Duration,
        shutdown: &CancellationToken,
    ) -> Self {
        let (held, held_until) = watch::channel(asked_at + length);
        let (cancelled, lost) = (shutdown.child_token(), CancellationToken::new());
        let stop = CancellationToken::new();
        let keeper = Keeper {
            queue: queue.clone(),
            receipt: delivery.receipt.clone(),
            length,
            held,
            stop: stop.clone(),
            lost: lost.clone(),
            cancelled: cancelled.clone(),
        };
        let task = AbortOnDropHandle::new(tokio::spawn(keeper.keep().in_current_span()));
        Self { cancelled, lost, heartbeat: Some(Heartbeat { held_until, stop, task }) }
    }

    /// Whether the message is still ours to settle.
    pub(super) fn is_held(&self) -> bool {
        let now = Instant::now();
        let within = |heartbeat: &Heartbeat| now < *heartbeat.held_until.borrow();
        !self.lost.is_cancelled() && self.heartbeat.as_ref().is_none_or(within)
    }

    /// Stops the heartbeat, so that no late one undoes how the message is settled, and says whether
    /// it is still ours to settle.
    pub(super) async fn end(mut self) -> bool {
        if let Some(heartbeat) = &mut self.heartbeat {
            heartbeat.stop.cancel();
            let _ended_or_panicked = (&mut heartbeat.task).await;
        }
        self.is_held()
    }
}

/// The heartbeat: extends the lease whenever a third of it is gone.
struct Keeper<Q> {
    queue: Arc<Q>,
    receipt: Receipt,
    length: Duration,
    held: watch::Sender<Instant>,
    stop: CancellationToken,
    lost: CancellationToken,
    cancelled: CancellationToken,
}

impl<Q: Queue> Keeper<Q> {
    async fn keep(self) {
        let beat = self.length / 3;
        loop {
            let held_until = *self.held.borrow();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = sleep_until(held_until - 2 * beat) => (),
            }
            // The last third is the job's time to stop in.
            match timeout_at(held_until - beat, self.extend(beat)).await {
                Ok(Some(asked_at)) => drop(self.held.send_replace(asked_at + self.length)),
                Ok(None) => return,
                Err(_) => {
                    warn!("the lease cannot be kept; stopping the job before it ends");
                    self.lost.cancel();
                    return self.cancelled.cancel();
                }
            }
        }
    }

    /// Asks until the queue agrees and returns when it was asked, or None if told to stop.
    async fn extend(&self, beat: Duration) -> Option<Instant> {
        loop {
            let asked_at = Instant::now();
            let answer = timeout(beat / 4, self.queue.extend(&self.receipt, self.length)).await;
            match answer.context("no answer").flatten() {
                Ok(()) => return Some(asked_at),
                Err(error) => debug!(error = format!("{error:#}"), "heartbeat failed"),
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                () = sleep(beat / 10) => (),
            }
        }
    }
}
