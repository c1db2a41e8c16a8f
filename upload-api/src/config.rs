//! What can be configured; `--help` is the manual.

use std::{net::SocketAddr, path::PathBuf};

use clap::{ArgAction, Args, Parser, Subcommand};
use platform::{
    aws::AwsArgs, event_bus::EventBusArgs, outbound::OutboundArgs, telemetry::TelemetryArgs,
};

use crate::{events::StreamLimits, fleets::FleetQueue, reconcile::ReconcileArgs};

/// Takes uploads, keeps the catalogue, plays videos back and serves the web page.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Config {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Address to listen on. Nobody signs in yet, so only loopback is taken.
    #[arg(long, env, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Listen on any address: for containers whose port is published on loopback.
    #[arg(long, env, default_value_t = false, action = ArgAction::Set)]
    pub single_user_bind: bool,

    /// Folder of the built web page; without it there is only the API.
    #[arg(long, env)]
    pub web_dir: Option<PathBuf>,

    /// What it works with.
    #[command(flatten)]
    pub parts: PartsArgs,

    /// How to reach AWS.
    #[command(flatten)]
    pub aws: AwsArgs,

    /// What to log.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// What else it can do.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// Compare the catalogue with the buckets and tell what differs, a line of JSON each. Ends with
    /// 1 if anything does that was not mended.
    Reconcile(ReconcileArgs),
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
    /// the rendition its fleet makes, or `thumbnails`; any other name is a consolidated fleet's.
    #[arg(long, env, value_delimiter = ',')]
    pub fleet_queues: Vec<FleetQueue>,

    /// Table of videos.
    #[arg(long, env)]
    pub catalog_table: String,

    /// The buckets' endpoint as browsers reach it, where that is not ours; only for presigning.
    #[arg(long, env)]
    pub s3_public_endpoint: Option<String>,

    /// How many may watch.
    #[command(flatten)]
    pub streams: StreamLimits,

    /// Where webhooks may be.
    #[command(flatten)]
    pub outbound: OutboundArgs,

    /// Who else is told what becomes of videos.
    #[command(flatten)]
    pub event_bus: EventBusArgs,
}
