//! A queue in memory that keeps the promises of SQS a consumer may rely on, for tests.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context, bail};
use domain::Reason;
use serde::Serialize;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout_at},
};

use super::{Delivery, Queue, Receipt, poll_wait};

/// Visibility, receive counts and redrive like SQS, in tokio's time: pausing it passes hours in
/// milliseconds. Receipts are refused as soon as they are stale or the lease is over, which is
/// stricter than SQS.
#[derive(Debug)]
pub struct MemoryQueue {
    state: Mutex<State>,
    changed: Notify,
    max_receive_count: u32,
}

#[derive(Debug, Default)]
struct State {
    sent: u64,
    messages: Vec<Message>,
    letters: Vec<Letter>,
}

#[derive(Debug)]
struct Message {
    id: u64,
    body: String,
    group: Option<String>,
    receive_count: u32,
    hidden_until: Instant,
}

/// A message in the dead-letter queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// What was sent.
    pub body: String,
    /// None if the queue moved it there itself, because its receivers died without a word.
    pub reason: Option<Reason>,
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryQueue {
    /// An empty queue that moves a message to the dead letters after ten receives.
    #[must_use]
    pub fn new() -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), max_receive_count: 10 }
    }

    /// Sends a text as it is.
    pub fn send(&self, body: impl Into<String>) {
        self.send_for(None, body.into());
    }

    fn send_for(&self, group: Option<String>, body: String) {
        let mut state = self.lock();
        state.sent += 1;
        let message =
            Message { id: state.sent, body, group, receive_count: 0, hidden_until: Instant::now() };
        state.messages.push(message);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Sends a value as JSON.
    ///
    /// # Panics
    /// If the value has no JSON.
    pub fn send_json(&self, message: &impl Serialize) {
        self.send(serde_json::to_string(message).expect("tests send what has a JSON"));
    }

    /// How many messages there are, hidden or not; letters do not count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().messages.len()
    }

    /// Whether every message is settled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many messages a receive would find.
    #[must_use]
    pub fn visible(&self) -> usize {
        let now = Instant::now();
        self.lock().messages.iter().filter(|message| message.hidden_until <= now).count()
    }

    /// What is in the dead-letter queue.
    #[must_use]
    pub fn letters(&self) -> Vec<Letter> {
        self.lock().letters.clone()
    }

    /// Hides a message or takes it away, if the receipt is still good.
    fn settle(&self, receipt: &Receipt, hide: Option<Duration>) -> anyhow::Result<()> {
        let mut state = self.lock();
        let (messages, now) = (&mut state.messages, Instant::now());
        let index = messages.iter().position(|message| message.receipt() == *receipt);
        let index = index.context("stale receipt")?;
        if messages[index].hidden_until <= now {
            bail!("the lease is over");
        }
        match hide {
            Some(time) => messages[index].hidden_until = now + time,
            None => drop(messages.remove(index)),
        }
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, max: usize, lease: Duration, max_receive_count: u32) -> Vec<Delivery> {
        let now = Instant::now();
        let is_dead = |message: &mut Message| {
            message.hidden_until <= now && message.receive_count >= max_receive_count
        };
        let dead = self.messages.extract_if(.., is_dead);
        self.letters.extend(dead.map(|message| Letter { body: message.body, reason: None }));

        let visible = self.messages.iter_mut().filter(|message| message.hidden_until <= now);
        visible.take(max).map(|message| message.deliver(now + lease)).collect()
    }

    /// When the next hidden message shows up, if there is one.
    fn next_visible(&self) -> Option<Instant> {
        self.messages.iter().map(|message| message.hidden_until).min()
    }
}

impl Message {
    fn receipt(&self) -> Receipt {
        Receipt(format!("{}/{}", self.id, self.receive_count))
    }

