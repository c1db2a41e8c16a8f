//! The life of one delivery: read it, do it, settle it.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use domain::Reason;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, error, info, info_span, warn};

use super::{Job, JobError, Lease, Worker, backoff, dependencies::Dependencies, worker::caught};
use crate::{
    outage,
    queue::{Delivery, Queue},
};

/// How long a job is done again and again, with no attempt counted, because of a dependency that
/// fails it although it answers.
const OUTAGE_PATIENCE: Duration = Duration::from_secs(20 * 60);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Settlement {
    Delete,
    /// To be delivered again after a while.
    Release(Duration),
}

/// Settles one delivery.
pub(super) struct Settler<Q, W> {
    pub(super) queue: Arc<Q>,
    pub(super) worker: Arc<W>,
    pub(super) dependencies: Arc<Dependencies<W>>,
    pub(super) max_attempts: u32,
}

impl<Q: Queue, W: Worker> Settler<Q, W> {
    pub(super) async fn settle(self, delivery: Delivery, lease: Lease) {
        let span = info_span!(
            "job",
            message_id = delivery.message_id,
            receive_count = delivery.receive_count,
            attempt = tracing::field::Empty,
        );
        async {
            // A process that was stopped may find out late that it has a message.
            if lease.is_held() {
                let settlement = self.work_on(&delivery, &lease).await;
                if let Some(held_until) = lease.end().await {
                    return self.carry_out(settlement, &delivery, held_until).await;
                }
            }
            info!("the lease is over: left for the next delivery");
        }
        .instrument(span)
        .await;
    }

    async fn work_on(&self, delivery: &Delivery, lease: &Lease) -> Settlement {
        match serde_json::from_str::<W::Job>(&delivery.body) {
            Ok(job) => {
                let attempt = job.attempt().max(1) - 1 + delivery.receive_count;
                tracing::Span::current().record("attempt", attempt);
                self.attempt(&job, attempt, delivery, lease).await
            }
            Err(error) => {
                error!(%error, "unreadable message: sent to the dead letters");
                let reason = Reason::new("unreadable_message", "Not a job that this fleet knows.");
                self.letter(delivery, &reason, delivery.receive_count).await
            }
        }
    }

    async fn attempt(
        &self,
        job: &W::Job,
        attempt: u32,
        delivery: &Delivery,
        lease: &Lease,
    ) -> Settlement {
        // The workers before us died without a word; running it again may kill this one too.
        if self.max_attempts < attempt {
            error!("job failed for good: its last attempt ended without a word");
            return self.exhausted(job, None, attempt, delivery, lease).await;
        }
        let (began, mut outages) = (Instant::now(), 0);
        loop {
            let error = match self.run(job, lease).await {
                Ok(()) => return Settlement::Delete,
                // What the lost lease's next holder finds out is the next holder's to say.
                Err(_) if !lease.is_held() => return Settlement::Release(Duration::ZERO),
                Err(JobError::Permanent(reason)) => {
                    warn!(%reason, "job cannot succeed");
                    return self.give_up(job, &reason, attempt, lease).await;
                }
                Err(JobError::Retryable(error)) => error,
            };
            if lease.is_cancelled() && !lease.is_wasted() {
                return self.hand_over(delivery).await;
            }
            let reason = error.downcast_ref::<Reason>().cloned();
            let is_outage = outage::is_behind(&error);
            let error = match lease.is_wasted() {
                true => error.context("nothing got done in all the time that the job had"),
                false => error,
            };
            let error = format!("{error:#}");
            if !lease.is_cancelled() {
                if !self.dependencies.are_up().await {
                    warn!(error, "job failed while a dependency is down; it waits");
                    if self.up_again(lease).await {
                        lease.progressed(); // it is not to blame for the time it waited
                        continue;
                    }
                    return self.hand_over(delivery).await;
                }
                if is_outage && began.elapsed() < OUTAGE_PATIENCE {
                    warn!(error, "job failed by a dependency that answers; it is done again");
                    outages += 1;
                    if self.paused(backoff::between_polls(outages), lease).await {
                        lease.progressed();
                        continue;
                    }
                    return self.hand_over(delivery).await;
                }
            }
            if attempt < self.max_attempts {
                warn!(error, "job failed; it will be tried again");
                return Settlement::Release(backoff::after_attempt(attempt));
            }
            error!(error, "job failed for good");
            return self.exhausted(job, reason, attempt, delivery, lease).await;
        }
    }

