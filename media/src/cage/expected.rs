//! What an inmate hands back is held against what was asked for: a file may have taken it over.

use std::{collections::BTreeMap, io, ops::Range};

use domain::{
    Plan, RenditionName,
    grid::{CHUNK_SECONDS, chunk_of},
    plan::Outcome,
};

use super::{end::misbehaved, words::Word};
use crate::{
    AudioSpan, MediaError, Mp4Request, SpanOutput, Still, StillsRequest, VideoSpan,
    cage::words::bytes_of,
};

/// Bytes that any output may have, however short it plays: headers, a first picture.
const FLOOR_BYTES: u64 = 1 << 20;

/// The outputs of a span that are still to come.
pub(super) struct Expected<'a> {
    plan: &'a Plan,
    segments: Range<u32>,
    /// By rendition: the next segment, or `None` before the init segment.
    next: BTreeMap<RenditionName, Option<u32>>,
    /// Closed captions of segments before this one have come, or never will.
    captions_until: u32,
}

impl<'a> Expected<'a> {
    pub(super) fn video(span: &'a VideoSpan) -> Self {
        let next = span.renditions.iter().map(|name| (name.clone(), None)).collect();
        Self { plan: &span.plan, segments: span.segments.clone(), next, captions_until: 0 }
    }

    pub(super) fn audio(span: &'a AudioSpan) -> Self {
        let name = RenditionName::audio();
        let grid = span.plan.grid(&name);
        let segments = grid.map_or(0..0, |grid| grid.chunk_segments(span.chunk));
        Self { plan: &span.plan, segments, next: [(name, None)].into(), captions_until: 0 }
    }

    /// Hands on an output that is due, with its bytes put back in.
    pub(super) fn take(
        &mut self,
        word: Word,
        body: Vec<u8>,
        out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    ) -> Result<(), MediaError> {
        let Word::Output(mut output) = word else { return Err(misbehaved("no output of a span")) };
        if !self.is_due(&output, body.len() as u64) {
            return Err(misbehaved("an output that was not asked for"));
        }
        if let Some(bytes) = bytes_of(&mut output) {
            *bytes = body;
        }
        out(output).map_err(MediaError::Sink)
    }

    fn is_due(&mut self, output: &SpanOutput, size: u64) -> bool {
        match output {
            SpanOutput::Init { rendition, .. } => match self.next.get_mut(rendition) {
                Some(next @ None) if size <= FLOOR_BYTES => {
                    *next = Some(self.segments.start);
                    true
                }
                _ => false,
            },
            SpanOutput::Segment { rendition, index, .. } => {
                let Some(Some(next)) = self.next.get_mut(rendition) else { return false };
                let Some(grid) = self.plan.grid(rendition) else { return false };
                let ticks = grid.duration_ticks(*index) as f64;
                let seconds = ticks / f64::from(grid.timescale());
                let due = *index == *next && self.segments.contains(index);
                *next += 1;
                due && size <= most_bytes(self.plan, rendition, seconds)
            }
            SpanOutput::ClosedCaptions { rendition, index, .. } => {
                // The decoder is ahead of the encoder, by a segment or more, and never goes back.
                let Some(next) = self.next.get(rendition) else { return false };
                let first = next.unwrap_or(self.segments.start).max(self.captions_until);
                let due = (first..self.segments.end).contains(index);
                self.captions_until = index.saturating_add(1);
                due && size <= FLOOR_BYTES
            }
            SpanOutput::Loudness { chunk, measured } => {
                let is_asked = chunk_of(self.segments.start) == *chunk;
                is_asked && measured.levels.len() as u64 <= CHUNK_SECONDS * 10 && size == 0
            }
            SpanOutput::Progress { .. } => true,
        }
    }

    /// The inmate says that it is done: is it?
    pub(super) fn is_complete(&self) -> bool {
        self.next.values().all(|next| *next == Some(self.segments.end))
    }
}

/// Twice what so much of a rendition takes at its highest bitrate.
fn most_bytes(plan: &Plan, rendition: &RenditionName, seconds: f64) -> u64 {
    let bps = match plan.rendition(rendition) {
        Some(Outcome::Video(encode)) => encode.maxrate_bps,
        Some(Outcome::Audio { bitrate_bps }) => u64::from(*bitrate_bps),
        _ => 0,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let bytes = (bps as f64 / 8.0 * seconds * 2.0) as u64;
    bytes.saturating_add(FLOOR_BYTES)
}

/// Most bytes that an MP4 may have.
pub(super) fn most_mp4_bytes(request: &Mp4Request) -> u64 {
    let seconds = request.plan.duration_seconds();
    most_bytes(&request.plan, &request.rendition, seconds)
        .saturating_add(most_bytes(&request.plan, &RenditionName::audio(), seconds))
        .saturating_add(request.reserved_bytes())
}

/// A still of the size and with the pixels it says.
pub(super) fn still(
    word: Word,
    pixels: Vec<u8>,
    asked: &StillsRequest,
) -> Result<Still, MediaError> {
    let Word::Still(mut still) = word else { return Err(misbehaved("no still")) };
    let bytes = u128::from(still.width) * u128::from(still.height) * 3;
    // Sides are made even.
    if still.width > asked.max_width.saturating_add(1) || bytes != pixels.len() as u128 {
        return Err(misbehaved("a still that was not asked for"));
    }
    still.rgb = pixels;
    Ok(still)
}

#[cfg(test)]
mod tests;
