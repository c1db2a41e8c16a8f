//! Whoever does a step may die of it: the story is left off after each, and a sweeper ends it.

use std::time::Duration;

use domain::{
    SourceObject, Task, Video, VideoJob, keys,
    message::{EVERY_RENDITION, RENDITION_ATTRIBUTE},
};
use serde_json::json;
use upload_api::{
    catalogue::{Due, Entry, Owed},
    jobs,
    sweeper::sweep_once,
};

use crate::{
    fixture::{Fixture, with_app},
    sweeping::{now, uploading},
};

const A_MOMENT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);
/// Every claim is over by then, and no deadline.
const LATER: u64 = 120;

/// How far an upload came before whoever received it died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Upload {
    Announced,
    HalfArrived,
    Arrived,
    InTheCatalogue,
    Admitted,
    Published,
}

async fn leave_off(fixture: &Fixture, step: Upload) -> Video {
    let app = &fixture.app;
    let mut video = uploading();
    let (id, key) = (video.record.id, keys::source(video.record.id));
    let due = Some(Due { owed: Owed::Expire, at: now() + 60 });
    let entry = Entry { due, ..Entry::new(video.clone()) };
    app.catalogue.create(&entry).await.unwrap();
    if step == Upload::HalfArrived {
        let (s3, bucket) = (&fixture.standins.aws.s3, &fixture.standins.args.raw_bucket);
        s3.create_multipart_upload().bucket(bucket).key(&key).send().await.unwrap();
    }
    if Upload::Arrived <= step {
        app.raw.put(&key, "all", "video/mp4").await.unwrap();
    }
    if Upload::InTheCatalogue <= step {
        let source = SourceObject { key, size_bytes: 3, etag: "\"e\"".into() };
        let arrived = |entry: &mut Entry| {
            entry.video.uploaded(source.clone());
            entry.due = Some(jobs::publish_due());
        };
        video = app.catalogue.update(id, arrived).await.unwrap().unwrap().video;
    }
    if Upload::Admitted <= step {
        let admit = |entry: &mut Entry| entry.video.admit(true);
        video = app.catalogue.update(id, admit).await.unwrap().unwrap().video;
    }
    if Upload::Published <= step {
        let source = video.record.source.clone().unwrap();
        let (run, owner_id) = (video.run(), video.record.owner_id.clone());
        let job = VideoJob { version: 1, run, owner_id, source, attempt: 1, task: Task::Make };
        app.jobs.publish(&job, &[(RENDITION_ATTRIBUTE, EVERY_RENDITION)], None).await.unwrap();
    }
    video
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_left_off_anywhere_is_ended() {
    with_app(async |fixture| {
        let (app, standins) = (&fixture.app, &fixture.standins);
        for step in [Upload::Announced, Upload::HalfArrived, Upload::Arrived] {
            let id = leave_off(fixture, step).await.record.id.to_string();
            sweep_once(app, now() + LATER).await.unwrap();
            let video = fixture.video(&id).await;
            assert_eq!(video["reason"]["code"], "upload_expired", "{step:?}");
            assert!(standins.raw_keys().await.is_empty(), "{step:?} left its file");
            assert_eq!(standins.open_uploads().await, 0, "{step:?} left its parts");
            assert_eq!(standins.next_job(A_MOMENT).await, None, "{step:?}");
        }
        for step in [Upload::InTheCatalogue, Upload::Admitted, Upload::Published] {
            let id = leave_off(fixture, step).await.record.id.to_string();
            sweep_once(app, now() + LATER).await.unwrap();
            let sent = if step == Upload::Published { 2 } else { 1 };
            for _ in 0..sent {
                let job = standins.next_job(LONG).await.expect("a job");
                assert_eq!((&job["video_id"], &job["task"]), (&json!(id), &json!("make")));
            }
            sweep_once(app, now() + LATER).await.unwrap();
            assert_eq!(standins.next_job(A_MOMENT).await, None, "{step:?} is told for ever");
        }
        assert!(app.catalogue.due(now() + LATER, 1).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_left_off_is_ended() {
    with_app(async |fixture| {
        let video = leave_off(fixture, Upload::Arrived).await;
        // Marked, and its file is still there.
        let expire = |entry: &mut Entry| {
            entry.video.record.state = domain::VideoState::Expired;
            entry.due = Some(Due { owed: Owed::Expire, at: now() + 60 });
        };
        fixture.app.catalogue.update(video.record.id, expire).await.unwrap();
        sweep_once(&fixture.app, now() + LATER).await.unwrap();
        assert!(fixture.standins.raw_keys().await.is_empty());
        assert!(fixture.app.catalogue.due(u64::MAX / 2, 1).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_left_off_anywhere_is_ended() {
    with_app(async |fixture| {
        let (app, standins) = (&fixture.app, &fixture.standins);
        for steps in 0..=3 {
            let video = leave_off(fixture, Upload::Published).await;
            let (id, run) = (video.record.id, video.run());
            app.media.put(&run.segment(&"480p".into(), 1), "s", "video/mp4").await.unwrap();
            let hide =
                |entry: &mut Entry| entry.due = Some(Due { owed: Owed::Erase, at: now() + 60 });
            app.catalogue.update(id, hide).await.unwrap();
            if 1 <= steps {
                app.media.put(&keys::tombstone(id), "", "text/plain").await.unwrap();
            }
            if 2 <= steps {
                app.raw.delete_prefix(&keys::video_prefix(id)).await.unwrap();
            }
            if 3 <= steps {
                app.media.delete_prefix(&keys::video_prefix(id)).await.unwrap();
            }
            sweep_once(app, now() + LATER).await.unwrap();
            assert!(standins.raw_keys().await.is_empty(), "after {steps} steps");
            let left = app.media.list(&keys::video_prefix(id)).await.unwrap();
            assert!(left.is_empty(), "after {steps} steps: {left:?}");
            assert!(app.media.find(&keys::tombstone(id)).await.unwrap().is_some());
            assert_eq!(standins.items().await, 0, "after {steps} steps");
        }
    })
    .await;
}
