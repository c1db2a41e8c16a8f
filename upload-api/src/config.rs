//! What can be configured; `--help` is the manual.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use clap::{ArgAction, Args, Parser};
use platform::{aws::AwsArgs, telemetry::TelemetryArgs};

use crate::{auth::AuthArgs, delivery::DeliveryArgs, fleets::FleetQueue, uploads::UploadArgs};

/// Takes uploads, keeps the catalogue, plays videos back and serves the web page.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Config {
    /// Address to listen on. In single-user mode (without AUTH_ISSUER) only loopback is taken.
    #[arg(long, env, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Listen on any address in single-user mode, too: for containers whose port is published on
    /// loopback.
    #[arg(long, env, default_value_t = false, action = ArgAction::Set)]
    pub single_user_bind: bool,

    /// Folder of the built web page; without it there is only the API.
    #[arg(long, env)]
    pub web_dir: Option<PathBuf>,

    /// Sites that may frame the embed page: origins with spaces between, as in CSP's
    /// `frame-ancestors`. No other page can be framed.
    #[arg(long, env, default_value = "*")]
    pub embed_ancestors: String,

    /// What it works with.
    #[command(flatten)]
    pub parts: PartsArgs,

    /// What stands before the bucket of media.
    #[command(flatten)]
    pub delivery: DeliveryArgs,

    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArgs,

    /// What to log.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Names of buckets, topic, queue and table; `infra/` makes them.
#[derive(Args, Clone, Debug)]
pub struct PartsArgs {
    /// Bucket of uploaded files.
    #[arg(long, env)]
    pub raw_bucket: String,

    /// Bucket of what the workers make.
    #[arg(long, env)]
    pub media_bucket: String,

    /// Topic that jobs are published to.
    #[arg(long, env)]
    pub video_uploaded_topic_arn: String,

    /// Queue of the workers' events.
    #[arg(long, env)]
    pub catalog_queue_url: String,

    /// The fleets' queues by name, comma-separated: `480p=https://…,audio=https://…`. Their dead
    /// letters are shown as failures of their videos and can be sent again. A queue is called like
    /// the rendition its fleet makes, several joined by hyphens (`480p-720p`), or `thumbnails`; any
    /// other name is that of a fleet that makes every rendition. A name alone is a queue whose URL is
    /// the catalogue's with that name in the place of its last word.
    #[arg(long, env, value_delimiter = ',')]
    pub fleet_queues: Vec<FleetQueue>,

    /// How many videos of one owner the fleets are given at a time. The others wait in the
    /// catalogue, so that a flood of one owner's leaves room for another's clip. Where the queues
    /// are fair themselves (SQS, by message groups) it may be large: fleets grow with their queues.
    #[arg(long, env, default_value = "8")]
    pub owner_videos_at_once: NonZeroUsize,
    /// Seconds that an event stays ours without a word of it; renewed whenever a third of it is over.
    /// No longer than the queue's own VisibilityTimeout.
    #[arg(long, env, default_value = "60", value_parser = clap::value_parser!(u64).range(3..=600))]
    pub lease_seconds: u64,

    /// Table of videos.
    #[arg(long, env)]
    pub catalog_table: String,

    /// The buckets' endpoint as browsers reach it, where that is not ours; only for presigning.
    #[arg(long, env)]
    pub s3_public_endpoint: Option<String>,

    /// Who may sign in.
    #[command(flatten)]
    pub auth: AuthArgs,
    /// What uploads may be like.
    #[command(flatten)]
    pub uploads: UploadArgs,
}
