//! Where segments begin and end, in seconds, frames and samples.
//!
//! Boundaries lie at 0, 2, 4, 8, 12, … s: two short segments so that play starts sooner, then 4 s.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::FrameRate;

/// Sampling rate of all sound we make, in Hz.
pub const AUDIO_RATE: u32 = 48_000;
/// Samples per AAC-LC frame (ISO 14496-3).
pub const AAC_FRAME: u64 = 1024;
/// Seconds of a chunk: the unit of a message, of a run in the catalogue and of an audio span.
pub const CHUNK_SECONDS: u64 = 60;
/// An IDR picture begins every so many seconds.
pub const IDR_SECONDS: u64 = 2;

/// Start of segment `index` (from 1) in seconds.
pub fn segment_start(index: u32) -> u64 {
    match index {
        0 | 1 => 0,
        2 => 2,
        n => 4 * (u64::from(n) - 2),
    }
}

/// The segment (from 1) of the moment `us`, in microseconds; past the end none may be there.
pub fn segment_at(us: u64) -> u32 {
    match us / 1_000_000 {
        0 | 1 => 1,
        seconds => u32::try_from(seconds / 4 + 2).unwrap_or(u32::MAX),
    }
}

/// The chunk (from 0) that segment `index` belongs to.
pub fn chunk_of(index: u32) -> u32 {
    u32::try_from(segment_start(index) / CHUNK_SECONDS).unwrap_or(u32::MAX)
}

/// First segment (from 1) of `chunk` (from 0).
pub fn first_of_chunk(chunk: u32) -> u32 {
    // 60 s are a boundary of the 4 s grid, which runs two segments ahead of a pure 4 s one.
    if chunk == 0 { 1 } else { chunk * 15 + 2 }
}

/// The grid of one rendition: what each segment holds, in units of its own track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SegmentGrid {
    /// `frames` pictures at a constant rate.
    Video {
        /// F.
        rate: FrameRate,
        /// How many in all, at least 1.
        frames: u64,
    },
    /// `aac_frames` of 1024 samples at 48 kHz.
    Audio {
        /// How many in all, at least 1.
        aac_frames: u64,
    },
}

impl SegmentGrid {
    /// Ticks per second of durations and `tfdt`.
    pub fn timescale(self) -> u32 {
        match self {
            Self::Video { rate, .. } => rate.timescale(),
            Self::Audio { .. } => AUDIO_RATE,
        }
    }

    /// Number of segments, at least 1 for a track that is not empty.
    pub fn segments(self) -> u32 {
        let mut count = 0;
        while self.start_unit(count + 1) < self.units() {
            count += 1;
        }
        count
    }

    /// Frames (video) or AAC frames (audio) of segment `index` (from 1); empty past the end.
    pub fn units_of(self, index: u32) -> Range<u64> {
        let end = self.units();
        self.start_unit(index).min(end)..self.start_unit(index + 1).min(end)
    }

    /// Ticks of segment `index`.
    pub fn duration_ticks(self, index: u32) -> u64 {
        let units = self.units_of(index);
        (units.end - units.start) * self.unit_ticks()
    }

    /// Decode time of segment `index` in ticks: its `tfdt` (ISO 14496-12 8.8.12).
    pub fn start_ticks(self, index: u32) -> u64 {
        self.units_of(index).start * self.unit_ticks()
    }

    /// Length of the whole track in seconds.
    pub fn duration_seconds(self) -> f64 {
        (self.units() * self.unit_ticks()) as f64 / f64::from(self.timescale())
    }

    /// Seconds that no segment, rounded, is longer than (RFC 8216 4.3.3.1). That of the whole grid:
    /// it must not change while a list grows (6.2.1).
    pub fn target_duration(self) -> u64 {
        // All of them: at odd slow rates four seconds hold now four frames, now five.
        let ticks = (1..=self.segments()).map(|index| self.duration_ticks(index));
        let longest = ticks.max().unwrap_or(0);
        let timescale = u64::from(self.timescale());
        ((longest + timescale / 2) / timescale).max(1)
    }

    /// Segments of `chunk` (from 0) that exist.
    pub fn chunk_segments(self, chunk: u32) -> Range<u32> {
        let end = self.segments() + 1;
        first_of_chunk(chunk).min(end)..first_of_chunk(chunk + 1).min(end)
    }

    /// Number of chunks.
    pub fn chunks(self) -> u32 {
        match self.segments() {
            0 => 0,
            n => chunk_of(n) + 1,
        }
    }

    fn units(self) -> u64 {
        match self {
            Self::Video { frames, .. } => frames,
            Self::Audio { aac_frames } => aac_frames,
        }
    }

    fn unit_ticks(self) -> u64 {
        match self {
            Self::Video { rate, .. } => rate.frame_ticks(),
            Self::Audio { .. } => AAC_FRAME,
        }
    }

    fn start_unit(self, index: u32) -> u64 {
        let seconds = segment_start(index);
        match self {
            Self::Video { rate, .. } => rate.first_frame_at(seconds),
            Self::Audio { .. } => (seconds * u64::from(AUDIO_RATE)).div_ceil(AAC_FRAME),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video(frames: u64) -> SegmentGrid {
        SegmentGrid::Video { rate: FrameRate::new(30, 1), frames }
    }

    #[test]
    fn boundaries() {
        let starts: Vec<_> = (1..=6).map(segment_start).collect();
        assert_eq!(starts, [0, 2, 4, 8, 12, 16]);
        for index in 1..100 {
            let (start, end) = (segment_start(index), segment_start(index + 1));
            assert_eq!(segment_at(start * 1_000_000), index);
            assert_eq!(segment_at(end * 1_000_000 - 1), index);
        }
    }

    #[test]
    fn thirty_seconds_are_nine_segments() {
        let grid = video(900);
        assert_eq!(grid.segments(), 9);
        assert_eq!(grid.units_of(1), 0..60);
        assert_eq!(grid.units_of(3), 120..240);
        assert_eq!(grid.units_of(9), 840..900);
        assert!(grid.units_of(10).is_empty());
        assert_eq!(grid.start_ticks(3), 4 * 90_000);
    }

    #[test]
    fn segments_tile_every_track() {
        let rates = [(24_000, 1001), (25, 1), (60_000, 1001), (1, 1), (37_500, 1000)];
        for (num, den) in rates {
            for frames in [1, 2, 59, 61, 3601, 10_000] {
                let grid = SegmentGrid::Video { rate: FrameRate::new(num, den), frames };
                tiles(grid, frames);
            }
        }
        for aac_frames in [1, 94, 95, 5000] {
            tiles(SegmentGrid::Audio { aac_frames }, aac_frames);
        }
    }

    fn tiles(grid: SegmentGrid, units: u64) {
        let mut next = 0;
        for index in 1..=grid.segments() {
            let range = grid.units_of(index);
            assert_eq!(range.start, next, "{grid:?} {index}");
            next = range.end;
        }
        assert_eq!(next, units);
        let in_chunks: usize = (0..grid.chunks()).map(|c| grid.chunk_segments(c).len()).sum();
        assert_eq!(in_chunks, grid.segments() as usize);
    }

    #[test]
    fn a_chunk_is_a_minute() {
        assert_eq!(segment_start(first_of_chunk(1)), 60);
        assert_eq!(segment_start(first_of_chunk(7)), 420);
        for chunk in 0..50 {
            assert_eq!(chunk_of(first_of_chunk(chunk)), chunk);
            assert_eq!(chunk_of(first_of_chunk(chunk + 1) - 1), chunk);
        }
    }
}
