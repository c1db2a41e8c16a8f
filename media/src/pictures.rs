//! The pictures of a track in the order they are shown, from any point on.

use domain::{Reason, source::VideoTrack};
use ffmpeg_next::{Rational, ffi, frame};

use crate::{MediaError, Source, Stop, decoding::Decoding, input::Input, limits, time, tracks};

/// How far before the wanted point decoding begins, in microseconds; each next one where the
/// key frame that was found lies too late.
const PRE_ROLL_US: [i64; 4] = [500_000, 4_000_000, 16_000_000, 64_000_000];

/// Demuxes and decodes one track.
pub(crate) struct Pictures {
    decoding: Decoding,
    /// Start of the track, late pictures moved.
    start_us: i64,
    /// End of the track, as far as it is known.
    end_us: i64,
    time_base: Rational,
    /// By how much pictures come late in this container, in microseconds.
    late_us: i64,
    /// Sample aspect ratio, if the container knows better than the pictures.
    aspect: Option<(u32, u32)>,
    /// Decoded while looking for a key frame.
    pending: Option<frame::Video>,
    last: Option<i64>,
    step: i64,
    /// Pictures delivered.
    pub(crate) decoded: u64,
}

impl Pictures {
    /// Opens the track that the probe chose.
    pub(crate) fn open(
        source: Box<dyn Source>,
        track: &VideoTrack,
        stop: &Stop,
    ) -> Result<Self, MediaError> {
        let input = Input::open(source, stop)?;
        let mut pictures = Self::of(input, track.stream as usize, track.start_us, stop)?;
        pictures.end_us = track.start_us.saturating_add(track.duration_us);
        pictures.late_us = track.late_us;
        Ok(pictures)
    }

    /// Decodes stream number `stream` of an opened input.
    pub(crate) fn of(
        input: Input,
        stream: usize,
        start_us: i64,
        stop: &Stop,
    ) -> Result<Self, MediaError> {
        let track = input.context().stream(stream).ok_or_else(MediaError::unreadable)?;
        let time_base = track.time_base();
        let rate = f64::from(track.avg_frame_rate());
        let rate = if rate.is_finite() && rate > 0.0 { rate } else { 25.0 };
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let step = (1.0 / rate / f64::from(time_base)).round() as i64;
        let aspect = tracks::container_aspect(&track);
        Ok(Self {
            decoding: Decoding::of(input, stream, true, stop)?,
            start_us,
            end_us: i64::MAX,
            time_base,
            late_us: 0,
            aspect,
            pending: None,
            last: None,
            step: step.max(1),
            decoded: 0,
        })
    }

    /// Seconds per tick of the pictures' timestamps.
    pub(crate) fn time_base(&self) -> Rational {
        self.time_base
    }

    /// Ticks from picture to picture on average.
    pub(crate) fn step(&self) -> i64 {
        self.step
    }

    /// Packets that the demuxer or decoder refused.
    pub(crate) fn errors(&self) -> u64 {
        self.decoding.errors()
    }

    /// The input back, for another track.
    pub(crate) fn into_input(self) -> Input {
        self.decoding.input
    }

    /// Goes to where the picture shown at `at_us` (container's time) can be decoded exactly as
    /// in a decode from the start: the next picture is one at or before that, or the first.
    pub(crate) fn start_before(&mut self, at_us: i64) -> Result<(), MediaError> {
        // Behind the end the last picture is still shown; a seek may find nothing there.
        let at_us = at_us.min(self.end_us);
        let mut moved = false;
        for pre_roll in PRE_ROLL_US {
            let target = at_us.saturating_sub(pre_roll);
            if target <= self.start_us {
                break;
            }
            moved = true;
            if !self.decoding.input.seek(target.saturating_add(self.late_us))? {
                break;
            }
            self.reset();
            if let Some(key) = self.key_frame_until(at_us)? {
                self.pending = Some(key);
                return Ok(());
            }
        }
        if moved || self.last.is_some() {
            self.decoding.input.rewind()?;
            self.reset();
        }
        Ok(())
    }

    /// The first key frame, if it is shown at or before `at_us`. What comes before it may refer
    /// to pictures that were not decoded (leading pictures of an open GOP).
    fn key_frame_until(&mut self, at_us: i64) -> Result<Option<frame::Video>, MediaError> {
        while let Some(picture) = self.next()? {
            if time::to_us(picture.pts().unwrap_or(0), self.time_base) > at_us {
                return Ok(None);
            }
            if picture.is_key() {
                return Ok(Some(picture));
            }
        }
        Ok(None)
    }

    fn reset(&mut self) {
        self.decoding.reset();
        self.pending = None;
        self.last = None;
    }

    /// The next picture, later than all before; `None` at the end. Damage is counted and skipped.
    pub(crate) fn next(&mut self) -> Result<Option<frame::Video>, MediaError> {
        if let Some(picture) = self.pending.take() {
            return Ok(Some(picture));
        }
        loop {
            let mut picture = frame::Video::empty();
            if !self.decoding.next(&mut picture)? {
                return Ok(None);
            }
            if let Some(picture) = self.in_order(picture)? {
                return Ok(Some(picture));
            }
        }
    }

    /// Gives a picture its time; drops those that go back in time or far beyond the end.
    fn in_order(&mut self, mut picture: frame::Video) -> Result<Option<frame::Video>, MediaError> {
        if !limits::takes_size(picture.width(), picture.height()) {
            let reason = Reason::picture_too_large(picture.width(), picture.height());
            return Err(MediaError::Rejected(reason));
        }
        let first = || time::from_us(self.start_us, self.time_base);
        let guess = || self.last.map_or_else(first, |last| last.saturating_add(self.step));
        let late = time::from_us(self.late_us, self.time_base);
        let pts = picture.timestamp().map_or_else(guess, |pts| pts.saturating_sub(late));
        let is_behind = time::to_us(pts, self.time_base) > limits::latest_us(self.end_us);
        if is_behind || self.last.is_some_and(|last| pts <= last) {
            return Ok(None);
        }
        self.last = Some(pts);
        picture.set_pts(Some(pts));
        if let Some((num, den)) = self.aspect {
            let signed = |side: u32| i32::try_from(side).unwrap_or(1);
            let aspect = ffi::AVRational { num: signed(num), den: signed(den) };
            // SAFETY: the frame was decoded into by us and is not shared; a plain field is set.
            unsafe { (*picture.as_mut_ptr()).sample_aspect_ratio = aspect };
        }
        self.decoded += 1;
        if picture.is_corrupt() {
            self.decoding.count_error();
        }
        Ok(Some(picture))
    }

    /// When a picture of this decoder ends, on the container's timeline in microseconds.
    pub(crate) fn end_of(&self, picture: &frame::Video) -> i64 {
        let length = match picture.packet().duration {
            0 => self.step,
            ticks => ticks,
        };
        time::to_us(picture.pts().unwrap_or(0).saturating_add(length), self.time_base)
    }
}
