//! What keeper and inmate say to each other; bulk bytes travel beside, as the frame's body.

use std::mem;

use domain::{Reason, SourceInfo};
use serde::{Deserialize, Serialize};

use super::Limits;
use crate::{
    AudioSpan, Captions, CaptionsRequest, ClosedCaptionsRequest, MediaError, Mp4Request,
    SpanOutput, SpanStats, Still, StillsRequest, VideoSpan,
};

/// The first frame: what to do, and within which limits.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) limits: Limits,
    pub(super) request: Request,
    /// Sizes of the inputs in bytes; `None` for one that is read from front to back.
    pub(super) inputs: Vec<Option<u64>>,
}

/// One call of this crate.
#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    /// Only lock yourself in.
    Nothing,
    Probe,
    Video(VideoSpan),
    Audio(AudioSpan),
    Mp4(Mp4Request),
    Stills(StillsRequest),
    Captions(CaptionsRequest),
    ClosedCaptions(ClosedCaptionsRequest),
}

/// From the inmate.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Word {
    /// Bytes of an input, please: `length` at `offset`, or the next ones.
    Read { input: usize, offset: Option<u64>, length: u32 },
    /// An output of a span; the body is its bytes.
    Output(SpanOutput),
    /// The body belongs at this offset of the file that is written.
    Write { offset: u64 },
    /// A still; the body is its pixels.
    Still(Still),
    /// A track of captions; the body is its JSON, for it may be long.
    Captions,
    /// The last word.
    Done(Result<Answer, Fault>),
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Nothing,
    Source(Box<SourceInfo>),
    Span(SpanStats),
}

/// [`MediaError`] without what only the keeper knows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Fault {
    Rejected(Reason),
    Source,
    Sink,
    Internal(String),
}

impl From<MediaError> for Fault {
    fn from(error: MediaError) -> Self {
        match error {
            MediaError::Rejected(reason) => Self::Rejected(reason),
            MediaError::Source(_) => Self::Source,
            MediaError::Sink(_) => Self::Sink,
            other => Self::Internal(other.to_string()),
        }
    }
}

/// From the keeper, with the bytes that were asked for as the body.
#[derive(Serialize, Deserialize)]
pub(super) enum Given {
    Bytes,
    /// They cannot be read; why is not the inmate's business.
    Failed,
}

impl Word {
    /// A span's output as a word and its bulk bytes.
    pub(super) fn output(mut output: SpanOutput) -> (Self, Vec<u8>) {
        let bytes = bytes_of(&mut output).map(mem::take).unwrap_or_default();
        (Self::Output(output), bytes)
    }

    /// A still as a word and its pixels.
    pub(super) fn still(mut still: Still) -> (Self, Vec<u8>) {
        let pixels = mem::take(&mut still.rgb);
        (Self::Still(still), pixels)
    }

    /// A track of captions as a word and its JSON.
    pub(super) fn captions(track: &Captions) -> serde_json::Result<(Self, Vec<u8>)> {
        Ok((Self::Captions, serde_json::to_vec(track)?))
    }
}

/// The bulk bytes of an output, where it has any.
pub(super) fn bytes_of(output: &mut SpanOutput) -> Option<&mut Vec<u8>> {
    match output {
        SpanOutput::Init { bytes, .. }
        | SpanOutput::Segment { bytes, .. }
        | SpanOutput::ClosedCaptions { bytes, .. } => Some(bytes),
        SpanOutput::Loudness { .. } | SpanOutput::Progress { .. } => None,
    }
}
