//! An owner tries again what failed.

use std::time::Duration;

use domain::{Happening, Reason, VideoId};
use serde_json::{Value, json};
use upload_api::{
    catalogue::{Due, Entry, Owed},
    sweeper::sweep_once,
};

use crate::{
    fixture::{Fixture, with_app},
    http::{self, Reply},
    sample::{complete, event, mp4, segments, started},
    sweeping::now,
};

/// Far enough ahead that everything which may be due is.
const LATER: u64 = 4_000_000_000;
const LONG: Duration = Duration::from_secs(10);

/// A video of which 480p failed; the job of its upload is read already.
async fn partial(fixture: &Fixture) -> String {
    let id = fixture.upload("", b"bytes").await["id"].as_str().unwrap().to_owned();
    assert!(fixture.standins.next_job(LONG).await.is_some());
    let reason = Reason::gave_up(5);
    for happening in [
        started("480p"),
        segments("audio", 1),
        complete("audio"),
        complete("720p"),
        mp4("720p"),
        Happening::ThumbnailsFailed { reason: reason.clone() },
        Happening::Failed { rendition: "480p".into(), reason },
    ] {
        fixture.standins.report(&event(&id, happening)).await;
    }
    fixture.video_when(&id, |video| video["state"] == "partial").await;
    id
}

async fn retry(fixture: &Fixture, id: &str, name: &str) -> Reply {
    let path = format!("/api/videos/{id}/renditions/{name}/retry");
    http::ask(fixture.addr, "POST", &path).await
}

fn rendition<'a>(video: &'a Value, name: &str) -> &'a Value {
    let renditions = video["renditions"].as_array().unwrap();
    renditions.iter().find(|known| known["name"] == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_rendition_is_made_again() {
    with_app(async |fixture| {
        let id = partial(fixture).await;
        let reply = retry(fixture, &id, "480p").await;
        assert_eq!(reply.status, 202, "{}", reply.text());
        let video = reply.json();
        assert_eq!(video["state"], "playable");
        assert_eq!(rendition(&video, "480p")["state"], "pending");
        assert_eq!(rendition(&video, "480p")["reason"], Value::Null);
        let job = fixture.standins.next_job(LONG).await.expect("a job for its fleet");
        assert_eq!((&job["task"], &job["attempt"]), (&json!("make"), &json!(1)));
        assert!(fixture.app.catalogue.due(now() + 60, 10).await.unwrap().is_empty());

        retry(fixture, &id, "480p").await.assert_problem(409, "not_failed");
        retry(fixture, &id, "720p").await.assert_problem(409, "not_failed");
        retry(fixture, &id, "999p").await.assert_problem(404, "rendition_not_found");
        let thumbnails = retry(fixture, &id, "thumbnails").await.json();
        let poster = &thumbnails["thumbnails"];
        assert_eq!((&poster["state"], &poster["reason"]), (&json!("pending"), &Value::Null));
        let unknown = retry(fixture, "01890a5d-ac96-774b-bcce-b302099a80f7", "480p").await;
        unknown.assert_problem(404, "video_not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_was_not_published_is_owed() {
    with_app(async |fixture| {
        let id: VideoId = partial(fixture).await.parse().unwrap();
        // Whoever asked died before it was published.
        let ask = |entry: &mut Entry| {
            entry.due = Some(Due { owed: Owed::Publish, at: LATER });
            entry.video.retry(&"480p".into()).unwrap();
        };
        fixture.app.catalogue.update(id, ask).await.unwrap();
        sweep_once(&fixture.app, LATER).await.unwrap();
        let job = fixture.standins.next_job(LONG).await.expect("a job");
        assert_eq!((&job["video_id"], &job["task"]), (&json!(id.to_string()), &json!("make")));
        assert!(fixture.app.catalogue.due(now() + 60, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_at_fault_is_not_tried_again() {
    with_app(async |fixture| {
        let id = fixture.upload("", b"bytes").await["id"].as_str().unwrap().to_owned();
        let rejected = Happening::Rejected { reason: Reason::unreadable() };
        fixture.standins.report(&event(&id, started("480p"))).await;
        fixture.standins.report(&event(&id, rejected)).await;
        fixture.video_when(&id, |video| video["state"] == "rejected").await;
        retry(fixture, &id, "480p").await.assert_problem(409, "input_at_fault");
    })
    .await;
}
