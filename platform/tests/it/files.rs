//! What the muxer of a download needs: segments in a row to read, a file to write whose beginning
//! is known last.

use std::io::{self, Read, Seek, SeekFrom, Write};

use platform::{
    aws::Aws,
    objects::{HeldUpload, ObjectError, ObjectInfo, Objects},
};

use crate::stage::{noise, open_uploads, with_bucket};

const MIB: usize = 1024 * 1024;

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

/// Writes `bytes` behind a gap of `reserved`, then fills the gap, as a muxer does with its index.
fn write_index_last(mut file: HeldUpload, bytes: &[u8], reserved: usize) -> io::Result<u64> {
    file.write_all(&vec![0; reserved])?;
    for chunk in bytes[reserved..].chunks(333_333) {
        file.write_all(chunk)?;
    }
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&bytes[..reserved])?;
    file.seek(SeekFrom::End(0))?;
    file.finish()
}

#[tokio::test]
async fn the_beginning_of_a_file_may_be_written_last() {
    with_bucket(async |objects, aws| {
        let held = 4 * MIB;
        for size in [held + 1, 8 * MIB, 8 * MIB + 1, 16 * MIB, 29 * MIB + 3] {
            let bytes = noise(size);
            let expected = bytes.clone();
            let file = objects.held_upload("video.mp4", "video/mp4", held as u64);
            let written = blocking(move || write_index_last(file, &bytes, held)).await.unwrap();
            assert_eq!(written, size as u64);
            assert!(objects.bytes("video.mp4").await.unwrap() == expected, "{size}: other bytes");
        }
        nothing_open(&objects, aws).await;
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_cannot_be_written_again() {
    with_bucket(async |objects, aws| {
        let mut file = objects.held_upload("video.mp4", "video/mp4", 0);
        blocking(move || {
            file.write_all(&noise(20 * MIB)).unwrap();
            file.seek(SeekFrom::Start(12 * MIB as u64)).unwrap();
            assert_eq!(file.write(b"x").unwrap_err().kind(), io::ErrorKind::Unsupported);
        })
        .await;
        nothing_open(&objects, aws).await;
        assert!(objects.find("video.mp4").await.unwrap().is_none(), "never finished");
    })
    .await;
}

#[tokio::test]
async fn objects_are_read_in_a_row() {
    with_bucket(async |objects, _| {
        let sizes = [1, 100_000, 0, 7, 3 * MIB, 5];
        let mut expected = Vec::new();
        let mut keys = Vec::new();
        for (number, size) in sizes.into_iter().enumerate() {
            let key = format!("{number}.m4s");
            let bytes = noise(size);
            objects.put(&key, bytes.clone(), "video/mp4").await.unwrap();
            expected.extend(bytes);
            keys.push(key);
        }
        let mut all = objects.concatenation(keys.clone());
        let mut broken = objects.concatenation(vec![keys[0].clone(), "missing".to_owned()]);
        blocking(move || {
            let mut bytes = Vec::new();
            all.read_to_end(&mut bytes).unwrap();
            assert!(bytes == expected, "other bytes");

            let error = broken.read_to_end(&mut bytes).unwrap_err();
            let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<ObjectError>());
            assert!(matches!(cause, Some(ObjectError::NotFound(_))), "{error:?}");
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn objects_in_a_row_are_read_like_a_file() {
    with_bucket(async |objects, _| {
        let (mut parts, mut expected) = (Vec::new(), Vec::new());
        for (number, size) in [700, 90_000, 1, 60_000].into_iter().enumerate() {
            let (key, bytes) = (format!("part-{number}"), noise(size));
            let etag = objects.put(&key, bytes.clone(), "video/mp4").await.unwrap();
            expected.extend(bytes);
            parts.push(ObjectInfo { key, size_bytes: size as u64, etag });
        }
        let mut all = objects.joined(&parts);
        parts[1].size_bytes += 1;
        let mut changed = objects.joined(&parts);
        blocking(move || {
            let mut bytes = Vec::new();
            all.read_to_end(&mut bytes).unwrap();
            assert!(bytes == expected, "other bytes");
            for (at, length) in [(60_000, 40_000), (690, 20), (90_699, 3), (0, 10)] {
                all.seek(SeekFrom::Start(at as u64)).unwrap();
                let mut bytes = vec![0; length];
                all.read_exact(&mut bytes).unwrap();
                assert!(bytes == expected[at..at + length], "{length} at {at}");
            }
            assert_eq!(all.seek(SeekFrom::End(-5)).unwrap(), expected.len() as u64 - 5);
            assert_eq!(all.read(&mut [0; 100]).unwrap(), 5);
            assert_eq!(all.read(&mut [0; 100]).unwrap(), 0);
            assert!(changed.read_to_end(&mut Vec::new()).is_err());
        })
        .await;
    })
    .await;
}

async fn nothing_open(objects: &Objects, aws: &Aws) {
    objects.background_done().await;
    assert!(open_uploads(objects, aws).await.is_empty());
}
