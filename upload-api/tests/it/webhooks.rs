//! Webhooks: who listens is told, signed, once, and again where it failed.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::sleep;
use upload_api::{PartsArgs, catalogue::Catalogue, webhooks::dispatch::dispatch_once};

use crate::{
    fixture::{Fixture, eventually, with_app, with_settings},
    http,
    receiver::Receiver,
    sample::{complete, event, mp4, segments, started},
};

/// Receivers of tests are on this machine.
fn trusting(args: &mut PartsArgs) {
    args.outbound.outbound_http = true;
    args.outbound.outbound_networks = vec!["127.0.0.0/8".parse().unwrap()];
}

async fn register(fixture: &Fixture, webhook: Value) -> Value {
    let reply = fixture.post("/api/webhooks", &webhook).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()
}

fn path(webhook: &Value) -> String {
    format!("/api/webhooks/{}", webhook["id"].as_str().unwrap())
}

async fn deliveries(fixture: &Fixture, webhook: &Value, query: &str) -> Vec<Value> {
    let reply = fixture.get(&format!("{}/deliveries{query}", path(webhook))).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["deliveries"].as_array().unwrap().clone()
}

async fn told(receiver: &Receiver, types: &[&str]) {
    eventually(&format!("{types:?} are told"), async || {
        let told = receiver.types();
        assert!(told.len() <= types.len(), "{told:?}");
        (told == types).then_some(())
    })
    .await;
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_s_life_is_told_to_who_listens() {
    with_settings(trusting, async |fixture| {
        let (all, some, none) =
            (Receiver::new().await, Receiver::new().await, Receiver::new().await);
        let webhook = register(fixture, json!({"url": all.url})).await;
        let few = json!({"url": some.url, "events": ["video.playable", "video.deleted"]});
        let few = register(fixture, few).await;
        let off = register(fixture, json!({"url": none.url, "active": false})).await;
        assert_eq!(few["events"], json!(["video.playable", "video.deleted"]));
        let secret = webhook["secret"].as_str().unwrap();

        let video = fixture.upload("?title=Secret", b"x").await;
        let id = video["id"].as_str().unwrap();
        told(&all, &["video.uploaded"]).await;
        for happening in [started("480p"), segments("480p", 1), segments("audio", 1)] {
            fixture.standins.report(&event(id, happening)).await;
        }
        told(&all, &["video.uploaded", "video.playable"]).await;
        let rest = [
            complete("480p"),
            complete("720p"),
            complete("audio"),
            mp4("480p"),
            mp4("720p"),
            domain::Happening::ThumbnailsComplete,
        ];
        for happening in rest {
            fixture.standins.report(&event(id, happening)).await;
        }
        let ready = fixture.video_when(id, |video| video["state"] == "ready").await;
        told(&all, &["video.uploaded", "video.playable", "video.ready"]).await;
        http::ask(fixture.addr, "DELETE", &format!("/api/videos/{id}")).await;
        told(&all, &["video.uploaded", "video.playable", "video.ready", "video.deleted"]).await;
        told(&some, &["video.playable", "video.deleted"]).await;
        assert!(none.told().is_empty());

        let told = all.told();
        let mut ids: Vec<_> = told.iter().map(|told| told.header("webhook-id")).collect();
        assert!(ids.is_sorted(), "{ids:?}");
        ids.dedup();
        assert_eq!(ids.len(), 4);
        for told in &told {
            assert!(told.is_signed_by(secret), "{told:?}");
            assert!(!told.is_signed_by(few["secret"].as_str().unwrap()));
            assert_eq!(told.header("content-type"), "application/json");
            assert!(told.header("webhook-timestamp").parse::<u64>().unwrap().abs_diff(now()) < 60);
            assert_eq!(told.json()["data"]["video_id"], id);
            assert!(!told.body.contains("Secret"), "titles are for who may read the video");
        }
        let data = &told[2].json()["data"];
        assert_eq!((&data["state"], &data["version"]), (&json!("ready"), &ready["version"]));
        assert_eq!(data["duration_seconds"], 30.0);

        let listed = eventually("all are delivered", async || {
            let listed = deliveries(fixture, &webhook, "?state=delivered").await;
            (listed.len() == 4).then_some(listed)
        })
        .await;
        assert_eq!(listed[0]["type"], "video.deleted");
        assert_eq!(listed[0]["last_answer"]["status"], 204);
        assert!(deliveries(fixture, &off, "").await.is_empty());
        // What is told of it outlives the video as garbage, for 14 days.
        assert_eq!(fixture.standins.items().await, 0, "nothing of the video is left");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_given_up_and_replayed() {
    with_settings(trusting, async |fixture| {
        let receiver = Receiver::new().await;
        receiver.answer(500);
        let webhook = register(fixture, json!({"url": receiver.url, "events": ["video.uploaded"]}));
        let webhook = webhook.await;
        let began = now();
        fixture.upload("", b"x").await;
        let first = eventually("it is attempted", async || {
            let listed = deliveries(fixture, &webhook, "").await;
            listed.into_iter().next().filter(|first| !first["last_answer"].is_null())
        })
        .await;
        assert_eq!((&first["state"], &first["attempts"]), (&json!("pending"), &json!(1)));
        let answer = &first["last_answer"];
        assert_eq!((&answer["status"], &answer["body"]), (&json!(500), &json!("as you say")));
        assert!(first["next_attempt_at"].is_string());
        assert!(fixture.get(&path(&webhook)).await.json()["failing_since"].is_string());

        // As time goes by. The app itself may have been first with the second attempt.
        for day in [1, 2] {
            dispatch_once(&fixture.app, began + day * 24 * 3600).await.unwrap();
        }
        receiver.answer(200);
        dispatch_once(&fixture.app, began + 3 * 24 * 3600).await.unwrap();
        let listed = deliveries(fixture, &webhook, "").await;
        assert_eq!(listed[0]["state"], "delivered", "{listed:?}");
        let read = fixture.get(&path(&webhook)).await.json();
        assert_eq!((&read["failing_since"], &read["active"]), (&Value::Null, &json!(true)));
        let ids: Vec<_> =
            receiver.told().iter().map(|told| told.header("webhook-id").to_owned()).collect();
        assert!(ids.len() >= 4 && ids.iter().all(|id| *id == ids[0]), "one id: {ids:?}");

        // One that never succeeds ends as failed, and the webhook is switched off.
        receiver.answer(503);
        fixture.upload("", b"x").await;
        for hours in [0, 1, 6, 12, 24, 48, 72, 96, 120, 144, 168, 192] {
            dispatch_once(&fixture.app, now() + hours * 3600).await.unwrap();
        }
        let failed = deliveries(fixture, &webhook, "?state=failed").await;
        assert_eq!(failed.len(), 1, "{:?}", deliveries(fixture, &webhook, "").await);
        assert_eq!(failed[0]["next_attempt_at"], Value::Null);
        let read = fixture.get(&path(&webhook)).await.json();
        assert_eq!(
            (&read["active"], &read["disabled"]["code"]),
            (&json!(false), &json!("webhook_failing"))
        );

        let replay = format!("{}/replay", path(&webhook));
        let since = json!({"since": "2026-01-01T00:00:00Z"});
        fixture.post(&replay, &since).await.assert_problem(409, "webhook_inactive");
        fixture.patch(&path(&webhook), &json!({"active": true})).await;
        receiver.answer(200);
        let late = json!({"since": "2100-01-01T00:00:00Z"});
        assert_eq!(fixture.post(&replay, &late).await.json()["replayed"], 0);
        let replayed = fixture.post(&replay, &since).await;
        assert_eq!(replayed.status, 202, "{}", replayed.text());
        assert_eq!(replayed.json(), json!({"replayed": 1, "next_cursor": null}));
        eventually("it is delivered after all", async || {
            let delivered = deliveries(fixture, &webhook, "?state=delivered").await;
            (delivered.len() == 2).then_some(())
        })
        .await;

        // One that has arrived can be had again, too.
        let count = receiver.told().len();
        let again = first["id"].as_str().unwrap();
        let again = format!("{}/deliveries/{again}/replay", path(&webhook));
        assert_eq!(fixture.post(&again, &json!({})).await.status, 202);
        eventually("it comes again", async || (receiver.told().len() > count).then_some(())).await;
        let unknown = format!("{}/deliveries/{}/replay", path(&webhook), uuid::Uuid::now_v7());
        fixture.post(&unknown, &json!({})).await.assert_problem(404, "delivery_not_found");
        fixture.post(&replay, &json!({"since": "now"})).await.assert_problem(400, "invalid_time");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_is_not_asked_again() {
    with_settings(trusting, async |fixture| {
        let receiver = Receiver::new().await;
        receiver.answer(410);
        let webhook = register(fixture, json!({"url": receiver.url})).await;
        fixture.upload("", b"x").await;
        let read = eventually("it is switched off", async || {
            let read = fixture.get(&path(&webhook)).await.json();
            (read["active"] == false).then_some(read)
        })
        .await;
        assert_eq!(read["disabled"]["code"], "webhook_gone");
        fixture.upload("", b"x").await;
        dispatch_once(&fixture.app, now() + 30).await.unwrap();
        assert_eq!(receiver.told().len(), 1);

        // A webhook that is deleted takes what is owed to it along.
        receiver.answer(500);
        fixture.patch(&path(&webhook), &json!({"active": true})).await;
        fixture.upload("", b"x").await;
        eventually("it is attempted", async || (receiver.told().len() == 2).then_some(())).await;
        let deleted = http::ask(fixture.addr, "DELETE", &path(&webhook)).await;
        assert_eq!(deleted.status, 204);
        dispatch_once(&fixture.app, now() + 3600).await.unwrap();
        assert_eq!(receiver.told().len(), 2);
        fixture.get(&path(&webhook)).await.assert_problem(404, "webhook_not_found");
        let again = http::ask(fixture.addr, "DELETE", &path(&webhook)).await;
        again.assert_problem(404, "webhook_not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_secret_overlaps_with_the_one_before() {
    with_settings(trusting, async |fixture| {
        let receiver = Receiver::new().await;
        let before = register(fixture, json!({"url": receiver.url})).await;
        let after = fixture.post(&format!("{}/secret", path(&before)), &json!({})).await.json();
        assert_ne!(before["secret"], after["secret"]);
        assert!(fixture.get(&path(&before)).await.json().get("secret").is_none());
        fixture.upload("", b"x").await;
        told(&receiver, &["video.uploaded"]).await;
        for secret in [&before["secret"], &after["secret"]] {
            assert!(receiver.told()[0].is_signed_by(secret.as_str().unwrap()));
        }
    })
    .await;
}

/// What a replica that died had written is told by the others, and by one of them.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_owed_with_its_cause_and_told_by_one_replica() {
    with_settings(trusting, async |fixture| {
        let replicas = [fixture.replica().await, fixture.replica().await];
        let receiver = Receiver::new().await;
        register(fixture, json!({"url": receiver.url})).await;
        // A replica without a dispatcher: it writes and is gone.
        let table = fixture.standins.args.catalog_table.as_str();
        let dying = Catalogue::new(&fixture.standins.aws, table);
        let ids: Vec<_> = (0..10).map(|_| domain::VideoId(uuid::Uuid::now_v7())).collect();
        for id in &ids {
            let mut video = domain::Video::begin(
                *id,
                domain::OwnerId::local(),
                String::new(),
                "2026-01-01T00:00:00Z".to_owned(),
                domain::Recipe::standard().id(),
            );
            dying.create(&upload_api::catalogue::Entry::new(video.clone())).await.unwrap();
            let source = domain::SourceObject { key: "k".into(), size_bytes: 1, etag: "e".into() };
            video.uploaded(source.clone());
            dying.update(*id, |entry| entry.video.uploaded(source.clone())).await.unwrap();
        }
        eventually("all are told", async || (receiver.told().len() >= 10).then_some(())).await;
        sleep(Duration::from_secs(1)).await;
        assert_eq!(receiver.told().len(), 10, "and none twice");
        for replica in replicas {
            replica.stop().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_servers_of_the_internet_are_told() {
    with_app(async |fixture| {
        for url in [
            "http://example.com/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://169.254.169.254/latest/meta-data/",
            "https://user:secret@example.com/",
            "ftp://example.com/",
            "hook",
        ] {
            let refused = fixture.post("/api/webhooks", &json!({"url": url})).await;
            refused.assert_problem(400, "invalid_url");
        }
        let nothing = json!({"url": "https://example.com/", "events": []});
        fixture.post("/api/webhooks", &nothing).await.assert_problem(400, "no_events");
        let unknown = json!({"url": "https://example.com/", "events": ["video.seen"]});
        fixture.post("/api/webhooks", &unknown).await.assert_problem(422, "invalid_body");

        // A name is checked when it is asked.
        let receiver = Receiver::new().await;
        let url = receiver.url.replace("http://127.0.0.1", "https://localhost");
        let webhook = register(fixture, json!({"url": url})).await;
        fixture.upload("", b"x").await;
        let error = eventually("it is refused", async || {
            let listed = deliveries(fixture, &webhook, "").await;
            listed.first()?["last_answer"]["error"].as_str().map(str::to_owned)
        })
        .await;
        assert!(error.contains("not on the public internet"), "{error}");
        assert!(receiver.told().is_empty());

        let edit = json!({"url": "https://10.0.0.1/"});
        fixture.patch(&path(&webhook), &edit).await.assert_problem(400, "invalid_url");
        for number in 1..20 {
            register(fixture, json!({"url": format!("https://example.com/{number}")})).await;
        }
        let more = fixture.post("/api/webhooks", &json!({"url": "https://example.com/"})).await;
        more.assert_problem(409, "too_many_webhooks");
        let first = fixture.get("/api/webhooks?limit=15").await.json();
        assert_eq!(first["webhooks"].as_array().unwrap().len(), 15);
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = fixture.get(&format!("/api/webhooks?limit=15&cursor={cursor}")).await.json();
        assert_eq!(rest["webhooks"].as_array().unwrap().len(), 5);
        assert_eq!(rest["next_cursor"], Value::Null);
    })
    .await;
}
