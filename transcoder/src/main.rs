//! The transcoder: a worker of one queue that makes the renditions it is told.

mod captions;
mod chunks;
mod close;
mod config;
mod encode;
mod progress;
mod spans;
mod transcode;

use anyhow::Context;
use clap::Parser;
use media::Cage;
use platform::{fleet::Fleet, topic::Topic};
use tracing::warn;

use crate::{config::Config, transcode::Transcoder};

fn main() -> anyhow::Result<()> {
    media::cage::enter_if_asked(); // before there is a second thread
    serve()
}

#[tokio::main]
async fn serve() -> anyhow::Result<()> {
    let config = Config::parse();
    let fleet = Fleet::start(&config.fleet).await?;
    config.cage.check().context("SANDBOX=off would decode without a cage, at your own risk")?;
    if config.cage == Cage::Open {
        warn!("SANDBOX=off: strangers' files are decoded with this service's own rights");
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let transcoder = Transcoder {
        renditions: config.renditions,
        raw: fleet.raw.clone(),
        media: fleet.media.clone(),
        uploaded: Topic::new(fleet.aws.sns.clone(), config.video_uploaded_topic_arn),
        progress: fleet.progress.clone(),
        queue: fleet.queue.clone(),
        cage: config.cage,
        spans: config.spans.map_or(cores, usize::from),
    };
    fleet.work(transcoder).await
}
