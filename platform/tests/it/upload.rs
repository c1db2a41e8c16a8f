//! Large objects in parts, and what is left of those that were never finished: nothing.

use std::{convert::Infallible, io, time::Duration};

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use platform::objects::{Objects, PartMemory, UploadError};
use tokio::time::timeout;

use crate::stage::{noise, open_uploads, with_bucket};

const MIB: usize = 1024 * 1024;
const TYPE: &str = "video/mp4";

/// A body as it comes from the network, in chunks that fit nowhere.
fn body(bytes: &[u8]) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
    let chunks: Vec<_> = bytes.chunks(100_003).map(Bytes::copy_from_slice).map(Ok).collect();
    stream::iter(chunks)
}

fn memory() -> PartMemory {
    PartMemory::new(1)
}

#[tokio::test]
async fn parts_become_one_object_in_the_order_of_their_places() {
    with_bucket(async |objects, aws| {
        let bytes = Bytes::from(noise(16 * MIB + 5));
        let mut upload = objects.upload("video.mp4", TYPE).await.unwrap();
        let head = upload.hold();
        upload.part(bytes.slice(6 * MIB..11 * MIB)).await.unwrap();
        upload.part(bytes.slice(11 * MIB..16 * MIB)).await.unwrap();
        upload.part(bytes.slice(16 * MIB..)).await.unwrap();
        upload.fill(head, bytes.slice(..6 * MIB)).await.unwrap();
        let uploaded = upload.complete().await.unwrap();

        let head = objects.head("video.mp4").await.unwrap();
        assert_eq!((head.size_bytes, head.etag), (uploaded.size_bytes, uploaded.etag));
        assert!(objects.bytes("video.mp4").await.unwrap() == bytes, "other bytes");
        objects.background_done().await;
        assert!(open_uploads(&objects, aws).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_upload_with_a_hole_is_refused_and_aborted() {
    with_bucket(async |objects, aws| {
        let mut upload = objects.upload("video.mp4", TYPE).await.unwrap();
        let _never_filled = upload.hold();
        upload.part(Bytes::from_static(b"tail")).await.unwrap();
        upload.complete().await.unwrap_err();
        nothing_is_left(&objects, aws).await;
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_is_aborted_or_dropped_leaves_nothing() {
    with_bucket(async |objects, aws| {
        for abort in [true, false] {
            let mut upload = objects.upload("video.mp4", TYPE).await.unwrap();
            for _ in 0..3 {
                upload.part(Bytes::from(noise(5 * MIB))).await.unwrap();
            }
            assert_eq!(open_uploads(&objects, aws).await.len(), 1, "the check sees something");
            if abort {
                upload.abort().await.unwrap();
            } else {
                drop(upload);
            }
            nothing_is_left(&objects, aws).await;
        }
    })
    .await;
}

#[tokio::test]
async fn streams_of_any_size_become_objects() {
    with_bucket(async |objects, aws| {
        for size in [1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 20 * MIB + 7] {
            let bytes = noise(size);
            let known = u64::try_from(size).unwrap();
            for told in [Some(known), None] {
                let stream = body(&bytes);
                let uploaded =
                    objects.upload_stream("in", TYPE, told, &memory(), stream).await.unwrap();
                let head = objects.head("in").await.unwrap();
                assert_eq!((uploaded.size_bytes, head.size_bytes), (known, known));
                assert_eq!(uploaded.etag, head.etag);
                assert!(objects.bytes("in").await.unwrap() == bytes, "{size}: other bytes");
            }
        }
        objects.background_done().await;
        assert!(open_uploads(&objects, aws).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn an_empty_stream_makes_no_object() {
    with_bucket(async |objects, aws| {
        let uploaded = objects.upload_stream("in", TYPE, None, &memory(), body(&[])).await.unwrap();
        assert_eq!(uploaded.size_bytes, 0);
        nothing_is_left(&objects, aws).await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_breaks_leaves_nothing() {
    with_bucket(async |objects, aws| {
        for size in [MIB, 30 * MIB] {
            let good = body(&noise(size)).map(|chunk| chunk.map_err(|never| match never {}));
            let broken = stream::iter([Err(io::Error::from(io::ErrorKind::ConnectionReset))]);
            let told = Some(100 << 20);
            let stream = good.chain(broken);
            let outcome = objects.upload_stream("in", TYPE, told, &memory(), stream).await;
            assert!(matches!(outcome, Err(UploadError::Source(_))), "{outcome:?}");
            nothing_is_left(&objects, aws).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_stream_shorter_than_told_leaves_nothing() {
    with_bucket(async |objects, aws| {
        for size in [MIB, 20 * MIB] {
            let (bytes, told) = (noise(size), Some(size as u64 + 1));
            let outcome = objects.upload_stream("in", TYPE, told, &memory(), body(&bytes)).await;
            assert!(matches!(outcome, Err(UploadError::Short)), "{outcome:?}");
            nothing_is_left(&objects, aws).await;
        }
    })
    .await;
}

#[tokio::test]
async fn streams_of_unknown_length_share_their_memory() {
    with_bucket(async |objects, _| {
        let (memory, bytes) = (memory(), noise(17 * MIB));
        let upload = async |key: &'static str| {
            objects.upload_stream(key, TYPE, None, &memory, body(&bytes)).await.unwrap();
            assert!(objects.bytes(key).await.unwrap() == bytes, "{key}: other bytes");
        };
        // More of them than there is memory for: they take turns.
        futures::join!(upload("a"), upload("b"), upload("c"));
    })
    .await;
}

#[tokio::test]
async fn an_upload_whose_client_goes_away_leaves_nothing() {
    with_bucket(async |objects, aws| {
        let stalled = body(&noise(30 * MIB)).chain(stream::pending());
        let memory = memory();
        let upload = objects.upload_stream("in", TYPE, None, &memory, stalled);
        assert!(timeout(Duration::from_secs(3), upload).await.is_err(), "it waits for ever");
        nothing_is_left(&objects, aws).await;
    })
    .await;
}

#[tokio::test]
async fn a_client_that_goes_away_at_any_moment_leaves_nothing() {
    with_bucket(async |objects, aws| {
        let bytes = noise(20 * MIB);
        for moment in 0..16 {
            let told = (moment % 2 == 0).then_some(20 << 20);
            let memory = memory();
            let upload = objects.upload_stream("in", TYPE, told, &memory, body(&bytes));
            let done = timeout(Duration::from_millis(8 * moment), upload).await.is_ok();
            objects.background_done().await;
            assert!(open_uploads(&objects, aws).await.is_empty(), "after {moment}");
            assert!(!done || objects.find("in").await.unwrap().is_some());
        }
    })
    .await;
}

async fn nothing_is_left(objects: &Objects, aws: &platform::aws::Aws) {
    objects.background_done().await;
    assert!(open_uploads(objects, aws).await.is_empty());
    assert!(objects.list("").await.unwrap().is_empty());
}
