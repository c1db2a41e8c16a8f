//! What every fleet's program consists of: one queue, two buckets, the progress topic, probes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    aws::{self, Aws, AwsArgs},
    consumer::{ConsumerSettings, FAREWELL, Worker, consume},
    health,
    objects::Objects,
    queue::SqsQueue,
    scale_in::{Counted, ScaleIn, ScaleInArgs},
    shutdown,
    telemetry::{self, TelemetryArgs},
    topic::Topic,
};

/// How long a stopped fleet waits for its abandoned uploads to be aborted.
const CLEAN_UP: Duration = Duration::from_secs(2);

/// Configuration common to all fleets.
#[derive(clap::Args, Debug)]
pub struct FleetArgs {
    /// The queue this fleet serves.
    #[arg(long, env)]
    pub queue_url: String,

    /// Bucket of uploaded files.
    #[arg(long, env)]
    pub raw_bucket: String,

    /// Bucket of everything that is made of them.
    #[arg(long, env)]
    pub media_bucket: String,

    /// Topic that the catalogue listens to.
    #[arg(long, env)]
    pub video_progress_topic_arn: String,

    /// Address for /healthz and /readyz; none if not given.
    #[arg(long, env)]
    pub health_listen: Option<SocketAddr>,

    /// Jobs done at once.
    #[arg(long, env, default_value = "1")]
    pub slots: std::num::NonZeroUsize,

    /// Seconds from SIGTERM to the end at the latest: what the orchestrator allows before SIGKILL
    /// (ECS's stopTimeout), less a little. Jobs in hand get all but the last five of them to end;
    /// what they have made stays, and another worker goes on from there.
    #[arg(long, env, default_value = "25", value_parser = clap::value_parser!(u64).range(6..))]
    pub grace_seconds: u64,

    /// Seconds that a message stays a worker's without a word of it; renewed whenever a third of it
    /// is over. No longer than the queue's own VisibilityTimeout, which is for whoever says nothing.
    #[arg(long, env, default_value = "60", value_parser = clap::value_parser!(u64).range(3..=600))]
    pub lease_seconds: u64,

    /// Seconds that one job may take of a worker at a time; then it goes back to its queue, to be
    /// continued. SQS's own limit is 12 hours.
    #[arg(long, env, default_value = "840", value_parser = clap::value_parser!(u64).range(60..=36_000))]
    pub hold_seconds: u64,

    /// How it gets on with those who take machines away.
    #[command(flatten)]
    pub scale_in: ScaleInArgs,

    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArgs,

    /// What is logged.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// The parts of a fleet's program.
pub struct Fleet {
    /// Clients of AWS.
    pub aws: Aws,
    /// Uploaded files.
    pub raw: Objects,
    /// What is made of them.
    pub media: Objects,
    /// Where the fleet reports.
    pub progress: Topic,
    /// The queue it serves.
    pub queue: Arc<SqsQueue>,
    settings: ConsumerSettings,
    scale_in: ScaleIn,
    health_listen: Option<SocketAddr>,
    shutdown: CancellationToken,
}

impl Fleet {
    /// Sets up logs, signals and clients.
    ///
    /// # Errors
    /// If what is configured is not enough.
    pub async fn start(args: &FleetArgs) -> anyhow::Result<Self> {
        telemetry::init(&args.telemetry);
        let grace = Duration::from_secs(args.grace_seconds);
        let shutdown = shutdown::on_signal(grace);
        let aws = aws::load(&args.aws).await;
        Ok(Self {
            scale_in: ScaleIn::new(&args.scale_in, &aws)?,
            raw: Objects::new(aws.s3.clone(), args.raw_bucket.as_str()),
            media: Objects::new(aws.s3.clone(), args.media_bucket.as_str()),
            progress: Topic::new(aws.sns.clone(), args.video_progress_topic_arn.as_str()),
            queue: Arc::new(
                SqsQueue::new(aws.sqs.clone(), args.queue_url.as_str())
                    .with_heartbeats(aws.heartbeats.clone()),
            ),
            settings: ConsumerSettings {
                lease: Duration::from_secs(args.lease_seconds),
                slots: args.slots.into(),
                hold: Duration::from_secs(args.hold_seconds),
                drain: grace.saturating_sub(FAREWELL + CLEAN_UP),
                ..ConsumerSettings::default()
            },
            health_listen: args.health_listen,
            shutdown,
            aws,
        })
    }

    /// Works until a signal says otherwise, then hands back what is in hand and ends the process
    /// with success: a runtime that merely returned would wait for its blocking threads, of which
    /// one may still be at a span that nobody wants any more.
    ///
    /// # Errors
    /// If the probes' address cannot be bound.
    pub async fn work<W: Worker + 'static>(self, worker: W) -> anyhow::Result<()> {
        let (worker, jobs) = Counted::new(worker);
        let worker = Arc::new(worker);
        let ready = {
            let (worker, queue) = (worker.clone(), self.queue.clone());
            move || -> BoxFuture<'static, anyhow::Result<()>> {
                let (worker, queue) = (worker.clone(), queue.clone());
                Box::pin(async move { queue.reachable().await.and(worker.ready().await) })
            }
        };
        let shutdown = self.shutdown.clone();
        let is_ending = self.scale_in.is_ending().await;
        let done = CancellationToken::new();
        let watching = tokio::spawn(self.scale_in.watch(jobs, shutdown.clone(), done.clone()));
        let consuming = async {
            if is_ending {
                // Started again it would come to this again, and do no harm while it waits.
                info!("taking no jobs; waiting to be stopped");
                shutdown.cancelled().await;
            } else {
                info!(slots = self.settings.slots, "waiting for jobs");
                consume(self.queue, worker, self.settings, shutdown).await;
            }
            anyhow::Ok(())
        };
        match self.health_listen {
            Some(address) => {
                let probes = health::serve(address, ready, self.shutdown);
                tokio::try_join!(probes, consuming)?;
            }
            None => consuming.await?,
        }
        done.cancel();
        // A job that was dropped with its upload open keeps it open: do not wait for ever.
        let cleaning_up = async { tokio::join!(self.media.background_done(), watching) };
        if timeout(CLEAN_UP, cleaning_up).await.is_err() {
            warn!("left behind: uploads to the bucket's lifecycle rule, protection to its expiry");
        }
        info!("stopped");
        std::process::exit(0)
    }
}
