//! Small objects: have, put, list, delete, presign.

use std::time::Duration;

use futures::{StreamExt, future::join_all, stream};
use platform::objects::{ObjectError, Objects, PresignOptions, PutOutcome};

use crate::{
    http,
    stage::{aws, random_name, with_bucket},
};

#[tokio::test]
async fn what_is_put_can_be_had() {
    with_bucket(async |objects, _| {
        objects.reachable().await.unwrap();
        let etag = objects.put("a/b", "hello world", "text/plain").await.unwrap();
        let head = objects.head("a/b").await.unwrap();
        assert_eq!((head.size_bytes, &head.etag), (11, &etag));
        assert_eq!(objects.bytes("a/b").await.unwrap(), "hello world");
        assert_eq!(objects.range("a/b", 6..11, Some(&etag)).await.unwrap(), "world");
        assert_eq!(objects.range("a/b", 3..3, None).await.unwrap(), "");

        objects.put("a/b", "other", "text/plain").await.unwrap();
        let replaced = objects.range("a/b", 0..5, Some(&etag)).await;
        assert!(matches!(replaced, Err(ObjectError::Precondition(_))), "{replaced:?}");

        objects.delete("a/b").await.unwrap();
        objects.delete("a/b").await.unwrap();
        assert!(objects.find("a/b").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_missing_object_is_told_from_a_missing_bucket() {
    with_bucket(async |objects, _| {
        let missing = [
            objects.head("x").await.map(drop),
            objects.bytes("x").await.map(drop),
            objects.range("x", 0..1, Some("\"etag\"")).await.map(drop),
        ];
        for answer in missing {
            assert!(matches!(answer, Err(ObjectError::NotFound(_))), "{answer:?}");
        }
    })
    .await;
    let nowhere = Objects::new(aws().await.s3, random_name("nowhere"));
    let answer = nowhere.bytes("x").await;
    assert!(matches!(answer, Err(ObjectError::Other(_))), "{answer:?}");
    assert!(nowhere.reachable().await.is_err());
}

#[tokio::test]
async fn the_first_writer_wins() {
    with_bucket(async |objects, _| {
        for round in 0..5 {
            let key = format!("plan-{round}");
            let put = |writer: u8| objects.put_if_absent(&key, vec![writer; 1000], "text/plain");
            let outcomes = join_all((0..8).map(put)).await;
            let stored: Vec<_> = (0..8_u8)
                .zip(outcomes)
                .filter(|(_, outcome)| *outcome.as_ref().unwrap() == PutOutcome::Stored)
                .collect();
            assert_eq!(stored.len(), 1, "{stored:?}");
            assert_eq!(objects.bytes(&key).await.unwrap(), vec![stored[0].0; 1000]);
            let late = objects.put_if_absent(&key, "late", "text/plain").await.unwrap();
            assert_eq!(late, PutOutcome::Exists);
        }
    })
    .await;
}

#[tokio::test]
async fn lists_and_deletions_go_on_to_the_end() {
    const MANY: usize = 2100;
    with_bucket(async |objects, _| {
        let put = |n: usize| {
            let objects = objects.clone();
            async move { objects.put(&format!("many/{n:04}"), "", "text/plain").await.map(drop) }
        };
        let puts: Vec<_> = stream::iter(0..MANY).map(put).buffer_unordered(32).collect().await;
        assert!(puts.iter().all(Result::is_ok));
        objects.put("many-more", "", "text/plain").await.unwrap();

        let listed = objects.list("many/").await.unwrap();
        let keys: Vec<_> = listed.iter().map(|object| object.key.as_str()).collect();
        let expected: Vec<_> = (0..MANY).map(|n| format!("many/{n:04}")).collect();
        assert_eq!(keys, expected);

        assert_eq!(objects.delete_prefix("many/").await.unwrap(), MANY);
        assert_eq!(objects.list("many").await.unwrap().len(), 1, "the neighbour stays");
        assert_eq!(objects.delete_prefix("many/").await.unwrap(), 0, "twice is fine");
    })
    .await;
}

#[tokio::test]
async fn a_presigned_url_is_all_a_browser_needs() {
    const TTL: Duration = Duration::from_secs(300);
    with_bucket(async |objects, _| {
        objects.put("video.mp4", "moov", "application/octet-stream").await.unwrap();
        let options = PresignOptions {
            content_type: Some("video/mp4".into()),
            content_disposition: Some("attachment; filename=\"clip.mp4\"".into()),
        };
        let url = objects.presign_get("video.mp4", TTL, options).await.unwrap();
        let (status, head, body) = http::get(&url).await;
        assert_eq!((status, body.as_slice()), (200, &b"moov"[..]), "{head}");
        assert!(head.contains("content-type: video/mp4"), "{head}");
        assert!(head.contains("filename=\"clip.mp4\""), "{head}");

        let (status, ..) = http::get(&url.replace("video.mp4?", "other.mp4?")).await;
        assert_eq!(status, 403, "the signature covers the key");
    })
    .await;
}

#[tokio::test]
async fn presigned_urls_name_the_public_endpoint() {
    let aws = aws().await;
    let objects = Objects::new(aws.s3, "media").with_public_endpoint("https://media.example:9000");
    let ttl = Duration::from_secs(300);
    let url = objects.presign_get("a/b", ttl, PresignOptions::default()).await.unwrap();
    assert!(url.starts_with("https://media.example:9000/media/a/b?"), "{url}");
    assert!(url.contains("X-Amz-SignedHeaders=host&"), "a browser sends no other header: {url}");
}
