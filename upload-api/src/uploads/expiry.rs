//! Uploads that nobody completed: given up, and their parts dropped.

use domain::{UploadState, VideoId, keys};
use tracing::{info, warn};

use crate::{
    App,
    catalogue::{Due, Entry, Owed},
    clock,
};

/// How long dropping parts may take before a sweeper thinks that whoever does it is dead, in
/// seconds.
pub(crate) const PATIENCE: u64 = 60;

/// Gives an upload up. That its parts are to go is still owed.
pub(crate) fn expire(entry: &mut Entry, now: u64) {
    entry.video.expired();
    if let Some(upload) = &mut entry.upload {
        upload.state = UploadState::Expired;
    }
    entry.due = Some(Due { owed: Owed::Expire, at: now + PATIENCE });
}

/// Drops what has arrived of an expired upload, or says why it is still owed.
pub(crate) async fn clear_or_warn(app: &App, id: VideoId) {
    match clear(app, id).await {
        Ok(()) => info!(%id, "an upload expired"),
        Err(error) => warn!(%id, error = format!("{error:#}"), "an expired upload left its parts"),
    }
}

async fn clear(app: &App, id: VideoId) -> anyhow::Result<()> {
    let prefix = keys::video_prefix(id);
    drop_parts(app, id).await?;
    // What a process that died was streaming has no id in the catalogue.
    app.raw.abort_uploads(&prefix).await?;
    app.raw.delete_prefix(&prefix).await?;
    let settle = |entry: &mut Entry| {
        entry.due = entry.due.filter(|due| due.owed != Owed::Expire);
    };
    app.catalogue.update(id, settle).await?;
    Ok(())
}

/// Aborts the upload of a video at the store, if it has one that became no file. Then no late
/// request can make it one.
///
/// # Errors
/// If the catalogue or the store does not answer.
pub(crate) async fn drop_parts(app: &App, id: VideoId) -> anyhow::Result<()> {
    let found = app.catalogue.claim(id, clock::unix_now(), |entry| entry.upload.clone()).await?;
    let upload = found.and_then(|found| found.answer);
    if let Some(upload) = upload.filter(|upload| upload.state != UploadState::Complete) {
        let direct = app.raw.direct(&keys::source(id), &upload.multipart_id, upload.checksum);
        direct.abort().await?;
    }
    Ok(())
}
