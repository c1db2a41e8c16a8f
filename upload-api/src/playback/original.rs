//! `/v/{id}/original`: the file as it was uploaded.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use platform::objects::{ObjectError, PresignOptions};

use super::{names, not_there, redirect};
use crate::{
    App,
    auth::Caller,
    extract::Id,
    problem::{Problem, ProblemResponse},
};

/// Download the original
///
/// The file as it was uploaded, for its owner.
#[utoipa::path(
    get,
    path = "/v/{id}/original",
    operation_id = "download_original",
    tag = "playback",
    params(("id" = String, Path, description = "The video's id")),
    responses(
        (status = 302, description = "Where the file is for the next minutes"),
        ProblemResponse,
    )
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, Problem> {
    let video = caller.video(&app, id).await?;
    let source = video.record.source.as_ref();
    let source = source
        .ok_or_else(|| not_there("original_not_there", "The original has not arrived yet."))?;
    match app.raw.head(&source.key).await {
        Ok(_) => {}
        Err(ObjectError::NotFound(_)) => {
            return Err(not_there("original_not_there", "The original is not kept any more."));
        }
        Err(error) => return Err(Problem::unavailable(error.into())),
    }
    let name = video.record.filename.as_deref().unwrap_or(&video.record.title);
    let options =
        PresignOptions { content_type: None, content_disposition: Some(names::attachment(name)) };
    redirect(&app.raw, &source.key, options).await
}
