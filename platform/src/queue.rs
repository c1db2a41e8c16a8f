//! The queue as a consumer sees it: leases, receipts, letters.

mod memory;
mod sqs;

use std::{fmt, time::Duration};

use domain::Reason;

pub use self::{
    memory::{Letter, MemoryQueue},
    sqs::SqsQueue,
};

/// Proof of one delivery; the next delivery of the same message makes it stale.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt(pub String);

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(…)") // whoever has it may delete the message
    }
}

/// One receipt of a message.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The same in all deliveries of a message.
    pub message_id: String,
    /// What was sent.
    pub body: String,
    /// What settles this delivery.
    pub receipt: Receipt,
    /// 1 on the first delivery; approximate, as SQS counts it, and deliveries handed back count.
    pub receive_count: u32,
    /// Whose turn it is in fair queues.
    pub group: Option<String>,
    /// When it was sent, in Unix milliseconds; the same in all deliveries of a message.
    pub sent_at_ms: u64,
    /// Why it is a dead letter, if whoever sent it said so.
    pub reason: Option<Reason>,
}

/// What lies in a queue, roughly: SQS counts by samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Messages that nobody has taken.
    pub waiting: u64,
    /// Messages that somebody has taken, or that rest after a failure.
    pub in_flight: u64,
}

/// A queue with leases: what is received and not settled in time is delivered again.
///
/// A stale receipt may be refused or may silently work, SQS promises neither: never settle a
/// delivery whose lease is over.
pub trait Queue: Send + Sync {
    /// Waits for messages, at most a third of `lease` or 20 s, and takes up to `max` (at most 10)
    /// of them for `lease`. A message handed out to a dropped future comes back by itself.
    fn receive(
        &self,
        max: usize,
        lease: Duration,
    ) -> impl Future<Output = anyhow::Result<Vec<Delivery>>> + Send;

    /// Keeps the message ours for `lease` from now on. Called from the heartbeat's own thread and
    /// from nowhere else: it must not need what jobs may hold up.
    fn extend(
        &self,
        receipt: &Receipt,
        lease: Duration,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Gives the message back, to be delivered again `after` a while (at most 12 h).
    fn release(
        &self,
        receipt: &Receipt,
        after: Duration,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Settles the message for good.
    fn delete(&self, receipt: &Receipt) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Sends the same body to the queue once more, as a message with deliveries of its own to count.
    /// This one is still ours: delete it next.
    fn send_again(&self, delivery: &Delivery) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Sends a copy of the message, with the reason, to the dead-letter queue. The message itself
    /// is still ours: delete it next.
    fn dead_letter(
        &self,
        delivery: &Delivery,
        reason: &Reason,
    ) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// How long a poll waits: SQS knows no more than 20 s, and a lease counted from the asking must
/// have most of its time left when the message comes.
fn poll_wait(lease: Duration) -> Duration {
    (lease / 3).min(Duration::from_secs(20))
}
