//! The sound of a track, decoded in order, from any point on.

use domain::source::AudioTrack;
use ffmpeg_next::{Rational, frame};

use crate::{MediaError, Source, Stop, decoding::Decoding, input::Input, limits, time};

/// How far before the wanted point decoding begins, in microseconds; each next one where the
/// container leads to a later place.
const PRE_ROLL_US: [i64; 3] = [500_000, 4_000_000, 32_000_000];
/// What a decoder needs to forget where it began: bit reservoirs and overlapping windows.
const SETTLING_US: i64 = 250_000;

/// Demuxes and decodes one track.
pub(crate) struct Sounds {
    decoding: Decoding,
    start_us: i64,
    end_us: i64,
    time_base: Rational,
    /// Samples that each packet of this codec holds, 0 if that is not a constant.
    packet_samples: i64,
    /// Whether packets are as long as each other though the codec does not say so.
    is_lossless: bool,
    pending: Option<frame::Audio>,
    /// Asked for what lies behind the end.
    is_over: bool,
    /// Where the next piece begins if it does not say, in ticks.
    next_ticks: i64,
    /// Pieces delivered.
    pub(crate) decoded: u64,
}

impl Sounds {
    /// Opens the track that the probe chose.
    pub(crate) fn open(
        source: Box<dyn Source>,
        track: &AudioTrack,
        stop: &Stop,
    ) -> Result<Self, MediaError> {
        let input = Input::open(source, stop)?;
        let stream = track.stream as usize;
        let found = input.context().stream(stream).ok_or_else(MediaError::unreadable)?;
        let time_base = found.time_base();
        let parameters = found.parameters();
        // SAFETY: the parameters belong to the stream, which is borrowed; a plain field is read.
        let packet_samples = i64::from(unsafe { (*parameters.as_ptr()).frame_size });
        let packet_samples = if packet_samples < 64 { 0 } else { packet_samples };
        let codec = track.codec.as_str();
        let is_lossless = matches!(codec, "flac" | "alac") || codec.starts_with("pcm_");
        Ok(Self {
            decoding: Decoding::of(input, stream, false, stop)?,
            start_us: track.start_us,
            end_us: track.start_us.saturating_add(track.duration_us),
            time_base,
            packet_samples,
            is_lossless,
            pending: None,
            is_over: false,
            next_ticks: time::from_us(track.start_us, time_base),
            decoded: 0,
        })
    }

    /// Packets that the demuxer or decoder refused.
    pub(crate) fn errors(&self) -> u64 {
        self.decoding.errors()
    }

    /// Goes to where the sound at `at_us` (container's time) is decoded as from the start.
    pub(crate) fn start_before(&mut self, at_us: i64) -> Result<(), MediaError> {
        if at_us > limits::latest_us(self.end_us) {
            self.is_over = true;
            return Ok(());
        }
        let mut moved = false;
        for pre_roll in PRE_ROLL_US {
            let target = at_us.saturating_sub(pre_roll);
            if target <= self.start_us {
                break;
            }
            moved = true;
            if !self.decoding.input.seek(target)? {
                break;
            }
            self.reset();
            let Some(first) = self.next()? else { continue };
            if self.time_us(&first) <= at_us.saturating_sub(SETTLING_US) {
                self.pending = Some(first);
                return Ok(());
            }
        }
        if moved {
            self.decoding.input.rewind()?;
            self.reset();
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.decoding.reset();
        self.pending = None;
        self.next_ticks = time::from_us(self.start_us, self.time_base);
    }

    fn time_us(&self, sound: &frame::Audio) -> i64 {
        time::to_us(sound.pts().unwrap_or(0), self.time_base)
    }

    /// The next piece of sound; `None` at the end. Damage is counted and skipped.
    pub(crate) fn next(&mut self) -> Result<Option<frame::Audio>, MediaError> {
        if self.is_over {
            return Ok(None);
        }
        if let Some(sound) = self.pending.take() {
            return Ok(Some(sound));
        }
        loop {
            let mut sound = frame::Audio::empty();
            if !self.decoding.next(&mut sound)? {
                return Ok(None);
            }
            if sound.samples() == 0 {
                continue;
            }
            // Decoders may find another shape than the container told.
            if !limits::takes_sound(sound.rate(), u32::from(sound.channels())) {
                self.decoding.count_error();
                continue;
            }
            let sound = self.timed(sound);
            if self.time_us(&sound) <= limits::latest_us(self.end_us) {
                return Ok(Some(sound));
            }
        }
    }

    fn timed(&mut self, mut sound: frame::Audio) -> frame::Audio {
        let pts = sound.timestamp().unwrap_or(self.next_ticks);
        sound.set_pts(Some(pts));
        let rate = Rational(1, i32::try_from(sound.rate()).unwrap_or(i32::MAX));
        let samples = i64::try_from(sound.samples()).unwrap_or(0);
        let length = time::from_us(time::to_us(samples, rate), self.time_base);
        self.next_ticks = pts.saturating_add(length);
        self.decoded += 1;
        sound
    }

    /// Where a piece begins, in its own samples from the start of the track. Containers that
    /// round times (Matroska to milliseconds) are taken to mean the exact sum of packets.
    pub(crate) fn position(&self, sound: &frame::Audio) -> i64 {
        let rate = sound.rate();
        let said = time::unit_at(sound.pts().unwrap_or(0), self.time_base, self.start_us, rate, 1);
        let length = match self.packet_samples {
            0 if self.is_lossless => i64::try_from(sound.samples()).unwrap_or(0),
            length => length,
        };
        if length < 64 {
            return said;
        }
        let exact = (2 * said + length).div_euclid(2 * length) * length;
        let close = i64::from(rate) / 1000;
        if (exact - said).abs() <= close { exact } else { said }
    }
}
