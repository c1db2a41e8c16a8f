//! The end of an upload in parts: they become the file, or nothing.
//!
//! Each step may happen twice, and at the same time: the store puts the parts together once, and
//! the catalogue takes the file once. Whoever dies in between leaves an upload that says
//! `completing`; the client's next call ends it, or a sweeper.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use axum::{Json, extract::State, http::StatusCode};
use domain::{Upload, UploadState, Video, VideoId, keys, parts::PartsFault};
use platform::objects::{ArrivedPart, DirectUpload, ObjectError};
use serde::Deserialize;
use tracing::{Instrument, info, warn};
use utoipa::ToSchema;

use super::{
    arrival,
    direct::{UploadId, expiry, find, not_found, not_open},
    expiry::expire,
    view::UploadView,
};
use crate::{
    App,
    auth::Caller,
    catalogue::{Due, Entry, Owed},
    clock, deletion,
    extract::OptionalInput,
    problem::{Problem, ProblemResponse},
};

/// How long it may take before a sweeper thinks that whoever does it is dead, in seconds: the store
/// may take five minutes.
const PATIENCE: u64 = 330;
/// Pause before an upload that is neither open nor a file is given up.
const SECOND_LOOK: std::time::Duration = std::time::Duration::from_secs(1);

/// What is owed to an upload whose parts are all there.
pub(crate) fn due() -> Due {
    Due { owed: Owed::Complete, at: clock::unix_now() + PATIENCE }
}

/// What goes along when an upload is completed; for most, nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Completion {
    /// The parts' checksums in Base64 by number: for a store that compares them but does not list
    /// them (S3 itself does). An answer with the code `checksums_missing` asks for them.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::HashMap<String, String>>)]
    checksums: Checksums,
}

type Checksums = BTreeMap<u32, String>;

/// Complete an upload
///
/// Once all parts have arrived. They become the video's file, and processing begins. Ask as often
/// as you like, it is done once: whoever did not hear the answer asks again.
#[utoipa::path(
    post,
    path = "/api/uploads/{id}/complete",
    operation_id = "complete_upload",
    tag = "uploads",
    params(("id" = String, Path, description = "The upload's id")),
    request_body = Option<Completion>,
    responses((status = 200, description = "The upload, complete", body = UploadView), ProblemResponse)
)]
pub(crate) async fn complete(
    State(app): State<Arc<App>>,
    caller: Caller,
    UploadId(id): UploadId,
    OptionalInput(told): OptionalInput<Completion>,
) -> Result<Json<UploadView>, Problem> {
    find(&app, &caller, id).await?;
    let told = told.unwrap_or_default().checksums;
    // In a task of its own: it does not end halfway because the client is gone.
    let finishing = {
        let app = app.clone();
        async move { finish(&app, id, &told).await }
    };
    let finished = app.uploads.spawn(finishing.in_current_span()).await;
    let (video, upload) = finished.context("completing an upload").map_err(Problem::internal)??;
    Ok(Json(UploadView::new(&video, &upload)))
}

/// Abort an upload
///
/// With its video and the parts that have arrived. One that is complete is a video: delete that.
#[utoipa::path(
    delete,
    path = "/api/uploads/{id}",
    operation_id = "abort_upload",
    tag = "uploads",
    params(("id" = String, Path, description = "The upload's id")),
    responses((status = 204, description = "It is gone"), ProblemResponse)
)]
pub(crate) async fn abort(
    State(app): State<Arc<App>>,
    caller: Caller,
    UploadId(id): UploadId,
) -> Result<StatusCode, Problem> {
    let (_, upload) = find(&app, &caller, id).await?;
    let is_incomplete = |entry: &Entry| {
        entry.upload.as_ref().is_some_and(|upload| upload.state != UploadState::Complete)
    };
    if deletion::delete_if(&app, id, is_incomplete).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(not_open(&Upload { state: UploadState::Complete, ..upload }))
}

/// Ends what somebody began and did not live to end.
pub(crate) async fn end(app: &App, id: VideoId) {
    match finish(app, id, &Checksums::new()).await {
        Ok(_) => info!(%id, "ended an upload"),
        Err(problem) => warn!(%id, code = problem.code(), "cannot end an upload"),
    }
}

