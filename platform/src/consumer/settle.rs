//! The life of one delivery: read it, do it, settle it.

use std::{sync::Arc, time::Duration};

use domain::Reason;
use tracing::{Instrument, error, info, info_span, warn};

use super::{Job, JobError, Lease, Worker, backoff, dependencies::Dependencies, worker::caught};
use crate::queue::{Delivery, Queue};

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
                if lease.end().await {
                    return self.carry_out(settlement, &delivery).await;
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
            if lease.is_cancelled() {
                info!("job stopped and handed back");
                return Settlement::Release(Duration::ZERO);
            }
            let reason = error.downcast_ref::<Reason>().cloned();
            let error = format!("{error:#}");
            if !self.dependencies.are_up().await {
                warn!(error, "job failed while a dependency is down; it waits");
                if self.up_again(lease).await {
                    continue;
                }
                return Settlement::Release(Duration::ZERO);
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
        caught(async { self.worker.run(job, lease).await }).await?
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

    async fn carry_out(&self, settlement: Settlement, delivery: &Delivery) {
        let settled = match settlement {
            Settlement::Delete => self.queue.delete(&delivery.receipt).await,
            Settlement::Release(after) => self.queue.release(&delivery.receipt, after).await,
        };
        match settled {
            Ok(()) => info!(?settlement, "message settled"),
            Err(error) => {
                self.dependencies.doubt();
                warn!(error = format!("{error:#}"), ?settlement, "cannot settle; it comes back");
            }
        }
    }
}
