//! A stream of unknown origin becomes an object, in constant memory.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};

use super::{MultipartUpload, ObjectError, Objects, Uploaded};

const MIB: u64 = 1024 * 1024;

/// Why a stream did not become an object.
#[derive(Debug, thiserror::Error)]
pub enum UploadError<E> {
    /// The stream broke off: whoever sends it is at fault.
    #[error("the source of the upload failed")]
    Source(#[source] E),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] ObjectError),
}

impl Objects {
    /// Uploads what `stream` gives, in parts of at least 8 MiB of which at most three are in memory.
    ///
    /// `size_bytes`, where it is known, only decides how large the parts are: what comes is stored,
    /// be it more or less. A stream without bytes makes no object and is no error. If the stream
    /// fails, the store fails or the future is dropped, there will be no object and no parts.
    ///
    /// # Errors
    /// By whose fault.
    pub async fn upload_stream<E>(
        &self,
        key: &str,
        content_type: &str,
        size_bytes: Option<u64>,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Uploaded, UploadError<E>> {
        let mut parts = std::pin::pin!(Parts { stream: Box::pin(stream), rest: Bytes::new() });
        let mut next = part_size(1, size_bytes);
        let mut part = parts.next(next).await.map_err(UploadError::Source)?;
        if part.is_empty() {
            return Ok(Uploaded { size_bytes: 0, etag: String::new() });
        }
        if part.len() < next {
            // It fits into one part: one request instead of three.
            let size_bytes = u64::try_from(part.len()).unwrap_or(u64::MAX);
            let etag = self.put(key, part, content_type).await?;
            return Ok(Uploaded { size_bytes, etag });
        }
        let mut upload: MultipartUpload = self.upload(key, content_type).await?;
        for number in 2.. {
            upload.part(part).await?;
            next = part_size(number, size_bytes);
            part = parts.next(next).await.map_err(UploadError::Source)?;
            if part.is_empty() {
                break;
            }
        }
        Ok(upload.complete().await?)
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
    /// The next `size` bytes; fewer only at the end.
    async fn next(&mut self, size: usize) -> Result<Bytes, E> {
        let mut part = BytesMut::new();
        while part.len() < size {
            if self.rest.is_empty() {
                match self.stream.next().await {
                    Some(chunk) => self.rest = chunk?,
                    None => break,
                }
            }
            let taken = self.rest.len().min(size - part.len());
            part.extend_from_slice(&self.rest.split_to(taken));
        }
        Ok(part.freeze())
    }
}

/// How many bytes the part of this number (from 1) has. S3 takes 10,000 parts: a known size is
/// spread over fewer, an unknown one is met with parts that double every 2,000.
fn part_size(number: u32, size_bytes: Option<u64>) -> usize {
    const LEAST: u64 = 8 * MIB;
    const PARTS: u64 = 9_900;
    let size = match size_bytes {
        Some(total) => total.div_ceil(PARTS).next_multiple_of(MIB).max(LEAST),
        None => LEAST << (number / 2_000).min(8),
    };
    usize::try_from(size).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_are_enough() {
        const GIB: u64 = 1024 * MIB;
        let mib = |size| part_size(1, Some(size)) as u64 / MIB;
        assert_eq!([1, 8 * MIB, 77 * GIB, 78 * GIB, 1024 * GIB].map(mib), [8, 8, 8, 9, 106]);
        let unknown: u64 = (1..=10_000).map(|number| part_size(number, None) as u64).sum();
        assert!(400 * GIB < unknown, "{} GiB", unknown / GIB);
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
