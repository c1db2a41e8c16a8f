//! Which segments to encode together: a span is decoded once, from the key frame before it, for all
//! rungs that lack these segments.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use domain::{RenditionName, grid::chunk_of};

/// Segments per span where several spans run at once: 16 s, so that what is decoded only to get
/// to the first frame stays small beside it.
const SHARED_SPAN: u32 = 4;

/// A run of segments, and the rungs to be made of it.
pub(crate) type Span = (Range<u32>, Vec<RenditionName>);

/// Cuts what is missing into spans, in playing order. With one core a span is a whole chunk; with
/// more it is short, so that all cores work near the beginning, where the viewer is. Rungs that lack
/// the same segments share a span; after a kill some may lack more than others.
pub(crate) fn spans(
    missing: impl IntoIterator<Item = (RenditionName, BTreeSet<u32>)>,
    at_once: usize,
) -> Vec<Span> {
    let longest = if at_once > 1 { SHARED_SPAN } else { u32::MAX };
    let mut lacking: BTreeMap<u32, Vec<RenditionName>> = BTreeMap::new();
    for (rendition, segments) in missing {
        for index in segments {
            lacking.entry(index).or_default().push(rendition.clone());
        }
    }
    let mut spans: Vec<Span> = Vec::new();
    for (index, renditions) in lacking {
        match spans.last_mut() {
            Some((span, rungs))
                if span.end == index
                    && *rungs == renditions
                    && chunk_of(span.start) == chunk_of(index)
                    && index - span.start < longest =>
            {
                span.end = index + 1;
            }
            _ => spans.push((index..index + 1, renditions)),
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

    fn cut(missing: impl IntoIterator<Item = u32>, at_once: usize) -> Vec<Range<u32>> {
        let of_one_rung = [("480p".into(), missing.into_iter().collect())];
        spans(of_one_rung, at_once).into_iter().map(|(segments, _)| segments).collect()
    }

    #[test]
    fn one_core_takes_a_chunk_at_a_time() {
        assert_eq!(cut(1..35, 1), [1..17, 17..32, 32..35]);
    }

    #[test]
    fn more_cores_share_the_beginning() {
        assert_eq!(cut(1..10, 2), [1..5, 5..9, 9..10]);
    }

    #[test]
    fn only_what_is_missing() {
        assert_eq!(cut([3, 4, 6, 7, 8, 9], 1), [3..5, 6..10]);
        assert_eq!(cut([], 1), []);
        assert_eq!(chunks(&(17..35).collect()), BTreeSet::from([1, 2]));
        assert_eq!(chunks(&BTreeSet::new()), BTreeSet::new());
    }

    #[test]
    fn rungs_share_a_span_where_they_lack_the_same() {
        let [sd, hd, full] = ["480p", "720p", "1080p"].map(RenditionName::from);
        let missing = [
            (sd.clone(), (4..7).collect()),
            (hd.clone(), (3..7).collect()),
            (full.clone(), [3].into()),
        ];
        let expected = [(3..4, vec![hd.clone(), full]), (4..7, vec![sd, hd])];
        assert_eq!(spans(missing, 1), expected);
    }
}
