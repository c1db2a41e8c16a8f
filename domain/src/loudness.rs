//! Loudness of the sound (EBU R 128), put together from what each chunk measured alone.
//!
//! Gating needs the whole programme, and its windows of 400 ms and 3 s reach over the ends of
//! chunks. So a chunk leaves the level of every tenth of a second, the step of those windows: from
//! these the result is the same whoever measured which chunk.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::grid::{AAC_FRAME, AUDIO_RATE, CHUNK_SECONDS};

/// Samples of a tenth of a second.
pub const TENTH: u64 = AUDIO_RATE as u64 / 10;
/// A gating block is 400 ms, a step of it 100 ms (ITU-R BS.1770-4, annex 1).
const BLOCK: usize = 4;
/// A short-term window is 3 s (EBU Tech 3341).
const SHORT_TERM: usize = 30;
/// What is quieter never counts, in LUFS (ITU-R BS.1770-4; EBU Tech 3342).
const ABSOLUTE_GATE: f64 = -70.0;
/// LU below the mean under which blocks do not count towards the integrated loudness.
const RELATIVE_GATE: f64 = 10.0;
/// The same for the loudness range.
const RANGE_GATE: f64 = 20.0;

/// What one chunk of sound leaves in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkLoudness {
    /// Version of this JSON, 1.
    pub version: u32,
    /// Level of each tenth of a second in hundredths of LUFS, from the chunk's first to its last
    /// whole one.
    pub levels: Vec<i16>,
    /// Highest true peak in hundredths of dBTP.
    pub true_peak: i16,
}

/// Loudness of a whole programme.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loudness {
    /// Integrated loudness in LUFS.
    pub integrated_lufs: f64,
    /// Loudness range in LU; 0 for what is shorter than 3 s.
    pub range_lu: f64,
    /// Highest true peak in dBTP.
    pub true_peak_dbtp: f64,
}

/// The tenths of a second that `chunk` (from 0) of a track of `aac_frames` measures.
pub fn tenths_of(chunk: u32, aac_frames: u64) -> Range<u64> {
    let whole = aac_frames * AAC_FRAME / TENTH;
    let start = u64::from(chunk) * CHUNK_SECONDS * 10;
    start.min(whole)..(start + CHUNK_SECONDS * 10).min(whole)
}

/// Level of a mean square (summed over channels, K-weighted) in LUFS.
pub fn level(power: f64) -> f64 {
    -0.691 + 10.0 * power.log10()
}

fn power(level: f64) -> f64 {
    10_f64.powf((level + 0.691) / 10.0)
}

/// A level in hundredths, as it is stored.
#[expect(clippy::cast_possible_truncation, reason = "clamped; not a number becomes 0")]
pub fn hundredths(level: f64) -> i16 {
    (level * 100.0).round().clamp(f64::from(i16::MIN), f64::from(i16::MAX)) as i16
}

impl Loudness {
    /// Of chunks in order; `None` for silence and for less than 400 ms.
    pub fn of<'a>(chunks: impl IntoIterator<Item = &'a ChunkLoudness>) -> Option<Self> {
        let (mut tenths, mut peak) = (Vec::new(), i16::MIN);
        for chunk in chunks {
            tenths.extend(chunk.levels.iter().map(|&level| power(f64::from(level) / 100.0)));
            peak = peak.max(chunk.true_peak);
        }
        let blocks = means(&tenths, BLOCK);
        let gate = relative_gate(&blocks, RELATIVE_GATE)?;
        let loud: Vec<f64> = blocks.into_iter().filter(|&block| level(block) > gate).collect();
        Some(Self {
            integrated_lufs: rounded(level(mean(&loud)?)),
            range_lu: rounded(range(&tenths)),
            true_peak_dbtp: f64::from(peak) / 100.0,
        })
    }
}

/// Loudness range: from the 10th to the 95th percentile of the short-term loudness that is above
/// both gates (EBU Tech 3342).
fn range(tenths: &[f64]) -> f64 {
    let windows = means(tenths, SHORT_TERM);
    let Some(gate) = relative_gate(&windows, RANGE_GATE) else { return 0.0 };
    let mut levels: Vec<f64> =
        windows.into_iter().map(level).filter(|&level| level >= gate).collect();
    levels.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        let place = (levels.len().saturating_sub(1) * percent + 50) / 100;
        levels.get(place).copied().unwrap_or_default()
    };
    at(95) - at(10)
}

