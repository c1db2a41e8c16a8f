//! `/api/videos`: list, read, edit, delete.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::VideoId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    App,
    auth::{Caller, Viewer},
    deletion,
    extract::{Id, Input, Params},
    naming,
    problem::{Problem, ProblemResponse},
    view::{VideoListView, VideoView, VisibilityView},
};

/// Videos of a page, unless asked otherwise.
const PAGE: usize = 20;
/// Most videos of a page.
const MAX_PAGE: usize = 100;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Videos of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// What of a video may be edited; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VideoEdit {
    /// At most 200 characters on one line.
    title: Option<String>,
    /// Who may see it.
    visibility: Option<VisibilityView>,
}

/// List videos
///
/// Your own, newest first.
#[utoipa::path(
    get,
    path = "/api/videos",
    operation_id = "list_videos",
    tag = "videos",
    params(ListParams),
    responses((status = 200, description = "A page", body = VideoListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(params): Params<ListParams>,
) -> Result<Json<VideoListView>, Problem> {
    let limit = page_size(params.limit.as_deref())?;
    let after = params.cursor.as_deref().map(cursor).transpose()?;
    let page = app.catalogue.list(&caller.owner_id, after, limit).await?;
    let videos = page.videos.iter().map(VideoView::from).collect();
    Ok(Json(VideoListView { videos, next_cursor: page.next.map(|id| id.to_string()) }))
}

pub(crate) fn page_size(text: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = text else { return Ok(PAGE) };
    text.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit)).ok_or_else(|| {
        let detail = format!("limit must be a number from 1 to {MAX_PAGE}.");
        Problem::bad_request("invalid_limit", detail)
    })
}

pub(crate) fn cursor(text: &str) -> Result<VideoId, Problem> {
    text.parse().map_err(|_| {
        let detail = "cursor must be the next_cursor of an earlier answer.";
        Problem::bad_request("invalid_cursor", detail)
    })
}

/// Read a video
#[utoipa::path(
    get,
    path = "/api/videos/{id}",
    operation_id = "read_video",
    tag = "videos",
    params(("id" = String, Path, description = "The video's id")),
    responses((status = 200, description = "The video", body = VideoView), ProblemResponse)
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
) -> Result<Json<VideoView>, Problem> {
    let video = viewer.video(&app, id).await?;
    Ok(Json(VideoView::from(&video)))
}

/// Edit a video
#[utoipa::path(
    patch,
    path = "/api/videos/{id}",
    operation_id = "edit_video",
    tag = "videos",
    params(("id" = String, Path, description = "The video's id")),
    request_body = VideoEdit,
    responses((status = 200, description = "The video", body = VideoView), ProblemResponse)
)]
pub(crate) async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    Input(edit): Input<VideoEdit>,
) -> Result<Json<VideoView>, Problem> {
    caller.video(&app, id).await?;
    let title = edit.title.as_deref().map(naming::title).transpose()?;
    let updated = app
        .catalogue
        .update(id, |entry| {
            let record = &mut entry.video.record;
            let before = (record.title.clone(), record.visibility);
            record.title = title.clone().unwrap_or_else(|| before.0.clone());
            record.visibility = edit.visibility.map_or(before.1, Into::into);
            if before != (record.title.clone(), record.visibility) {
                record.version += 1;
            }
        })
        .await?;
    let updated = updated.ok_or_else(Problem::video_not_found)?;
    Ok(Json(VideoView::from(&updated.video)))
}

/// Delete a video
///
/// With its file and everything that was made of it.
#[utoipa::path(
    delete,
    path = "/api/videos/{id}",
    operation_id = "delete_video",
    tag = "videos",
    params(("id" = String, Path, description = "The video's id")),
    responses((status = 204, description = "It is gone"), ProblemResponse)
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    caller.video(&app, id).await?;
    if !deletion::delete(&app, id).await? {
        return Err(Problem::video_not_found());
    }
    Ok(StatusCode::NO_CONTENT)
}
