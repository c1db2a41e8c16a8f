//! When a video's work is cut into messages of a minute each, and what a message then asks for.

use std::ops::Range;

use crate::{Plan, SegmentGrid, grid::CHUNK_SECONDS};

/// Videos up to this long are one message per fleet, in seconds: two chunks save less than the
/// second message costs.
pub const UNCUT_SECONDS: u64 = 2 * CHUNK_SECONDS;

/// What one message asks a fleet to make of its renditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Everything.
    Whole,
    /// One chunk, from 0.
    Chunk(u32),
}

impl Work {
    /// The segments of a grid it asks for.
    pub fn segments(self, grid: SegmentGrid) -> Range<u32> {
        match self {
            Self::Whole => 1..grid.segments() + 1,
            Self::Chunk(chunk) => grid.chunk_segments(chunk),
        }
    }
}

impl Plan {
    /// Into how many messages a fleet's work is cut: 1 where one does it all.
    ///
    /// Sound and pictures end within a segment of each other, so the pictures' grid speaks for
    /// both: what sound has beyond the last boundary belongs to the last chunk's message.
    pub fn messages(&self) -> u32 {
        let grid = SegmentGrid::Video { rate: self.frame_rate, frames: self.frames };
        let cuttable = self.source.video.as_ref().is_some_and(|video| video.cuttable);
        let is_long = grid.duration_seconds() > UNCUT_SECONDS as f64;
        if cuttable && is_long { grid.chunks() } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FrameRate, RenditionName, plan::tests::plan_of, source::tests::clip};

    fn plan(seconds: i64, cuttable: bool) -> Plan {
        let mut source = clip(1280, 720);
        let video = source.video.as_mut().unwrap();
        (video.duration_us, video.cuttable) = (seconds * 1_000_000, cuttable);
        source.audio.as_mut().unwrap().duration_us = seconds * 1_000_000;
        plan_of(source)
    }

    #[test]
    fn only_what_is_long_and_has_an_index_is_cut() {
        assert_eq!(plan(120, true).messages(), 1);
        assert_eq!(plan(121, true).messages(), 3);
        assert_eq!(plan(600, true).messages(), 10);
        assert_eq!(plan(600, false).messages(), 1);
    }

    #[test]
    fn the_messages_cover_every_segment_once() {
        for seconds in [121, 179, 180, 181, 600, 3601] {
            let plan = plan(seconds, true);
            for name in ["480p", "audio"] {
                let grid = plan.grid(&RenditionName::from(name)).unwrap();
                let chunks = (0..plan.messages()).map(Work::Chunk);
                let made: Vec<_> = chunks.flat_map(|work| work.segments(grid)).collect();
                let all: Vec<_> = Work::Whole.segments(grid).collect();
                assert_eq!(made, all, "{name} of {seconds} s");
            }
        }
    }

    #[test]
    fn a_whole_is_all_segments() {
        let grid = SegmentGrid::Video { rate: FrameRate::new(30, 1), frames: 300 };
        assert_eq!(Work::Whole.segments(grid), 1..5);
    }
}
