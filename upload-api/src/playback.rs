//! `/v/{id}/…`: playlists from the catalogue, and a fresh URL into the bucket for everything else.
//! URIs in playlists are relative and stay the same; what they redirect to lives for minutes.

mod names;
pub(crate) mod original;
pub(crate) mod shared;
mod thumbnails;

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{RenditionName, RenditionState, Video, VideoId};
use platform::objects::{Objects, PresignOptions};

use self::names::{File, Piece};
use crate::{
    App,
    auth::Viewer,
    problem::{Problem, ProblemResponse},
    view,
};

/// How long a redirect's target can be used.
const SIGNED_FOR: Duration = Duration::from_secs(300);
/// For so long a redirect may be used again: less than its target lives.
const REDIRECT_CACHE: &str = "private, max-age=240";
/// A playlist that still grows, and one that only changes if the video is made again.
const GROWING_CACHE: &str = "no-cache";
const FINAL_CACHE: &str = "private, max-age=60";
/// RFC 8216 4.
const PLAYLIST_TYPE: &str = "application/vnd.apple.mpegurl";
/// ISO/IEC 23009-1 annex C.
const MANIFEST_TYPE: &str = "application/dash+xml";

/// Play a video
///
/// `master.m3u8` is the multivariant playlist, `{rendition}.m3u8` a media playlist,
/// `{captions}.m3u8` one of subtitles, `manifest.mpd` the DASH manifest once everything is encoded.
/// `{rendition}.mp4` redirects into the bucket, and so do `{captions}.vtt`, `poster.jpg`, the other
/// candidates for it (`poster-2.jpg`, …) and `preview.mp4`. `storyboard.vtt` says which part of
/// which `storyboard-{n}.jpg` shows which time.
#[utoipa::path(
    get,
    path = "/v/{id}/{file}",
    operation_id = "play_file",
    tag = "playback",
    params(
        ("id" = String, Path, description = "The video's id"),
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
    viewer: Viewer,
    Path((id, file)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let file = names::file(&file).ok_or_else(Problem::not_found)?;
    serve_file(&app, &find(&app, &viewer, &id).await?, file).await
}

async fn serve_file(app: &App, video: &Video, file: File) -> Result<Response, Problem> {
    match file {
        File::Multivariant => {
            let playlist = view::can_be_watched(video.record.state)
                .then(|| video.multivariant_playlist())
                .flatten()
                .ok_or_else(|| nothing_to_play(video))?;
            Ok(playlist_response(&playlist.to_string(), video.record.state.is_final()))
        }
        File::Manifest => {
            let manifest = video.manifest().ok_or_else(|| no_manifest(video))?;
            let headers =
                [(header::CONTENT_TYPE, MANIFEST_TYPE), (header::CACHE_CONTROL, FINAL_CACHE)];
            Ok((headers, manifest.to_string()).into_response())
        }
        File::Playlist(name) => {
            let playlist = video.media_playlist(&name).ok_or_else(|| no_playlist(video, &name))?;
            let is_whole = playlist.available >= playlist.grid.segments();
            Ok(playlist_response(&playlist.to_string(), is_whole))
        }
        File::Mp4(name) => {
            let file = format!("{} ({name}).mp4", video.record.title);
            let options = PresignOptions {
                content_type: Some("video/mp4".to_owned()),
                content_disposition: Some(names::attachment(&file)),
            };
            redirect(&app.media, &mp4_key(video, &name)?, options).await
        }
        File::CaptionsPlaylist(name) => {
            let playlist = video.captions_playlist(&name).ok_or_else(no_captions)?;
            Ok(playlist_response(&playlist.to_string(), true))
        }
        File::Captions(name) if video.has_captions(&name) => {
            redirect(&app.media, &video.run().captions(&name), PresignOptions::default()).await
        }
        File::Captions(_) => Err(no_captions()),
        File::Poster(number) => {
            redirect(&app.media, &thumbnails::poster(video, number)?, PresignOptions::default())
                .await
        }
        File::Storyboard => thumbnails::storyboard(video),
        File::Sheet(number) => {
            redirect(&app.media, &thumbnails::sheet(video, number)?, PresignOptions::default())
                .await
        }
        File::Preview => {
            redirect(&app.media, &thumbnails::preview(video)?, PresignOptions::default()).await
        }
    }
}

/// Read a segment
///
/// `init.mp4`, or a segment such as `00001.m4s`, of one rendition.
#[utoipa::path(
    get,
    path = "/v/{id}/{rendition}/{piece}",
    operation_id = "play_piece",
    tag = "playback",
    params(
        ("id" = String, Path, description = "The video's id"),
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
    viewer: Viewer,
    Path((id, rendition, piece)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let piece = names::piece(&piece).ok_or_else(Problem::not_found)?;
    let video = find(&app, &viewer, &id).await?;
    serve_piece(&app, &video, RenditionName(rendition), piece).await
}

async fn serve_piece(
    app: &App,
    video: &Video,
    rendition: RenditionName,
    piece: Piece,
) -> Result<Response, Problem> {
    let key = piece_key(video, &rendition, piece)?;
    redirect(&app.media, &key, PresignOptions::default()).await
}

async fn find(app: &App, viewer: &Viewer, id: &str) -> Result<Video, Problem> {
    let id: VideoId = id.parse().map_err(|_| Problem::video_not_found())?;
    viewer.video(app, id).await
}

/// Only what the plan has is signed: names from outside make no keys.
fn piece_key(video: &Video, name: &RenditionName, piece: Piece) -> Result<String, Problem> {
    let plan = video.record.plan.as_ref().ok_or_else(|| nothing_to_play(video))?;
    let grid = plan.grid(name).ok_or_else(Problem::not_found)?;
    match piece {
        Piece::Init => Ok(video.run().init(name)),
        Piece::Segment(index) if index <= grid.segments() => Ok(video.run().segment(name, index)),
        Piece::Segment(_) => Err(Problem::not_found()),
    }
}

fn mp4_key(video: &Video, name: &RenditionName) -> Result<String, Problem> {
    let status = video.rendition(name).ok_or_else(Problem::not_found)?;
    match status.mp4_state {
        domain::video::Mp4State::Complete => Ok(video.run().mp4(name)),
        _ => Err(not_there("mp4_not_ready", "There is no MP4 of this size, or not yet.")),
    }
}

fn no_manifest(video: &Video) -> Problem {
    if view::can_be_watched(video.record.state) && !video.record.state.is_final() {
        return not_there("manifest_not_ready", "There is no DASH manifest yet, but HLS plays.");
    }
    nothing_to_play(video)
}

/// Why a rendition has no playlist.
fn no_playlist(video: &Video, name: &RenditionName) -> Problem {
    match video.rendition(name).map(|status| status.state) {
        Some(RenditionState::Skipped | RenditionState::Failed) => {
            not_there("not_made", "This video has no such size.")
        }
        None if video.record.plan.is_some() => Problem::not_found(),
        _ => nothing_to_play(video),
    }
}

fn nothing_to_play(video: &Video) -> Problem {
    let state = video.record.state;
    if state.is_final() && !view::can_be_watched(state) {
        let reason = video.record.reason.as_ref().map(|reason| reason.message.clone());
        let detail = reason.unwrap_or_else(|| "There is nothing to play.".to_owned());
        return Problem::new(StatusCode::NOT_FOUND, "not_playable", detail);
    }
    not_there("not_playable_yet", "There is nothing to play yet; ask again soon.")
}

fn no_captions() -> Problem {
    not_there("captions_not_ready", "There are no such captions, or not yet.")
}

fn not_there(code: &'static str, detail: &'static str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, code, detail)
}

fn playlist_response(playlist: &str, is_final: bool) -> Response {
    let cache = if is_final { FINAL_CACHE } else { GROWING_CACHE };
    let headers = [(header::CONTENT_TYPE, PLAYLIST_TYPE), (header::CACHE_CONTROL, cache)];
    (headers, playlist.to_owned()).into_response()
}

/// The one place that says where the bytes of an object are.
async fn redirect(
    bucket: &Objects,
    key: &str,
    options: PresignOptions,
) -> Result<Response, Problem> {
    let url = bucket.presign_get(key, SIGNED_FOR, options).await;
    let url = url.map_err(|error| Problem::unavailable(error.into()))?;
    let headers: [(HeaderName, String); 2] =
        [(header::LOCATION, url), (header::CACHE_CONTROL, REDIRECT_CACHE.to_owned())];
    Ok((StatusCode::FOUND, headers).into_response())
}
