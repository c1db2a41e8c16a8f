//! The body of an upload as it arrives: what it means when it stops.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{catalogue::Limit, problem::Problem};

/// A client that sends nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// How much of a refused body is read, and for how long, so that its sender reads the answer.
const LINGER_BYTES: usize = 16 << 20;
const LINGER: Duration = Duration::from_secs(2);

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BrokenOff {
    /// The connection did.
    #[error("the body ended early")]
    Incomplete,
    /// Nothing came any more.
    #[error("the body stalled")]
    Stalled,
    /// The request was dropped, or the service is stopping.
    #[error("nobody waits for the upload any more")]
    Abandoned,
    /// There is more of it than this, which is the limit.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// There is more of it than its owner has room for.
    #[error("the owner's limit is reached: {0:?}")]
    NoRoom(Limit),
}

/// How much of a body is taken, and what it means when there is more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowed {
    /// Bytes.
    pub(super) bytes: u64,
    /// Why no more.
    pub(super) beyond: BrokenOff,
}

/// A body under way.
pub(super) struct Arriving {
    first: Option<Bytes>,
    rest: BodyDataStream,
    abandoned: CancellationToken,
    allowed: Option<Allowed>,
}

impl Arriving {
    /// A body that nobody waits for any more once `abandoned` fires.
    pub(super) fn new(body: Body, abandoned: CancellationToken) -> Self {
        Self { first: None, rest: body.into_data_stream(), abandoned, allowed: None }
    }

    /// Takes only so much of it.
    pub(super) fn at_most(self, allowed: Allowed) -> Self {
        Self { allowed: Some(allowed), ..self }
    }

    /// Waits for the first byte; false if there is none.
    pub(super) async fn has_bytes(&mut self) -> Result<bool, BrokenOff> {
        self.first = self.next().await?;
        Ok(self.first.is_some())
    }

    /// All bytes, from the first.
    pub(super) fn bytes(&mut self) -> impl Stream<Item = Result<Bytes, BrokenOff>> + Send {
        async_stream::try_stream! {
            let mut taken = 0;
            loop {
                let bytes = match self.first.take() {
                    Some(first) => first,
                    None => match self.next().await? {
                        Some(bytes) => bytes,
                        None => break,
                    },
                };
                taken += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                if let Some(allowed) = self.allowed.filter(|allowed| allowed.bytes < taken) {
                    Err(allowed.beyond)?;
                }
                yield bytes;
            }
        }
    }

    /// Reads some of what is left of a body that was refused; see [`linger`].
    pub(super) async fn linger(mut self) {
        let drain = async {
            let mut read = 0;
            while let Ok(Some(bytes)) = self.next().await {
                read += bytes.len();
                if LINGER_BYTES < read {
                    break;
                }
            }
        };
        let _late_or_done = timeout(LINGER, drain).await;
    }

    async fn next(&mut self) -> Result<Option<Bytes>, BrokenOff> {
        loop {
            let next = tokio::select! {
                biased;
                () = self.abandoned.cancelled() => return Err(BrokenOff::Abandoned),
                next = timeout(SILENCE, self.rest.next()) => next,
            };
            match next {
                Ok(Some(Ok(bytes))) if bytes.is_empty() => {}
                Ok(Some(Ok(bytes))) => return Ok(Some(bytes)),
                Ok(Some(Err(_))) => return Err(BrokenOff::Incomplete),
                // A dropped connection looks like a clean end of a body of unknown length, but
                // drops the request first.
                Ok(None) if self.abandoned.is_cancelled() => return Err(BrokenOff::Abandoned),
                Ok(None) => return Ok(None),
                Err(_) => return Err(BrokenOff::Stalled),
            }
        }
    }
}

