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

    /// Highest bit rate of any segment, in bits per second. Segments shorter than half the target
    /// (RFC 8216 4.1: they do not count towards the peak) are left out unless all are.
    pub fn peak_bps(&self) -> u64 {
        let rate =
            |s: &IndexedSegment| bits_per_second(s.size_bytes, s.duration_ticks, self.timescale);
        let longest = self.segments.iter().map(|s| s.duration_ticks).max().unwrap_or(0);
        let counted = self.segments.iter().filter(|s| 2 * s.duration_ticks >= longest);
        counted.map(rate).max().unwrap_or(0)
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
}
