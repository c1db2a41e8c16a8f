//! By hand, against `cargo dev up`: a flood of one owner's videos, and another's single clip.
//!
//! ```text
//! set -a; . .fantail/env; set +a
//! FLOOD_CLIP=clip.mp4 FLOOD_VIDEOS=1000 cargo test --release -p upload-api --test it flood -- --ignored --nocapture
//! ```

use std::{collections::BTreeMap, env, fs, time::Duration};

use bytes::Bytes;
use clap::Parser;
use domain::{OwnerId, SourceObject, VideoId, VideoState, keys};
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use upload_api::{
    App, Config,
    catalogue::{Due, Entry, Owed},
    jobs,
};

use crate::sweeping::{now, uploading};

const UPLOADS_AT_ONCE: usize = 16;
/// Videos asked for at the same time: the oldest that are not known to play, for they go first.
const LOOKED_AT: usize = 32;
const PATIENCE: Duration = Duration::from_secs(2 * 3600);

/// As the API does it, for an owner of our choice.
async fn upload(app: &App, owner: &str, clip: &Bytes) -> VideoId {
    let mut video = uploading();
    video.record.owner_id = OwnerId::from(owner);
    let (id, key) = (video.record.id, keys::source(video.record.id));
    let due = Some(Due { owed: Owed::Expire, at: now() + 3600 });
    app.catalogue.create(&Entry { due, ..Entry::new(video) }).await.unwrap();
    app.raw.put(&key, clip.clone(), "video/mp4").await.unwrap();
    let etag = app.raw.head(&key).await.unwrap().etag;
    let source = SourceObject { key, size_bytes: clip.len() as u64, etag };
    let arrived = |entry: &mut Entry| {
        entry.video.uploaded(source.clone());
        entry.due = Some(jobs::publish_due());
    };
    let uploaded = app.catalogue.update(id, arrived).await.unwrap().unwrap();
    jobs::publish(app, &uploaded.video).await.unwrap();
    id
}

async fn plays(app: &App, id: VideoId) -> bool {
    let video = app.catalogue.find(id).await.unwrap().unwrap();
    let state = video.record.state;
    assert!(!matches!(state, VideoState::Failed | VideoState::Rejected), "{:?}", video.record);
    video.multivariant_playlist().is_some()
        && matches!(state, VideoState::Playable | VideoState::Ready | VideoState::Partial)
}

/// Resident memory of the product's processes in MiB.
fn memory() -> BTreeMap<String, u64> {
    let status = fs::read(env::var("FANTAIL_STATUS").unwrap()).unwrap();
    let status: Value = serde_json::from_slice(&status).unwrap();
    let resident = |part: &Value| {
        let (name, pid) = (part["name"].as_str()?, part["pid"].as_u64()?);
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some((name.to_owned(), kib / 1024))
    };
    status["parts"].as_array().unwrap().iter().filter_map(resident).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "by hand, against a running product: it takes as long as the flood"]
async fn a_flood_and_a_single_clip() {
    let videos: usize = env::var("FLOOD_VIDEOS").unwrap_or("1000".into()).parse().unwrap();
    let clip = Bytes::from(fs::read(env::var("FLOOD_CLIP").unwrap()).unwrap());
    let config = Config::parse_from(["flood"]);
    let aws = platform::aws::load(&config.aws).await;
    let app = App::new(&config.parts, &aws, CancellationToken::new());
    let before = memory();

    let begun = Instant::now();
    let owner = format!("flood-{}", now());
    let uploads = stream::iter(0..videos).map(|_| async {
        let id = upload(&app, &owner, &clip).await;
        (id, Instant::now())
    });
    let mut pending: Vec<_> = uploads.buffered(UPLOADS_AT_ONCE).collect().await;
    println!("{videos} videos uploaded in {:.1?}", begun.elapsed());
    let single = upload(&app, &format!("single-{}", now()), &clip).await;
    let uploaded_at = Instant::now();

    let mut to_play: Vec<f64> = Vec::new();
    let (mut single_to_play, mut most) = (None, before.clone());
    while !pending.is_empty() || single_to_play.is_none() {
        assert!(begun.elapsed() < PATIENCE, "{} videos do not play", pending.len());
        if single_to_play.is_none() && plays(&app, single).await {
            single_to_play = Some(uploaded_at.elapsed().as_secs_f64());
            println!(
                "the clip plays {:.1} s after its upload",
                uploaded_at.elapsed().as_secs_f64()
            );
        }
        let looked_at: Vec<_> = pending.iter().take(LOOKED_AT).copied().collect();
        for (id, at) in looked_at {
            if plays(&app, id).await {
                to_play.push(at.elapsed().as_secs_f64());
                pending.retain(|(other, _)| *other != id);
            }
        }
        for (name, mib) in memory() {
            let most = most.entry(name).or_default();
            *most = mib.max(*most);
        }
        sleep(Duration::from_millis(250)).await;
    }
    to_play.sort_by(f64::total_cmp);
    let nth = |percent: usize| to_play[(to_play.len() - 1) * percent / 100];
    println!(
        "the flood plays after {:.1} s (first), {:.1} s (half), {:.1} s (last)",
        nth(0),
        nth(50),
        nth(100)
    );
    println!("resident MiB before {before:?}\nat most {most:?}\nafter {:?}", memory());
}
