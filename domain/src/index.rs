//! `index.json`: what a complete rendition consists of.

use serde::{Deserialize, Serialize};

use crate::{Loudness, SegmentGrid};

/// All segments of a complete rendition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenditionIndex {
    /// Version of this JSON, 1.
    pub version: u32,
    /// Ticks per second.
    pub timescale: u32,
    /// Bytes of `init.mp4`.
    pub init_size_bytes: u64,
    /// In order, the first is segment 1.
    pub segments: Vec<IndexedSegment>,
    /// Of sound that is not silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loudness: Option<Loudness>,
}

/// One segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedSegment {
    /// Length in ticks.
    pub duration_ticks: u64,
    /// Bytes of the object.
    pub size_bytes: u64,
}

impl RenditionIndex {
    /// The index of a rendition from its grid and the sizes found in the bucket; `None` while a
    /// segment is missing.
    pub fn of(
        grid: SegmentGrid,
        init_size_bytes: u64,
        size_of: impl Fn(u32) -> Option<u64>,
    ) -> Option<Self> {
        let segments = (1..=grid.segments())
            .map(|index| {
                let size_bytes = size_of(index)?;
                Some(IndexedSegment { duration_ticks: grid.duration_ticks(index), size_bytes })
            })
            .collect::<Option<_>>()?;
        let timescale = grid.timescale();
        Some(Self { version: 1, timescale, init_size_bytes, segments, loudness: None })
    }

    /// Bytes of everything.
    pub fn size_bytes(&self) -> u64 {
        self.init_size_bytes + self.segments.iter().map(|s| s.size_bytes).sum::<u64>()
    }

    /// Peak segment bit rate in bits per second (RFC 8216 4.1): the highest of any run of segments
    /// that lasts half to one and a half target durations. The mean if the whole is shorter.
    pub fn peak_bps(&self) -> u64 {
        let timescale = u64::from(self.timescale);
        let longest = self.segments.iter().map(|s| s.duration_ticks).max().unwrap_or(0);
        let target = ((longest + timescale / 2) / timescale).max(1) * timescale;
        let mut peak = None;
        for first in 0..self.segments.len() {
            let (mut bytes, mut ticks) = (0, 0);
            for segment in &self.segments[first..] {
                bytes += segment.size_bytes;
                ticks += segment.duration_ticks;
                if 2 * ticks > 3 * target {
                    break;
                }
                if 2 * ticks >= target {
                    peak = peak.max(Some(bits_per_second(bytes, ticks, self.timescale)));
                }
            }
        }
        peak.unwrap_or_else(|| self.average_bps())
    }

    /// Mean bit rate in bits per second.
    pub fn average_bps(&self) -> u64 {
        let bytes = self.segments.iter().map(|s| s.size_bytes).sum();
        let ticks = self.segments.iter().map(|s| s.duration_ticks).sum();
        bits_per_second(bytes, ticks, self.timescale)
    }
}

fn bits_per_second(bytes: u64, ticks: u64, timescale: u32) -> u64 {
    if ticks == 0 {
        return 0;
    }
    let bits = u128::from(bytes) * 8 * u128::from(timescale);
    u64::try_from(bits.div_ceil(u128::from(ticks))).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FrameRate;

    #[test]
    fn is_made_only_when_nothing_is_missing() {
        let grid = SegmentGrid::Video { rate: FrameRate::new(30, 1), frames: 300 };
        assert_eq!(RenditionIndex::of(grid, 700, |i| (i != 2).then_some(1000)), None);
        let index = RenditionIndex::of(grid, 700, |i| Some(u64::from(i) * 1000)).unwrap();
        assert_eq!(index.segments.len(), 4);
        assert_eq!(index.size_bytes(), 10_700);
        assert_eq!(index.average_bps(), 8000, "10 kB in 10 s");
        // Segment 4 has 4000 bytes in 2 s.
        assert_eq!(index.peak_bps(), 16_000);
    }

    #[test]
    fn a_short_end_counts_with_what_is_before_it() {
        let peak = |frames, sizes: &[u64]| {
            let grid = SegmentGrid::Video { rate: FrameRate::new(10, 1), frames };
            let size_of = |i: u32| Some(sizes[i as usize - 1]);
            RenditionIndex::of(grid, 700, size_of).unwrap().peak_bps()
        };
        // 2 s, 2 s, 4 s and 1 s, which alone would be 24 kb/s: 5 s with 5000 bytes.
        assert_eq!(peak(90, &[1000, 1000, 2000, 3000]), 8000);
        // 2 s and 1 s, of which each alone is long enough.
        assert_eq!(peak(30, &[1000, 3000]), 24_000);
        // The whole is 0.4 s, less than half the least target of 1 s.
        assert_eq!(peak(4, &[100]), 2000);
    }
}
