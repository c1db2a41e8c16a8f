//! A stream of known length on its way through us: its parts go out as they come in, and none is
//! ever whole in memory.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::{
    config::{Builder, Config},
    primitives::ByteStream,
};
use bytes::Bytes;
use domain::PartLayout;
use futures::{Stream, StreamExt};
use http_body::{Body, Frame, SizeHint};
use tokio::{sync::mpsc, time::timeout};

use super::{ObjectError, Objects, UploadError, Uploaded};

/// How long the store may take no bytes, or not answer once it has them all.
const STALL: Duration = Duration::from_secs(60);

impl Objects {
    /// Uploads the first `size_bytes` of `stream`, unbuffered. What went out cannot go out again: a
    /// part that the store does not take ends the upload.
    pub(super) async fn pass<E>(
        &self,
        key: &str,
        content_type: &str,
        size_bytes: u64,
        stream: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<Uploaded, UploadError<E>> {
        let layout = PartLayout::new(size_bytes);
        let mut source = Source { stream: Box::pin(stream), rest: Bytes::new() };
        if layout.part_count() == 1 {
            // One request instead of three.
            let put = self.client.put_object().bucket(&*self.bucket).key(key);
            let put = put.content_type(content_type).content_length(length(size_bytes));
            let sent = source.feed(size_bytes, async |body| {
                let answer = put.body(body).customize().config_override(unhurried()).send().await;
                answer.map_err(|e| ObjectError::of("storing", key, e))
            });
            let etag = sent.await?.e_tag.unwrap_or_default();
            return Ok(Uploaded { size_bytes, etag });
        }
        let mut upload = self.upload(key, content_type).await?;
        for number in 1..=layout.part_count() {
            let part_bytes = layout.part_bytes(number).unwrap_or_default();
            let sent = source.feed(part_bytes, async |body| upload.pass(body, part_bytes).await);
            sent.await?;
        }
        Ok(upload.complete().await?)
    }
}

/// A stream that is cut anywhere.
struct Source<S> {
    stream: S,
    rest: Bytes,
}

impl<S, E> Source<S>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
{
    /// Gives the next `size_bytes` to whoever sends them, and returns with their answer. Whichever
    /// side fails first ends both.
    async fn feed<T>(
        &mut self,
        size_bytes: u64,
        send: impl AsyncFnOnce(ByteStream) -> Result<T, ObjectError>,
    ) -> Result<T, UploadError<E>> {
        // One chunk waits while another is written to the line.
        let (chunks, body) = mpsc::channel(1);
        let mut sending = std::pin::pin!(send(ByteStream::from_body_1_x(PassedBody {
            chunks: body,
            left: size_bytes
        })));
        let feeding = async {
            let mut left = size_bytes;
            while 0 < left {
                let chunk = self.next(left).await?;
                left -= chunk.len() as u64;
                match timeout(STALL, chunks.send(chunk)).await {
                    Ok(Ok(())) => {}
                    // Nobody listens any more: there is an answer.
                    Ok(Err(_)) => break,
                    Err(_) => return Err(stalled()),
                }
            }
            Ok(())
        };
        tokio::select! {
            sent = &mut sending => return Ok(sent?),
            fed = feeding => fed?,
        }
        match timeout(STALL, sending).await {
            Ok(sent) => Ok(sent?),
            Err(_) => Err(stalled()),
        }
    }

    /// Some bytes, at most so many; that there are none is an error.
    async fn next(&mut self, most: u64) -> Result<Bytes, UploadError<E>> {
        while self.rest.is_empty() {
            self.rest = match self.stream.next().await {
                Some(chunk) => chunk.map_err(UploadError::Source)?,
                None => return Err(UploadError::Short),
            };
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(self.rest.split_to(self.rest.len().min(most)))
    }
}

/// The body of one request, of known length. It fails if it ends before.
struct PassedBody {
    chunks: mpsc::Receiver<Bytes>,
    left: u64,
}

impl Body for PassedBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(match ready!(self.chunks.poll_recv(cx)) {
            Some(chunk) => {
                self.left = self.left.saturating_sub(chunk.len() as u64);
                Ok(Frame::data(chunk))
            }
            None => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

fn stalled<E>() -> UploadError<E> {
    UploadError::Store(ObjectError::other("the store takes no bytes, or does not answer"))
}

/// A part takes as long as its sender does: [`STALL`] is what ends it.
pub(super) fn unhurried() -> Builder {
    Config::builder().timeout_config(TimeoutConfig::disabled())
}

pub(super) fn length(size_bytes: u64) -> i64 {
    i64::try_from(size_bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn source(
        chunks: &[Result<&'static str, ()>],
    ) -> Source<impl Stream<Item = Result<Bytes, ()>>> {
        let chunks: Vec<_> = chunks.iter().map(|chunk| chunk.map(Bytes::from)).collect();
        Source { stream: stream::iter(chunks), rest: Bytes::new() }
    }

    async fn all(body: ByteStream) -> Result<Bytes, ObjectError> {
        Ok(body.collect().await.map_err(ObjectError::other)?.into_bytes())
    }

    #[tokio::test]
    async fn bodies_are_cut_anywhere() {
        let mut source = source(&[Ok("a"), Ok("bcdefg"), Ok(""), Ok("hi"), Ok("j")]);
        for part in ["abc", "def", "g", "hi", "j"] {
            assert_eq!(source.feed(part.len() as u64, all).await.unwrap(), part);
        }
        assert!(matches!(source.feed(1, all).await, Err(UploadError::Short)));
    }

    #[tokio::test]
    async fn a_broken_stream_is_no_body() {
        let broken = source(&[Ok("abc"), Err(())]).feed(10, all).await;
        assert!(matches!(broken, Err(UploadError::Source(()))));
        let short = source(&[Ok("abc")]).feed(10, all).await;
        assert!(matches!(short, Err(UploadError::Short)));
    }

    #[tokio::test]
    async fn an_early_answer_ends_the_body() {
        let refuse = async |_body| Err::<(), _>(ObjectError::other("no"));
        let mut endless =
            Source { stream: stream::repeat(Ok::<_, ()>("x".into())), rest: Bytes::new() };
        assert!(matches!(endless.feed(u64::MAX, refuse).await, Err(UploadError::Store(_))));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_hangs_is_given_up() {
        let hang = async |_body: ByteStream| {
            std::future::pending::<()>().await;
            Ok(())
        };
        let mut endless =
            Source { stream: stream::repeat(Ok::<_, ()>("x".into())), rest: Bytes::new() };
        assert!(matches!(endless.feed(u64::MAX, hang).await, Err(UploadError::Store(_))));
        let hang = async |body: ByteStream| {
            let _taken = all(body).await?;
            std::future::pending::<()>().await;
            Ok(())
        };
        assert!(matches!(endless.feed(3, hang).await, Err(UploadError::Store(_))));
    }
}