/// Reads some of a body that was refused: a connection closed over unread bytes is reset, and the
/// answer lost with it. A client that asked first (`Expect`) has sent nothing and must not be
/// told to.
pub(super) async fn linger(body: Body, headers: &HeaderMap) {
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let drain = async {
        let (mut body, mut read) = (body.into_data_stream(), 0);
        while let Some(Ok(bytes)) = body.next().await {
            read += bytes.len();
            if read > LINGER_BYTES {
                break;
            }
        }
    };
    let _late_or_done = timeout(LINGER, drain).await;
}

impl From<BrokenOff> for Problem {
    fn from(broken_off: BrokenOff) -> Self {
        match broken_off {
            BrokenOff::Incomplete => Self::bad_request(
                "incomplete_body",
                "The connection ended before the file did. Nothing was kept; send it again.",
            ),
            BrokenOff::Stalled => Self::new(
                StatusCode::REQUEST_TIMEOUT,
                "upload_stalled",
                "Nothing arrived for a minute. Nothing was kept; send the file again.",
            ),
            BrokenOff::Abandoned => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "stopping",
                "The service is being restarted. Nothing was kept; send the file again.",
            ),
            BrokenOff::TooLarge(most) => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "file_too_large",
                format!("The limit is {most} bytes per file."),
            ),
            BrokenOff::NoRoom(limit) => Self::over_quota(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::{TryStreamExt, stream};

    use super::*;

    type Chunk = Result<&'static str, std::io::Error>;

    fn arriving(chunks: Vec<Chunk>, abandoned: &CancellationToken) -> Arriving {
        Arriving::new(Body::from_stream(stream::iter(chunks)), abandoned.clone())
    }

    async fn all(mut arriving: Arriving) -> Result<Vec<u8>, BrokenOff> {
        Ok(arriving.bytes().try_collect::<Vec<_>>().await?.concat())
    }

    #[tokio::test]
    async fn the_first_byte_is_kept() {
        let waited_for = CancellationToken::new();
        let mut body = arriving(vec![Ok(""), Ok("ab"), Ok(""), Ok("c")], &waited_for);
        assert!(body.has_bytes().await.unwrap());
        assert_eq!(all(body).await.unwrap(), b"abc");
        assert!(!arriving(vec![Ok("")], &waited_for).has_bytes().await.unwrap());
    }

    #[tokio::test]
    async fn a_broken_connection_is_no_end() {
        let reset = || Err(std::io::ErrorKind::ConnectionReset.into());
        let body = arriving(vec![Ok("ab"), reset()], &CancellationToken::new());
        assert_eq!(all(body).await, Err(BrokenOff::Incomplete));
    }

    #[tokio::test]
    async fn there_is_an_end_to_patience_with_large_bodies() {
        let body = |bytes| {
            let chunks = vec![Ok("ab"), Ok("cd")];
            let allowed = Allowed { bytes, beyond: BrokenOff::TooLarge(bytes) };
            arriving(chunks, &CancellationToken::new()).at_most(allowed)
        };
        assert_eq!(all(body(4)).await.unwrap(), b"abcd");
        assert_eq!(all(body(3)).await, Err(BrokenOff::TooLarge(3)));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_never_ends_well() {
        let abandoned = CancellationToken::new();
        let mut body = arriving(vec![Ok("ab")], &abandoned);
        assert!(body.has_bytes().await.unwrap());
        abandoned.cancel();
        assert_eq!(all(body).await, Err(BrokenOff::Abandoned));
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_end_too() {
        let slowly = stream::unfold(0, async |sent| {
            tokio::time::sleep(SILENCE - Duration::from_secs(1)).await;
            (sent < 3).then(|| (Ok::<_, std::io::Error>("x"), sent + 1))
        });
        let slow = Arriving::new(Body::from_stream(Box::pin(slowly)), CancellationToken::new());
        assert_eq!(all(slow).await.unwrap(), b"xxx");
        let silent = Body::from_stream(stream::pending::<Chunk>());
        let mut silent = Arriving::new(silent, CancellationToken::new());
        assert_eq!(silent.has_bytes().await, Err(BrokenOff::Stalled));
    }
}
