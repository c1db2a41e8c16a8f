//! What the walks share: is a video what the standards say, while it is made and afterwards?

use std::time::{Duration, Instant};

use domain::{Recipe, StoredPlan, VideoId, keys::RunKeys};
use platform::{
    aws::{self, AwsArgs},
    objects::Objects,
};
use serde_json::Value;
use tests::{
    conform::{self, Maxrates, growing::Growing},
    product::Product,
};

/// What the encoders were told: the one thing that no client can see. `None` before there is a plan.
fn maxrates(id: &str) -> Option<Maxrates> {
    let video_id: VideoId = id.parse().unwrap();
    let run = RunKeys { video_id, recipe: Recipe::standard().id(), generation: 1 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let plan = runtime.block_on(async {
        let s3 = aws::load(&AwsArgs { s3_path_style: true }).await.s3;
        let media = Objects::new(s3, std::env::var("MEDIA_BUCKET").expect("no MEDIA_BUCKET"));
        media.find_bytes(&run.plan()).await.unwrap()
    })?;
    let StoredPlan::Accepted(plan) = serde_json::from_slice(&plan).unwrap() else {
        panic!("the plan is a rejection");
    };
    let rate = |name| plan.video_encode(name).map(|encode| encode.maxrate_bps);
    Some(plan.made_rungs().map(|name| (format!("{name}.m3u8"), rate(name).unwrap())).collect())
}

/// Follows all playlists as players do until nothing more happens; returns the video.
pub(crate) fn watch_it_grow(product: &Product, id: &str) -> Value {
    let (begun, mut growing, mut known) = (Instant::now(), Growing::default(), None);
    let read = |uri: &str| product.text(&format!("/v/{id}/{uri}"));
    loop {
        let video = product.video(id).unwrap();
        known = known.or_else(|| maxrates(id));
        if let (Some(maxrates), Ok(master)) = (&known, read("master.m3u8")) {
            growing.master(&master, maxrates, read).unwrap();
        }
        for rendition in video["renditions"].as_array().unwrap() {
            let Some(path) = rendition["playlist_url"].as_str() else { continue };
            let (folder, uri) = path.rsplit_once('/').unwrap();
            let text = product.text(path).unwrap();
            growing.list(uri, &text);
            // What is listed can be had, the newest too.
            let newest = text.lines().rev().find(|line| line.ends_with(".m4s")).unwrap();
            assert!(!product.bytes(&format!("{folder}/{newest}")).unwrap().is_empty());
        }
        if matches!(video["state"].as_str(), Some("ready" | "partial" | "failed" | "rejected")) {
            let (faults, seen_open) = growing.end();
            assert!(faults.is_empty(), "{faults:#?}");
            assert!(!seen_open.is_empty(), "nothing was seen while it grew");
            return video;
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "not settled: {video:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Whether everything of a finished video keeps the rules of HLS, CMAF and DASH.
pub(crate) fn assert_conforms(product: &Product, video: &Value) {
    let stream = conform::fetch(product, video).unwrap();
    let maxrates = maxrates(video["id"].as_str().unwrap()).expect("a finished video has a plan");
    let faults = conform::faults(&stream, &maxrates);
    assert!(faults.is_empty(), "{faults:#?}");
}
