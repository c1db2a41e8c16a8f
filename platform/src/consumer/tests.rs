//! The promises of [`consume`](super::consume), hours of them in milliseconds.

mod budget;
mod faulty;
mod heartbeats;
mod leases;
mod outages;
mod settling;
mod stopping;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};

use anyhow::{anyhow, ensure};
use domain::Reason;
use futures::future::BoxFuture;
use serde::Deserialize;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{ConsumerSettings, Job, JobError, Lease, Worker, consume_with, heart::Heart};
use faulty::FaultyQueue;

const LEASE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// Just within what SQS allows, so that the other limits show.
const HOLD: Duration = Duration::from_secs(11 * 3600);
const DRAIN: Duration = Duration::from_secs(25);
const SETTINGS: ConsumerSettings =
    ConsumerSettings { lease: LEASE, max_attempts: 5, hold: HOLD, slots: 1, drain: DRAIN };

#[derive(Clone, Deserialize)]
struct TestJob {
    #[serde(default)]
    attempt: Option<u32>,
}

impl Job for TestJob {
    fn attempt(&self) -> u32 {
        self.attempt.unwrap_or(1)
    }
}

/// One call of a worker.
struct Run {
    /// From 1.
    number: u32,
    token: CancellationToken,
    /// Says that something is done for good.
    progressed: Box<dyn Fn() + Send + Sync>,
}

type Outcome = Result<(), JobError>;

/// Does what the test says.
struct Scripted {
    script: Box<dyn Fn(Run) -> BoxFuture<'static, Outcome> + Send + Sync>,
    began: Mutex<Vec<Instant>>,
    ended: AtomicU32,
    given_up: Mutex<Vec<Reason>>,
    cannot_give_up: AtomicBool,
    down: AtomicBool,
    asked: AtomicU32,
}

impl Scripted {
    fn new<F>(script: impl Fn(Run) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        Self {
            script: Box::new(move |run| Box::pin(script(run))),
            began: Mutex::default(),
            ended: AtomicU32::new(0),
            given_up: Mutex::default(),
            cannot_give_up: AtomicBool::new(false),
            down: AtomicBool::new(false),
            asked: AtomicU32::new(0),
        }
    }
}

impl Worker for Scripted {
    type Job = TestJob;

    async fn run(&self, _: &TestJob, lease: &Lease) -> Outcome {
        let number = {
            let mut began = self.began.lock().unwrap();
            began.push(Instant::now());
            u32::try_from(began.len()).unwrap()
        };
        let progress = lease.progress_flag();
        let progressed = Box::new(move || progress.store(true, SeqCst));
        let outcome = (self.script)(Run { number, token: lease.token(), progressed }).await;
        self.ended.fetch_add(1, SeqCst);
        outcome
    }

    async fn give_up(&self, _: &TestJob, reason: &Reason) -> anyhow::Result<()> {
        ensure!(!self.cannot_give_up.load(SeqCst), "the topic is away");
        self.given_up.lock().unwrap().push(reason.clone());
        Ok(())
    }

    async fn ready(&self) -> anyhow::Result<()> {
        self.asked.fetch_add(1, SeqCst);
        ensure!(!self.down.load(SeqCst), "the store is away");
        Ok(())
    }
}

/// A queue, a worker and the consumer between them.
struct Stage {
    queue: Arc<FaultyQueue>,
    worker: Arc<Scripted>,
    settings: ConsumerSettings,
    shutdown: CancellationToken,
    consumer: JoinHandle<()>,
}

/// Starts a consumer on an empty queue.
fn stage<F>(settings: ConsumerSettings, script: impl Fn(Run) -> F + Send + Sync + 'static) -> Stage
where
    F: Future<Output = Outcome> + Send + 'static,
{
    let queue = Arc::new(FaultyQueue::default());
    let worker = Arc::new(Scripted::new(script));
    let consumer = tokio::spawn(async {});
    let mut stage = Stage { queue, worker, settings, shutdown: CancellationToken::new(), consumer };
    stage.start();
    stage
}

impl Stage {
    fn start(&mut self) {
        let (queue, worker) = (self.queue.clone(), self.worker.clone());
        let heart = Heart::among_the_jobs();
        let consumer = consume_with(heart, queue, worker, self.settings, self.shutdown.clone());
        self.consumer = tokio::spawn(consumer);
    }

    /// Ends the consumer with all its jobs and heartbeats and without a word, as SIGKILL would.
    async fn kill(&mut self) {
        self.consumer.abort();
        let _aborted = (&mut self.consumer).await;
    }

    fn send_job(&self) {
        self.queue.inner.send("{}");
    }

    fn runs(&self) -> usize {
        self.worker.began.lock().unwrap().len()
    }

    fn given_up(&self) -> Vec<String> {
        let given_up = self.worker.given_up.lock().unwrap();
        given_up.iter().map(|reason| reason.code.clone()).collect()
    }

    /// The reasons of the letters; "" for those the queue made itself.
    fn letters(&self) -> Vec<String> {
        let code = |reason: Option<Reason>| reason.map(|reason| reason.code).unwrap_or_default();
        self.queue.inner.letters().into_iter().map(|letter| code(letter.reason)).collect()
    }

    /// Asks the consumer to stop and returns how long it took.
    async fn stop(&mut self) -> Duration {
        let asked_at = Instant::now();
        self.shutdown.cancel();
        (&mut self.consumer).await.expect("the consumer never panics");
        asked_at.elapsed()
    }
}

fn store_is_away() -> Outcome {
    Err(JobError::Retryable(anyhow!("the store is away")))
}
