//! The next generation: a making that cannot be carried on is begun anew, under keys of its own.

use super::{ThumbnailsStatus, Video, VideoState};
use crate::Reason;

/// Generations after which making a video again has not helped: the fleet itself is mixed.
const MAX_GENERATIONS: u32 = 5;

impl Video {
    /// Begins the next generation. After too many of them, what is not settled fails.
    pub(super) fn supersede(&mut self, reason: &Reason) -> bool {
        if self.record.generation >= MAX_GENERATIONS {
            return self.fail_unsettled(reason);
        }
        self.record.generation += 1;
        self.record.state = VideoState::Uploaded;
        self.record.reason = None;
        self.record.plan = None;
        self.record.thumbnails = ThumbnailsStatus::default();
        self.record.retries.clear();
        self.record.open_jobs.clear();
        self.record.sent_again.clear();
        self.renditions.clear();
        true
    }
}
