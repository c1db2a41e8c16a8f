//! Dead letters: shown with a reason, kept, and sent again once.

use std::time::Duration;

use domain::{OwnerId, Reason, Recipe, SourceObject, Task, Video, VideoId, VideoJob, keys};
use platform::queue::{Delivery, Queue, Receipt, SqsQueue};
use serde_json::{Value, json};
use upload_api::{
    catalogue::{Entry, Letter},
    sweeper::sweep_once,
};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, eventually, with_app},
    http,
    sample::{event, segments, started},
};

const REDRIVE: &str = "/api/pipeline/queues/480p/redrive";
/// Far enough ahead that everything which may be due is.
const LATER: u64 = 4_000_000_000;
const A_MOMENT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);

async fn letters(fixture: &Fixture, query: &str) -> Value {
    fixture.get(&format!("/api/pipeline/dead-letters{query}")).await.json()
}

async fn only_letter(fixture: &Fixture) -> Value {
    eventually("a letter", async || letters(fixture, "").await["letters"].get(0).cloned()).await
}

fn state_of<'a>(video: &'a Value, rendition: &str) -> &'a Value {
    let renditions = video["renditions"].as_array().unwrap();
    renditions.iter().find(|known| known["name"] == rendition).unwrap()
}

/// A video that the catalogue knows, and its job for the fleet of 480p.
async fn video_with_job(fixture: &Fixture) -> VideoJob {
    let id = VideoId(Uuid::now_v7());
    let created_at = "2026-01-01T00:00:00Z".to_owned();
    let recipe = Recipe::standard().id();
    let mut video = Video::begin(id, OwnerId::local(), "Clip".into(), created_at, recipe);
    let source = SourceObject { key: keys::source(id), size_bytes: 3, etag: "\"e\"".into() };
    video.uploaded(source.clone());
    assert!(video.apply(&event(&id.to_string(), started("480p"))));
    let run = video.run();
    fixture.app.catalogue.create(&Entry::new(video)).await.unwrap();
    let owner_id = OwnerId::local();
    VideoJob { version: 1, run, owner_id, source, attempt: 5, task: Task::Make }
}

