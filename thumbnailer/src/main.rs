//! The thumbnailer: a worker of one queue that makes poster, storyboard and preview of every upload.

mod config;
mod extras;
mod jpeg;
mod posters;
mod sheet;
mod thumbnail;

use clap::Parser;
use platform::fleet::Fleet;

use crate::{config::Config, thumbnail::Thumbnailer};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = Config::parse();
    let fleet = Fleet::start(&config.fleet).await;
    media::init();
    let thumbnailer = Thumbnailer {
        raw: fleet.raw.clone(),
        media: fleet.media.clone(),
        progress: fleet.progress.clone(),
    };
    fleet.work(thumbnailer).await
}
