//! The consumer on a real queue: what paused time and memory cannot show.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use anyhow::{anyhow, bail};
use aws_sdk_sqs::types::QueueAttributeName;
use domain::Reason;
use platform::{
    aws::Aws,
    consumer::{ConsumerSettings, Job, JobError, Lease, Worker, consume},
};
use serde::Deserialize;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::stage::{Queues, with_queues};

const SETTINGS: ConsumerSettings = ConsumerSettings {
    lease: Duration::from_secs(6),
    max_attempts: 5,
    hold: Duration::from_secs(60),
    // With more, a poll is under way while a job runs; see `consume`.
    slots: 1,
    drain: Duration::from_secs(10),
};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TestJob {
    Succeed,
    TakeSeconds(u64),
    BlockSeconds(u64),
    Fail { attempt: u32 },
    Refuse,
    WaitForStop,
}

impl Job for TestJob {
    fn attempt(&self) -> u32 {
        if let Self::Fail { attempt } = self { *attempt } else { 1 }
    }
}

#[derive(Default)]
struct TestWorker {
    runs: AtomicU32,
    given_up: AtomicU32,
}

impl Worker for TestWorker {
    type Job = TestJob;

    async fn run(&self, job: &TestJob, lease: &Lease) -> Result<(), JobError> {
        self.runs.fetch_add(1, SeqCst);
        match job {
            TestJob::Succeed => Ok(()),
            TestJob::TakeSeconds(seconds) => {
                sleep(Duration::from_secs(*seconds)).await;
                Ok(())
            }
            TestJob::BlockSeconds(seconds) => {
                std::thread::sleep(Duration::from_secs(*seconds));
                Ok(())
            }
            TestJob::Fail { .. } => Err(anyhow!("out of luck"))?,
            TestJob::Refuse => Err(JobError::Permanent(Reason::no_video_stream())),
            TestJob::WaitForStop => {
                lease.cancelled().await;
                Err(anyhow!("stopped"))?
            }
        }
    }

    async fn give_up(&self, _: &TestJob, _: &Reason) -> anyhow::Result<()> {
        self.given_up.fetch_add(1, SeqCst);
        Ok(())
    }

    async fn ready(&self) -> anyhow::Result<()> {
        Ok(())
    }
}

/// Visible and hidden messages of a queue together, once they are `expected` or too late.
async fn messages(aws: &Aws, url: &str, expected: u32) -> u32 {
    let began = Instant::now();
    loop {
        let answer = aws.sqs.get_queue_attributes().queue_url(url);
        let answer = answer.attribute_names(QueueAttributeName::All).send().await.unwrap();
        let attributes = answer.attributes.unwrap();
        let count = |name| attributes[&name].parse::<u32>().unwrap();
        let messages = count(QueueAttributeName::ApproximateNumberOfMessages)
            + count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible);
        if messages == expected || Duration::from_secs(30) < began.elapsed() {
            return messages;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Runs a consumer on `queues` while `test` looks on, then stops it and returns how long that took.
async fn consuming(queues: &Queues, test: impl AsyncFnOnce(&TestWorker)) -> Duration {
    let (worker, shutdown) = (Arc::new(TestWorker::default()), CancellationToken::new());
    let queue = Arc::new(queues.queue.clone());
    let consumer = tokio::spawn(consume(queue, worker.clone(), SETTINGS, shutdown.clone()));
    test(&worker).await;
    let asked_at = Instant::now();
    shutdown.cancel();
    consumer.await.unwrap();
    asked_at.elapsed()
}

#[tokio::test]
async fn every_end_of_a_job_settles_its_message() {
    with_queues(async |queues, aws| {
        let stopping = consuming(queues, async |worker| {
            for job in [r#""succeed""#, r#""refuse""#, r#"{"fail":{"attempt":5}}"#, "no job"] {
                let request = aws.sqs.send_message().queue_url(&queues.url);
                request.message_body(job).send().await.unwrap();
            }
            assert_eq!(messages(aws, &queues.letters_url, 2).await, 2, "given up, unreadable");
            assert_eq!(messages(aws, &queues.url, 0).await, 0);
            assert_eq!((worker.runs.load(SeqCst), worker.given_up.load(SeqCst)), (3, 2));
        })
        .await;
        assert!(stopping < Duration::from_secs(1), "an open poll is not waited for: {stopping:?}");
    })
    .await;
}

#[tokio::test]
async fn a_job_may_take_longer_than_the_lease() {
    with_queues(async |queues, aws| {
        consuming(queues, async |worker| {
            queues.queue.send(&serde_json::json!({"take_seconds": 15}), None).await.unwrap();
            sleep(Duration::from_secs(14)).await;
            assert_eq!(messages(aws, &queues.url, 1).await, 1);
            assert_eq!(messages(aws, &queues.url, 0).await, 0);
            assert_eq!(worker.runs.load(SeqCst), 1);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_job_may_block_its_runtime_for_longer_than_the_lease() {
    with_queues(async |queues, aws| {
        consuming(queues, async |worker| {
            queues.queue.send(&serde_json::json!({"block_seconds": 10}), None).await.unwrap();
            assert_eq!(messages(aws, &queues.url, 0).await, 0);
            assert_eq!(worker.runs.load(SeqCst), 1, "nobody else got it meanwhile");
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_stopped_job_is_anothers_at_once() {
    with_queues(async |queues, _| {
        consuming(queues, async |worker| {
            queues.queue.send(&"wait_for_stop", None).await.unwrap();
            wait_for(|| worker.runs.load(SeqCst) == 1).await.unwrap();
        })
        .await;
        let began = Instant::now();
        consuming(queues, async |worker| {
            wait_for(|| worker.runs.load(SeqCst) == 1).await.unwrap();
            assert!(began.elapsed() < SETTINGS.lease / 2, "{:?}", began.elapsed());
        })
        .await;
    })
    .await;
}

async fn wait_for(done: impl Fn() -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    while !done() {
        if Duration::from_secs(20) < began.elapsed() {
            bail!("not within 20 s");
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
