//! Does what others began and did not live to end: it finds what is owed through an index, claims
//! it by a conditional write, and does it. Every replica has one.

use std::{sync::Arc, time::Duration};

use domain::{Video, VideoState};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{
    App,
    catalogue::{CatalogueError, Entry, Owed},
    clock, deletion, jobs,
    letters::redrive,
    uploads,
};

/// Pause between two looks at the index.
const PAUSE: Duration = Duration::from_secs(5);
/// What is claimed of one shard at a time.
const AT_ONCE: i32 = 50;

/// Sweeps until the app's `shutdown` fires.
pub async fn sweep(app: Arc<App>) {
    let forever = async {
        loop {
            if let Err(error) = sweep_once(&app, clock::unix_now()).await {
                warn!(error = format!("{:#}", anyhow::Error::from(error)), "cannot sweep");
            }
            // Replicas that were started together shall not stay in step.
            sleep(PAUSE.mul_f64(0.75 + rand::random::<f64>() / 2.0)).await;
        }
    };
    tokio::select! {
        () = forever => {}
        () = app.shutdown.cancelled() => {}
    }
}

/// Does all that is owed at `now` (Unix seconds).
///
/// # Errors
/// If the catalogue does not answer.
pub async fn sweep_once(app: &App, now: u64) -> Result<(), CatalogueError> {
    for id in app.catalogue.due(now, AT_ONCE).await? {
        let claimed = app.catalogue.claim(id, |entry| claim(entry, now)).await?;
        let Some(claimed) = claimed else { continue };
        match claimed.answer {
            Some(Owed::Publish) => publish(app, &claimed.video).await,
            Some(Owed::Expire) => uploads::expiry::clear_or_warn(app, id).await,
            Some(Owed::Complete) => uploads::finish::end(app, id).await,
            Some(Owed::Erase) => deletion::erase_or_warn(app, id).await,
            None => {}
        }
    }
    redrive::sweep(app, now).await
}

/// What is to be done, if it is still owed and nobody else has claimed it.
fn claim(entry: &mut Entry, now: u64) -> Option<Owed> {
    let due = entry.due.filter(|due| due.at <= now)?;
    let has_retries = !entry.video.record.retries.is_empty();
    match (due.owed, entry.video.record.state) {
        (Owed::Publish, state) if state == VideoState::Uploaded || has_retries => {
            entry.due = Some(jobs::publish_due());
            Some(Owed::Publish)
        }
        (Owed::Expire, VideoState::Uploading | VideoState::Expired) => {
            uploads::expiry::expire(entry);
            Some(Owed::Expire)
        }
        (Owed::Complete, VideoState::Uploading) => {
            entry.due = Some(uploads::finish::due());
            Some(Owed::Complete)
        }
        (Owed::Erase, _) => {
            entry.due = Some(deletion::due());
            Some(Owed::Erase)
        }
        // The workers have begun, so they were told; or the upload did end.
        _ => {
            entry.due = None;
            None
        }
    }
}

async fn publish(app: &App, video: &Video) {
    let id = video.record.id;
    match jobs::publish(app, video).await {
        Ok(()) => info!(%id, "published what was owed"),
        Err(error) => warn!(%id, error = format!("{error:#}"), "cannot publish what is owed"),
    }
}

#[cfg(test)]
mod tests;
