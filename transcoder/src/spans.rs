//! Which segments to encode together: a span is decoded once, from the key frame before it.

use std::{collections::BTreeSet, ops::Range};

use domain::{SegmentGrid, grid::chunk_of};

/// Segments per span where several spans run at once: 16 s, so that what is decoded only to get
/// to the first frame stays small beside it.
const SHARED_SPAN: u32 = 4;

/// Cuts what is missing into spans, in playing order. With one core a span is a whole chunk; with
/// more it is short, so that all cores work near the beginning, where the viewer is.
pub(crate) fn spans(grid: SegmentGrid, stored: &BTreeSet<u32>, at_once: usize) -> Vec<Range<u32>> {
    let longest = if at_once > 1 { SHARED_SPAN } else { u32::MAX };
    let mut spans: Vec<Range<u32>> = Vec::new();
    for index in (1..=grid.segments()).filter(|index| !stored.contains(index)) {
        match spans.last_mut() {
            Some(span)
                if span.end == index
                    && chunk_of(span.start) == chunk_of(index)
                    && index - span.start < longest =>
            {
                span.end = index + 1;
            }
            _ => spans.push(index..index + 1),
        }
    }
    spans
}

/// Chunks of a sound grid of which anything is missing: sound is always made by the chunk.
pub(crate) fn missing_chunks(grid: SegmentGrid, stored: &BTreeSet<u32>) -> Vec<u32> {
    let is_missing = |chunk: &u32| grid.chunk_segments(*chunk).any(|i| !stored.contains(&i));
    (0..grid.chunks()).filter(is_missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FrameRate;

    fn grid(seconds: u64) -> SegmentGrid {
        SegmentGrid::Video { rate: FrameRate::new(30, 1), frames: seconds * 30 }
    }

    #[test]
    fn one_core_takes_a_chunk_at_a_time() {
        assert_eq!(spans(grid(130), &BTreeSet::new(), 1), [1..17, 17..32, 32..35]);
    }

    #[test]
    fn more_cores_share_the_beginning() {
        assert_eq!(spans(grid(30), &BTreeSet::new(), 2), [1..5, 5..9, 9..10]);
    }

    #[test]
    fn only_what_is_missing() {
        let stored = BTreeSet::from([1, 2, 5]);
        assert_eq!(spans(grid(30), &stored, 1), [3..5, 6..10]);
        assert_eq!(spans(grid(30), &(1..=9).collect(), 1), []);
        assert_eq!(missing_chunks(grid(130), &(1..=16).collect()), [1, 2]);
        assert_eq!(missing_chunks(grid(30), &(1..=9).collect()), [0_u32; 0]);
    }
}
