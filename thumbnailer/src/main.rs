//! The thumbnailer: a worker of one queue that makes the poster of every upload.

mod config;
mod poster;
mod thumbnail;

use anyhow::Context;
use clap::Parser;
use media::Cage;
use platform::fleet::Fleet;
use tracing::warn;

use crate::{config::Config, thumbnail::Thumbnailer};

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
    let thumbnailer = Thumbnailer {
        raw: fleet.raw.clone(),
        media: fleet.media.clone(),
        progress: fleet.progress.clone(),
        cage: config.cage,
    };
    fleet.work(thumbnailer).await
}
