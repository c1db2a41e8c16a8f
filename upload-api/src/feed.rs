//! `/api/feed`: what everybody may see.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    App,
    extract::Params,
    paging,
    problem::{Problem, ProblemResponse},
    view::{VideoListView, VideoView},
};

/// Which page of the feed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FeedParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Videos of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// List public videos
///
/// Everybody's that are public and can be played, newest first. A page may be short of what was
/// asked for though there are more: `next_cursor` tells.
#[utoipa::path(
    get,
    path = "/api/feed",
    operation_id = "list_public_videos",
    tag = "videos",
    params(FeedParams),
    responses((status = 200, description = "A page", body = VideoListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(params): Params<FeedParams>,
) -> Result<Json<VideoListView>, Problem> {
    const LIST: &str = "feed";
    let limit = paging::page_size(params.limit.as_deref())?;
    let after = paging::read_cursor(LIST, params.cursor.as_deref())?;
    let page = app.catalogue.feed(after, limit).await?;
    let videos = page.videos.iter().map(VideoView::from).collect();
    Ok(Json(VideoListView { videos, next_cursor: page.next.map(|id| paging::cursor(LIST, id)) }))
}
