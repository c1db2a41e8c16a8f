//! Any sound as 48 kHz stereo on the plan's timeline.

use std::{collections::VecDeque, ops::Range};

use domain::grid::AUDIO_RATE;
use ffmpeg_next::{ChannelLayout, format::Sample, frame};

use crate::{MediaError, graph::Chain};

/// What resampling needs to forget where it began, in seconds⁻¹.
const WARM_UP: i64 = 20;
/// Samples by which the resampler's own clock may be off before silence is put in between.
const TOLERANCE: i64 = 480;

/// Resamples, mixes down and places sound; fills holes with silence.
pub(crate) struct Resampler {
    chain: Option<(Shape, Chain)>,
    /// First sample wanted, at 48 kHz.
    first: i64,
    /// Start of the track on the timeline in microseconds.
    start_us: i64,
    /// Where the next piece begins if nothing is missing, in samples of the track.
    next: Option<i64>,
    line: Line,
}

/// Rate, format, layout: what a chain was built for.
type Shape = (u32, Sample, u64);

impl Resampler {
    /// For samples `wanted` of the timeline; the track starts at `start_us` of it.
    pub(crate) fn new(wanted: Range<i64>, start_us: i64) -> Self {
        Self { chain: None, first: wanted.start, start_us, line: Line::new(wanted), next: None }
    }

    /// Takes a piece that begins at sample `position` of its track.
    pub(crate) fn push(
        &mut self,
        mut sound: frame::Audio,
        position: i64,
    ) -> Result<(), MediaError> {
        let layout = match sound.channel_layout().bits() {
            0 => ChannelLayout::default(i32::from(sound.channels())),
            _ => sound.channel_layout(),
        };
        let shape = (sound.rate(), sound.format(), layout.bits());
        // The filters would fill a long hole with silence in memory, however long.
        let second = i64::from(sound.rate());
        let is_far = self.next.is_some_and(|next| position - next > second);
        if is_far || self.chain.as_ref().is_some_and(|(built, _)| *built != shape) {
            self.finish()?;
        }
        self.next = Some(position + i64::try_from(sound.samples()).unwrap_or(0));
        let offset = self.start_in(sound.rate());
        if self.chain.is_none() {
            self.chain = Some((shape, self.build(shape)?));
        }
        let Some((_, chain)) = &mut self.chain else {
            return Err(MediaError::Internal("no resampler".into()));
        };
        sound.set_channel_layout(layout);
        sound.set_pts(Some(offset + position));
        chain.push(&mut sound)?;
        drain(chain, &mut self.line)
    }

    /// No more sound, or none of this kind: what the filters still hold comes out.
    pub(crate) fn finish(&mut self) -> Result<(), MediaError> {
        if let Some((_, mut chain)) = self.chain.take() {
            chain.finish()?;
            drain(&mut chain, &mut self.line)?;
        }
        Ok(())
    }

    /// The next `samples` of both channels, if so many are there.
    pub(crate) fn take(&mut self, samples: usize) -> Option<[Vec<f32>; 2]> {
        self.line.take(samples)
    }

    /// The next `samples`, silence where there is no sound any more.
    pub(crate) fn take_padded(&mut self, samples: usize) -> [Vec<f32>; 2] {
        self.line.silence(samples.saturating_sub(self.line.len()));
        self.line.take(samples).unwrap_or_default()
    }

    /// Start of the track in samples of `rate` on the timeline.
    fn start_in(&self, rate: u32) -> i64 {
        let us = i128::from(self.start_us) * i128::from(rate);
        i64::try_from((us + 500_000).div_euclid(1_000_000)).unwrap_or(0)
    }

