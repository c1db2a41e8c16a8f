//! The transcoder: a worker of one queue that makes the renditions it is told.

mod captions;
mod close;
mod config;
mod encode;
mod progress;
mod spans;
mod transcode;

use clap::Parser;
use platform::{fleet::Fleet, topic::Topic};

use crate::{config::Config, transcode::Transcoder};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    let fleet = Fleet::start(&config.fleet).await;
    media::init();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let transcoder = Transcoder {
        renditions: config.renditions,
        raw: fleet.raw.clone(),
        media: fleet.media.clone(),
        uploaded: Topic::new(fleet.aws.sns.clone(), config.video_uploaded_topic_arn),
        progress: fleet.progress.clone(),
        spans: config.spans.map_or(cores, usize::from),
    };
    fleet.work(transcoder).await
}
