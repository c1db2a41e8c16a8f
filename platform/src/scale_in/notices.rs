//! What an instance is told before it goes: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html>.

use std::time::Duration;

use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{NoticeKinds, metadata::Metadata};

/// A notice comes two minutes ahead at best; AWS advises to ask every five seconds.
const PAUSE: Duration = Duration::from_secs(5);

/// Those of one instance.
#[derive(Debug)]
pub(super) struct Notices {
    metadata: Metadata,
    paths: &'static [&'static str],
}

impl Notices {
    pub(super) fn new(metadata: Metadata, kinds: NoticeKinds) -> Self {
        let paths: &[_] = match kinds {
            NoticeKinds::Off => &[],
            NoticeKinds::Interruption => &["spot/instance-action"],
            NoticeKinds::Rebalance => &["spot/instance-action", "events/recommendations/rebalance"],
        };
        Self { metadata, paths }
    }

    /// Whether there is one now. A service that does not answer gives none.
    pub(super) async fn noticed(&self) -> bool {
        for path in self.paths {
            match self.metadata.find(path).await {
                Ok(Some(notice)) => {
                    warn!(path, notice, "the instance is about to go");
                    return true;
                }
                Ok(None) => {}
                Err(error) => warn!(error = format!("{error:#}"), "cannot ask for notices"),
            }
        }
        false
    }

    /// Asks when a job begins and while one runs: an idle worker has nothing to lose.
    pub(super) async fn watch(
        &self,
        mut jobs: watch::Receiver<usize>,
        shutdown: &CancellationToken,
    ) {
        while jobs.wait_for(|jobs| *jobs > 0).await.is_ok() {
            if self.noticed().await {
                return shutdown.cancel();
            }
            sleep(PAUSE).await;
        }
    }
}
