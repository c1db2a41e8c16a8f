//! Server-sent events: a video's JSON whenever it changes. Each replica asks the table once a
//! second for each video or owner that somebody watches, so replicas need no memory of each other.

mod news;
mod places;
mod position;
mod watch;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{Event, KeepAlive, Sse},
};
use domain::{Video, VideoId};
use futures::Stream;
use tokio_util::sync::CancellationToken;

use self::{
    news::{News, Reader},
    places::Place,
    watch::{Subject, Watched},
};
pub use self::{places::StreamLimits, watch::Watchers};
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
        ("Last-Event-ID" = Option<String>, Header, description = "The version seen last"),
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
    let owner = viewer.0.as_ref().map(|caller| caller.owner_id.clone());
    let place = app.watchers.places.take(owner)?;
    let reader = Reader::of_video(id, last_event_id(&headers));
    let watched = app.watchers.watch(Subject::Video(id));
    // It may become private while a stranger watches.
    let may_see = move |video: &Video| viewer.may_see(video);
    Ok(stream(watched, place, reader, may_see, app.shutdown.clone()))
}

/// Watch your videos
///
/// Begins with the newest 50, newest last, then tells what changes among them: events named
/// `video` carry a video's JSON, those named `deleted` the id of one that is gone. Their ids are
/// positions: `Last-Event-ID` resumes with what has changed since, on any replica.
#[utoipa::path(
    get,
    path = "/api/events",
    operation_id = "watch_videos",
    tag = "events",
    params(
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the event seen last"),
    ),
    responses(
        (status = 200, description = "Events", body = String, content_type = "text/event-stream"),
        ProblemResponse,
    )
)]
pub(crate) async fn of_owner(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let place = app.watchers.places.take(Some(caller.owner_id.clone()))?;
    let reader = Reader::of_owner(last_event_id(&headers));
    let watched = app.watchers.watch(Subject::Owner(caller.owner_id));
    Ok(stream(watched, place, reader, |_| true, app.shutdown.clone()))
}

fn last_event_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("last-event-id")?.to_str().ok()
}

fn stream(
    watched: Arc<Watched>,
    place: Place,
    mut reader: Reader,
    may_see: impl Fn(&Video) -> bool + Send + 'static,
    shutdown: CancellationToken,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut snapshots = watched.snapshots();
    let events = async_stream::stream! {
        // Asking goes on, and the place is taken, for as long as somebody is here.
        let _held = (watched, place);
        while !reader.has_read_all() {
            let snapshot = snapshots.borrow_and_update().clone();
            let news: Vec<_> = snapshot.iter().flat_map(|snapshot| reader.read(snapshot)).collect();
            for news in news {
                if let News::Changed(seen) = &news && !may_see(&seen.video) {
                    yield Ok(event(&News::Deleted(seen.video.record.id), None));
                    return;
                }
                let id = reader.tell(&news);
                yield Ok(event(&news, id));
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

fn event(news: &News, id: Option<String>) -> Event {
    let event = match news {
        News::Changed(seen) => Event::default().event("video").retry(RETRY).data(&*seen.json),
        News::Deleted(video) => Event::default().event("deleted").data(deleted(*video)),
    };
    match id {
        Some(id) => event.id(id),
        None => event,
    }
}

fn deleted(id: VideoId) -> String {
    serde_json::json!({ "id": id }).to_string()
}
