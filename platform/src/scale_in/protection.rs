//! Holds up a shield while there is work: called on the edges between idle and busy, not all the
//! time, for both services count calls.

use std::time::Duration;

use tokio::{sync::watch, time::Instant, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::Shield;

/// How long a worker is without a job before it counts as idle: the next one is often there.
const LINGER: Duration = Duration::from_secs(10);

pub(super) async fn keep(
    shield: &Shield,
    mut jobs: watch::Receiver<usize>,
    done: &CancellationToken,
) {
    let mut set_at: Option<Instant> = None;
    loop {
        let is_busy = *jobs.borrow_and_update() > 0;
        if is_busy && set_at.is_none_or(|at| shield.renew_after() <= at.elapsed()) {
            match shield.set(true).await {
                Ok(()) => {
                    debug!("protected from scale-in");
                    set_at = Some(Instant::now());
                }
                // The work goes on: to be killed costs seconds.
                Err(error) => warn!(error = format!("{error:#}"), "not protected from scale-in"),
            }
        }
        let idle = async {
            match set_at {
                Some(_) if !is_busy => sleep(LINGER).await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = done.cancelled() => break,
            changed = jobs.changed() => if changed.is_err() { break },
            () = idle => if lowered(shield).await { set_at = None },
        }
    }
    if set_at.is_some() {
        lowered(shield).await;
    }
}

async fn lowered(shield: &Shield) -> bool {
    match shield.set(false).await {
        Ok(()) => {
            info!("free to be scaled in");
            true
        }
        Err(error) => {
            warn!(error = format!("{error:#}"), "still protected from scale-in");
            false
        }
    }
}
