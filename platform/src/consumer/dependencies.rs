//! Whether what a worker depends on is up: asked after failures, waited for while it is not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::{
    backoff,
    worker::{Worker, caught},
};

/// A dependency that takes longer than this to answer is down.
const PATIENCE: Duration = Duration::from_secs(10);

/// What all slots of a consumer know of their dependencies.
pub(super) struct Dependencies<W> {
    worker: Arc<W>,
    /// Something failed since they last were up.
    doubted: AtomicBool,
    /// They were down when last asked; only for the log, which tells each outage once.
    down: AtomicBool,
}

impl<W: Worker> Dependencies<W> {
    pub(super) fn new(worker: Arc<W>) -> Self {
        Self { worker, doubted: AtomicBool::new(false), down: AtomicBool::new(false) }
    }

    /// Something failed that may be their fault: ask before receiving again.
    pub(super) fn doubt(&self) {
        self.doubted.store(true, Relaxed);
    }

    pub(super) async fn wait_if_doubted(&self) {
        if self.doubted.load(Relaxed) {
            self.wait().await;
        }
    }

    /// Returns when they are up.
    pub(super) async fn wait(&self) {
        let mut failures = 0;
        while !self.are_up().await {
            failures += 1;
            sleep(backoff::between_polls(failures)).await;
        }
    }

    pub(super) async fn are_up(&self) -> bool {
        match self.ask().await {
            Ok(()) => {
                self.doubted.store(false, Relaxed);
                if self.down.swap(false, Relaxed) {
                    info!("the dependencies are up again");
                }
                true
            }
            Err(error) => {
                self.doubt();
                if !self.down.swap(true, Relaxed) {
                    warn!(error = format!("{error:#}"), "a dependency is down; waiting for it");
                }
                false
            }
        }
    }

    async fn ask(&self) -> anyhow::Result<()> {
        let answer = timeout(PATIENCE, caught(async { self.worker.ready().await })).await;
        answer.context("asking the dependencies")??
    }
}
