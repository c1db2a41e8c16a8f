//! `POST /api/videos`: a body becomes a video, streamed into the bucket in constant memory.

use std::sync::Arc;

use anyhow::Context;
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header},
};
use domain::{OwnerId, Video, VideoId, keys};
use platform::objects::UploadError;
use serde::Deserialize;
use tracing::{Instrument, info, warn};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    arrival,
    body::{self, Allowed, Arriving, BrokenOff},
    direct::STORED_AS,
    limits::UploadArgs,
};
use crate::{
    App,
    auth::Caller,
    catalogue::{Due, Entry, Limit, Owed},
    clock,
    extract::Params,
    naming,
    problem::{Problem, ProblemResponse},
    view::VideoView,
};

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
    let limits = &app.upload_limits;
    let announced = params.and_then(|Params(params)| announced(params, &headers, limits));
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

fn announced(
    params: UploadParams,
    headers: &HeaderMap,
    limits: &UploadArgs,
) -> Result<Announced, Problem> {
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
        Some(size) => limits.check_size(size)?,
        None => {}
    }
    let filename = params.filename.as_deref().map(naming::filename).transpose()?.flatten();
    let title = naming::title_or_default(params.title.as_deref(), filename.as_deref())?;
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
    if announced.size_bytes.is_none() {
        arriving = arriving.at_most(allowed(&app, &owner).await?);
    }
    let id = VideoId(Uuid::now_v7());
    let mut video = Video::begin(id, owner, announced.title, clock::rfc3339_now(), app.recipe.id());
    video.record.filename = announced.filename;
    let due = Due { owed: Owed::Expire, at: clock::unix_now() + EXPIRES_AFTER };
    video.record.reserved_bytes = announced.size_bytes.unwrap_or_default();
    let created = app.catalogue.create(&Entry { due: Some(due), ..Entry::new(video) }).await;
    let stored = match created {
        Ok(()) => store(&app, id, announced.size_bytes, &mut arriving).await,
        Err(error) => {
            arriving.linger().await;
            return Err(error.into());
        }
    };
    if let Err(problem) = &stored {
        info!(%id, code = problem.code(), "an upload came to nothing");
        discard(&app, id).await;
        if problem.status().is_client_error() {
            arriving.linger().await;
        }
    }
    stored
}

/// How much is taken of a file whose size nobody has told: nothing is kept free for it.
async fn allowed(app: &App, owner: &OwnerId) -> Result<Allowed, Problem> {
    let largest = app.upload_limits.max_file_bytes;
    if let Some(most) = app.catalogue.quota().bytes {
        let taken = app.catalogue.usage(owner).await?.bytes;
        let room = most.saturating_sub(taken);
        if room < largest {
            let beyond = BrokenOff::NoRoom(Limit::Bytes { most, taken });
            return Ok(Allowed { bytes: room, beyond });
        }
    }
    Ok(Allowed { bytes: largest, beyond: BrokenOff::TooLarge(largest) })
}

/// From the first byte to the published job.
async fn store(
    app: &App,
    id: VideoId,
    size_bytes: Option<u64>,
    arriving: &mut Arriving,
) -> Result<Video, Problem> {
    let key = keys::source(id);
    let (bytes, memory) = (arriving.bytes(), &app.part_memory);
    let stored = app.raw.upload_stream(&key, STORED_AS, size_bytes, memory, bytes).await;
    let stored = stored.map_err(|error| match error {
        UploadError::Source(broken_off) => broken_off.into(),
        UploadError::Short => BrokenOff::Incomplete.into(),
        UploadError::Store(error) => Problem::unavailable(error.into()),
    })?;
    arrival::arrived(app, id, stored.size_bytes).await
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
