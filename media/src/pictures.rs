//! The pictures of a track in the order they are shown, from any point on.

use domain::{Reason, source::VideoTrack};
use ffmpeg_next::{
    Dictionary, Error, Rational,
    codec::{self, threading},
    decoder, frame,
};

use crate::{
    MediaError, Source, Stop,
    input::{Input, Next},
    limits, time,
};

/// How far before the wanted point decoding begins, in microseconds; each next one where the
/// key frame that was found lies too late.
const PRE_ROLL_US: [i64; 4] = [500_000, 4_000_000, 16_000_000, 64_000_000];

/// Refused packets before the first picture after which nothing better is expected.
const HOPELESS: u64 = 300;

/// Demuxes and decodes one track.
pub(crate) struct Pictures {
    input: Input,
    stream: usize,
    start_us: i64,
    /// End of the track, as far as it is known.
    end_us: i64,
    time_base: Rational,
    decoder: decoder::Video,
    /// Decoded while looking for a key frame.
    pending: Option<frame::Video>,
    last: Option<i64>,
    step: i64,
    /// Pictures delivered.
    pub(crate) decoded: u64,
    errors: u64,
    stop: Stop,
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
        Ok(pictures)
    }

    /// Decodes stream number `stream` of an opened input.
    pub(crate) fn of(
        mut input: Input,
        stream: usize,
        start_us: i64,
        stop: &Stop,
    ) -> Result<Self, MediaError> {
        input.keep_only(&[stream]);
        let track = input.context().stream(stream).ok_or_else(MediaError::unreadable)?;
        let time_base = track.time_base();
        let rate = f64::from(track.avg_frame_rate());
        let rate = if rate.is_finite() && rate > 0.0 { rate } else { 25.0 };
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        let step = (1.0 / rate / f64::from(time_base)).round() as i64;
        let decoder = open_decoder(track.parameters(), time_base)?;
        Ok(Self {
            input,
            stream,
            start_us,
            end_us: i64::MAX,
            time_base,
            decoder,
            pending: None,
            last: None,
            step: step.max(1),
            decoded: 0,
            errors: 0,
            stop: stop.clone(),
        })
    }

    /// Seconds per tick of the pictures' timestamps.
    pub(crate) fn time_base(&self) -> Rational {
        self.time_base
    }

    /// Packets that the demuxer or decoder refused.
    pub(crate) fn errors(&self) -> u64 {
        self.errors + self.input.errors
    }

    /// The input back, for another track.
    pub(crate) fn into_input(self) -> Input {
        self.input
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
            if !self.input.seek(target)? {
                break;
            }
            self.reset();
            if let Some(key) = self.key_frame_until(at_us)? {
                self.pending = Some(key);
                return Ok(());
            }
        }
        if moved || self.last.is_some() {
            self.input.rewind()?;
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
        self.decoder.flush();
        self.pending = None;
        self.last = None;
    }

    /// The next picture, later than all before; `None` at the end. Damage is counted and skipped.
    pub(crate) fn next(&mut self) -> Result<Option<frame::Video>, MediaError> {
        if let Some(picture) = self.pending.take() {
            return Ok(Some(picture));
        }
        loop {
            if self.stop.is_stopped() {
                return Err(MediaError::Stopped);
            }
            let mut picture = frame::Video::empty();
            match self.decoder.receive_frame(&mut picture) {
                Ok(()) => {
                    if let Some(picture) = self.in_order(picture)? {
                        return Ok(Some(picture));
                    }
                }
                Err(Error::Eof) => return Ok(None),
                Err(Error::Other { errno: ffmpeg_next::error::EAGAIN }) => self.feed()?,
                Err(_) => self.errors += 1,
            }
        }
    }

    fn feed(&mut self) -> Result<(), MediaError> {
        let fed = match self.input.read()? {
            Next::Packet(packet) if packet.stream() != self.stream => return Ok(()),
            Next::Packet(packet) => self.decoder.send_packet(&packet),
            Next::End => match self.decoder.send_eof() {
                // Told already: then it answers `Eof` by itself.
                Err(Error::Eof) => Ok(()),
                other => other,
            },
        };
        if fed.is_err() {
            self.errors += 1;
        }
        if self.decoded == 0 && self.errors > HOPELESS {
            return Err(MediaError::unreadable());
        }
        Ok(())
    }

    /// Gives a picture its time; drops those that go back in time or far beyond the end.
    fn in_order(&mut self, mut picture: frame::Video) -> Result<Option<frame::Video>, MediaError> {
        if !limits::takes_size(picture.width(), picture.height()) {
            let reason = Reason::picture_too_large(picture.width(), picture.height());
            return Err(MediaError::Rejected(reason));
        }
        let guess = self.last.map_or(0, |last| last.saturating_add(self.step));
        let pts = picture.timestamp().unwrap_or(guess);
        let is_behind = time::to_us(pts, self.time_base) > limits::latest_us(self.end_us);
        if is_behind || self.last.is_some_and(|last| pts <= last) {
            return Ok(None);
        }
        self.last = Some(pts);
        picture.set_pts(Some(pts));
        self.decoded += 1;
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

/// Opens the decoder of a track, if it is one that we take.
pub(crate) fn open_decoder(
    parameters: codec::Parameters,
    time_base: Rational,
) -> Result<decoder::Video, MediaError> {
    let name = parameters.id().name();
    if !limits::takes_video(name) {
        return Err(MediaError::Rejected(Reason::unsupported_codec(name)));
    }
    let codec = decoder::find(parameters.id())
        .ok_or_else(|| MediaError::Rejected(Reason::unsupported_codec(name)))?;
    let mut context = codec::Context::from_parameters(parameters)
        .map_err(|_| MediaError::unreadable())?
        .decoder();
    context.set_threading(threading::Config {
        kind: threading::Type::Frame,
        count: limits::DECODER_THREADS,
        ..Default::default()
    });
    context.set_packet_time_base(time_base);
    // Old codecs leave the inverse transform to the decoder: take the one that is the same on
    // every processor.
    context.set_flags(codec::Flags::BITEXACT);
    let mut options = Dictionary::new();
    options.set("max_pixels", &limits::MAX_PIXELS.to_string());
    let opened = context.open_as_with(codec, options).map_err(|_| MediaError::unreadable())?;
    opened.video().map_err(|_| MediaError::unreadable())
}
