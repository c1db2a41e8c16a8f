//! `/api/uploads`: files that go to the bucket in parts, by URLs that we sign. The browser's way,
//! and that of whoever wants to go on after a broken line.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderName, StatusCode, header, request::Parts},
};
use domain::{PartLayout, Upload, UploadState, Video, VideoId, keys, video::Visibility};
use platform::objects::ObjectError;
use serde::Deserialize;
use tracing::{info, warn};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::view::{ChecksumView, UploadListView, UploadStatusView, UploadView};
use crate::{
    App,
    auth::Caller,
    catalogue::{Due, Entry, Owed},
    clock,
    extract::{Id, Input, Params},
    naming, paging,
    problem::{Problem, ProblemResponse},
    view::VisibilityView,
};

/// Whose cursors are not those of other lists.
const LIST: &str = "uploads";
/// Longest fingerprint and content type, in characters.
const MAX_NOTE: usize = 200;
/// Whatever it is, no browser shall run it.
pub(super) const STORED_AS: &str = "application/octet-stream";

/// A file that is about to come in parts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUpload {
    /// Name of the file. Of a path only the last part counts.
    #[schema(example = "clip.mp4")]
    filename: Option<String>,
    /// Bytes of the file; at least one, at most 5 TiB.
    #[schema(minimum = 1, example = 73_400_320)]
    size_bytes: u64,
    /// What the file is; kept and believed by nobody.
    #[schema(example = "video/mp4")]
    content_type: Option<String>,
    /// What to call the video; the file's name without its ending if not told. At most 200
    /// characters on one line.
    title: Option<String>,
    /// Who may see the video; its owner only if not told.
    visibility: Option<VisibilityView>,
    /// Anything by which you recognise the file when you resume, at most 200 characters.
    fingerprint: Option<String>,
    /// Every part will be sent with a checksum of this kind, and the store compares.
    checksum: Option<ChecksumView>,
}

/// The `{id}` of an upload.
pub(crate) struct UploadId(pub(super) VideoId);

impl<S: Send + Sync> FromRequestParts<S> for UploadId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = Id::from_request_parts(parts, state).await;
        id.map(|Id(id)| Self(id)).map_err(|_| not_found())
    }
}

/// Begin an upload in parts
///
/// Cut the file as the answer says, ask for URLs, `PUT` the parts in any order and as many at a
/// time as you like, and complete. After a break, ask which parts have arrived and go on.
#[utoipa::path(
    post,
    path = "/api/uploads",
    operation_id = "begin_upload",
    tag = "uploads",
    request_body = NewUpload,
    responses(
        (status = 201, description = "The upload", body = UploadView,
         headers(("Location" = String, description = "Where to ask for it"))),
        ProblemResponse,
    )
)]
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(new): Input<NewUpload>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<UploadView>), Problem> {
    app.upload_limits.check_size(new.size_bytes)?;
    let filename = new.filename.as_deref().map(naming::filename).transpose()?.flatten();
    let title = naming::title_or_default(new.title.as_deref(), filename.as_deref())?;
    let content_type = note("content_type", new.content_type)?;
    let fingerprint = note("fingerprint", new.fingerprint)?;

    let id = VideoId(Uuid::now_v7());
    let now = clock::rfc3339_now();
    let mut video = Video::begin(id, caller.owner_id, title, now, app.recipe.id());
    video.record.filename = filename;
    video.record.visibility = new.visibility.map_or_else(Visibility::default, Into::into);
    video.record.reserved_bytes = new.size_bytes;
    let checksum = new.checksum.map(Into::into);
    let key = keys::source(id);
    let begun = app.raw.begin_direct(&key, STORED_AS, checksum).await;
    let multipart_id = begun.map_err(|error| Problem::unavailable(error.into()))?;
    let layout = PartLayout::new(new.size_bytes);
    let upload = Upload {
        state: UploadState::Open,
        size_bytes: layout.size_bytes,
        part_size_bytes: layout.part_size_bytes,
        multipart_id,
        content_type,
        fingerprint,
        checksum,
        expires_at: clock::unix_now() + app.upload_limits.upload_expiry_hours * 3600,
    };
    let entry = Entry { due: Some(expiry(&upload)), upload: Some(upload.clone()), video };
    if let Err(error) = app.catalogue.create(&entry).await {
        let direct = app.raw.direct(&key, &upload.multipart_id, checksum);
        if let Err(error) = direct.abort().await {
            let error = format!("{:#}", anyhow::Error::from(error));
            warn!(%id, error, "an upload is left to the bucket's lifecycle rule");
        }
        return Err(error.into());
    }
    info!(%id, size_bytes = upload.size_bytes, parts = layout.part_count(), "an upload begins");
    let location = [(header::LOCATION, format!("/api/uploads/{id}"))];
    Ok((StatusCode::CREATED, location, Json(UploadView::new(&entry.video, &upload))))
}

