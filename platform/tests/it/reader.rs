//! An object read like a file.

use std::{
    env,
    io::{self, Read, Seek, SeekFrom},
    sync::atomic::Ordering::SeqCst,
};

use aws_sdk_s3::config::retry::RetryConfig;
use platform::objects::{ObjectReader, Objects, ReaderOptions};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    faults::BrokenLine,
    stage::{noise, with_bucket},
};

const BLOCK: usize = 64 * 1024;
const OPTIONS: ReaderOptions =
    ReaderOptions { block_bytes: 64 * 1024, cached_blocks: 8, read_ahead: 2 };

/// Stores noise of this size and opens it.
async fn open(objects: &Objects, size: usize) -> (ObjectReader, Vec<u8>) {
    let bytes = noise(size);
    let etag = objects.put("source", bytes.clone(), "video/mp4").await.unwrap();
    (objects.reader_with("source", bytes.len() as u64, &etag, OPTIONS), bytes)
}

async fn blocking<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(read).await.unwrap()
}

fn read_at(reader: &mut ObjectReader, position: usize, length: usize) -> io::Result<Vec<u8>> {
    reader.seek(SeekFrom::Start(position as u64))?;
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[tokio::test]
async fn reads_what_is_there_in_any_order() {
    with_bucket(async |objects, _| {
        let (mut reader, bytes) = open(&objects, 20 * BLOCK + 77).await;
        blocking(move || {
            let mut all = Vec::new();
            reader.clone().read_to_end(&mut all).unwrap();
            assert!(all == bytes, "other bytes");

            let mut dice = StdRng::seed_from_u64(1);
            for _ in 0..500 {
                let position = dice.random_range(0..bytes.len());
                let length = dice.random_range(0..3 * BLOCK).min(bytes.len() - position);
                let read = read_at(&mut reader, position, length).unwrap();
                assert!(read == bytes[position..position + length], "{length} at {position}");
            }

            let end = bytes.len() as u64;
            assert_eq!(reader.seek(SeekFrom::End(-5)).unwrap(), end - 5);
            assert_eq!(reader.read(&mut [0; 100]).unwrap(), 5, "short at the end");
            assert_eq!(reader.read(&mut [0; 100]).unwrap(), 0, "nothing behind it");
            assert_eq!(reader.seek(SeekFrom::Start(end + 9)).unwrap(), end + 9);
            assert_eq!(reader.read(&mut [0; 100]).unwrap(), 0);
            let before = reader.seek(SeekFrom::Current(-(1 << 40))).unwrap_err();
            assert_eq!(before.kind(), io::ErrorKind::InvalidInput);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_block_is_asked_for_once() {
    with_bucket(async |objects, _| {
        let (mut reader, bytes) = open(&objects, 6 * BLOCK).await;
        blocking(move || {
            for position in (0..BLOCK).step_by(16) {
                read_at(&mut reader, position, 16).unwrap();
            }
            assert_eq!(reader.stats().requests, 1, "small reads are cheap");

            let clones: Vec<_> = (0..4).map(|_| reader.clone()).collect();
            let threads = clones.into_iter().map(|mut clone| {
                std::thread::spawn(move || {
                    clone.rewind().unwrap();
                    let mut all = Vec::new();
                    clone.read_to_end(&mut all).unwrap();
                    all
                })
            });
            for thread in threads.collect::<Vec<_>>() {
                assert!(thread.join().unwrap() == bytes, "other bytes");
            }
            let stats = reader.stats();
            assert_eq!((stats.requests, stats.bytes), (6, bytes.len() as u64), "clones share");
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn reads_ahead_only_when_reads_are_sequential() {
    with_bucket(async |objects, _| {
        let (mut reader, bytes) = open(&objects, 40 * BLOCK).await;
        let mut reader = blocking(move || {
            for block in [30, 3, 17, 9] {
                read_at(&mut reader, block * BLOCK, 10).unwrap();
            }
            assert_eq!(reader.stats().requests, 4, "jumps fetch nothing else");
            read_at(&mut reader, 10 * BLOCK, 10).unwrap();
            assert_eq!(reader.stats().requests, 7, "a step fetches the next two");
            reader
        })
        .await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_eq!(reader.stats().bytes, 7 * BLOCK as u64, "nobody had to wait for them");
        blocking(move || {
            read_at(&mut reader, 38 * BLOCK, 10).unwrap();
            assert!(read_at(&mut reader, 39 * BLOCK, BLOCK).unwrap() == bytes[39 * BLOCK..]);
            assert_eq!(reader.stats().requests, 9, "there is nothing behind the end");
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn the_cache_is_bounded() {
    with_bucket(async |objects, _| {
        let (mut reader, _) = open(&objects, 40 * BLOCK).await;
        blocking(move || {
            let mut jump = |block: usize| {
                read_at(&mut reader, block * BLOCK, 10).unwrap();
                reader.stats().requests
            };
            let asked: Vec<_> = (0..20).step_by(2).map(&mut jump).collect();
            assert_eq!(asked.last(), Some(&10));
            assert_eq!(jump(16), 10, "one of the last eight");
            assert_eq!(jump(0), 11, "forgotten");
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_source_that_is_replaced_or_deleted_is_an_error() {
    with_bucket(async |objects, _| {
        let (mut reader, _) = open(&objects, 10 * BLOCK).await;
        let mut reader = blocking(move || {
            read_at(&mut reader, 0, 10).unwrap();
            reader
        })
        .await;
        objects.put("source", noise(10 * BLOCK - 1), "video/mp4").await.unwrap();
        let mut reader = blocking(move || {
            let error = read_at(&mut reader, 5 * BLOCK, 10).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StaleNetworkFileHandle, "{error:?}");
            reader
        })
        .await;
        objects.delete("source").await.unwrap();
        blocking(move || {
            let error = read_at(&mut reader, 5 * BLOCK, 10).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error:?}");
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_line_that_breaks_is_not_noticed() {
    with_bucket(async |objects, aws| {
        let (_, bytes) = open(&objects, 10 * BLOCK).await;
        let etag = objects.head("source").await.unwrap().etag;
        let endpoint = env::var("AWS_ENDPOINT_URL_S3").unwrap();
        let upstream = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let line = BrokenLine::to(upstream, BLOCK / 2);
        let config = aws.s3.config().to_builder();
        let config = config.endpoint_url(format!("http://{}", line.addr));
        // Only our own retries, none of the SDK's.
        let config = config.retry_config(RetryConfig::disabled()).build();
        let objects = Objects::new(aws_sdk_s3::Client::from_conf(config), objects.bucket());

        let size = bytes.len() as u64;
        let mut reader = objects.reader_with("source", size, &etag, OPTIONS);
        line.cuts.store(3, SeqCst);
        let requests = blocking(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            assert!(all == bytes, "other bytes");
            reader.stats().requests
        })
        .await;
        assert_eq!((requests, line.cuts.load(SeqCst)), (13, 0));
    })
    .await;
}

#[tokio::test]
async fn a_failed_block_can_be_read_later() {
    with_bucket(async |objects, _| {
        let bytes = noise(BLOCK);
        let size = bytes.len() as u64;
        let mut reader = objects.reader_with("late", size, "", OPTIONS);
        let mut reader = blocking(move || {
            assert_eq!(read_at(&mut reader, 0, 1).unwrap_err().kind(), io::ErrorKind::NotFound);
            reader
        })
        .await;
        objects.put("late", bytes.clone(), "video/mp4").await.unwrap();
        blocking(move || assert!(read_at(&mut reader, 0, BLOCK).unwrap() == bytes)).await;
    })
    .await;
}
