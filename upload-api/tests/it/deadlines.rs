//! What nothing is heard of: it waits in a long queue, or it is lost. Time is passed in.

use std::time::Duration;

use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use domain::{OwnerId, SourceObject, Task, Video, VideoId, VideoJob, keys, video::PATIENCE};
use futures::{StreamExt, stream};
use platform::queue::Backlog;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use upload_api::{
    App, PartsArgs,
    catalogue::{Due, Entry, Owed},
    fleets::FleetQueue,
    sweeper::sweep_once,
};

use crate::{
    fixture::{Fixture, with_app},
    sample::{complete, event, mp4, started},
    standins::Standins,
    sweeping::{now, uploading},
};

const A_MOMENT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 32;

/// The same app, told that every fleet is fed by the one queue there is.
fn with_all_fleets(standins: &Standins) -> App {
    let url = &standins.fleet_queue_url;
    let queue = |name: &str| FleetQueue { name: name.into(), url: Some(url.clone()) };
    let fleet_queues = ["audio", "480p", "720p", "1080p", "thumbnails"].map(queue).into();
    let args = PartsArgs { fleet_queues, ..standins.args.clone() };
    App::new(&args, &standins.aws, CancellationToken::new())
}

/// A video that the fleets were told of at `at`, and never reported.
fn published(at: u64) -> Entry {
    let mut video = uploading();
    let before = video.clone();
    let key = keys::source(video.record.id);
    video.uploaded(SourceObject { key, size_bytes: 3, etag: "\"e\"".into() });
    assert!(video.admit(true));
    video.track(&before, at);
    let due = Some(Due { owed: Owed::Watch, at: at + PATIENCE });
    Entry { due, ..Entry::new(video) }
}

fn job(video: &Video) -> VideoJob {
    VideoJob {
        version: 1,
        run: video.run(),
        owner_id: OwnerId::local(),
        source: video.record.source.clone().unwrap(),
        attempt: 1,
        task: Task::Make,
    }
}

async fn backlog(app: &App) -> Backlog {
    app.pipeline.queue("480p").unwrap().queue.backlog().await.unwrap()
}

/// Sweeps until nothing is due at `now`.
async fn sweep(app: &App, now: u64) {
    while !app.catalogue.due(now, 1).await.unwrap().is_empty() {
        sweep_once(app, now).await.unwrap();
    }
}

async fn create(app: &App, entry: &Entry) -> VideoId {
    app.catalogue.create(entry).await.unwrap();
    entry.video.record.id
}

async fn read(fixture: &Fixture, id: VideoId) -> Value {
    fixture.video(&id.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_waiting_videos_are_sent_nothing_again() {
    const VIDEOS: usize = 1000;
    with_app(async |fixture| {
        let app = with_all_fleets(&fixture.standins);
        let begin = now();
        let entries: Vec<_> = (0..VIDEOS).map(|_| published(begin)).collect();
        let ids: Vec<_> =
            stream::iter(&entries).map(|e| create(&app, e)).buffered(AT_ONCE).collect().await;
        for batch in entries.chunks(10) {
            let message = |(number, entry): (usize, &Entry)| {
                SendMessageBatchRequestEntry::builder()
                    .id(number.to_string())
                    .message_body(serde_json::to_string(&job(&entry.video)).unwrap())
                    .build()
                    .unwrap()
            };
            let batch = batch.iter().enumerate().map(message).collect();
            let send = fixture.standins.aws.sqs.send_message_batch().set_entries(Some(batch));
            let sent = send.queue_url(&fixture.standins.fleet_queue_url).send().await.unwrap();
            assert!(sent.failed().is_empty());
        }
        // Their fleet has one worker, and it has just taken the first.
        let receive = fixture.standins.aws.sqs.receive_message().visibility_timeout(40_000);
        let taken = receive.queue_url(&fixture.standins.fleet_queue_url).send().await.unwrap();
        assert_eq!(taken.messages().len(), 1);
        let before = backlog(&app).await;
        assert_eq!((before.waiting, before.in_flight), (VIDEOS as u64 - 1, 1));

        for rounds in 1..=2 {
            sweep(&app, begin + rounds * PATIENCE).await;
            assert!(
                app.catalogue.due(begin + (rounds + 1) * PATIENCE - 1, 1).await.unwrap().is_empty()
            );
        }
        assert_eq!(backlog(&app).await, before, "nothing was sent");
        for id in [ids[0], ids[VIDEOS / 2], ids[VIDEOS - 1]] {
            let video = read(fixture, id).await;
            assert_eq!(
                (&video["state"], &video["reason"]["code"]),
                (&json!("uploaded"), &json!("waiting"))
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_work_is_sent_again_once_then_fails_and_still_counts_if_it_comes() {
    with_app(async |fixture| {
        let (standins, app) = (&fixture.standins, with_all_fleets(&fixture.standins));
        let begin = now();
        let id = create(&app, &published(begin)).await;
        let id = id.to_string();
        for happening in [started("480p"), complete("audio"), complete("720p"), mp4("720p")] {
            standins.report(&event(&id, happening)).await;
        }
        let thumbnails = domain::Happening::ThumbnailsComplete;
        standins.report(&event(&id, thumbnails)).await;
        fixture.video_when(&id, |video| video["thumbnails"]["state"] == "complete").await;

        let first = begin + 2 * PATIENCE;
        sweep(&app, first).await;
        let again = standins.next_job(LONG).await.expect("the job again");
        assert_eq!((&again["video_id"], &again["task"]), (&json!(id), &json!("make")));
        let video = fixture.video(&id).await;
        assert_eq!(video["renditions"][1]["state"], "running");
        assert_eq!(video["renditions"][1]["reason"]["code"], "sent_again");
        assert_eq!(video["reason"]["code"], "sent_again");

        sweep(&app, first + 2 * PATIENCE).await;
        assert_eq!(standins.next_job(A_MOMENT).await, None, "once in a generation");
        let video = fixture.video(&id).await;
        assert_eq!(
            (&video["state"], &video["reason"]["code"]),
            (&json!("partial"), &json!("lost"))
        );
        assert!(app.catalogue.due(u64::MAX / 2, 1).await.unwrap().is_empty(), "at its end");

        for happening in [complete("480p"), mp4("480p")] {
            standins.report(&event(&id, happening)).await;
        }
        let video = fixture.video_when(&id, |video| video["state"] == "ready").await;
        assert_eq!(video["reason"], Value::Null);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_that_do_not_answer_end_no_deadline() {
    with_app(async |fixture| {
        let app = with_all_fleets(&fixture.standins);
        let begin = now();
        let id = create(&app, &published(begin)).await;
        let delete = fixture.standins.aws.sqs.delete_queue();
        delete.queue_url(&fixture.standins.fleet_queue_url).send().await.unwrap();
        for minutes in 5..20 {
            sweep_once(&app, begin + minutes * 60).await.unwrap();
        }
        let video = read(fixture, id).await;
        assert_eq!((&video["state"], &video["reason"]), (&json!("uploaded"), &Value::Null));
        assert_eq!(
            app.catalogue.due(begin + 24 * 3600, 1).await.unwrap(),
            [id],
            "it is not forgotten"
        );
    })
    .await;
}
