//! `/api/pipeline`: what operators do about dead letters.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use domain::Task;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    Content, content,
    redrive::{Redriven, redrive},
};
use crate::{
    App,
    auth::Caller,
    catalogue::{CatalogueError, Letter},
    clock,
    extract::{Input, Name, Params},
    fleets::PipelineQueue,
    paging::{self, MAX_PAGE},
    problem::{Problem, ProblemResponse},
    view::ReasonView,
};

/// Most letters that one call sends.
const MAX_REDRIVE: usize = 1000;
/// Letters that are sent at the same time.
const AT_ONCE: usize = 8;

/// Which letters to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LettersParams {
    /// Of this queue only.
    #[param(example = "480p")]
    queue: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Letters of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// A message that no worker could do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(crate) struct LetterView {
    /// Tells it from all others.
    id: String,
    /// Whose workers failed it.
    #[schema(example = "480p")]
    queue: String,
    /// `make` or `close` for a fleet, `event` for the catalogue; null if it cannot be read.
    #[schema(required, example = "make")]
    task: Option<&'static str>,
    /// Which video it is about; null if it cannot be read.
    #[schema(required)]
    video_id: Option<String>,
    /// Why it is a letter.
    reason: ReasonView,
    /// RFC 3339, UTC.
    #[schema(example = "2026-11-23T20:15:00Z")]
    received_at: String,
    /// Somebody has taken it to send it again, and it is not on its way yet.
    redriving: bool,
}

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetterList)]
pub(crate) struct LetterListView {
    /// Newest first.
    letters: Vec<LetterView>,
    /// Ask with it for the next page; null on the last.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// Which letters to send again: some by their ids, or all.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedriveRequest {
    /// Ids of letters, at most 100.
    letters: Option<Vec<String>>,
    /// Every letter of the queue, at most 1000 in one call.
    #[serde(default)]
    all: bool,
}

/// What became of them.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Redriven)]
pub(crate) struct RedrivenView {
    /// In their queue again.
    sent: usize,
    /// Taken, and sent by themselves as soon as the queue answers.
    owed: usize,
    /// Sent by somebody else, or about a video that is deleted or was made anew.
    gone: usize,
    /// There are more; call again.
    more: bool,
}

/// List dead letters
///
/// Messages that no worker could do, newest first.
#[utoipa::path(
    get,
    path = "/api/pipeline/dead-letters",
    operation_id = "list_dead_letters",
    tag = "pipeline",
    params(LettersParams),
    responses((status = 200, description = "A page", body = LetterListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(params): Params<LettersParams>,
) -> Result<Json<LetterListView>, Problem> {
    caller.operates()?;
    let limit = paging::page_size(params.limit.as_deref())?;
    let queues = match &params.queue {
        Some(name) => std::slice::from_ref(queue(&app, name)?),
        None => app.pipeline.queues(),
    };
    let names: Vec<_> = queues.iter().map(|queue| queue.name.clone()).collect();
    let pages = stream::iter(names).map(|name| {
        let (app, cursor) = (app.clone(), params.cursor.clone());
        async move { app.catalogue.letters(&name, cursor.as_deref(), limit + 1).await }
    });
    let pages: Vec<_> = pages.buffered(AT_ONCE).try_collect().await?;
    // Ids are ordered by time, whatever the queue.
    let mut letters: Vec<_> = pages.into_iter().flatten().collect();
    letters.sort_by(|a, b| b.letter_id.cmp(&a.letter_id));
    let has_more = letters.len() > limit;
    letters.truncate(limit);
    let last = letters.last().filter(|_| has_more);
    let next_cursor = last.map(|letter| letter.letter_id.clone());
    Ok(Json(LetterListView {
        letters: letters.iter().map(LetterView::from).collect(),
        next_cursor,
    }))
}

/// Send dead letters again
///
/// With their attempts counted anew; what failed of their videos is pending again.
#[utoipa::path(
    post,
    path = "/api/pipeline/queues/{name}/redrive",
    operation_id = "redrive_queue",
    tag = "pipeline",
    params(("name" = String, Path, description = "The queue's name", example = "480p")),
    request_body = RedriveRequest,
    responses((status = 200, description = "Done", body = RedrivenView), ProblemResponse)
)]
pub(crate) async fn redrive_queue(
    State(app): State<Arc<App>>,
    caller: Caller,
    Name(name): Name,
    Input(request): Input<RedriveRequest>,
) -> Result<Json<RedrivenView>, Problem> {
    caller.operates()?;
    let queue = queue(&app, &name)?;
    let done = match (request.letters, request.all) {
        (Some(ids), false) if ids.len() <= MAX_PAGE => redrive_some(&app, queue, ids).await?,
        (None, true) => redrive_all(&app, queue).await?,
        _ => {
            let detail = format!("Say either letters (at most {MAX_PAGE} ids) or all: true.");
            return Err(Problem::bad_request("letters_or_all", detail));
        }
    };
    Ok(Json(done))
}

