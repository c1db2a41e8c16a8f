//! Live events: they come, they resume, they end.

use std::time::Duration;

use serde_json::json;

use crate::{
    fixture::{eventually, with_app},
    http::{self, EventStream},
    sample::{event, segments, started},
};

const SOON: Duration = Duration::from_secs(15);
/// Longer than the table is left unasked.
const A_WHILE: Duration = Duration::from_millis(2500);

#[tokio::test(flavor = "multi_thread")]
async fn a_video_is_watched_and_resumed() {
    with_app(async |fixture| {
        let video = fixture.upload("", b"x").await;
        let id = video["id"].as_str().unwrap();
        let path = format!("/api/videos/{id}/events");
        let mut events = EventStream::open(fixture.addr, &path, None).await;
        let first = events.next(SOON).await.unwrap();
        assert_eq!((first.name.as_str(), &first.data), ("video", &video));
        assert_eq!(first.id, Some(video["version"].to_string()));
        assert_eq!(events.next(A_WHILE).await, None, "no news are no event");

        fixture.standins.report(&event(id, started("480p"))).await;
        let second = events.next(SOON).await.unwrap();
        assert_eq!(second.data["state"], "processing");
        drop(events);

        let seen = second.id.unwrap();
        let mut resumed = EventStream::open(fixture.addr, &path, Some(&seen)).await;
        assert_eq!(resumed.next(A_WHILE).await, None, "what was seen is not repeated");
        fixture.standins.report(&event(id, segments("480p", 1))).await;
        let third = resumed.next(SOON).await.unwrap();
        assert!(seen.parse::<u64>().unwrap() < third.id.unwrap().parse().unwrap());
        drop(resumed);

        let mut late = EventStream::open(fixture.addr, &path, Some(&seen)).await;
        assert_eq!(late.next(SOON).await.unwrap().data, third.data, "what was missed is told");
        http::ask(fixture.addr, "DELETE", &format!("/api/videos/{id}")).await;
        let last = late.next(SOON).await.unwrap();
        assert_eq!((last.name.as_str(), last.data), ("deleted", json!({"id": id})));
        assert_eq!(late.next(SOON).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_sees_everything_and_nothing_is_left_running() {
    with_app(async |fixture| {
        let first = fixture.upload("?title=first", b"x").await;
        let mut one = EventStream::open(fixture.addr, "/api/events", None).await;
        let mut other = EventStream::open(fixture.addr, "/api/events", None).await;
        for events in [&mut one, &mut other] {
            assert_eq!(events.next(SOON).await.unwrap().data, first);
        }
        assert_eq!(fixture.app.watchers.subjects(), 1, "both share one question");

        let second = fixture.upload("?title=second", b"x").await;
        let mut told = one.next(SOON).await.unwrap();
        while told.data["version"] != second["version"] {
            told = one.next(SOON).await.unwrap(); // it was seen while it was still uploading
        }
        assert_eq!(told.data, second);
        let id = first["id"].as_str().unwrap();
        http::ask(fixture.addr, "DELETE", &format!("/api/videos/{id}")).await;
        let gone = one.next(SOON).await.unwrap();
        assert_eq!((gone.name.as_str(), gone.data), ("deleted", json!({"id": id})));

        drop((one, other));
        eventually("nobody is watched for", async || {
            (fixture.app.watchers.subjects() == 0).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_when_the_service_stops() {
    with_app(async |fixture| {
        let mut events = EventStream::open(fixture.addr, "/api/events", None).await;
        fixture.app.shutdown.cancel();
        assert_eq!(events.next(SOON).await, None);
        eventually("the watch has ended", async || {
            (fixture.app.watchers.subjects() == 0).then_some(())
        })
        .await;
    })
    .await;
}
