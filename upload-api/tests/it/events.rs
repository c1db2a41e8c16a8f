//! Live events: they come, they resume, they end.

use std::time::Duration;

use serde_json::json;

use crate::{
    fixture::{eventually, with_app, with_settings},
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

#[tokio::test(flavor = "multi_thread")]
async fn what_one_replica_writes_another_one_tells() {
    with_app(async |fixture| {
        let other = fixture.replica().await;
        let first = fixture.upload("?title=first", b"x").await;
        let second = fixture.upload("?title=second", b"x").await;
        let (first, second) = (first["id"].as_str().unwrap(), second["id"].as_str().unwrap());
        let path = format!("/api/videos/{first}/events");
        let mut video = EventStream::open(other.addr, &path, None).await;
        let mut owner = EventStream::open(other.addr, "/api/events", None).await;
        assert_eq!(video.next(SOON).await.unwrap().data["title"], "first");
        assert_eq!(owner.next(SOON).await.unwrap().data["title"], "first");
        let seen = owner.next(SOON).await.unwrap();
        assert_eq!(seen.data["title"], "second");

        fixture.patch(&format!("/api/videos/{first}"), &json!({"title": "renamed"})).await;
        assert_eq!(video.next(SOON).await.unwrap().data["title"], "renamed");
        let renamed = owner.next(SOON).await.unwrap();
        assert_eq!(renamed.data["title"], "renamed");
        drop(owner);

        // What happens while nobody listens is told afterwards, by whichever replica is asked.
        http::ask(fixture.addr, "DELETE", &format!("/api/videos/{second}")).await;
        let mut owner = EventStream::open(fixture.addr, "/api/events", renamed.id.as_deref()).await;
        let gone = owner.next(SOON).await.unwrap();
        assert_eq!((gone.name.as_str(), gone.data), ("deleted", json!({"id": second})));
        let mut late = EventStream::open(other.addr, "/api/events", seen.id.as_deref()).await;
        let told = [late.next(SOON).await.unwrap(), late.next(SOON).await.unwrap()];
        assert_eq!(told[0].data, json!({"id": second}));
        assert_eq!(told[1].data["title"], "renamed");
        assert_eq!(late.next(A_WHILE).await, None, "and nothing that was seen");
        drop((video, owner, late));
        other.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_vanish_leave_nothing_running() {
    with_app(async |fixture| {
        let video = fixture.upload("", b"x").await;
        let path = format!("/api/videos/{}/events", video["id"].as_str().unwrap());
        let paths = ["/api/events", path.as_str()].into_iter().cycle().take(200);
        let open = paths.map(|path| http::status(fixture.addr, path));
        let open = futures::future::join_all(open).await;
        assert!(open.iter().all(|(_, status)| *status == 200));
        let watchers = &fixture.app.watchers;
        assert_eq!((watchers.streams(), watchers.subjects()), (200, 2));
        drop(open);
        eventually("all places are free", async || (watchers.streams() == 0).then_some(())).await;
        eventually("nobody is watched for", async || (watchers.subjects() == 0).then_some(()))
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_than_are_allowed_are_refused() {
    let few = |args: &mut upload_api::PartsArgs| args.streams.event_streams_per_owner = 2;
    with_settings(few, async |fixture| {
        let (first, _) = http::status(fixture.addr, "/api/events").await;
        let (_second, _) = http::status(fixture.addr, "/api/events").await;
        let refused = fixture.get("/api/events").await;
        refused.assert_problem(429, "too_many_streams");
        assert_eq!(refused.header("retry-after"), Some("10"));
        drop(first);
        eventually("a place is free", async || {
            let (_held, status) = http::status(fixture.addr, "/api/events").await;
            (status == 200).then_some(())
        })
        .await;
    })
    .await;
}