    fn build(&self, (rate, format, layout): Shape) -> Result<Chain, MediaError> {
        let args = format!(
            "time_base=1/{rate}:sample_rate={rate}:sample_fmt={}:channel_layout=0x{layout:x}",
            format.name()
        );
        // Every span begins a whole number of resampling periods after the start of the track, so
        // that all spans compute the same samples: at 44.1 kHz 147 become 160.
        let period = i64::from(rate / gcd(rate, AUDIO_RATE));
        let start = self.start_in(rate);
        let rate = i64::from(rate);
        let wanted = (self.first * rate).div_euclid(i64::from(AUDIO_RATE)) - rate / WARM_UP;
        let from = start + (wanted - start).max(0).div_euclid(period) * period;
        // libav would take 3 dB off a lone channel; players give it to both sides as it is.
        let lone = ChannelLayout::from_bits_truncate(layout).channels() == 1;
        let both = if lone { "pan=stereo|c0=c0|c1=c0," } else { "" };
        let spec = format!(
            "atrim=start_pts={from},{both}aresample=osr={AUDIO_RATE}:async=1:min_hard_comp=0.01,\
             aformat=sample_fmts=fltp:sample_rates={AUDIO_RATE}:channel_layouts=stereo"
        );
        Chain::new("abuffer", &args, &spec)
    }
}

fn drain(chain: &mut Chain, line: &mut Line) -> Result<(), MediaError> {
    loop {
        let mut sound = frame::Audio::empty();
        if !chain.pull(&mut sound)? {
            return Ok(());
        }
        line.place(sound.pts(), sound.plane::<f32>(0), sound.plane::<f32>(1));
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// Samples in order, without holes.
struct Line {
    /// Position of the first sample in `left` and `right`.
    at: i64,
    /// Nothing from here on is wanted.
    end: i64,
    left: VecDeque<f32>,
    right: VecDeque<f32>,
}

impl Line {
    fn new(wanted: Range<i64>) -> Self {
        let (at, end) = (wanted.start, wanted.end);
        Self { at, end, left: VecDeque::new(), right: VecDeque::new() }
    }

    fn len(&self) -> usize {
        self.left.len()
    }

    fn silence(&mut self, samples: usize) {
        self.left.resize(self.left.len() + samples, 0.0);
        self.right.resize(self.right.len() + samples, 0.0);
    }

    /// Puts samples where they belong: silence before them if late, their head cut if early.
    fn place(&mut self, at: Option<i64>, left: &[f32], right: &[f32]) {
        let end = self.at + i64::try_from(self.len()).unwrap_or(0);
        let off = at.map_or(0, |at| at - end);
        let begun = self.len() > 0 || off.abs() <= 1;
        let off = if begun && off.abs() <= TOLERANCE { 0 } else { off };
        let skip = usize::try_from(-off).unwrap_or(0).min(left.len());
        let room = |line: &Self| {
            usize::try_from(line.end - line.at).unwrap_or(0).saturating_sub(line.len())
        };
        self.silence(usize::try_from(off).unwrap_or(0).min(room(self)));
        let until = left.len().min(skip + room(self));
        self.left.extend(&left[skip..until]);
        self.right.extend(&right[skip..until]);
    }

    fn take(&mut self, samples: usize) -> Option<[Vec<f32>; 2]> {
        if self.len() < samples {
            return None;
        }
        self.at += i64::try_from(samples).unwrap_or(0);
        Some([self.left.drain(..samples).collect(), self.right.drain(..samples).collect()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_heads_are_cut_and_late_ones_padded() {
        let mut line = Line::new(100..200);
        line.place(Some(98), &[9.0, 9.0, 1.0, 2.0], &[0.0; 4]);
        line.place(Some(102), &[3.0], &[0.0]);
        line.place(Some(103), &[4.0], &[0.0]);
        assert_eq!(line.take(4).unwrap()[0], [1.0, 2.0, 3.0, 4.0]);
        assert!(line.take(1).is_none());

        let mut late = Line::new(0..20_000);
        late.place(Some(3), &[1.0], &[1.0]);
        assert_eq!(late.take(4).unwrap()[1], [0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_wandering_clock_is_no_hole_but_a_hole_is() {
        let mut line = Line::new(0..20_000);
        line.place(Some(0), &[1.0], &[1.0]);
        line.place(Some(200), &[2.0], &[2.0]);
        assert_eq!(line.len(), 2);
        line.place(Some(10_000), &[3.0], &[3.0]);
        assert_eq!(line.len(), 10_001);
        line.place(Some(1 << 50), &[4.0], &[4.0]);
        assert_eq!(line.len(), 20_000, "an endless one ends");
    }
}
