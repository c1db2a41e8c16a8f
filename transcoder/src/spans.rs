//! Which segments to encode together: a span is decoded once, from the key frame before it.

use std::{collections::BTreeSet, ops::Range};

use domain::grid::chunk_of;

/// Segments per span where several spans run at once: 16 s, so that what is decoded only to get
/// to the first frame stays small beside it.
const SHARED_SPAN: u32 = 4;

/// Cuts what is missing into spans, in playing order. With one core a span is a whole chunk; with
/// more it is short, so that all cores work near the beginning, where the viewer is.
pub(crate) fn spans(missing: &BTreeSet<u32>, at_once: usize) -> Vec<Range<u32>> {
    let longest = if at_once > 1 { SHARED_SPAN } else { u32::MAX };
    let mut spans: Vec<Range<u32>> = Vec::new();
    for &index in missing {
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

/// The chunks in which anything is missing: sound is always made by the chunk.
pub(crate) fn chunks(missing: &BTreeSet<u32>) -> BTreeSet<u32> {
    missing.iter().copied().map(chunk_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_takes_a_chunk_at_a_time() {
        assert_eq!(spans(&(1..35).collect(), 1), [1..17, 17..32, 32..35]);
    }

    #[test]
    fn more_cores_share_the_beginning() {
        assert_eq!(spans(&(1..10).collect(), 2), [1..5, 5..9, 9..10]);
    }

    #[test]
    fn only_what_is_missing() {
        let missing = BTreeSet::from([3, 4, 6, 7, 8, 9]);
        assert_eq!(spans(&missing, 1), [3..5, 6..10]);
        assert_eq!(spans(&BTreeSet::new(), 1), []);
        assert_eq!(chunks(&(17..35).collect()), BTreeSet::from([1, 2]));
        assert_eq!(chunks(&BTreeSet::new()), BTreeSet::new());
    }
}
