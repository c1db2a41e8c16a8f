//! A chunk of sound: resampled on the plan's timeline, encoded with a pre-roll, cut on the grid.

use std::{io, ops::Range};

use domain::{RenditionName, SegmentGrid, grid::AAC_FRAME, loudness, plan::Outcome};

use crate::{
    AudioSpan, MediaError, Source, SpanOutput, SpanStats, Stop,
    aac::{AacEncoder, FRAME},
    encode_video::unplanned,
    fragment::Fragment,
    loudness::Meter,
    resample::Resampler,
    sounds::Sounds,
};

/// AAC frames that are encoded and dropped so that a fresh encoder joins the one before: 1 s.
const PRE_ROLL: u64 = 47;
/// AAC frames fed beyond the last one: the encoder looks ahead when it chooses windows.
const LOOK_AHEAD: u64 = 4;

/// See [`crate::encode_audio`].
pub(crate) fn encode_audio(
    source: Box<dyn Source>,
    span: &AudioSpan,
    out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    stop: &Stop,
) -> Result<SpanStats, MediaError> {
    let name = RenditionName::audio();
    let track = span.plan.source.audio.as_ref().ok_or_else(|| unplanned("sound"))?;
    let Some(&Outcome::Audio { bitrate_bps }) = span.plan.rendition(&name) else {
        return Err(unplanned("sound"));
    };
    let grid = span.plan.grid(&name).ok_or_else(|| unplanned("sound"))?;
    let segments = grid.chunk_segments(span.chunk);
    if segments.is_empty() {
        return Err(unplanned("such chunk"));
    }
    let units = grid.units_of(segments.start).start..grid.units_of(segments.end - 1).end;
    let first = units.start.saturating_sub(PRE_ROLL);

    let mut sounds = Sounds::open(source, track, stop)?;
    let offset_us = span.plan.offset_us;
    // A tenth of a second more for the resampler to warm up.
    sounds.start_before(us_of(first).saturating_add(offset_us) - 100_000)?;
    let sample = |unit: u64| i64::try_from(unit.saturating_mul(AAC_FRAME)).unwrap_or(i64::MAX);
    let wanted = sample(first)..sample(units.end + LOOK_AHEAD);
    let mut resampler = Resampler::new(wanted, track.start_us.saturating_sub(offset_us));
    let mut encoder = AacEncoder::new(bitrate_bps)?;
    let mut meter = Meter::new(tenths_of(grid, span.chunk), first * AAC_FRAME);
    let mut cutter = Cutter { grid, segments, units: units.clone(), current: None, init: None };
    let mut ended = false;
    for number in first..units.end + LOOK_AHEAD {
        let piece = loop {
            if let Some(piece) = resampler.take(FRAME) {
                break piece;
            }
            if ended {
                break resampler.take_padded(FRAME);
            }
            match sounds.next()? {
                Some(sound) => {
                    let position = sounds.position(&sound);
                    resampler.push(sound, position)?;
                }
                None => {
                    ended = true;
                    resampler.finish()?;
                }
            }
        };
        if stop.is_stopped() {
            return Err(MediaError::Stopped);
        }
        meter.hear(&piece);
        for (unit, mut packet) in encoder.encode(&piece, number)? {
            cutter.take(&encoder, unit, &mut packet, out)?;
        }
    }
    // Before the last segment: a chunk whose segments are all stored has been measured.
    let (chunk, measured) = (span.chunk, meter.finish());
    out(SpanOutput::Loudness { chunk, measured }).map_err(MediaError::Sink)?;
    cutter.close(out)?;
    let encoded = units.end - units.start;
    Ok(SpanStats { encoded, decoded: sounds.decoded, errors: sounds.errors() })
}

fn tenths_of(grid: SegmentGrid, chunk: u32) -> Range<u64> {
    match grid {
        SegmentGrid::Audio { aac_frames } => loudness::tenths_of(chunk, aac_frames),
        SegmentGrid::Video { .. } => 0..0,
    }
}

/// Time of an AAC frame on the plan's timeline in microseconds, rounded down.
fn us_of(unit: u64) -> i64 {
    i64::try_from(unit * 1024 * 1000 / 48).unwrap_or(i64::MAX)
}

/// Sorts packets into segments.
struct Cutter {
    grid: SegmentGrid,
    /// Segments not begun yet.
    segments: Range<u32>,
    /// Packets that are kept.
    units: Range<u64>,
    current: Option<(u32, Fragment)>,
    init: Option<Vec<u8>>,
}

impl Cutter {
    fn take(
        &mut self,
        encoder: &AacEncoder,
        unit: u64,
        packet: &mut ffmpeg_next::Packet,
        out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    ) -> Result<(), MediaError> {
        if !self.units.contains(&unit) {
            return Ok(());
        }
        let fits = |(index, _): &(u32, Fragment)| self.grid.units_of(*index).contains(&unit);
        if !self.current.as_ref().is_some_and(fits) {
            self.close(out)?;
            let index = self.segments.next().ok_or_else(|| unplanned("such segment"))?;
            let fragment = Fragment::new(encoder.context(), self.grid.timescale(), index)?;
            self.current = Some((index, fragment));
        }
        let ticks = i64::try_from(unit * 1024).unwrap_or(i64::MAX);
        packet.set_pts(Some(ticks));
        packet.set_dts(Some(ticks));
        packet.set_duration(1024);
        match &mut self.current {
            Some((_, fragment)) => fragment.write(packet),
            None => Ok(()),
        }
    }

    /// Hands out the segment in hand.
    fn close(
        &mut self,
        out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    ) -> Result<(), MediaError> {
        let Some((index, fragment)) = self.current.take() else { return Ok(()) };
        let finished = fragment.finish()?;
        let rendition = RenditionName::audio();
        match &self.init {
            Some(init) if *init == finished.init => {}
            Some(_) => return Err(MediaError::Internal("two segments, two headers".into())),
            None => {
                let (rendition, bytes) = (rendition.clone(), finished.init.clone());
                out(SpanOutput::Init { rendition, bytes }).map_err(MediaError::Sink)?;
                self.init = Some(finished.init);
            }
        }
        let bytes = finished.segment;
        out(SpanOutput::Segment { rendition, index, bytes }).map_err(MediaError::Sink)?;
        let done = self.grid.units_of(index).end - self.units.start;
        out(SpanOutput::Progress { frames: done }).map_err(MediaError::Sink)
    }
}
