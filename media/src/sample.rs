//! Time sampled to a constant rate: which picture each output frame shows.
//!
//! Frame n shows the last picture that is due at or before it, so it depends on the pictures
//! around n only, wherever decoding began. Gaps repeat a picture, bursts lose some; the first
//! picture also fills what lies before it, the last one what lies behind.

use std::ops::Range;

/// Turns pictures that come in order into runs of frames that show them.
pub(crate) struct Sampler<P> {
    /// First frame that no picture was chosen for yet.
    next: u64,
    end: u64,
    held: Option<P>,
}

impl<P> Sampler<P> {
    /// Samples the frames `frames`.
    pub(crate) fn new(frames: Range<u64>) -> Self {
        Self { next: frames.start, end: frames.end, held: None }
    }

    /// Takes the next picture, due from frame `due` on. Gives back the one before with the
    /// frames that show it, if any do.
    pub(crate) fn push(&mut self, due: i64, picture: P) -> Option<(P, Range<u64>)> {
        let before = self.held.replace(picture)?;
        let until = u64::try_from(due).unwrap_or(0).clamp(self.next, self.end);
        let frames = self.next..until;
        self.next = until;
        (!frames.is_empty()).then_some((before, frames))
    }

    /// Whether every frame has its picture.
    pub(crate) fn is_done(&self) -> bool {
        self.next >= self.end
    }

    /// No more pictures: the last one fills the rest.
    pub(crate) fn finish(self) -> Option<(P, Range<u64>)> {
        let frames = self.next..self.end;
        self.held.filter(|_| !frames.is_empty()).map(|picture| (picture, frames))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each frame of `frames` shows; pictures are named by when they are due.
    fn shown(frames: Range<u64>, due: &[i64]) -> Vec<i64> {
        let mut sampler = Sampler::new(frames);
        let mut runs: Vec<_> = due.iter().filter_map(|&at| sampler.push(at, at)).collect();
        runs.extend(sampler.finish());
        runs.into_iter().flat_map(|(picture, run)| run.map(move |_| picture)).collect()
    }

    #[test]
    fn every_frame_shows_the_last_picture_due() {
        assert_eq!(shown(0..4, &[0, 1, 2, 3]), [0, 1, 2, 3]);
        assert_eq!(shown(0..5, &[0, 3]), [0, 0, 0, 3, 3], "a gap repeats, the last one lasts");
        assert_eq!(shown(0..3, &[2]), [2, 2, 2], "the first one also fills what lies before");
        assert_eq!(shown(0..3, &[0, 0, 1, 1, 2]), [0, 1, 2], "bursts lose some");
        assert_eq!(shown(0..2, &[-3, -1, 1]), [-1, 1]);
        assert_eq!(shown(0..3, &[]), [0_i64; 0]);
    }

    #[test]
    fn where_it_begins_does_not_matter() {
        let due = [0, 1, 3, 4, 4, 7, 9];
        let whole = shown(0..10, &due);
        for start in 0..10 {
            let frames = u64::try_from(start).unwrap()..10;
            let from = due.iter().rposition(|&at| at <= start).unwrap();
            assert_eq!(shown(frames, &due[from..]), whole[usize::try_from(start).unwrap()..]);
        }
    }

    #[test]
    fn ends_when_all_frames_are_chosen() {
        let mut sampler = Sampler::new(5..7);
        assert_eq!(sampler.push(4, 'a'), None);
        assert_eq!(sampler.push(6, 'b'), Some(('a', 5..6)));
        assert!(!sampler.is_done());
        assert_eq!(sampler.push(99, 'c'), Some(('b', 6..7)));
        assert!(sampler.is_done());
    }
}
