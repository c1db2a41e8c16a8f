//! Closed captions (CEA-608) that travel with pictures as A/53 `cc_data`: taken from decoded
//! pictures segment by segment, and made into cues when all segments are there.
//!
//! A segment's object is a row of records, one a picture: its time on the video's timeline in
//! microseconds (u64, big endian), a count, so many triplets as in `cc_data` (ATSC A/53 part 4
//! 6.2.3), without padding and without what is CEA-708 only.

use std::{
    io::{self, BufReader, ErrorKind, Read},
    ops::Range,
    sync::mpsc::Sender,
};

use domain::{CaptionsName, Plan, Reason, RenditionName, SegmentGrid, webvtt::Cues};
use ffmpeg_next::{Packet, frame, util::frame::side_data};

use crate::{
    Captions, ClosedCaptionsRequest, MediaError, SpanOutput, VideoSpan, captions::length_us,
    text_decoder::TextDecoder,
};

/// `cc_count` has five bits.
const MAX_TRIPLETS: usize = 31;
/// Longest time that a decoder's length of a caption is believed, in milliseconds.
const BELIEVED_MS: u32 = 60_000;

/// Gathers what the pictures of a span say.
pub(crate) struct Gatherer {
    rendition: RenditionName,
    grid: SegmentGrid,
    segments: Range<u32>,
    records: Vec<u8>,
    to: Sender<SpanOutput>,
}

impl Gatherer {
    /// For a span that makes the smallest rung: one rung's worker must do it, and that one is made
    /// of every video. `None` for others.
    pub(crate) fn of(span: &VideoSpan, to: &Sender<SpanOutput>) -> Option<Self> {
        let rendition = span.plan.made_rungs().next()?;
        let grid = span.plan.grid(rendition)?;
        span.renditions.contains(rendition).then(|| Self {
            rendition: rendition.clone(),
            grid,
            segments: span.segments.clone(),
            records: Vec::new(),
            to: to.clone(),
        })
    }

    /// Looks at a decoded picture that is due at frame `due` and shown at `at_us` of the video.
    /// Segments before are handed out first, so that they come before the rung's own.
    pub(crate) fn look(&mut self, picture: &frame::Video, due: i64, at_us: i64) {
        let Ok(due) = u64::try_from(due) else { return };
        while !self.segments.is_empty() && due >= self.grid.units_of(self.segments.start).end {
            self.hand_out();
        }
        let here = self.grid.units_of(self.segments.start);
        if self.segments.is_empty() || !here.contains(&due) {
            return;
        }
        let Some(data) = picture.side_data(side_data::Type::A53CC) else { return };
        let spoken: Vec<[u8; 3]> = data.data().chunks_exact(3).filter_map(spoken).collect();
        if let Ok(at_us) = u64::try_from(at_us)
            && !spoken.is_empty()
        {
            let spoken = &spoken[..spoken.len().min(MAX_TRIPLETS)];
            self.records.extend(at_us.to_be_bytes());
            self.records.push(u8::try_from(spoken.len()).unwrap_or(0));
            self.records.extend(spoken.as_flattened());
        }
    }

    /// Hands out the rest.
    pub(crate) fn finish(mut self) {
        while !self.segments.is_empty() {
            self.hand_out();
        }
    }

    fn hand_out(&mut self) {
        let Some(index) = self.segments.next() else { return };
        if !self.records.is_empty() {
            let (rendition, bytes) = (self.rendition.clone(), std::mem::take(&mut self.records));
            // Nobody listens when the caller's sink failed; then the decoder is told to stop.
            let _ = self.to.send(SpanOutput::ClosedCaptions { rendition, index, bytes });
        }
    }
}

/// A triplet of CEA-608 that says something (CEA-708 table 2: `cc_valid`, `cc_type` 0 or 1).
fn spoken(triplet: &[u8]) -> Option<[u8; 3]> {
    let [kind, first, second] = *triplet else { return None };
    let is_608 = kind & 0b100 != 0 && kind & 0b11 < 2;
    // Odd parity makes 0x80 of the zeros that fill the line.
    (is_608 && (first & 0x7f, second & 0x7f) != (0, 0)).then_some([kind, first, second])
}

/// See [`crate::closed_captions`].
pub(crate) fn closed_captions(
    data: Box<dyn Read + Send>,
    request: &ClosedCaptionsRequest,
) -> Result<Vec<Captions>, MediaError> {
    crate::init();
    let mut fields = [Field::new(0, &request.plan)?, Field::new(1, &request.plan)?];
    let mut data = BufReader::new(data);
    while let Some((at_us, triplets)) = record(&mut data).map_err(MediaError::Source)? {
        for field in &mut fields {
            field.take(at_us, &triplets);
        }
    }
    Ok(fields.into_iter().map(Field::finish).filter(|made| made.cues != Ok(Vec::new())).collect())
}

fn record(data: &mut impl Read) -> io::Result<Option<(i64, Vec<u8>)>> {
    let mut head = [0; 9];
    match data.read_exact(&mut head[..1]) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    data.read_exact(&mut head[1..])?;
    let [time @ .., count] = head;
    let mut triplets = vec![0; usize::from(count) * 3];
    data.read_exact(&mut triplets)?;
    Ok(Some((i64::try_from(u64::from_be_bytes(time)).unwrap_or(i64::MAX), triplets)))
}

/// One field: a caption service.
struct Field {
    number: usize,
    decoder: TextDecoder,
    cues: Result<Cues, Reason>,
}

impl Field {
    fn new(number: usize, plan: &Plan) -> Result<Self, MediaError> {
        let decoder = TextDecoder::closed_captions(number)?;
        Ok(Self { number, decoder, cues: Ok(Cues::new(0, length_us(plan))) })
    }

    fn take(&mut self, at_us: i64, triplets: &[u8]) {
        // One triplet a packet: a packet can bring one caption only.
        for triplet in triplets.chunks_exact(3) {
            if usize::from(triplet[0] & 0b11) == self.number {
                let mut packet = Packet::copy(triplet);
                packet.set_pts(Some(at_us));
                self.decode(&packet);
            }
        }
    }

    fn decode(&mut self, packet: &Packet) {
        let Ok(cues) = &mut self.cues else { return };
        let Ok(Some(said)) = self.decoder.decode(packet) else { return };
        let Some(start_us) = said.start_us else { return };
        let length = Some(said.shown_ms).filter(|ms| (1..BELIEVED_MS).contains(ms));
        let end_us = length.map(|ms| start_us.saturating_add(i64::from(ms) * 1000));
        if let Err(reason) = cues.push(start_us, end_us, &said.text) {
            self.cues = Err(reason);
        }
    }

    fn finish(mut self) -> Captions {
        self.decode(&Packet::empty());
        Captions { name: CaptionsName::closed(self.number), cues: self.cues.map(Cues::finish) }
    }
}