    fn deliver(&mut self, hidden_until: Instant) -> Delivery {
        self.receive_count += 1;
        self.hidden_until = hidden_until;
        Delivery {
            message_id: self.id.to_string(),
            body: self.body.clone(),
            receipt: self.receipt(),
            receive_count: self.receive_count,
            group: self.group.clone(),
            sent_at_ms: self.id,
            reason: None,
        }
    }
}

impl Queue for MemoryQueue {
    async fn receive(&self, max: usize, lease: Duration) -> anyhow::Result<Vec<Delivery>> {
        let deadline = Instant::now() + poll_wait(lease);
        loop {
            let changed = self.changed.notified();
            let next = {
                let mut state = self.lock();
                let deliveries = state.take(max, lease, self.max_receive_count);
                if !deliveries.is_empty() || deadline <= Instant::now() {
                    return Ok(deliveries);
                }
                state.next_visible().map_or(deadline, |at| at.min(deadline))
            };
            tokio::select! {
                _ = timeout_at(deadline, changed) => (),
                () = sleep_until(next) => (),
            }
        }
    }

    async fn extend(&self, receipt: &Receipt, lease: Duration) -> anyhow::Result<()> {
        self.settle(receipt, Some(lease))
    }

    async fn release(&self, receipt: &Receipt, after: Duration) -> anyhow::Result<()> {
        self.settle(receipt, Some(after))
    }

    async fn delete(&self, receipt: &Receipt) -> anyhow::Result<()> {
        self.settle(receipt, None)
    }

    async fn send_again(&self, delivery: &Delivery) -> anyhow::Result<()> {
        self.send_for(delivery.group.clone(), delivery.body.clone());
        Ok(())
    }

    async fn dead_letter(&self, delivery: &Delivery, reason: &Reason) -> anyhow::Result<()> {
        let letter = Letter { body: delivery.body.clone(), reason: Some(reason.clone()) };
        self.lock().letters.push(letter);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    async fn receive_one(queue: &MemoryQueue) -> Delivery {
        queue.receive(1, LEASE).await.unwrap().pop().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_is_hidden_while_leased_and_comes_back_counted() {
        let queue = MemoryQueue::new();
        queue.send("a");
        let first = receive_one(&queue).await;
        assert_eq!((queue.visible(), first.receive_count), (0, 1));
        assert!(queue.receive(1, LEASE).await.unwrap().is_empty(), "polls run out");
        tokio::time::sleep(LEASE).await;
        let second = receive_one(&queue).await;
        assert_eq!((second.message_id, second.receive_count), (first.message_id, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn stale_receipts_are_refused() {
        let queue = MemoryQueue::new();
        queue.send("a");
        let first = receive_one(&queue).await;
        tokio::time::sleep(LEASE).await;
        assert!(queue.extend(&first.receipt, LEASE).await.is_err(), "over");
        let second = receive_one(&queue).await;
        assert!(queue.delete(&first.receipt).await.is_err(), "somebody else's now");
        queue.delete(&second.receipt).await.unwrap();
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn ten_silent_deaths_make_a_letter() {
        let queue = MemoryQueue::new();
        queue.send("a");
        for _ in 0..10 {
            receive_one(&queue).await;
            tokio::time::sleep(LEASE).await;
        }
        assert!(queue.receive(1, LEASE).await.unwrap().is_empty());
        assert_eq!(queue.letters(), [Letter { body: "a".into(), reason: None }]);
        assert!(queue.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_wakes_for_what_is_sent_and_for_what_shows_up() {
        let queue = MemoryQueue::new();
        let began = Instant::now();
        let (received, ()) = tokio::join!(queue.receive(10, LEASE), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            queue.send("a");
        });
        assert_eq!(began.elapsed(), Duration::from_secs(3));
        queue.release(&received.unwrap()[0].receipt, Duration::from_secs(4)).await.unwrap();
        receive_one(&queue).await;
        assert_eq!(began.elapsed(), Duration::from_secs(7));
    }
}
