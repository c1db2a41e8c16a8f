//! `POST /api/videos`: a body becomes a video, streamed into the bucket in constant memory.

mod body;

use std::sync::Arc;

use anyhow::Context;
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
};
use domain::{OwnerId, SourceObject, Video, VideoId, VideoState, keys};
use platform::objects::UploadError;
use serde::Deserialize;
use tracing::{Instrument, info, warn};
use utoipa::IntoParams;
use uuid::Uuid;

use self::body::{Arriving, BrokenOff};
use crate::{
    App,
    auth::Caller,
    catalogue::{Due, Entry, Owed},
    clock,
    extract::Params,
    jobs, naming,
    problem::{Problem, ProblemResponse},
    view::VideoView,
};

/// Largest file: what S3 takes.
const MAX_BYTES: u64 = 5 << 40;
/// Seconds after which an upload that never ended is given up.
const EXPIRES_AFTER: u64 = 24 * 3600;

/// What a client may say of its file.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadParams {
    /// What to call the video; the file's name without its ending if not told. At most 200
    /// characters on one line.
    title: Option<String>,
    /// Name of the file. Of a path only the last part counts.
    filename: Option<String>,
}

/// What is about to arrive.
struct Announced {
    title: String,
    filename: Option<String>,
    size_bytes: Option<u64>,
}

/// Upload a video
///
/// The body is the file itself: `curl -X POST -T clip.mp4 'http://127.0.0.1:8080/api/videos?title=Clip'`.
/// Nothing is left behind if it breaks off.
#[utoipa::path(
    post,
    path = "/api/videos",
    operation_id = "upload_video",
    tag = "videos",
    params(UploadParams),
    request_body(content = inline(String), content_type = "application/octet-stream"),
    responses(
        (status = 201, description = "The video", body = VideoView,
         headers(("Location" = String, description = "Where to ask for it"))),
        ProblemResponse,
    )
)]
pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    caller: Result<Caller, Problem>,
    params: Result<Params<UploadParams>, Problem>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<VideoView>), Problem> {
    let announced = params.and_then(|Params(params)| announced(params, &headers));
    let (caller, announced) = match caller.and_then(|caller| Ok((caller, announced?))) {
        Ok(accepted) => accepted,
        Err(problem) => {
            body::linger(body, &headers).await;
            return Err(problem);
        }
    };
    // In a task of its own, for it must clean up when this request is dropped.
    let abandoned = app.last_call.child_token();
    let guard = abandoned.clone().drop_guard();
    let receiving =
        receive(app.clone(), caller.owner_id, announced, Arriving::new(body, abandoned));
    let received = app.uploads.spawn(receiving.in_current_span()).await;
    guard.disarm();
    let video = received.context("receiving an upload").map_err(Problem::internal)??;
    let location = [(header::LOCATION, format!("/api/videos/{}", video.record.id))];
    Ok((StatusCode::CREATED, location, Json(VideoView::from(&video))))
}

fn announced(params: UploadParams, headers: &HeaderMap) -> Result<Announced, Problem> {
    let value = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if value(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("multipart/form-data")) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "multipart_not_supported",
            "Send the file itself as the body, not a form: curl -X POST -T clip.mp4 …",
        ));
    }
    let size_bytes = value(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
    match size_bytes {
        Some(0) => return Err(empty_body()),
        Some(size) if size > MAX_BYTES => {
            let (status, detail) = (StatusCode::PAYLOAD_TOO_LARGE, "The limit is 5 TiB per file.");
            return Err(Problem::new(status, "file_too_large", detail));
        }
        _ => {}
    }
    let filename = params.filename.as_deref().map(naming::filename).transpose()?.flatten();
    let title = match params.title.as_deref().filter(|title| !title.trim().is_empty()) {
        Some(title) => naming::title(title)?,
        None => naming::default_title(filename.as_deref()),
    };
    Ok(Announced { title, filename, size_bytes })
}

async fn receive(
    app: Arc<App>,
    owner: OwnerId,
    announced: Announced,
    mut arriving: Arriving,
) -> Result<Video, Problem> {
    if !arriving.has_bytes().await? {
        return Err(empty_body());
    }
    let id = VideoId(Uuid::now_v7());
    let mut video = Video::begin(id, owner, announced.title, clock::rfc3339_now(), app.recipe.id());
    video.record.filename = announced.filename;
    let due = Due { owed: Owed::Expire, at: clock::unix_now() + EXPIRES_AFTER };
    app.catalogue.create(&Entry { video, due: Some(due) }).await?;
    match store(&app, id, announced.size_bytes, arriving).await {
        Ok(video) => Ok(video),
        Err(problem) => {
            info!(%id, code = problem.code(), "an upload came to nothing");
            discard(&app, id).await;
            Err(problem)
        }
    }
}

/// From the first byte to the published job.
async fn store(
    app: &App,
    id: VideoId,
    size_bytes: Option<u64>,
    arriving: Arriving,
) -> Result<Video, Problem> {
    let key = keys::source(id);
    let kind = "application/octet-stream"; // whatever it is, no browser shall run it
    let stored = app.raw.upload_stream(&key, kind, size_bytes, arriving.bytes()).await;
    let stored = stored.map_err(|error| match error {
        UploadError::Source(broken_off) => broken_off.into(),
        UploadError::Store(error) => Problem::unavailable(error.into()),
    })?;
    if size_bytes.is_some_and(|announced| announced != stored.size_bytes) {
        return Err(BrokenOff::Incomplete.into());
    }
    let object = app.raw.head(&key).await.map_err(|error| Problem::unavailable(error.into()))?;
    let source = SourceObject { key, size_bytes: object.size_bytes, etag: object.etag };
    let updated = app
        .catalogue
        .update(id, |entry| {
            entry.video.uploaded(source.clone());
            let is_uploaded = entry.video.record.state == VideoState::Uploaded;
            if is_uploaded {
                entry.due = Some(jobs::publish_due());
            }
            is_uploaded
        })
        .await?;
    let Some(updated) = updated.filter(|updated| updated.answer) else {
        // Whoever deleted it may have listed the bucket before the file was there.
        if let Err(error) = app.raw.delete(&source.key).await {
            warn!(%id, error = format!("{:#}", anyhow::Error::from(error)), "a file is left over");
        }
        let detail = "The video was deleted, or expired, while its file arrived.";
        return Err(Problem::new(StatusCode::GONE, "video_gone", detail));
    };
    info!(%id, size_bytes = source.size_bytes, "uploaded");
    if let Err(error) = jobs::publish(app, &updated.video).await {
        warn!(%id, error = format!("{error:#}"), "cannot publish; left to the sweeper");
    }
    Ok(updated.video)
}

/// Leaves nothing behind. What cannot be reached expires later.
async fn discard(app: &App, id: VideoId) {
    if let Err(error) = app.raw.delete(&keys::source(id)).await {
        warn!(%id, error = format!("{:#}", anyhow::Error::from(error)), "cannot discard a file");
        return;
    }
    if let Err(error) = app.catalogue.remove(id).await {
        warn!(%id, error = format!("{:#}", anyhow::Error::from(error)), "cannot discard a record");
    }
}

fn empty_body() -> Problem {
    Problem::bad_request("empty_body", "The body is empty; it must be the file itself.")
}
