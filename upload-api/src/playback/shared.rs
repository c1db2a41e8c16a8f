//! `/v/{id}/t/{token}/…`: the same by a token in the path instead of a cookie, which frames of other
//! sites, TVs and cast receivers do not send. URIs in playlists are relative, so they keep the token.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::RenditionName;

use super::{names, serve_file, serve_piece};
use crate::{
    App,
    problem::{Problem, ProblemResponse},
    shares,
};

/// Play a shared video
///
/// The same by a token in the path, for players that send no cookie. It ends when the share is
/// revoked.
#[utoipa::path(
    get,
    path = "/v/{id}/t/{token}/{file}",
    operation_id = "play_shared_file",
    tag = "playback",
    params(
        ("id" = String, Path, description = "The video's id"),
        ("token" = String, Path, description = "Of a share, or a playback token"),
        ("file" = String, Path, description = "Which file", example = "master.m3u8"),
    ),
    responses(
        (status = 200, description = "A playlist, a manifest, or the storyboard's WebVTT",
         content((String = "application/vnd.apple.mpegurl"), (String = "application/dash+xml"),
                 (String = "text/vtt"))),
        (status = 302, description = "Where the file is for the next minutes"),
        ProblemResponse,
    )
)]
pub(crate) async fn file(
    State(app): State<Arc<App>>,
    Path((id, token, file)): Path<(String, String, String)>,
) -> Response {
    let served = async {
        let file = names::file(&file).ok_or_else(Problem::not_found)?;
        serve_file(&app, &shares::video(&app, &id, &token).await?, file).await
    };
    for_any_page(served.await)
}

/// Read a segment of a shared video
///
/// As without the token.
#[utoipa::path(
    get,
    path = "/v/{id}/t/{token}/{rendition}/{piece}",
    operation_id = "play_shared_piece",
    tag = "playback",
    params(
        ("id" = String, Path, description = "The video's id"),
        ("token" = String, Path, description = "Of a share, or a playback token"),
        ("rendition" = String, Path, description = "Which rendition", example = "480p"),
        ("piece" = String, Path, description = "Which segment", example = "00001.m4s"),
    ),
    responses(
        (status = 302, description = "Where the segment is for the next minutes"),
        ProblemResponse,
    )
)]
pub(crate) async fn piece(
    State(app): State<Arc<App>>,
    Path((id, token, rendition, piece)): Path<(String, String, String, String)>,
) -> Response {
    let served = async {
        let piece = names::piece(&piece).ok_or_else(Problem::not_found)?;
        let video = shares::video(&app, &id, &token).await?;
        serve_piece(&app, &video, RenditionName(rendition), piece).await
    };
    for_any_page(served.await)
}

/// A player may be a page of anybody: who has the token may play, and no cookie is looked at.
fn for_any_page(served: Result<Response, Problem>) -> Response {
    let mut response = served.into_response();
    let anybody = HeaderValue::from_static("*");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, anybody);
    response
}
