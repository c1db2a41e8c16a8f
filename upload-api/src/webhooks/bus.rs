//! The same events on a bus of EventBridge, where one is configured.

use domain::{VideoEvent, VideoEventData};
use platform::event_bus::{BusEvent, MAX_EVENTS, Put};
use serde::Serialize;
use tracing::{debug, error, warn};
use uuid::Uuid;

use super::schedule;
use crate::{
    App,
    catalogue::{Announced, CatalogueError},
    clock,
};

/// How long a call may take before others think that whoever made it is dead, in seconds.
const PATIENCE: u64 = 30;

/// What rules match on and targets get, pinned by a test.
#[derive(Serialize)]
struct Detail<'a> {
    event_id: Uuid,
    timestamp: &'a str,
    #[serde(flatten)]
    data: &'a VideoEventData,
}

/// Puts what is owed to the bus at `now` (Unix seconds).
///
/// # Errors
/// If the catalogue does not answer.
pub(super) async fn put(app: &App, now: u64) -> Result<(), CatalogueError> {
    let Some(bus) = &app.bus else { return Ok(()) };
    loop {
        let until = clock::unix_now().max(now) + PATIENCE;
        let claimed = app.catalogue.claim_for_bus(now, until, MAX_EVENTS).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        let events: Vec<_> = claimed.iter().map(bus_event).collect();
        let ends = bus.put(&events).await.unwrap_or_else(|error| {
            let error = format!("{error:#}");
            warn!(error, events = events.len(), "the event bus does not take events");
            vec![Put::Refused("no answer".into()); events.len()]
        });
        for (announced, end) in claimed.iter().zip(ends) {
            settle(app, announced, &end, now).await?;
        }
    }
}

async fn settle(
    app: &App,
    announced: &Announced,
    end: &Put,
    now: u64,
) -> Result<(), CatalogueError> {
    let (event, attempts) = (announced.event_id, announced.attempts);
    let Put::Refused(code) = end else {
        debug!(%event, "the event bus has an event");
        return app.catalogue.off_the_bus(announced).await;
    };
    let now = clock::unix_now().max(now);
    match schedule::again_at(attempts, now, None, rand::random_range(0..1000)) {
        Some(at) => {
            debug!(%event, code, attempts, "the event bus is asked again later");
            app.catalogue.postpone_for_bus(announced, at).await
        }
        None => {
            let (video, kind) = (announced.event.data.video_id, announced.event.kind);
            error!(%event, %video, %kind, code, "the event bus has not taken an event for days");
            app.catalogue.off_the_bus(announced).await
        }
    }
}

fn bus_event(announced: &Announced) -> BusEvent {
    let VideoEvent { kind, timestamp, data } = &announced.event;
    let detail = Detail { event_id: announced.event_id, timestamp, data };
    BusEvent {
        detail_type: kind.name().to_owned(),
        detail: serde_json::to_string(&detail).expect("an event is plain data"),
    }
}

#[cfg(test)]
mod tests {
    use domain::{OwnerId, Video, VideoEventKind};
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_on_the_bus_is_what_others_rely_on() {
        let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        let video = Video::begin(id, OwnerId::local(), "Clip".into(), String::new(), "r".into());
        let at = "2026-01-01T00:00:05Z".to_owned();
        let event = VideoEvent::of(VideoEventKind::Deleted, &video, at);
        let event_id = Uuid::from_u128(7);
        let put = bus_event(&Announced { event_id, event, attempts: 0, due_at: 0 });
        assert_eq!(put.detail_type, "video.deleted");
        assert_eq!(
            serde_json::from_str::<Value>(&put.detail).unwrap(),
            json!({
                "event_id": "00000000-0000-0000-0000-000000000007",
                "timestamp": "2026-01-01T00:00:05Z",
                "video_id": "01890a5d-ac96-774b-bcce-b302099a80f7",
                "owner_id": "local",
                "version": 1,
                "generation": 1,
                "state": "uploading",
                "reason": null,
                "visibility": "private",
                "duration_seconds": null,
            })
        );
    }
}
