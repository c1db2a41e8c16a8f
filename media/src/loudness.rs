//! Measures a chunk of sound for EBU R 128: levels of tenths of a second, and the true peak.
//!
//! The sound is 48 kHz stereo by now, for which ITU-R BS.1770-4 prints its filters; so they stand
//! here as printed.

use std::ops::Range;

use domain::loudness::{ChunkLoudness, TENTH, hundredths, level};

/// ITU-R BS.1770-4 tables 1 and 2: b0, b1, b2, a1, a2 of the shelf for the head, then of the high
/// pass.
const K_WEIGHTING: [[f64; 5]; 2] = [
    [
        1.535_124_859_586_97,
        -2.691_696_189_406_38,
        1.198_392_810_852_85,
        -1.690_659_293_182_41,
        0.732_480_774_215_85,
    ],
    [1.0, -2.0, 1.0, -1.990_047_454_833_98, 0.990_072_250_366_21],
];
/// Taps of each phase of the interpolator.
const TAPS: usize = 12;
/// ITU-R BS.1770-4 annex 2: phases 0 and 1 of the interpolator to four times the rate; phases 2
/// and 3 are 1 and 0 backwards.
const PHASES: [[f32; TAPS]; 2] = [
    [
        0.001_708_984_4,
        0.010_986_328,
        -0.019_653_32,
        0.033_203_125,
        -0.059_448_242,
        0.137_329_1,
        0.972_167_97,
        -0.102_294_92,
        0.047_607_42,
        -0.026_611_328,
        0.014_892_578,
        -0.008_300_781,
    ],
    [
        -0.029_174_805,
        0.029_296_875,
        -0.051_757_813,
        0.089_111_33,
        -0.166_503_9,
        0.465_087_9,
        0.779_785_16,
        -0.200_317_38,
        0.101_562_5,
        -0.058_227_54,
        0.033_081_055,
        -0.018_920_898,
    ],
];

/// Listens to samples in order and keeps what belongs to its tenths of a second.
pub(crate) struct Meter {
    /// Samples that are measured; those before only settle the filters.
    measured: Range<u64>,
    /// Position of the next sample.
    at: u64,
    channels: [Channel; 2],
    /// Sum of squares of the tenth in hand.
    sum: f64,
    levels: Vec<i16>,
}

impl Meter {
    /// Measures `tenths`; the first sample it hears is number `first` of the track.
    pub(crate) fn new(tenths: Range<u64>, first: u64) -> Self {
        Self {
            measured: tenths.start * TENTH..tenths.end * TENTH,
            at: first,
            channels: Default::default(),
            sum: 0.0,
            levels: Vec::new(),
        }
    }

    /// Hears the next samples of both channels.
    pub(crate) fn hear(&mut self, [left, right]: &[Vec<f32>; 2]) {
        for (&left, &right) in left.iter().zip(right) {
            let counts = self.measured.contains(&self.at);
            let [a, b] = &mut self.channels;
            let square = a.hear(left, counts).powi(2) + b.hear(right, counts).powi(2);
            self.at += 1;
            if counts {
                self.sum += square;
                if self.at.is_multiple_of(TENTH) {
                    self.levels.push(hundredths(level(self.sum / TENTH as f64)));
                    self.sum = 0.0;
                }
            }
        }
    }

    /// What was measured.
    pub(crate) fn finish(self) -> ChunkLoudness {
        let [left, right] = self.channels;
        let peak = f64::from(left.peak.max(right.peak));
        let true_peak = hundredths(20.0 * peak.log10());
        ChunkLoudness { version: 1, levels: self.levels, true_peak }
    }
}

/// One channel's filters.
#[derive(Default)]
struct Channel {
    /// Two delayed values of each filter (transposed direct form II).
    state: [[f64; 2]; 2],
    /// The last samples, oldest first.
    past: [f32; TAPS],
    peak: f32,
}

impl Channel {
    /// The K-weighted sample; its true peak is noted if it `counts`.
    fn hear(&mut self, sample: f32, counts: bool) -> f64 {
        self.past.rotate_left(1);
        self.past[TAPS - 1] = sample;
        if counts {
            self.peak = self.peak.max(true_peak(&self.past, self.peak));
        }
        let mut value = f64::from(sample);
        for ([b0, b1, b2, a1, a2], state) in K_WEIGHTING.iter().zip(&mut self.state) {
            let filtered = b0 * value + state[0];
            state[0] = b1 * value - a1 * filtered + state[1];
            state[1] = b2 * value - a2 * filtered;
            value = filtered;
        }
        value
    }
}

/// The highest of four interpolated samples, if it can be above `known` at all.
fn true_peak(past: &[f32; TAPS], known: f32) -> f32 {
    // No phase's taps add up to more than 2.1.
    let most = past.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
    if most * 2.1 <= known {
        return 0.0;
    }
    let forwards = |taps: &[f32; TAPS]| taps.iter().zip(past).map(|(a, b)| a * b).sum::<f32>();
    let backwards =
        |taps: &[f32; TAPS]| taps.iter().rev().zip(past).map(|(a, b)| a * b).sum::<f32>();
    let phase = |taps| forwards(taps).abs().max(backwards(taps).abs());
    PHASES.iter().map(phase).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    /// A tone in both channels.
    #[expect(clippy::cast_possible_truncation, reason = "samples are stored so")]
    fn tone(hertz: f64, amplitude: f64, phase: f64, samples: u32) -> [Vec<f32>; 2] {
        let angle = |n| TAU * hertz * f64::from(n) / 48_000.0 + phase;
        let left: Vec<f32> = (0..samples).map(|n| (amplitude * angle(n).sin()) as f32).collect();
        [left.clone(), left]
    }

    #[test]
    fn a_tone_of_the_standard_has_its_level() {
        // EBU Tech 3341: 1 kHz at -23 dBFS in both channels reads -23 LUFS.
        let mut meter = Meter::new(10..20, 0);
        meter.hear(&tone(1000.0, 10_f64.powf(-23.0 / 20.0), 0.0, 96_000));
        let measured = meter.finish();
        assert_eq!(measured.levels.len(), 10);
        assert!(measured.levels.iter().all(|level| (level + 2300).abs() <= 5), "{measured:?}");
    }

    #[test]
    fn peaks_between_samples_count() {
        // A quarter of the rate at 45°: no sample is above half the square root of two.
        let mut meter = Meter::new(0..1, 0);
        meter.hear(&tone(12_000.0, 1.0, TAU / 8.0, 4800));
        let peak = meter.finish().true_peak;
        assert!((-40..=30).contains(&peak), "{peak}: EBU Tech 3341 allows +0.3 and -0.4");
    }

    #[test]
    fn what_is_not_measured_only_settles_the_filters() {
        let mut meter = Meter::new(10..11, 33_600);
        meter.hear(&tone(1000.0, 1.0, 0.0, 14_400));
        meter.hear(&[vec![0.0; 9600], vec![0.0; 9600]]);
        let measured = meter.finish();
        assert_eq!(measured.levels.len(), 1);
        assert!(measured.levels[0] < -3000 && measured.true_peak < -300, "{measured:?}");
    }
}
