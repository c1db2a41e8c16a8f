//! The preview: a few short excerpts that play in a loop while a pointer rests on the poster.

use std::{collections::BTreeSet, ops::Range};

use crate::{Plan, grid, source::VideoTrack, storyboard::contained};

/// A video no longer than this is its own preview, in microseconds.
const WHOLE_US: u64 = 4_000_000;
/// Length of the excerpts of a longer one together, in microseconds.
const EXCERPTS_US: u64 = 3_600_000;
/// Where they should begin, in thousandths of the video: the beginning is often black, and the
/// end is nobody's business yet.
const BEGIN_AT: [u64; 3] = [100, 400, 700];
/// Longest side in pixels.
const SIDE: u32 = 320;

/// Width and height in pixels, even.
pub fn size(plan: &Plan) -> (u32, u32) {
    contained(plan.source.video.as_ref().map_or((2, 2), VideoTrack::display_size), SIDE)
}

/// What to show of a video of this length, in order. Excerpts begin at one of `keys`, where
/// decoding can begin, so that nothing is decoded but what is shown.
pub fn excerpts(duration_us: u64, keys: &[u64]) -> Vec<Range<u64>> {
    if duration_us <= WHOLE_US {
        return std::iter::once(0..duration_us).collect();
    }
    let nearest = |wanted: u64| keys.iter().copied().min_by_key(|key| key.abs_diff(wanted));
    let wanted = BEGIN_AT.into_iter().map(|thousandths| duration_us / 1000 * thousandths);
    let mut starts: Vec<u64> = wanted.filter_map(nearest).collect();
    starts.dedup();
    let length = EXCERPTS_US / (starts.len() as u64).max(1);
    let ends = starts.iter().skip(1).copied().chain([duration_us]);
    starts.iter().zip(ends).map(|(&start, end)| start..end.min(start + length)).collect()
}

/// The same for a rung, which has a key frame every two seconds.
pub fn excerpts_of_rung(duration_us: u64) -> Vec<Range<u64>> {
    let step = grid::IDR_SECONDS * 1_000_000;
    let keys: Vec<u64> = (0..duration_us.div_ceil(step)).map(|key| key * step).collect();
    excerpts(duration_us, &keys)
}

/// Segments of a rung that hold these excerpts.
pub fn segments(excerpts: &[Range<u64>]) -> BTreeSet<u32> {
    let of = |excerpt: &Range<u64>| {
        let last = excerpt.end.saturating_sub(1).max(excerpt.start);
        grid::segment_at(excerpt.start)..=grid::segment_at(last)
    };
    excerpts.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    #[test]
    fn a_short_video_is_its_own_preview() {
        assert!(excerpts(2 * SECOND, &[]).iter().eq([&(0..2 * SECOND)]));
        assert_eq!(segments(&excerpts_of_rung(3 * SECOND)), BTreeSet::from([1, 2]));
        assert_eq!(segments(&excerpts_of_rung(0)), BTreeSet::from([1]));
    }

    #[test]
    fn excerpts_begin_where_decoding_can() {
        let minute: Vec<u64> = (0..12).map(|n| n * 5 * SECOND).collect();
        let second =
            |tenths: std::ops::Range<u64>| tenths.start * SECOND / 10..tenths.end * SECOND / 10;
        let expected = [second(50..62), second(250..262), second(400..412)];
        assert_eq!(excerpts(60 * SECOND, &minute), expected);
        // Fewer places, longer excerpts.
        assert_eq!(excerpts(9 * SECOND, &[0, 5 * SECOND]), [second(0..18), second(50..68)]);
        assert!(excerpts(5 * SECOND, &[0]).iter().eq([&second(0..36)]));
        assert_eq!(excerpts(60 * SECOND, &[]), []);
    }

    #[test]
    fn excerpts_lie_within_the_video_and_apart() {
        for duration in [WHOLE_US + 1, 5 * SECOND, 7 * SECOND, 600 * SECOND, 43_200 * SECOND] {
            let excerpts = excerpts_of_rung(duration);
            assert!(excerpts.windows(2).all(|pair| pair[0].end <= pair[1].start), "{excerpts:?}");
            assert!(excerpts.last().is_some_and(|last| last.end <= duration), "{excerpts:?}");
            assert!(segments(&excerpts).len() <= 4, "{excerpts:?}");
        }
    }
}
