//! What is told twice or dies in between does no harm.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use domain::{OwnerId, Recipe, SourceObject, Task, VideoId, VideoJob, keys, message};
use platform::{
    aws::{self, AwsArgs},
    objects::{ObjectInfo, Objects},
    topic::Topic,
};
use tests::{
    clip::Clip,
    look,
    product::{Product, rendition},
};

const SMALL: Clip = Clip { width: 320, height: 180, rate: "25", seconds: 3, has_sound: true };

fn env(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("no {name}: run these tests through `cargo dev test`"))
}

pub(crate) async fn parts() -> (Topic, Objects, Objects) {
    let aws = aws::load(&AwsArgs { s3_path_style: true }).await;
    let topic = Topic::new(aws.sns.clone(), env("VIDEO_UPLOADED_TOPIC_ARN"));
    let raw = Objects::new(aws.s3.clone(), env("RAW_BUCKET"));
    (topic, raw, Objects::new(aws.s3, env("MEDIA_BUCKET")))
}

pub(crate) async fn objects_of(media: &Objects, id: VideoId) -> Vec<ObjectInfo> {
    media.list(&keys::video_prefix(id)).await.unwrap()
}

#[tokio::test]
async fn a_duplicate_message_changes_nothing() {
    let product = Product::running();
    let video = product.ready(&SMALL.film("twice").unwrap(), "twice").unwrap();
    let id: VideoId = video["id"].as_str().unwrap().parse().unwrap();
    let (topic, raw, media) = parts().await;
    let before = objects_of(&media, id).await;
    assert!(before.len() > 8, "{before:?}");

    let job = job(&raw, id).await;
    for _ in 0..2 {
        publish(&topic, &job).await;
    }
    // A later video passes through the same queues, behind the duplicates.
    product.ready(&SMALL.film("behind").unwrap(), "behind").unwrap();
    assert_eq!(objects_of(&media, id).await, before, "same objects, same bytes");
    let after = product.video(video["id"].as_str().unwrap()).unwrap();
    assert_eq!(after, video);
}

/// The job of an uploaded video, as the API sends it.
pub(crate) async fn job(raw: &Objects, id: VideoId) -> VideoJob {
    let source = raw.head(&keys::source(id)).await.unwrap();
    let run = keys::RunKeys { video_id: id, recipe: Recipe::standard().id(), generation: 1 };
    VideoJob {
        version: 1,
        run,
        owner_id: OwnerId::local(),
        source: SourceObject { key: source.key, size_bytes: source.size_bytes, etag: source.etag },
        attempt: 1,
        task: Task::Make,
    }
}

async fn publish(topic: &Topic, job: &VideoJob) {
    let attributes = [(message::RENDITION_ATTRIBUTE, job.task.audience())];
    topic.publish(job, &attributes, None).await.unwrap();
}

#[tokio::test]
async fn segments_of_another_encoder_are_never_mixed_in() {
    let product = Product::running();
    let (topic, raw, media) = parts().await;
    let video = product.ready(&SMALL.film("mixed").unwrap(), "mixed").unwrap();
    let id: VideoId = video["id"].as_str().unwrap().parse().unwrap();
    let job = job(&raw, id).await;
    let rung = "480p".into();
    // As a fleet of another version would have left it when it was killed.
    media.put(&job.run.init(&rung), "another encoder's", "video/mp4").await.unwrap();
    media.delete(&job.run.segment(&rung, 1)).await.unwrap();
    publish(&topic, &job).await;

    let next = keys::RunKeys { generation: 2, ..job.run };
    let began = Instant::now();
    while media.find(&next.mp4(&rung)).await.unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(60), "no next generation");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let video = product.settled(&id.to_string()).unwrap();
    assert_eq!(video["state"], "ready", "{video:#}");
    let url = product.url(rendition(&video, "480p")["playlist_url"].as_str().unwrap());
    assert_eq!(look::packets(&url, "v:0").unwrap().len(), 75, "every frame once");
}

#[tokio::test]
async fn a_deleted_video_leaves_no_objects() {
    let product = Product::running();
    let (topic, raw, media) = parts().await;
    // One is made already; the other is deleted while the fleets are at work.
    let done = product.ready(&SMALL.film("gone").unwrap(), "gone").unwrap();
    let done: VideoId = done["id"].as_str().unwrap().parse().unwrap();
    let busy = Clip { width: 1280, height: 720, rate: "30", seconds: 10, has_sound: true };
    let busy = product.upload(&busy.film("busy").unwrap(), "title=busy").unwrap();
    let began = Instant::now();
    while product.video(&busy).unwrap()["state"] == "uploaded" {
        assert!(began.elapsed() < Duration::from_secs(60), "no fleet has begun");
        std::thread::sleep(Duration::from_millis(50));
    }
    let ids = [done, busy.parse().unwrap()];
    let mut jobs = Vec::new();
    for id in ids {
        jobs.push(job(&raw, id).await);
        let path = format!("/api/videos/{id}");
        assert_eq!(product.call("DELETE", &path).unwrap().status(), 204);
        assert_eq!(product.json("GET", &path).unwrap().0, 404);
    }
    // Told again, and behind it a video that every fleet has to make something of: once it is ready
    // they have all heard of the others.
    for job in &jobs {
        publish(&topic, job).await;
    }
    let after = Clip { width: 1920, height: 1080, rate: "10", seconds: 1, has_sound: true };
    product.ready(&after.film("after").unwrap(), "after").unwrap();
    for id in ids {
        assert_eq!(objects_of(&media, id).await, []);
        assert_eq!(raw.find(&keys::source(id)).await.unwrap(), None);
    }
}

/// Pid of a part, as the supervisor tells it.
fn pid(part: &str) -> Option<u64> {
    let status = std::fs::read(env("FANTAIL_STATUS")).unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status).unwrap();
    let parts = status["parts"].as_array().unwrap();
    parts.iter().find(|p| p["name"] == part).and_then(|p| p["pid"].as_u64())
}

#[test]
fn what_dies_is_started_again() {
    let product = Product::running();
    let killed = pid("thumbnailer").unwrap();
    tests::run(Command::new("kill").args(["-KILL", &killed.to_string()])).unwrap();
    let begun = Instant::now();
    while pid("thumbnailer").is_none_or(|pid| pid == killed) {
        assert!(begun.elapsed() < Duration::from_secs(30), "the thumbnailer stays dead");
        std::thread::sleep(Duration::from_millis(200));
    }
    product.ready(&SMALL.film("revived").unwrap(), "revived").unwrap();
}
