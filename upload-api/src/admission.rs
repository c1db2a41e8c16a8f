//! Whose turn it is. Of one owner only so many videos are with the fleets at a time; the others wait
//! in the catalogue, oldest first, and move up as those end. So a flood of one owner's videos leaves
//! room for another's single clip in queues that know nothing of fairness.

use domain::{OwnerId, Video, VideoId};
use tokio::sync::{Mutex, MutexGuard};
use tracing::{info, warn};

use crate::{
    App,
    catalogue::{CatalogueError, Due, Entry, Owed},
    clock, jobs,
};

/// Locks: those who decide about the same owner take turns.
const STRIPES: usize = 64;
/// Seconds until somebody looks whether a video's turn has come, should nobody have told.
const PATIENCE: u64 = 300;

/// How many of an owner's videos may be with the fleets at a time.
#[derive(Debug)]
pub(crate) struct Admission {
    at_once: usize,
    stripes: Vec<Mutex<()>>,
}

impl Admission {
    /// Of one owner `at_once`.
    pub(crate) fn new(at_once: usize) -> Self {
        Self { at_once, stripes: (0..STRIPES).map(|_| Mutex::new(())).collect() }
    }

    /// Within this process nobody else decides about the owner meanwhile; other replicas may, and
    /// then there is one too many for a while, which does no harm.
    async fn alone(&self, owner: &OwnerId) -> MutexGuard<'_, ()> {
        let sum = owner.0.bytes().fold(0, |sum, byte| sum * 31_usize % STRIPES + usize::from(byte));
        self.stripes[sum % STRIPES].lock().await
    }
}

/// What a waiting video is owed.
pub(crate) fn due(now: u64) -> Due {
    Due { owed: Owed::Publish, at: now + PATIENCE }
}

/// Whether an uploaded video's turn has come. If not, it waits, and [`move_up`] is told of it.
///
/// # Errors
/// If the catalogue does not answer; nothing is decided then.
pub(crate) async fn admit(app: &App, video: &Video) -> Result<bool, CatalogueError> {
    let owner = &video.record.owner_id;
    let has_come = {
        let _alone = app.admission.alone(owner).await;
        let has_come = has_room(app, owner).await?
            && app.catalogue.waiting(owner, 1).await?.iter().all(|id| *id == video.record.id);
        decide(app, video.record.id, has_come).await?
    };
    if !has_come {
        // The last one ahead may have ended before the catalogue knew that this one waits.
        move_up(app, owner).await?;
    }
    Ok(has_come)
}

/// Publishes the oldest of an owner's waiting videos, as many as there are places for.
///
/// # Errors
/// If the catalogue does not answer; what was not published is owed.
pub(crate) async fn move_up(app: &App, owner: &OwnerId) -> Result<(), CatalogueError> {
    loop {
        let id = {
            let _alone = app.admission.alone(owner).await;
            let next = app.catalogue.waiting(owner, 1).await?.pop();
            let Some(id) = next else { return Ok(()) };
            if !has_room(app, owner).await? {
                return Ok(());
            }
            if !decide(app, id, true).await? {
                return Ok(()); // deleted meanwhile: whoever did that tells us
            }
            id
        };
        info!(%id, %owner, "its turn has come");
        jobs::send_or_warn(app, id).await;
    }
}

/// Moves waiting videos up as others end, for as long as it is polled.
pub(crate) async fn move_up_as_others_end(app: &App) {
    loop {
        for owner in app.catalogue.freed().await {
            if let Err(error) = move_up(app, &owner).await {
                let error = format!("{:#}", anyhow::Error::from(error));
                warn!(%owner, error, "waiting videos move up later");
            }
        }
    }
}

async fn has_room(app: &App, owner: &OwnerId) -> Result<bool, CatalogueError> {
    let most = app.admission.at_once;
    Ok(app.catalogue.working(owner, most).await?.len() < most)
}

async fn decide(app: &App, id: VideoId, has_come: bool) -> Result<bool, CatalogueError> {
    let now = clock::unix_now();
    let decided = app.catalogue.update(id, |entry| take_turn(entry, has_come, now)).await?;
    Ok(decided.is_some_and(|decided| decided.answer))
}

/// Its turn has come, or has not. True if it has, now or before.
pub(crate) fn take_turn(entry: &mut Entry, has_come: bool, now: u64) -> bool {
    let was_admitted = entry.video.is_working();
    let is_admitted = entry.video.admit(has_come);
    if is_admitted && !was_admitted {
        entry.due = Some(jobs::publish_due());
    } else if entry.video.waits_for_its_turn() {
        entry.due = Some(due(now));
    }
    is_admitted
}
