//! Server-sent events: a video's JSON whenever it changes. Each replica asks the table once a
//! second for each video or owner that somebody watches, so replicas need no memory of each other.

mod news;
mod watch;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use domain::VideoId;
use futures::Stream;
use tokio_util::sync::CancellationToken;

pub use self::watch::Watchers;
use self::{
    news::{News, Reader},
    watch::{Subject, Watched},
};
use crate::{
    App,
    auth::{Caller, Viewer},
    extract::Id,
    problem::{Problem, ProblemResponse},
};

/// A comment this often tells both ends, and what is between them, that the line is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How soon a client that lost us asks again.
const RETRY: Duration = Duration::from_secs(2);

/// Watch a video
///
/// Events named `video` carry its JSON and have its version for an id; one named `deleted` is the
/// last. `Last-Event-ID` resumes without a repetition.
#[utoipa::path(
    get,
    path = "/api/videos/{id}/events",
    operation_id = "watch_video",
    tag = "events",
    params(
        ("id" = String, Path, description = "The video's id"),
        ("Last-Event-ID" = Option<u64>, Header, description = "The version seen last"),
    ),
    responses(
        (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
        ProblemResponse,
    )
)]
pub(crate) async fn of_video(
    State(app): State<Arc<App>>,
    viewer: Viewer,
    Id(id): Id,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    viewer.video(&app, id).await?;
    let last = headers.get("last-event-id").and_then(|last| last.to_str().ok()?.parse().ok());
    let reader = Reader::of_video(id, last);
    Ok(stream(app.watchers.watch(Subject::Video(id)), reader, app.shutdown.clone()))
}

/// Watch your videos
///
/// Begins with the newest 50, newest last, then tells what changes among them: events named
/// `video` carry a video's JSON, those named `deleted` the id of one that is gone.
#[utoipa::path(
    get,
    path = "/api/events",
    operation_id = "watch_videos",
    tag = "events",
    responses(
        (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
        ProblemResponse,
    )
)]
pub(crate) async fn of_owner(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let watched = app.watchers.watch(Subject::Owner(caller.owner_id));
    stream(watched, Reader::of_owner(), app.shutdown.clone())
}

fn stream(
    watched: Arc<Watched>,
    mut reader: Reader,
    shutdown: CancellationToken,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut snapshots = watched.snapshots();
    let events = async_stream::stream! {
        let _watched = watched; // asking goes on for as long as somebody is here
        while !reader.has_read_all() {
            let snapshot = snapshots.borrow_and_update().clone();
            for news in snapshot.iter().flat_map(|snapshot| reader.read(snapshot)) {
                yield Ok(event(&news));
            }
            let changed = tokio::select! {
                changed = snapshots.changed() => changed.is_ok(),
                () = shutdown.cancelled() => false,
            };
            if !changed {
                break;
            }
        }
    };
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

fn event(news: &News) -> Event {
    match news {
        News::Changed(seen) => Event::default()
            .event("video")
            .id(seen.version.to_string())
            .retry(RETRY)
            .data(&*seen.json),
        News::Deleted(id) => Event::default().event("deleted").data(deleted(*id)),
    }
}

fn deleted(id: VideoId) -> String {
    serde_json::json!({ "id": id }).to_string()
}
