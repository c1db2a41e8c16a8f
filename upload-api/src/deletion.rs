//! Deleting a video: it is gone at once for whoever asks, then its objects go, then its items.
//!
//! The catalogue remembers that this is owed, so a crash in between heals; a tombstone in the media
//! bucket stops workers that hear of the video later.

use domain::{VideoId, keys};
use tracing::warn;

use crate::{
    App,
    catalogue::{CatalogueError, Due, Entry, Owed},
    clock, uploads,
};

/// How long erasing may take before a sweeper thinks that whoever does it is dead, in seconds.
const PATIENCE: u64 = 60;

/// What is owed to a deleted video.
pub(crate) fn due() -> Due {
    Due { owed: Owed::Erase, at: clock::unix_now() + PATIENCE }
}

/// Deletes a video; false if there was none. What cannot be erased now is left to the sweeper.
///
/// # Errors
/// If the catalogue does not answer: the video is still there.
pub(crate) async fn delete(app: &App, id: VideoId) -> Result<bool, CatalogueError> {
    delete_if(app, id, |_| true).await
}

/// The same, if it is as it should be at that moment.
///
/// # Errors
/// If the catalogue does not answer: the video is still there.
pub(crate) async fn delete_if(
    app: &App,
    id: VideoId,
    is_so: impl Fn(&Entry) -> bool,
) -> Result<bool, CatalogueError> {
    let hide = |entry: &mut Entry| {
        let hides = is_so(entry);
        if hides {
            entry.due = Some(due());
            entry.video.record.version += 1;
        }
        hides
    };
    let hidden = app.catalogue.update(id, hide).await?.is_some_and(|hidden| hidden.answer);
    if hidden {
        erase_or_warn(app, id).await;
    }
    Ok(hidden)
}

/// Erases a deleted video, or says why it is still owed.
pub(crate) async fn erase_or_warn(app: &App, id: VideoId) {
    if let Err(error) = erase(app, id).await {
        warn!(%id, error = format!("{error:#}"), "a deleted video's objects are left for later");
    }
}

/// The tombstone first: a worker that writes after we have listed finds it.
async fn erase(app: &App, id: VideoId) -> anyhow::Result<()> {
    app.media.put(&keys::tombstone(id), "", "text/plain").await?;
    uploads::drop_parts(app, id).await?;
    for bucket in [&app.raw, &app.media] {
        bucket.delete_prefix(&keys::video_prefix(id)).await?;
    }
    app.catalogue.remove_shares(id).await?;
    app.catalogue.remove(id).await?;
    Ok(())
}
