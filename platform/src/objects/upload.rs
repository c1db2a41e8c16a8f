//! A stream of unknown origin becomes an object, in constant memory.

use bytes::{Bytes, BytesMut};
use domain::parts::LEAST_PART_BYTES;
use futures::{Stream, StreamExt};
use tokio::sync::Semaphore;

use super::{MultipartUpload, ObjectError, Objects, Uploaded};

/// Why a stream did not become an object.
#[derive(Debug, thiserror::Error)]
pub enum UploadError<E> {
    /// The stream broke off: whoever sends it is at fault.
    #[error("the source of the upload failed")]
    Source(#[source] E),
    /// The stream ended before the length that was told.
    #[error("the source of the upload ended early")]
    Short,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] ObjectError),
}

/// Memory that all streams of unknown length share: each of their parts is whole in it before it
/// goes out. Those that find it full wait, and so do their senders.
#[derive(Debug)]
pub struct PartMemory {
    free: Semaphore,
    parts: u32,
}

impl PartMemory {
    /// For so many parts of the least size, 8 MiB; at least one.
    #[must_use]
    pub fn new(parts: u32) -> Self {
        let parts = parts.max(1);
        Self { free: Semaphore::new(parts as usize), parts }
    }
}

impl Objects {
    /// Uploads what `stream` gives.
    ///
    /// With a known `size_bytes` the bytes pass through unbuffered, and what the stream has behind
    /// them is not looked at. Without, parts are put together in `memory`, one at a time. A stream
    /// without bytes makes no object and is no error. If the stream fails, the store fails or the
    /// future is dropped, there will be no object and no parts.
    ///
    /// # Errors
    /// By whose fault.
    pub async fn upload_stream<E>(
        &self,
        key: &str,
        content_type: &str,
        size_bytes: Option<u64>,
        memory: &PartMemory,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Uploaded, UploadError<E>> {
        match size_bytes {
            Some(0) => Ok(Uploaded { size_bytes: 0, etag: String::new() }),
            Some(size_bytes) => self.pass(key, content_type, size_bytes, stream).await,
            None => self.collect(key, content_type, memory, stream).await,
        }
    }

    async fn collect<E>(
        &self,
        key: &str,
        content_type: &str,
        memory: &PartMemory,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Uploaded, UploadError<E>> {
        let mut parts = Parts { stream: Box::pin(stream), rest: Bytes::new() };
        let mut upload: Option<MultipartUpload> = None;
        for number in 1.. {
            // Nobody holds memory who has nothing to put there.
            if !parts.has_more().await.map_err(UploadError::Source)? {
                break;
            }
            let units = part_units(number, memory.parts);
            let room = memory.free.acquire_many(units).await.map_err(ObjectError::other)?;
            let size = usize::try_from(u64::from(units) * LEAST_PART_BYTES).unwrap_or(usize::MAX);
            let part = parts.next(size).await.map_err(UploadError::Source)?;
            let is_last = part.len() < size;
            let size_bytes = u64::try_from(part.len()).unwrap_or(u64::MAX);
            if is_last && upload.is_none() {
                // It fits into one part: one request instead of three.
                let etag = self.put(key, part, content_type).await?;
                return Ok(Uploaded { size_bytes, etag });
            }
            let upload = match &mut upload {
                Some(upload) => upload,
                none => none.insert(self.upload(key, content_type).await?),
            };
            upload.pass(part.into(), size_bytes).await?;
            drop(room);
            if is_last {
                break;
            }
        }
        match upload {
            Some(upload) => Ok(upload.complete().await?),
            None => Ok(Uploaded { size_bytes: 0, etag: String::new() }),
        }
    }
}

/// Cuts a stream of chunks of any size into parts.
struct Parts<S> {
    stream: S,
    rest: Bytes,
}

impl<S, E> Parts<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    /// Waits for the next byte; false if there is none.
    async fn has_more(&mut self) -> Result<bool, E> {
        while self.rest.is_empty() {
            match self.stream.next().await {
                Some(chunk) => self.rest = chunk?,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The next `size` bytes; fewer only at the end.
    async fn next(&mut self, size: usize) -> Result<Bytes, E> {
        let mut part = BytesMut::new();
        while part.len() < size && self.has_more().await? {
            if part.is_empty() {
                // Once, instead of growing and moving; what is not written to takes no memory.
                part.reserve(size);
            }
            let taken = self.rest.len().min(size - part.len());
            part.extend_from_slice(&self.rest.split_to(taken));
        }
        Ok(part.freeze())
    }
}

/// How many times the least size the part of this number (from 1) has. S3 takes 10,000 parts, so
/// they double every 2,000, as far as there is memory.
fn part_units(number: u32, most: u32) -> u32 {
    (1 << (number / 2_000).min(8)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_are_enough_for_hundreds_of_gigabytes() {
        const GIB: u64 = 1 << 30;
        let all = |most| -> u64 {
            (1..=10_000).map(|number| u64::from(part_units(number, most)) * LEAST_PART_BYTES).sum()
        };
        assert!(400 * GIB < all(u32::MAX), "{} GiB", all(u32::MAX) / GIB);
        assert!(350 * GIB < all(8), "{} GiB", all(8) / GIB);
        assert_eq!(
            part_units(10_000, 1),
            1,
            "one that needs more than there is would wait for ever"
        );
    }

    #[tokio::test]
    async fn parts_are_cut_anywhere() {
        let chunks = ["a", "bcdefg", "", "hi", "j"].map(|text| Ok::<_, ()>(Bytes::from(text)));
        let mut parts = Parts { stream: futures::stream::iter(chunks), rest: Bytes::new() };
        let mut cut = Vec::new();
        for size in [3, 3, 1, 2, 4, 4] {
            cut.push(parts.next(size).await.unwrap());
        }
        assert_eq!(cut, ["abc", "def", "g", "hi", "j", ""]);
    }

    #[tokio::test]
    async fn a_broken_stream_gives_no_part() {
        let chunks = [Ok(Bytes::from("abc")), Err("reset")];
        let mut parts = Parts { stream: futures::stream::iter(chunks), rest: Bytes::new() };
        assert_eq!(parts.next(10).await, Err("reset"));
    }
}
