//! A queue that fails when told to, and remembers what it refused.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use anyhow::ensure;
use domain::Reason;

use crate::queue::{Delivery, MemoryQueue, Queue, Receipt};

#[derive(Default)]
pub(super) struct FaultyQueue {
    pub(super) inner: MemoryQueue,
    pub(super) cannot_receive: AtomicBool,
    late: Mutex<Duration>,
    pub(super) cannot_extend: AtomicBool,
    /// Extensions get no answer.
    pub(super) extend_hangs: AtomicBool,
    pub(super) cannot_dead_letter: AtomicBool,
    pub(super) cannot_send: AtomicBool,
    pub(super) receives: AtomicU32,
    pub(super) extensions: AtomicU32,
    /// Deletions and releases that were tried with a stale receipt.
    pub(super) stale_settlements: AtomicU32,
}

impl FaultyQueue {
    /// The next delivery takes this long from the queue to the consumer.
    pub(super) fn answers_late_once(&self, late: Duration) {
        *self.late.lock().unwrap() = late;
    }

    fn settled(&self, outcome: anyhow::Result<()>) -> anyhow::Result<()> {
        self.stale_settlements.fetch_add(u32::from(outcome.is_err()), SeqCst);
        outcome
    }
}

impl Queue for FaultyQueue {
    async fn receive(&self, max: usize, lease: Duration) -> anyhow::Result<Vec<Delivery>> {
        self.receives.fetch_add(1, SeqCst);
        ensure!(!self.cannot_receive.load(SeqCst), "the queue is away");
        let deliveries = self.inner.receive(max, lease).await?;
        if !deliveries.is_empty() {
            let late = std::mem::take(&mut *self.late.lock().unwrap());
            tokio::time::sleep(late).await;
        }
        Ok(deliveries)
    }

    async fn extend(&self, receipt: &Receipt, lease: Duration) -> anyhow::Result<()> {
        self.extensions.fetch_add(1, SeqCst);
        ensure!(!self.cannot_extend.load(SeqCst), "the queue is away");
        if self.extend_hangs.load(SeqCst) {
            std::future::pending::<()>().await;
        }
        self.inner.extend(receipt, lease).await
    }

    async fn release(&self, receipt: &Receipt, after: Duration) -> anyhow::Result<()> {
        self.settled(self.inner.release(receipt, after).await)
    }

    async fn delete(&self, receipt: &Receipt) -> anyhow::Result<()> {
        self.settled(self.inner.delete(receipt).await)
    }

    async fn send_again(&self, delivery: &Delivery) -> anyhow::Result<()> {
        ensure!(!self.cannot_send.load(SeqCst), "the queue takes nothing");
        self.inner.send_again(delivery).await
    }

    async fn dead_letter(&self, delivery: &Delivery, reason: &Reason) -> anyhow::Result<()> {
        ensure!(!self.cannot_dead_letter.load(SeqCst), "the dead-letter queue is away");
        self.inner.dead_letter(delivery, reason).await
    }
}