/// So many LU below the mean of what is above the absolute gate, in LUFS.
fn relative_gate(windows: &[f64], below: f64) -> Option<f64> {
    let audible: Vec<f64> =
        windows.iter().copied().filter(|&window| level(window) > ABSOLUTE_GATE).collect();
    Some((level(mean(&audible)?) - below).max(ABSOLUTE_GATE))
}

/// Means over windows of `length` tenths, one beginning at each tenth.
fn means(tenths: &[f64], length: usize) -> Vec<f64> {
    tenths.windows(length).filter_map(mean).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds at a level, as one chunk.
    fn chunk(parts: &[(usize, f64)]) -> ChunkLoudness {
        let tenths = |&(seconds, level): &(usize, f64)| vec![hundredths(level); seconds * 10];
        let levels = parts.iter().flat_map(tenths).collect();
        ChunkLoudness { version: 1, levels, true_peak: -100 }
    }

    fn assert_near(a: f64, b: f64) {
        assert!((a - b).abs() <= 0.1, "{a} is not {b}");
    }

    #[test]
    fn the_test_signals_of_the_ebu() {
        // EBU Tech 3341, table 1, cases 1, 3 and 5.
        for (parts, integrated) in [
            (vec![(20, -23.0)], -23.0),
            (vec![(10, -36.0), (60, -23.0), (10, -36.0)], -23.0),
            (vec![(20, -26.0), (20, -20.0), (20, -26.0)], -23.0),
        ] {
            assert_near(Loudness::of([&chunk(&parts)]).unwrap().integrated_lufs, integrated);
        }
        // EBU Tech 3342, table 1, cases 1 to 4.
        for (parts, range) in [
            (vec![(20, -20.0), (20, -30.0)], 10.0),
            (vec![(20, -20.0), (20, -15.0)], 5.0),
            (vec![(20, -40.0), (20, -20.0)], 20.0),
            (vec![(20, -50.0), (20, -35.0), (20, -20.0), (20, -35.0), (20, -50.0)], 15.0),
        ] {
            assert_near(Loudness::of([&chunk(&parts)]).unwrap().range_lu, range);
        }
    }

    #[test]
    fn where_it_is_cut_does_not_matter() {
        let parts: Vec<_> = (0..90).map(|n| (1, -14.0 - f64::from(n * 37 % 50))).collect();
        let whole = chunk(&parts);
        let loudness = Loudness::of([&whole]).unwrap();
        for at in [1, 299, 600, 601] {
            let (head, tail) = whole.levels.split_at(at);
            let piece = |levels: &[i16], true_peak| {
                let levels = levels.to_vec();
                ChunkLoudness { levels, true_peak, ..whole.clone() }
            };
            let pieces = [piece(head, -100), piece(tail, -900)];
            assert_eq!(Loudness::of(&pieces), Some(loudness), "cut at {at}");
        }
    }

    #[test]
    fn silence_has_none() {
        assert_eq!(Loudness::of([&chunk(&[(20, -90.0)])]), None);
        assert_eq!(Loudness::of([]), None);
        let blip = ChunkLoudness { version: 1, levels: vec![-2000; 3], true_peak: -100 };
        assert_eq!(Loudness::of([&blip]), None, "shorter than a block");
        assert_eq!(hundredths(level(0.0)), i16::MIN);
    }

    #[test]
    fn chunks_measure_every_whole_tenth_once() {
        // 130 s in whole AAC frames: 6094 × 1024 samples.
        let tenths: Vec<_> = (0..4).map(|chunk| tenths_of(chunk, 6094)).collect();
        assert_eq!(tenths, [0..600, 600..1200, 1200..1300, 1300..1300]);
    }

    #[test]
    fn what_a_chunk_leaves_is_pinned() {
        let measured = ChunkLoudness { version: 1, levels: vec![-2301, i16::MIN], true_peak: -89 };
        let json = serde_json::to_string(&measured).unwrap();
        assert_eq!(json, "{\"version\":1,\"levels\":[-2301,-32768],\"true_peak\":-89}");
    }
}