/// What is owed to an upload that is open.
pub(super) fn expiry(upload: &Upload) -> Due {
    Due { owed: Owed::Expire, at: upload.expires_at }
}

fn note(name: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let is_bad =
        |text: &String| MAX_NOTE < text.chars().count() || text.chars().any(char::is_control);
    if text.as_ref().is_some_and(is_bad) {
        let detail = format!("{name} must be at most {MAX_NOTE} characters on one line.");
        return Err(Problem::bad_request("note_invalid", detail));
    }
    Ok(text)
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadListParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Uploads of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// List open uploads
///
/// Your own that nobody has completed yet, newest first.
#[utoipa::path(
    get,
    path = "/api/uploads",
    operation_id = "list_uploads",
    tag = "uploads",
    params(UploadListParams),
    responses((status = 200, description = "A page", body = UploadListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(params): Params<UploadListParams>,
) -> Result<Json<UploadListView>, Problem> {
    let limit = paging::page_size(params.limit.as_deref())?;
    let after = paging::read_cursor(LIST, params.cursor.as_deref())?;
    let page = app.catalogue.open_uploads(&caller.owner_id, after, limit).await?;
    let view = |entry: &Entry| Some(UploadView::new(&entry.video, entry.upload.as_ref()?));
    let uploads = page.entries.iter().filter_map(view).collect();
    Ok(Json(UploadListView { uploads, next_cursor: page.next.map(|id| paging::cursor(LIST, id)) }))
}

/// Which parts of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArrivedParams {
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

/// Read an upload
///
/// And which parts have arrived: send the others, or those whose size is wrong.
#[utoipa::path(
    get,
    path = "/api/uploads/{id}",
    operation_id = "read_upload",
    tag = "uploads",
    params(("id" = String, Path, description = "The upload's id"), ArrivedParams),
    responses(
        (status = 200, description = "The upload and its parts", body = UploadStatusView),
        ProblemResponse,
    )
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    UploadId(id): UploadId,
    Params(params): Params<ArrivedParams>,
) -> Result<Json<UploadStatusView>, Problem> {
    let (video, upload) = find(&app, &caller, id).await?;
    let after = match params.cursor.as_deref() {
        Some(text) => Some(text.parse().map_err(|_| {
            let detail = "cursor must be the next_cursor of an earlier answer.";
            Problem::bad_request("invalid_cursor", detail)
        })?),
        None => None,
    };
    let mut view = UploadStatusView {
        upload: UploadView::new(&video, &upload),
        parts: Vec::new(),
        next_cursor: None,
    };
    if upload.is_open() {
        let direct = app.raw.direct(&keys::source(id), &upload.multipart_id, upload.checksum);
        match direct.parts(after).await {
            Ok(page) => {
                view.parts = page.parts.into_iter().map(Into::into).collect();
                view.next_cursor = page.next.map(|number| number.to_string());
            }
            // Put together a moment ago.
            Err(ObjectError::NotFound(_)) => {}
            Err(error) => return Err(Problem::unavailable(error.into())),
        }
    }
    Ok(Json(view))
}

/// An upload of this caller. One of somebody else's is not found.
pub(super) async fn find(
    app: &App,
    caller: &Caller,
    id: VideoId,
) -> Result<(Video, Upload), Problem> {
    let entry = app.catalogue.find_entry(id).await?;
    let theirs = entry.filter(|entry| caller.may_manage(&entry.video.record.owner_id));
    let Some(Entry { video, upload: Some(upload), .. }) = theirs else { return Err(not_found()) };
    Ok((video, upload))
}

pub(super) fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "upload_not_found", "There is no upload with this id.")
}

/// Nothing can be done with it any more.
pub(super) fn not_open(upload: &Upload) -> Problem {
    let (status, code, detail) = match upload.state {
        UploadState::Open | UploadState::Completing => {
            (StatusCode::CONFLICT, "upload_completing", "The parts are being put together.")
        }
        UploadState::Complete => {
            (StatusCode::CONFLICT, "upload_complete", "The upload is complete already.")
        }
        UploadState::Expired => (
            StatusCode::GONE,
            "upload_expired",
            "The upload was not completed in time, and its parts are gone. Begin a new one.",
        ),
    };
    Problem::new(status, code, detail)
}
