//! `POST /api/videos/{id}/renditions/{name}/retry`: its owner tries a failed rendition again.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::{RenditionName, video::NotRetryable};
use tracing::warn;

use crate::{
    App,
    auth::Caller,
    catalogue::Entry,
    extract::{Id, Name},
    jobs,
    problem::{Problem, ProblemResponse},
    view::VideoView,
};

/// Try a failed rendition again
///
/// Also its MP4, if only that failed, and the thumbnails by the name `thumbnails`. What is stored
/// already is kept; the rest is made.
#[utoipa::path(
    post,
    path = "/api/videos/{id}/renditions/{name}/retry",
    operation_id = "retry_rendition",
    tag = "videos",
    params(
        ("id" = String, Path, description = "The video's id"),
        ("name" = String, Path, description = "The rendition's name", example = "480p"),
    ),
    responses((status = 202, description = "It will be tried again", body = VideoView), ProblemResponse)
)]
pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    Name(name): Name,
) -> Result<(StatusCode, Json<VideoView>), Problem> {
    caller.video(&app, id).await?;
    let name = RenditionName(name);
    let updated = app
        .catalogue
        .update(id, |entry| reopen(entry, &name))
        .await?
        .ok_or_else(Problem::video_not_found)?;
    updated.answer.map_err(problem)?;
    // Whatever fails now, a sweeper does again.
    if let Err(error) = jobs::publish(&app, &updated.video).await {
        warn!(%id, %name, error = format!("{error:#}"), "a retry is not published yet");
    }
    Ok((StatusCode::ACCEPTED, Json(VideoView::from(&updated.video))))
}

/// It is owed from here on.
pub(crate) fn reopen(entry: &mut Entry, name: &RenditionName) -> Result<(), NotRetryable> {
    entry.video.retry(name)?;
    entry.due = Some(jobs::publish_due());
    Ok(())
}

fn problem(refusal: NotRetryable) -> Problem {
    let conflict = |code, detail| Problem::new(StatusCode::CONFLICT, code, detail);
    match refusal {
        NotRetryable::Unknown => Problem::new(
            StatusCode::NOT_FOUND,
            "rendition_not_found",
            "The video has no rendition of this name.",
        ),
        NotRetryable::InputAtFault => conflict(
            "input_at_fault",
            "The file itself cannot be processed, however often it is tried. Upload another one.",
        ),
        NotRetryable::NotFailed => {
            conflict("not_failed", "It has not failed, so there is nothing to try again.")
        }
    }
}
