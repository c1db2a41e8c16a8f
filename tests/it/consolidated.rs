//! A fleet that makes everything makes what the others make, byte by byte.

use std::{collections::BTreeMap, time::Duration};

use domain::{VideoId, keys::RunKeys, message};
use platform::objects::Objects;
use tests::{clip::Clip, pipeline::Pipeline, product::Product};

use crate::resilience::{job, objects_of, parts};

const PATIENCE: Duration = Duration::from_secs(120);

/// Everything but what the thumbnailer makes.
async fn transcoded(media: &Objects, id: VideoId, run: &RunKeys) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for object in objects_of(media, id).await {
        let name = object.key.strip_prefix(&run.prefix()).unwrap();
        if !["poster", "storyboard", "preview"].iter().any(|other| name.contains(other)) {
            all.insert(name.to_owned(), media.bytes(&object.key).await.unwrap().to_vec());
        }
    }
    all
}

fn same(made: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    let names = |all: &BTreeMap<String, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(made), names(expected));
    let differ = |name: &&String| made[*name] != expected[*name];
    assert_eq!(made.keys().filter(differ).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test]
async fn one_fleet_makes_what_four_make() {
    let product = Product::running();
    let clip = Clip { width: 1920, height: 1080, rate: "10", seconds: 9, has_sound: true };
    let video = product.ready(&clip.film("consolidated").unwrap(), "consolidated").unwrap();
    let id: VideoId = video["id"].as_str().unwrap().parse().unwrap();
    let (_, raw, media) = parts().await;
    let job = job(&raw, id).await;
    let run = job.run.clone();
    let expected = transcoded(&media, id, &run).await;
    let needed =
        ["plan.json", "audio/init.mp4", "480p/00004.m4s", "1080p/index.json", "720p/video.mp4"];
    for needed in needed {
        assert!(expected.contains_key(needed), "{needed} is not among {:?}", expected.keys());
    }

    let mut one = Pipeline::deploy("fantail-test-one", "consolidated").await.unwrap();
    // As a worker left it that was killed: of each rung something else.
    for (rung, segments) in [("480p", [1, 2]), ("1080p", [3, 3])] {
        let left = segments.map(|index| run.segment(&rung.into(), index));
        for key in left.iter().chain([&run.init(&rung.into())]) {
            let bytes = media.bytes(key).await.unwrap();
            one.media.put(key, bytes, "video/mp4").await.unwrap();
        }
    }
    one.start("audio,480p,720p,1080p", raw.bucket(), None).unwrap();
    one.publish(&job, message::EVERY_RENDITION).await.unwrap();
    for rung in ["480p", "720p", "1080p"] {
        one.when_there(&run.mp4(&rung.into()), PATIENCE).await.unwrap();
    }
    same(&transcoded(&one.media, id, &run).await, &expected);

    // A rendition that is tried again is published for that rendition alone.
    let rung = "720p".into();
    for key in [run.segment(&rung, 3), run.index(&rung), run.mp4(&rung)] {
        one.media.delete(&key).await.unwrap();
    }
    one.publish(&job, "720p").await.unwrap();
    one.when_there(&run.mp4(&rung), PATIENCE).await.unwrap();
    same(&transcoded(&one.media, id, &run).await, &expected);
}
