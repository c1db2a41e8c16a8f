//! `/api/videos`: list, read, edit, delete.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::{IntoParams, ToSchema};

use crate::{
    App,
    auth::{Caller, Viewer},
    catalogue::Wanted,
    deletion,
    extract::{Id, Input, Params},
    naming, paging,
    problem::{Problem, ProblemResponse},
    view::{VideoListView, VideoView, VisibilityView},
};

/// Longest text to search titles for, in characters: as long as a title.
const MAX_SEARCH: usize = 200;

/// Which page of which of one's videos.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// Only those in this state, or in one of several, comma-separated.
    #[param(example = "ready,partial")]
    state: Option<String>,
    /// Only those that these may see.
    #[param(value_type = Option<VisibilityView>)]
    visibility: Option<String>,
    /// Only those with this in their title, in upper or lower case.
    #[param(max_length = 200)]
    title: Option<String>,
    /// `newest` or `oldest` first.
    #[param(value_type = Option<SortView>, default = "newest")]
    sort: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Videos of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// What a list begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Sort)]
pub(crate) enum SortView {
    /// The newest upload.
    Newest,
    /// The oldest upload.
    Oldest,
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
/// Your own. A page may be short of what was asked for, or even empty, though there are more:
/// `next_cursor` tells.
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
    let wanted = wanted(&params)?;
    let list = if wanted.oldest_first { "oldest" } else { "newest" };
    let limit = paging::page_size(params.limit.as_deref())?;
    let after = paging::read_cursor(list, params.cursor.as_deref())?;
    let page = app.catalogue.list(&caller.owner_id, &wanted, after, limit).await?;
    let videos = page.videos.iter().map(VideoView::from).collect();
    Ok(Json(VideoListView { videos, next_cursor: page.next.map(|id| paging::cursor(list, id)) }))
}

fn wanted(params: &ListParams) -> Result<Wanted, Problem> {
    let states = params.state.iter().flat_map(|states| states.split(',')).map(|state| {
        word(state).ok_or_else(|| {
            let detail = "state must be states of videos, comma-separated: ready,partial.";
            Problem::bad_request("invalid_state", detail)
        })
    });
    let visibility = params.visibility.as_deref().map(|visibility| {
        word(visibility).ok_or_else(|| {
            let detail = "visibility must be private, unlisted or public.";
            Problem::bad_request("invalid_visibility", detail)
        })
    });
    let sort = params.sort.as_deref().map(|sort| {
        let detail = "sort must be newest or oldest.";
        word(sort).ok_or_else(|| Problem::bad_request("invalid_sort", detail))
    });
    if params.title.as_ref().is_some_and(|title| title.chars().count() > MAX_SEARCH) {
        let detail = format!("title must have at most {MAX_SEARCH} characters.");
        return Err(Problem::bad_request("invalid_title", detail));
    }
    Ok(Wanted {
        states: states.collect::<Result<_, _>>()?,
        visibility: visibility.transpose()?,
        title: params.title.clone().filter(|title| !title.is_empty()),
        oldest_first: sort.transpose()? == Some(SortView::Oldest),
    })
}

/// A word as JSON writes it.
fn word<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(text.into()).ok()
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
