//! Of one owner so many videos are with the fleets; another's single clip does not wait for them.

use std::time::Duration;

use domain::{Happening, OwnerId, Reason, SourceObject, Video, VideoId, keys};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use upload_api::{
    App, PartsArgs,
    catalogue::{Due, Entry, Owed},
    jobs, sweeper,
};

use crate::{
    fixture::{Fixture, with_app},
    http,
    sample::event,
    sweeping::{now, uploading},
};

const A_MOMENT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);

/// Another replica, which gives the fleets two videos of an owner at a time, and cannot see that
/// nobody works on them.
fn two_at_once(fixture: &Fixture) -> App {
    let args = PartsArgs {
        owner_videos_at_once: 2.try_into().unwrap(),
        fleet_queues: Vec::new(),
        ..fixture.standins.args.clone()
    };
    App::new(&args, &fixture.standins.aws, CancellationToken::new())
}

fn uploaded(owner: &str) -> Video {
    let mut video = uploading();
    video.record.owner_id = OwnerId::from(owner);
    let key = keys::source(video.record.id);
    video.uploaded(SourceObject { key, size_bytes: 3, etag: "\"e\"".into() });
    video
}

/// As an upload ends.
async fn publish(app: &App, owner: &str) -> VideoId {
    let video = uploaded(owner);
    let due = Some(jobs::publish_due());
    app.catalogue.create(&Entry { due, ..Entry::new(video.clone()) }).await.unwrap();
    jobs::publish(app, &video).await.unwrap();
    video.record.id
}

async fn next_job(fixture: &Fixture, patience: Duration) -> Option<Value> {
    Some(fixture.standins.next_job(patience).await?["video_id"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_owner_leaves_room_for_another() {
    with_app(async |fixture| {
        let app = std::sync::Arc::new(two_at_once(fixture));
        let mut flood = Vec::new();
        for _ in 0..5 {
            flood.push(publish(&app, "flooder").await);
        }
        let clip = publish(&app, "other").await;
        let mut told = Vec::new();
        for _ in 0..3 {
            told.push(next_job(fixture, LONG).await.unwrap());
        }
        let expected = [flood[0], flood[1], clip].map(|id| json!(id.to_string()));
        assert!(expected.iter().all(|id| told.contains(id)), "{told:?}");
        assert_eq!(next_job(fixture, A_MOMENT).await, None, "the others wait");
        let owner = OwnerId::from("flooder");
        assert_eq!(app.catalogue.working(&owner, 9).await.unwrap(), flood[..2]);
        assert_eq!(app.catalogue.waiting(&owner, 9).await.unwrap(), flood[2..]);
        let waiting = app.catalogue.find(flood[4]).await.unwrap().unwrap();
        assert_eq!(waiting.record.reason, Some(Reason::not_its_turn()));

        // One ends, one is deleted: the oldest two move up. Its sweeper hears of it at once.
        let sweeping = tokio::spawn(sweeper::sweep(app.clone()));
        let end = |entry: &mut Entry| {
            let happening = Happening::Rejected { reason: Reason::unreadable() };
            entry.video.apply(&event(&flood[0].to_string(), happening))
        };
        assert!(app.catalogue.update(flood[0], end).await.unwrap().unwrap().answer);
        assert_eq!(next_job(fixture, LONG).await, Some(json!(flood[2].to_string())));
        let hide = |entry: &mut Entry| entry.due = Some(Due { owed: Owed::Erase, at: now() + 60 });
        app.catalogue.update(flood[3], hide).await.unwrap();
        app.catalogue.update(flood[1], hide).await.unwrap();
        assert_eq!(next_job(fixture, LONG).await, Some(json!(flood[4].to_string())));
        app.shutdown.cancel();
        sweeping.await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_whose_predecessor_ended_unnoticed_moves_up_all_the_same() {
    with_app(async |fixture| {
        let app = two_at_once(fixture);
        let mut flood = Vec::new();
        for _ in 0..3 {
            flood.push(publish(&app, "flooder").await);
        }
        for _ in 0..2 {
            next_job(fixture, LONG).await.unwrap();
        }
        // Whoever saw it end died of it.
        let replica = two_at_once(fixture);
        let end = |entry: &mut Entry| {
            let happening = Happening::Rejected { reason: Reason::unreadable() };
            entry.video.apply(&event(&flood[0].to_string(), happening));
        };
        replica.catalogue.update(flood[0], end).await.unwrap();
        sweeper::sweep_once(&app, now() + 60).await.unwrap();
        assert_eq!(next_job(fixture, A_MOMENT).await, None, "its time to look has not come");
        sweeper::sweep_once(&app, now() + 301).await.unwrap();
        assert_eq!(next_job(fixture, LONG).await, Some(json!(flood[2].to_string())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_video_takes_no_place() {
    with_app(async |fixture| {
        let ids = [fixture.upload("", b"a").await, fixture.upload("", b"b").await];
        let owner = OwnerId::local();
        assert_eq!(fixture.app.catalogue.working(&owner, 9).await.unwrap().len(), 2);
        for video in ids {
            let path = format!("/api/videos/{}", video["id"].as_str().unwrap());
            assert_eq!(http::ask(fixture.addr, "DELETE", &path).await.status, 204);
        }
        assert!(fixture.app.catalogue.working(&owner, 9).await.unwrap().is_empty());
        assert_eq!(fixture.standins.items().await, 0);
    })
    .await;
}
