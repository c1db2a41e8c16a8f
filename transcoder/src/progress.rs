//! What a job tells the catalogue while it runs: the first segment at once, then at most every
//! five seconds.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{Happening, RenditionName, SegmentGrid, grid::chunk_of};
use tokio::time::Instant;

const INTERVAL: Duration = Duration::from_secs(5);

/// Segments of one rendition that are in the bucket, and what has been told of them.
pub(crate) struct Progress {
    rendition: RenditionName,
    grid: SegmentGrid,
    stored: BTreeSet<u32>,
    told: BTreeMap<u32, u32>,
    told_at: Option<Instant>,
}

impl Progress {
    /// A rendition of which these segments are stored already.
    pub(crate) fn new(rendition: RenditionName, grid: SegmentGrid, stored: BTreeSet<u32>) -> Self {
        Self { rendition, grid, stored, told: BTreeMap::new(), told_at: None }
    }

    /// A segment has been stored.
    pub(crate) fn store(&mut self, index: u32) {
        self.stored.insert(index);
    }

    /// What is to be told now: one event per chunk whose unbroken run has grown.
    pub(crate) fn news(&mut self) -> Vec<Happening> {
        let now = Instant::now();
        if self.told_at.is_some_and(|told_at| now - told_at < INTERVAL) {
            return Vec::new();
        }
        let mut news = Vec::new();
        for chunk in self.stored.iter().copied().map(chunk_of).collect::<BTreeSet<_>>() {
            let segments = self.run(chunk);
            if segments > self.told.get(&chunk).copied().unwrap_or(0) {
                self.told.insert(chunk, segments);
                let rendition = self.rendition.clone();
                news.push(Happening::Segments { rendition, chunk, segments });
            }
        }
        if !news.is_empty() {
            self.told_at = Some(now);
        }
        news
    }

    fn run(&self, chunk: u32) -> u32 {
        let segments = self.grid.chunk_segments(chunk);
        let run = segments.take_while(|index| self.stored.contains(index)).count();
        u32::try_from(run).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::FrameRate;
    use tokio::time::advance;

    fn told(progress: &mut Progress) -> Vec<(u32, u32)> {
        let pair = |news| match news {
            Happening::Segments { chunk, segments, .. } => (chunk, segments),
            other => panic!("{other:?}"),
        };
        progress.news().into_iter().map(pair).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_at_once_then_every_five_seconds() {
        let grid = SegmentGrid::Video { rate: FrameRate::new(30, 1), frames: 130 * 30 };
        let mut progress = Progress::new("480p".into(), grid, BTreeSet::new());
        assert_eq!(told(&mut progress), []);
        progress.store(1);
        assert_eq!(told(&mut progress), [(0, 1)]);
        progress.store(2);
        assert_eq!(told(&mut progress), []);
        advance(INTERVAL).await;
        progress.store(18);
        assert_eq!(told(&mut progress), [(0, 2)], "chunk 1 has no unbroken run yet");
        advance(INTERVAL).await;
        assert_eq!(told(&mut progress), [], "nothing new is not told");
        progress.store(17);
        assert_eq!(told(&mut progress), [(1, 2)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_resumed_job_tells_what_was_there() {
        let grid = SegmentGrid::Video { rate: FrameRate::new(30, 1), frames: 300 };
        let mut progress = Progress::new("480p".into(), grid, BTreeSet::from([1, 2]));
        assert_eq!(told(&mut progress), [(0, 2)]);
    }
}
