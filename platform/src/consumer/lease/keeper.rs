//! The heartbeat: extends the lease whenever a third of it is gone.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::Signals;
use crate::queue::{Queue, Receipt};

/// Keeps one message.
pub(super) struct Keeper<Q> {
    pub(super) queue: Arc<Q>,
    pub(super) receipt: Receipt,
    pub(super) length: Duration,
    pub(super) held: watch::Sender<Instant>,
    pub(super) stop: CancellationToken,
    pub(super) signals: Signals,
}

impl<Q: Queue> Keeper<Q> {
    pub(super) async fn keep(self) {
        let beat = self.length / 3;
        loop {
            let held_until = *self.held.borrow();
            if self.stopped_before(held_until - 2 * beat).await {
                return;
            }
            // The last third is the job's time to stop in.
            match timeout_at(held_until - beat, self.extend(beat)).await {
                Ok(Some(asked_at)) => drop(self.held.send_replace(asked_at + self.length)),
                Ok(None) => return,
                Err(_) => return self.lose(held_until - beat / 4).await,
            }
        }
    }

    /// The job is asked to stop, and dropped if it does not.
    async fn lose(&self, drop_at: Instant) {
        warn!("the lease cannot be kept; stopping the job before it ends");
        self.signals.lost.cancel();
        self.signals.cancelled.cancel();
        if !self.stopped_before(drop_at).await {
            self.signals.dropped.cancel();
        }
    }

    async fn stopped_before(&self, at: Instant) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => true,
            () = sleep_until(at) => false,
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
