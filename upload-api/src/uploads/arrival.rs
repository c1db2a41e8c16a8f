//! A file is in the bucket, whichever way it came: its video is uploaded, and its job is published.

use domain::{Reason, SourceObject, Video, VideoId, VideoState, keys, sniff};
use platform::objects::ObjectError;
use tracing::{info, warn};

use crate::{App, catalogue::Entry, jobs, problem::Problem};
use domain::UploadState;

/// What the catalogue makes of a file that is there.
enum Arrival {
    /// It waited for it.
    First,
    /// It knows already.
    Again,
    /// It does not want it any more.
    Unwanted,
}

/// The file of this video, of so many bytes, is there. Told twice, or by two at once, it is
/// published once; whoever dies in between leaves the rest to the sweeper.
pub(super) async fn arrived(app: &App, id: VideoId, size_bytes: u64) -> Result<Video, Problem> {
    let unavailable = |error: ObjectError| Problem::unavailable(error.into());
    let object = app.raw.head(&keys::source(id)).await.map_err(unavailable)?;
    if object.size_bytes != size_bytes {
        let sizes = format!("{} bytes of {id} are stored, not {size_bytes}", object.size_bytes);
        return Err(Problem::internal(anyhow::anyhow!(sizes)));
    }
    let source = SourceObject { key: object.key, size_bytes: object.size_bytes, etag: object.etag };
    let refusal = look(app, &source).await.map_err(unavailable)?;
    let take = |entry: &mut Entry| take(entry, &source, refusal.as_ref());
    let updated = app.catalogue.update(id, take).await?;
    match updated.map(|updated| (updated.answer, updated.video)) {
        Some((Arrival::First, video)) => {
            info!(%id, size_bytes, state = ?video.record.state, "uploaded");
            if refusal.is_none()
                && let Err(error) = jobs::publish(app, &video).await
            {
                warn!(%id, error = format!("{error:#}"), "cannot publish; left to the sweeper");
            }
            Ok(video)
        }
        Some((Arrival::Again, video)) => Ok(video),
        Some((Arrival::Unwanted, _)) | None => {
            // Whoever deleted it may have listed the bucket before the file was there.
            if let Err(error) = app.raw.delete(&source.key).await {
                let error = format!("{:#}", anyhow::Error::from(error));
                warn!(%id, error, "a file is left over");
            }
            Err(gone())
        }
    }
}

fn take(entry: &mut Entry, source: &SourceObject, refusal: Option<&Reason>) -> Arrival {
    if entry.video.record.state != VideoState::Uploading {
        let is_known = entry.video.record.source.as_ref() == Some(source);
        return if is_known { Arrival::Again } else { Arrival::Unwanted };
    }
    entry.due = match refusal {
        Some(reason) => {
            entry.video.refused(source.clone(), reason.clone());
            None
        }
        None => {
            entry.video.uploaded(source.clone());
            Some(jobs::publish_due())
        }
    };
    if let Some(upload) = &mut entry.upload {
        upload.state = UploadState::Complete;
    }
    Arrival::First
}

/// Looks at the first bytes.
async fn look(app: &App, source: &SourceObject) -> Result<Option<Reason>, ObjectError> {
    let head = 0..source.size_bytes.min(sniff::SNIFFED_BYTES);
    let head = app.raw.range(&source.key, head, Some(&source.etag)).await?;
    Ok(sniff::evidently_no_video(&head))
}

pub(super) fn gone() -> Problem {
    let detail = "The video was deleted, or expired, while its file arrived.";
    Problem::new(axum::http::StatusCode::GONE, "video_gone", detail)
}
