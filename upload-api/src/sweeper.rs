//! Does what others began and did not live to end: it finds what is owed through an index, claims
//! it by a conditional write, and does it. Every replica has one.

mod backlogs;
#[cfg(test)]
mod exploration;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::{OwnerId, Video, VideoId, VideoState, video::PATIENCE};
use futures::{StreamExt, stream};
use tokio::time::sleep;
use tracing::{info, warn};

use self::backlogs::Backlogs;
use crate::{
    App, admission,
    catalogue::{CatalogueError, Due, Entry, Owed},
    clock, deletion, jobs,
    letters::redrive,
    uploads,
};

/// Pause between two looks at the index.
const PAUSE: Duration = Duration::from_secs(5);
/// What is claimed of one shard at a time.
const AT_ONCE: i32 = 50;
/// Videos that are seen to at the same time.
const HANDS: usize = 8;
/// Seconds until the queues are asked again when they did not answer.
const RECHECK: u64 = 60;

/// What a sweeper does for a video that it has claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    /// Publishes what is owed.
    Publish,
    /// Looks whether its owner's turn has come.
    MoveUp,
    /// Puts an upload together whose parts are all there.
    Complete,
    /// Throws away what has arrived of an upload that never ended.
    Discard,
    /// Erases a deleted video.
    Erase,
}

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
        () = admission::move_up_as_others_end(&app) => {}
        () = app.shutdown.cancelled() => {}
    }
}

/// Does all that is owed at `now` (Unix seconds). A video that cannot be seen to holds up no other.
///
/// # Errors
/// If the catalogue does not answer.
pub async fn sweep_once(app: &App, now: u64) -> Result<(), CatalogueError> {
    let due = app.catalogue.due(now, AT_ONCE).await?;
    if !due.is_empty() {
        let backlogs = Backlogs::ask(&app.pipeline).await;
        let backlogs = backlogs.inspect_err(|error| {
            warn!(error = format!("{error:#}"), "queues do not answer: no deadline ends");
        });
        let backlogs = backlogs.ok();
        let seen_to = |id| see_to(app, id, now, backlogs.as_ref());
        let owners: Vec<_> = stream::iter(due).map(seen_to).buffer_unordered(HANDS).collect().await;
        for owner in owners.into_iter().flatten().collect::<BTreeSet<_>>() {
            admission::move_up(app, &owner).await?;
        }
    }
    redrive::sweep(app, now).await
}

/// Answers the owner if it may be the turn of a video of theirs.
async fn see_to(app: &App, id: VideoId, now: u64, backlogs: Option<&Backlogs>) -> Option<OwnerId> {
    let claimed = app.catalogue.claim(id, now, |entry| claim(entry, now, backlogs)).await;
    let claimed = match claimed {
        Ok(claimed) => claimed?,
        Err(error) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            warn!(%id, error, "cannot see to a video");
            return None;
        }
    };
    match claimed.answer? {
        Errand::Publish => publish(app, &claimed.video).await,
        Errand::Complete => uploads::finish::end(app, id).await,
        Errand::Discard => uploads::expiry::clear_or_warn(app, id).await,
        Errand::Erase => deletion::erase_or_warn(app, id).await,
        Errand::MoveUp => return Some(claimed.video.record.owner_id),
    }
    None
}

/// What is to be done, if it is still owed and nobody else has claimed it.
fn claim(entry: &mut Entry, now: u64, backlogs: Option<&Backlogs>) -> Option<Errand> {
    let due = entry.due.filter(|due| due.at <= now)?;
    let has_retries = !entry.video.record.retries.is_empty();
    match (due.owed, entry.video.record.state) {
        (Owed::Publish, _) if entry.video.waits_for_its_turn() => {
            entry.due = Some(admission::due(now));
            Some(Errand::MoveUp)
        }
        (Owed::Publish, state) if state == VideoState::Uploaded || has_retries => {
            entry.due = Some(jobs::publish_due());
            Some(Errand::Publish)
        }
        (Owed::Expire, VideoState::Uploading | VideoState::Expired) => {
            uploads::expiry::expire(entry, now);
            Some(Errand::Discard)
        }
        (Owed::Complete, VideoState::Uploading) => {
            entry.due = Some(uploads::finish::due());
            Some(Errand::Complete)
        }
        (Owed::Erase, _) => {
            entry.due = Some(deletion::due());
            Some(Errand::Erase)
        }
        (Owed::Watch, _) => look_after(entry, now, backlogs),
        // The workers have begun, so they were told; or the upload did end.
        _ => {
            entry.due = None;
            None
        }
    }
}

/// Looks where the jobs are that are past their deadlines.
fn look_after(entry: &mut Entry, now: u64, backlogs: Option<&Backlogs>) -> Option<Errand> {
    let watch = |at| Some(Due { owed: Owed::Watch, at });
    let Some(backlogs) = backlogs else {
        entry.due = watch(now + RECHECK);
        return None;
    };
    for (job, silence) in entry.video.overdue(now) {
        entry.video.look_into(&job, backlogs.finding(&job.fleet, silence), now);
    }
    if !entry.video.record.retries.is_empty() {
        entry.due = Some(jobs::publish_due());
        return Some(Errand::Publish);
    }
    let deadlines = entry.video.record.open_jobs.values().map(|job| job.since + PATIENCE);
    let next = deadlines.filter(|at| now < *at).min().unwrap_or(now + PATIENCE);
    entry.due = watch(next.min(now + PATIENCE));
    None
}

async fn publish(app: &App, video: &Video) {
    let id = video.record.id;
    match jobs::publish(app, video).await {
        Ok(()) => info!(%id, "published what was owed"),
        Err(error) => warn!(%id, error = format!("{error:#}"), "cannot publish what is owed"),
    }
}
