//! How long one delivery may be worked on: SQS takes a message back 12 hours after it was received,
//! whatever was extended, and long before that somebody else should have a turn.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::Signals;

/// Stops a job that has had its share.
pub(super) struct Budget {
    pub(super) ends: Instant,
    pub(super) drain: Duration,
    pub(super) stop: CancellationToken,
    pub(super) signals: Signals,
}

impl Budget {
    pub(super) async fn watch(self) {
        let watch = async {
            sleep_until(self.ends).await;
            info!("the job has had its share of time; handing it over");
            self.signals.over.cancel();
            self.signals.cancelled.cancel();
            sleep(self.drain).await;
            self.signals.dropped.cancel();
        };
        tokio::select! {
            biased;
            () = self.stop.cancelled() => (),
            () = watch => (),
        }
    }
}