async fn finish(app: &App, id: VideoId, told: &Checksums) -> Result<(Video, Upload), Problem> {
    let unavailable = |error: ObjectError| Problem::unavailable(error.into());
    let entry = app.catalogue.find_entry(id).await?.ok_or_else(not_found)?;
    let upload = entry.upload.ok_or_else(not_found)?;
    match upload.state {
        UploadState::Complete => return Ok((entry.video, upload)),
        UploadState::Expired => return Err(not_open(&upload)),
        UploadState::Open | UploadState::Completing => {}
    }
    let direct = app.raw.direct(&keys::source(id), &upload.multipart_id, upload.checksum);
    match direct.all_parts().await {
        Ok(parts) => put_together(app, id, &upload, &direct, with_checksums(parts, told)).await?,
        // Somebody has put it together and did not say so, or is about to.
        Err(ObjectError::NotFound(_)) => is_there(app, id).await?,
        Err(error) => return Err(unavailable(error)),
    }
    let video = arrival::arrived(app, id, upload.size_bytes).await?;
    Ok((video, Upload { state: UploadState::Complete, ..upload }))
}

async fn put_together(
    app: &App,
    id: VideoId,
    upload: &Upload,
    direct: &DirectUpload,
    parts: Vec<ArrivedPart>,
) -> Result<(), Problem> {
    let sizes: Vec<_> = parts.iter().map(|part| (part.number, part.size_bytes)).collect();
    let checked = upload.layout().check(&sizes).map_err(|fault| incomplete(&fault));
    let lacks = upload.checksum.is_some() && parts.iter().any(|part| part.checksum.is_none());
    let checked = if lacks { checked.and(Err(checksums_missing())) } else { checked };
    let claim = |entry: &mut Entry| match &mut entry.upload {
        Some(upload) if upload.is_open() => {
            (upload.state, entry.due) = match &checked {
                Ok(()) => (UploadState::Completing, Some(due())),
                Err(_) => (UploadState::Open, Some(expiry(upload))),
            };
        }
        _ => {} // somebody was faster, or it is given up: whoever looks at the file will see
    };
    // What is open and lacks parts stays as it is.
    if checked.is_ok() || upload.state != UploadState::Open {
        app.catalogue.update(id, claim).await?.ok_or_else(not_found)?;
    }
    checked?;
    direct.complete(&parts).await.map_err(|error| Problem::unavailable(error.into()))
}

/// An upload that the store does not know is a file, or it was aborted behind our back.
async fn is_there(app: &App, id: VideoId) -> Result<(), Problem> {
    for pause in [SECOND_LOOK, std::time::Duration::ZERO] {
        let found = app.raw.find(&keys::source(id)).await;
        if found.map_err(|error| Problem::unavailable(error.into()))?.is_some() {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
    }
    warn!(%id, "the parts of an upload are gone");
    let updated = app.catalogue.update(id, |entry| {
        if entry.upload.as_ref().is_some_and(Upload::is_open) {
            expire(entry, clock::unix_now());
        }
        entry.upload.clone()
    });
    let upload = updated.await?.and_then(|updated| updated.answer).ok_or_else(not_found)?;
    Err(not_open(&upload))
}

/// What the store does not say of its parts, as the client told it.
fn with_checksums(mut parts: Vec<ArrivedPart>, told: &Checksums) -> Vec<ArrivedPart> {
    for part in &mut parts {
        part.checksum = part.checksum.take().or_else(|| told.get(&part.number).cloned());
    }
    parts
}

fn checksums_missing() -> Problem {
    let detail = "The store does not list the parts' checksums. Send them along: \
                  {\"checksums\": {\"1\": \"…\"}}.";
    Problem::new(StatusCode::CONFLICT, "checksums_missing", detail)
}

fn incomplete(fault: &PartsFault) -> Problem {
    let (code, detail) = match fault {
        PartsFault::Missing(numbers) => {
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            let numbers = numbers.join(", ");
            ("parts_missing", format!("Parts have not arrived, the first of them: {numbers}."))
        }
        PartsFault::WrongSize(number) => {
            ("part_size_wrong", format!("Part {number} has not the size that it should have."))
        }
    };
    Problem::new(StatusCode::CONFLICT, code, detail)
}