    async fn run(&self, job: &W::Job, lease: &Lease) -> Result<(), JobError> {
        tokio::select! {
            biased;
            done = caught(async { self.worker.run(job, lease).await }) => done?,
            () = lease.dropped() => Err(anyhow!("the job did not stop in time").into()),
        }
    }

    /// The message in hand is worth no more than a new one, which counts its deliveries anew.
    async fn hand_over(&self, delivery: &Delivery) -> Settlement {
        match self.queue.send_again(delivery).await {
            Ok(()) => {
                info!("job stopped, its continuation sent");
                Settlement::Delete
            }
            Err(error) => {
                let error = format!("{error:#}");
                warn!(error, "job stopped, its continuation cannot be sent; handed back");
                Settlement::Release(Duration::ZERO)
            }
        }
    }

    /// False if the lease is cancelled first.
    async fn paused(&self, pause: Duration, lease: &Lease) -> bool {
        tokio::select! {
            biased;
            () = lease.cancelled() => false,
            () = sleep(pause) => true,
        }
    }

    /// Waits in place, with the lease kept; false if the lease is cancelled first.
    async fn up_again(&self, lease: &Lease) -> bool {
        tokio::select! {
            biased;
            () = lease.cancelled() => false,
            () = self.dependencies.wait() => true,
        }
    }

    async fn exhausted(
        &self,
        job: &W::Job,
        reason: Option<Reason>,
        attempt: u32,
        delivery: &Delivery,
        lease: &Lease,
    ) -> Settlement {
        let reason = reason.unwrap_or_else(|| Reason::gave_up(self.max_attempts));
        match self.give_up(job, &reason, attempt, lease).await {
            Settlement::Delete => self.letter(delivery, &reason, attempt).await,
            release @ Settlement::Release(_) => release,
        }
    }

    /// A failure that cannot be recorded is not lost: the message stays until it can.
    async fn give_up(
        &self,
        job: &W::Job,
        reason: &Reason,
        attempt: u32,
        lease: &Lease,
    ) -> Settlement {
        loop {
            let recorded = caught(async { self.worker.give_up(job, reason).await }).await.flatten();
            let Err(error) = recorded else { return Settlement::Delete };
            if lease.is_cancelled() {
                return Settlement::Release(Duration::ZERO);
            }
            let outage = !self.dependencies.are_up().await;
            warn!(error = format!("{error:#}"), outage, "cannot record the failure; it waits");
            if !outage {
                return Settlement::Release(backoff::after_attempt(attempt));
            }
            if !self.up_again(lease).await {
                return Settlement::Release(Duration::ZERO);
            }
        }
    }

    /// A letter may be sent twice if the message cannot be deleted afterwards; none is lost.
    async fn letter(&self, delivery: &Delivery, reason: &Reason, attempt: u32) -> Settlement {
        match self.queue.dead_letter(delivery, reason).await {
            Ok(()) => Settlement::Delete,
            Err(error) => {
                self.dependencies.doubt();
                warn!(error = format!("{error:#}"), "cannot send the dead letter; it waits");
                Settlement::Release(backoff::after_attempt(attempt))
            }
        }
    }

    /// Not a moment longer than the message is ours: what is late would settle the next delivery.
    async fn carry_out(&self, settlement: Settlement, delivery: &Delivery, held_until: Instant) {
        let settling = async {
            match settlement {
                Settlement::Delete => self.queue.delete(&delivery.receipt).await,
                Settlement::Release(after) => self.queue.release(&delivery.receipt, after).await,
            }
        };
        let settled = timeout_at(held_until, settling).await;
        match settled.context("no answer while the message was ours").flatten() {
            Ok(()) => info!(?settlement, "message settled"),
            Err(error) => {
                self.dependencies.doubt();
                warn!(error = format!("{error:#}"), ?settlement, "cannot settle; it comes back");
            }
        }
    }
}