fn letter(job: &VideoJob, queue: &str, id: &str) -> Letter {
    Letter {
        letter_id: id.into(),
        queue: queue.into(),
        body: serde_json::to_string(job).unwrap(),
        reason: Reason::gave_up(5),
        message_group: None,
        received_at: "2026-01-01T00:00:00Z".into(),
        due_at: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_workers_died_fails_its_rendition_and_can_be_sent_again() {
    with_app(async |fixture| {
        let standins = &fixture.standins;
        let id = fixture.upload("", b"bytes").await["id"].as_str().unwrap().to_owned();
        for happening in [started("480p"), segments("480p", 2)] {
            standins.report(&event(&id, happening)).await;
        }
        // Workers take the job and are never heard of again, until SQS has seen enough.
        eventually("SQS gives the job up", async || {
            let receive = standins.aws.sqs.receive_message().queue_url(&standins.fleet_queue_url);
            let taken = receive.visibility_timeout(0).wait_time_seconds(0).send().await.unwrap();
            let letter = letters(fixture, "?queue=480p").await["letters"].get(0).cloned();
            letter.filter(|_| taken.messages().is_empty())
        })
        .await;
        let letter = only_letter(fixture).await;
        assert_eq!((&letter["video_id"], &letter["task"]), (&json!(id), &json!("make")));
        assert_eq!(letter["reason"]["code"], "worker_died");
        let video = fixture.video(&id).await;
        let rendition = state_of(&video, "480p");
        assert_eq!(rendition["state"], "failed");
        assert_eq!(rendition["reason"]["code"], "worker_died");

        let done = fixture.post(REDRIVE, &json!({"all": true})).await.json();
        assert_eq!(done, json!({"sent": 1, "owed": 0, "gone": 0, "more": false}));
        let job = standins.next_job(LONG).await.expect("the job again");
        assert_eq!((&job["video_id"], &job["attempt"]), (&json!(id), &json!(1)));
        assert_eq!(state_of(&fixture.video(&id).await, "480p")["state"], "pending");
        assert_eq!(letters(fixture, "").await, json!({"letters": [], "next_cursor": null}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_send_a_letter_once_and_with_its_attempts_counted_anew() {
    with_app(async |fixture| {
        let standins = &fixture.standins;
        let job = video_with_job(fixture).await;
        let fleet = SqsQueue::new(standins.aws.sqs.clone(), standins.fleet_queue_url.as_str());
        let delivery = Delivery {
            message_id: String::new(),
            body: serde_json::to_string(&job).unwrap(),
            receipt: Receipt(String::new()),
            receive_count: 1,
            group: Some("owner".into()),
            sent_at_ms: 0,
            reason: None,
        };
        fleet.dead_letter(&delivery, &Reason::gave_up(5)).await.unwrap();
        let letter = only_letter(fixture).await;
        assert_eq!(letter["reason"]["code"], "gave_up");

        let one = json!({"letters": [letter["id"]]});
        let (first, second) =
            tokio::join!(fixture.post(REDRIVE, &one), fixture.post(REDRIVE, &one));
        let (first, second) = (first.json(), second.json());
        let both = |key: &str| first[key].as_u64().unwrap() + second[key].as_u64().unwrap();
        assert_eq!((both("sent"), both("gone"), both("owed")), (1, 1, 0), "{first} {second}");
        assert_eq!(standins.next_job(LONG).await.expect("the job")["attempt"], 1);
        assert_eq!(standins.next_job(A_MOMENT).await, None, "only once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_operator_took_is_sent_by_the_sweeper() {
    with_app(async |fixture| {
        let (standins, catalogue) = (&fixture.standins, &fixture.app.catalogue);
        let letter = letter(&video_with_job(fixture).await, "480p", "1-a");
        catalogue.keep_letter(&letter).await.unwrap();
        assert!(catalogue.claim_letter(&letter, 100, LATER).await.unwrap());
        assert!(!catalogue.claim_letter(&letter, LATER - 1, LATER).await.unwrap(), "taken");
        assert_eq!(only_letter(fixture).await["redriving"], true);
        catalogue.keep_letter(&letter).await.unwrap(); // received twice: still taken

        sweep_once(&fixture.app, LATER - 1).await.unwrap();
        assert_eq!(standins.next_job(A_MOMENT).await, None, "whoever took it may still be alive");
        sweep_once(&fixture.app, LATER).await.unwrap();
        assert_eq!(standins.next_job(LONG).await.expect("the job")["attempt"], 1);
        assert_eq!(catalogue.letter("480p", "1-a").await.unwrap(), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_cannot_be_sent_stays_owed() {
    with_app(async |fixture| {
        let letter = letter(&video_with_job(fixture).await, "480p", "1-a");
        fixture.app.catalogue.keep_letter(&letter).await.unwrap();
        let delete = fixture.standins.aws.sqs.delete_queue();
        delete.queue_url(&fixture.standins.fleet_queue_url).send().await.unwrap();
        let done = fixture.post(REDRIVE, &json!({"letters": ["1-a"]})).await.json();
        assert_eq!(done, json!({"sent": 0, "owed": 1, "gone": 0, "more": false}));
        assert_eq!(only_letter(fixture).await["redriving"], true);
        assert_eq!(fixture.app.catalogue.due_letters(LATER, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_what_is_gone_are_not_sent() {
    with_app(async |fixture| {
        let catalogue = &fixture.app.catalogue;
        let deleted = video_with_job(fixture).await;
        let mut older = video_with_job(fixture).await;
        older.run.generation = 0;
        catalogue.keep_letter(&letter(&deleted, "480p", "1-a")).await.unwrap();
        catalogue.keep_letter(&letter(&older, "480p", "2-b")).await.unwrap();
        let path = format!("/api/videos/{}", deleted.run.video_id);
        assert_eq!(http::ask(fixture.addr, "DELETE", &path).await.status, 204);
        let ids = json!({"letters": ["1-a", "2-b", "3-never"]});
        let done = fixture.post(REDRIVE, &ids).await.json();
        assert_eq!(done, json!({"sent": 0, "owed": 0, "gone": 3, "more": false}));
        assert_eq!(letters(fixture, "").await["letters"], json!([]));
        assert_eq!(fixture.standins.next_job(A_MOMENT).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_was_a_letter_reaches_the_catalogue_in_the_end() {
    with_app(async |fixture| {
        let id = fixture.upload("", b"bytes").await["id"].as_str().unwrap().to_owned();
        let body = serde_json::to_string(&event(&id, started("480p"))).unwrap();
        let send = fixture.standins.aws.sqs.send_message().message_body(body);
        let url = &fixture.standins.dead_letter_queue_url;
        send.queue_url(url).send().await.unwrap();
        let letter = only_letter(fixture).await;
        assert_eq!((&letter["queue"], &letter["task"]), (&json!("catalog"), &json!("event")));
        let all = json!({"all": true});
        let done = fixture.post("/api/pipeline/queues/catalog/redrive", &all).await.json();
        assert_eq!(done["sent"], 1);
        fixture.video_when(&id, |video| video["state"] == "processing").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_all_queues_come_in_pages() {
    with_app(async |fixture| {
        let job = video_with_job(fixture).await;
        for (queue, id) in [("480p", "1-a"), ("catalog", "2-b"), ("480p", "3-c")] {
            fixture.app.catalogue.keep_letter(&letter(&job, queue, id)).await.unwrap();
        }
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = letters(fixture, &format!("?limit=1{cursor}")).await;
            let all = page["letters"].as_array().unwrap();
            seen.extend(all.iter().map(|letter| letter["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, ["3-c", "2-b", "1-a"]);
        assert_eq!(letters(fixture, "?queue=480p").await["letters"].as_array().unwrap().len(), 2);

        let unknown = fixture.get("/api/pipeline/dead-letters?queue=999p").await;
        unknown.assert_problem(404, "queue_not_found");
        let all = json!({"all": true});
        let unknown = fixture.post("/api/pipeline/queues/999p/redrive", &all).await;
        unknown.assert_problem(404, "queue_not_found");
        let odd = fixture.get("/api/pipeline/dead-letters?limit=0").await;
        odd.assert_problem(400, "invalid_limit");
        let many = vec!["1-a"; 101];
        for neither in [json!({}), json!({"letters": many}), json!({"letters": [], "all": true})] {
            fixture.post(REDRIVE, &neither).await.assert_problem(400, "letters_or_all");
        }
    })
    .await;
}
