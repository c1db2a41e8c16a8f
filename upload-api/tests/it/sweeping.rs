//! What a dead replica began, another one ends.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::{OwnerId, Recipe, SourceObject, Video, VideoId, keys};
use upload_api::{
    catalogue::{Due, Entry, Owed},
    sweeper::sweep_once,
};
use uuid::Uuid;

use crate::fixture::with_app;

/// Far enough ahead that everything which may be due is.
const LATER: u64 = 4_000_000_000;

/// Unix seconds.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn uploading() -> Video {
    let id = VideoId(Uuid::now_v7());
    let created_at = "2026-01-01T00:00:00Z".to_owned();
    Video::begin(id, OwnerId::local(), "Clip".to_owned(), created_at, Recipe::standard().id())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_video_that_was_not_published_is() {
    with_app(async |fixture| {
        let mut video = uploading();
        let id = video.record.id;
        let source = SourceObject { key: keys::source(id), size_bytes: 3, etag: "\"e\"".into() };
        video.uploaded(source);
        let soon = now() + 1000;
        let entry = Entry { due: Some(Due { owed: Owed::Publish, at: soon }), ..Entry::new(video) };
        fixture.app.catalogue.create(&entry).await.unwrap();

        sweep_once(&fixture.app, soon - 1).await.unwrap();
        let early = fixture.standins.next_job(Duration::from_secs(1)).await;
        assert_eq!(early, None, "whoever uploaded it may still be alive");
        sweep_once(&fixture.app, soon).await.unwrap();
        let job = fixture.standins.next_job(Duration::from_secs(10)).await.expect("a job");
        assert_eq!(job["video_id"], id.to_string());
        assert!(fixture.app.catalogue.due(now() + 60, 10).await.unwrap().is_empty());
        sweep_once(&fixture.app, now() + 60).await.unwrap();
        assert_eq!(fixture.standins.next_job(Duration::from_secs(1)).await, None, "only once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_published_stays_owed() {
    with_app(async |fixture| {
        let args = &fixture.standins.args;
        let topic = fixture.standins.aws.sns.delete_topic();
        topic.topic_arn(&args.video_uploaded_topic_arn).send().await.unwrap();
        let video = fixture.upload("", b"x").await;
        assert_eq!(video["state"], "uploaded", "the bytes are safe");
        let id: VideoId = video["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(fixture.app.catalogue.due(LATER, 10).await.unwrap(), [id]);
        sweep_once(&fixture.app, LATER).await.unwrap();
        assert_eq!(fixture.app.catalogue.due(LATER, 10).await.unwrap(), [id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_never_ended_expires() {
    with_app(async |fixture| {
        let video = uploading();
        let id = video.record.id;
        let due = Some(Due { owed: Owed::Expire, at: LATER });
        fixture.app.catalogue.create(&Entry { due, ..Entry::new(video) }).await.unwrap();
        fixture.app.raw.put(&keys::source(id), "half", "video/mp4").await.unwrap();

        sweep_once(&fixture.app, LATER).await.unwrap();
        let video = fixture.video(&id.to_string()).await;
        assert_eq!(video["state"], "expired");
        assert_eq!(video["reason"]["code"], "upload_expired");
        assert!(fixture.standins.raw_keys().await.is_empty());
        assert!(fixture.app.catalogue.due(LATER, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_was_cut_short_is_ended() {
    with_app(async |fixture| {
        let mut video = uploading();
        let id = video.record.id;
        let source = SourceObject { key: keys::source(id), size_bytes: 3, etag: "\"e\"".into() };
        video.uploaded(source);
        let due = Some(Due { owed: Owed::Erase, at: LATER });
        let segment = video.run().segment(&"480p".into(), 1);
        fixture.app.catalogue.create(&Entry { due, ..Entry::new(video) }).await.unwrap();
        fixture.app.raw.put(&keys::source(id), "all", "video/mp4").await.unwrap();
        fixture.app.media.put(&segment, "some", "video/iso.segment").await.unwrap();

        let path = format!("/api/videos/{id}");
        fixture.get(&path).await.assert_problem(404, "video_not_found");
        assert!(fixture.app.catalogue.update(id, |_| ()).await.unwrap().is_none());
        let list = fixture.get("/api/videos").await.json();
        assert_eq!(list["videos"], serde_json::json!([]));

        sweep_once(&fixture.app, LATER).await.unwrap();
        assert!(fixture.standins.raw_keys().await.is_empty());
        assert!(fixture.app.media.list(&keys::video_prefix(id)).await.unwrap().is_empty());
        assert!(fixture.app.media.find(&keys::tombstone(id)).await.unwrap().is_some());
        assert_eq!(fixture.standins.items().await, 0);
    })
    .await;
}
