//! What every fleet's program consists of: one queue, two buckets, the progress topic, probes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    aws::{self, Aws, AwsArgs},
    consumer::{ConsumerSettings, Worker, consume},
    health,
    objects::Objects,
    queue::SqsQueue,
    shutdown,
    telemetry::{self, TelemetryArgs},
    topic::Topic,
};

/// How long a stopped fleet waits for its abandoned uploads to be aborted.
const CLEAN_UP: Duration = Duration::from_secs(3);

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
    slots: usize,
    health_listen: Option<SocketAddr>,
    shutdown: CancellationToken,
}

impl Fleet {
    /// Sets up logs, signals and clients.
    pub async fn start(args: &FleetArgs) -> Self {
        telemetry::init(&args.telemetry);
        let shutdown = shutdown::on_signal();
        let aws = aws::load(&args.aws).await;
        Self {
            raw: Objects::new(aws.s3.clone(), args.raw_bucket.as_str()),
            media: Objects::new(aws.s3.clone(), args.media_bucket.as_str()),
            progress: Topic::new(aws.sns.clone(), args.video_progress_topic_arn.as_str()),
            queue: Arc::new(SqsQueue::new(aws.sqs.clone(), args.queue_url.as_str())),
            slots: args.slots.into(),
            health_listen: args.health_listen,
            shutdown,
            aws,
        }
    }

    /// Works until a signal says otherwise, then hands back what is in hand.
    ///
    /// # Errors
    /// If the probes' address cannot be bound.
    pub async fn work<W: Worker + 'static>(self, worker: W) -> anyhow::Result<()> {
        let worker = Arc::new(worker);
        let ready = {
            let (worker, queue) = (worker.clone(), self.queue.clone());
            move || -> BoxFuture<'static, anyhow::Result<()>> {
                let (worker, queue) = (worker.clone(), queue.clone());
                Box::pin(async move { queue.reachable().await.and(worker.ready().await) })
            }
        };
        let settings = ConsumerSettings { slots: self.slots, ..ConsumerSettings::default() };
        let shutdown = self.shutdown.clone();
        let consuming = async {
            info!(slots = self.slots, "waiting for jobs");
            consume(self.queue, worker, settings, shutdown).await;
            anyhow::Ok(())
        };
        match self.health_listen {
            Some(address) => {
                let probes = health::serve(address, ready, self.shutdown);
                tokio::try_join!(probes, consuming)?;
            }
            None => consuming.await?,
        }
        // A job that was dropped with its upload open keeps it open: do not wait for ever.
        if timeout(CLEAN_UP, self.media.background_done()).await.is_err() {
            warn!("uploads left to the bucket's lifecycle rule");
        }
        info!("stopped");
        Ok(())
    }
}