async fn redrive_some(
    app: &App,
    queue: &PipelineQueue,
    ids: Vec<String>,
) -> Result<RedrivenView, CatalogueError> {
    let mut done = RedrivenView::default();
    for id in ids {
        match app.catalogue.letter(&queue.name, &id).await? {
            Some(letter) => done.count(redrive(app, &letter, clock::unix_now()).await?),
            None => done.count(Redriven::Gone),
        }
    }
    Ok(done)
}

/// From the newest to the oldest: what fails again meanwhile is newer and waits for the next call.
async fn redrive_all(
    app: &Arc<App>,
    queue: &PipelineQueue,
) -> Result<RedrivenView, CatalogueError> {
    let mut done = RedrivenView::default();
    let mut before = None;
    for _ in 0..MAX_REDRIVE / MAX_PAGE {
        let page = app.catalogue.letters(&queue.name, before.as_deref(), MAX_PAGE).await?;
        let Some(last) = page.last() else { return Ok(done) };
        before = Some(last.letter_id.clone());
        let ends = stream::iter(page).map(|letter| {
            let app = app.clone();
            async move { redrive(&app, &letter, clock::unix_now()).await }
        });
        let ends: Vec<_> = ends.buffer_unordered(AT_ONCE).try_collect().await?;
        ends.into_iter().for_each(|end| done.count(end));
    }
    done.more = !app.catalogue.letters(&queue.name, before.as_deref(), 1).await?.is_empty();
    Ok(done)
}

impl RedrivenView {
    fn count(&mut self, end: Redriven) {
        *match end {
            Redriven::Sent => &mut self.sent,
            Redriven::Owed => &mut self.owed,
            Redriven::Gone => &mut self.gone,
        } += 1;
    }
}

impl From<&Letter> for LetterView {
    fn from(letter: &Letter) -> Self {
        let (task, video_id) = match content(letter) {
            Content::Job(job) => {
                let task = match job.task {
                    Task::Make => "make",
                    Task::Chunk { .. } => "chunk",
                    Task::Close { .. } => "close",
                    Task::ThumbnailsFrom { .. } => "thumbnails_from",
                };
                (Some(task), Some(job.run.video_id))
            }
            Content::Event(event) => (Some("event"), Some(event.run.video_id)),
            Content::Unreadable => (None, None),
        };
        Self {
            id: letter.letter_id.clone(),
            queue: letter.queue.clone(),
            task,
            video_id: video_id.map(|id| id.to_string()),
            reason: (&letter.reason).into(),
            received_at: letter.received_at.clone(),
            redriving: letter.due_at.is_some(),
        }
    }
}

fn queue<'a>(app: &'a App, name: &str) -> Result<&'a PipelineQueue, Problem> {
    app.pipeline.queue(name).ok_or_else(|| {
        let detail = "There is no queue of this name.";
        Problem::new(StatusCode::NOT_FOUND, "queue_not_found", detail)
    })
}
