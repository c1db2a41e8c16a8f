//! The state of poster, storyboard and preview, and what events do to it.

use serde::{Deserialize, Serialize};

use super::{RenditionState, Video};
use crate::{Happening, Reason, RenditionName, message::PosterCandidate};

/// Where the poster, the storyboard or the preview stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThumbnailsState {
    /// Not yet made.
    #[default]
    Pending,
    /// In the bucket.
    Complete,
    /// It will not be made.
    Failed,
    /// The input is at fault, or nobody was asked to make it: there is nothing to show.
    Skipped,
}

impl ThumbnailsState {
    /// As with renditions: what is there stays, and a late success mends a failure.
    fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Skipped => 1,
            Self::Failed => 2,
            Self::Complete => 3,
        }
    }
}

/// The state of poster, storyboard and preview, the poster's first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThumbnailsStatus {
    /// Where the poster stands.
    pub state: ThumbnailsState,
    /// Why there is none.
    pub reason: Option<Reason>,
    /// Candidates for the poster, the best one, which it is, first.
    #[serde(default)]
    pub candidates: Vec<PosterCandidate>,
    /// The tiles for seeking.
    #[serde(default = "PartStatus::skipped")]
    pub storyboard: PartStatus,
    /// The short silent excerpt.
    #[serde(default = "PartStatus::skipped")]
    pub preview: PartStatus,
    /// Bytes of the preview.
    #[serde(default)]
    pub preview_size_bytes: Option<u64>,
    /// The rung that storyboard and preview are taken from where the source gives none.
    #[serde(default)]
    pub awaits: Option<RenditionName>,
}

/// The storyboard's or the preview's state and, if it failed, why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartStatus {
    /// Where it stands.
    pub state: ThumbnailsState,
    /// Why there is none.
    pub reason: Option<Reason>,
}

impl PartStatus {
    /// Of videos made before there were such things.
    fn skipped() -> Self {
        Self { state: ThumbnailsState::Skipped, reason: None }
    }

    /// Moves forward, never back. True if it moved.
    fn advance(&mut self, state: ThumbnailsState, reason: Option<&Reason>) -> bool {
        let moved = state.rank() > self.state.rank();
        if moved {
            *self = Self { state, reason: reason.cloned() };
        }
        moved
    }
}

impl ThumbnailsStatus {
    /// Takes in what the thumbnailer reports; true if anything changed.
    pub(super) fn take(&mut self, happening: &Happening) -> bool {
        use ThumbnailsState::{Complete, Failed, Skipped};
        match happening {
            Happening::ThumbnailsComplete => {
                let storyboard = self.storyboard.advance(Skipped, None);
                let preview = self.preview.advance(Skipped, None);
                self.advance(Complete, None) || storyboard || preview
            }
            Happening::ThumbnailsFailed { reason } => {
                let storyboard = self.storyboard.advance(Failed, Some(reason));
                let preview = self.preview.advance(Failed, Some(reason));
                self.advance(Failed, Some(reason)) || storyboard || preview
            }
            Happening::PosterComplete { candidates } => {
                let news = self.candidates != *candidates;
                self.candidates.clone_from(candidates);
                self.advance(Complete, None) || news
            }
            Happening::ThumbnailsAwait { rendition } => {
                self.awaits.replace(rendition.clone()).as_ref() != Some(rendition)
            }
            Happening::StoryboardComplete => self.storyboard.advance(Complete, None),
            Happening::StoryboardFailed { reason } => self.storyboard.advance(Failed, Some(reason)),
            Happening::PreviewComplete { size_bytes } => {
                self.preview_size_bytes = Some(*size_bytes);
                self.preview.advance(Complete, None)
            }
            Happening::PreviewFailed { reason } => self.preview.advance(Failed, Some(reason)),
            _ => false, // of renditions
        }
    }

    /// The poster moves forward, never back. True if it moved.
    fn advance(&mut self, state: ThumbnailsState, reason: Option<&Reason>) -> bool {
        let moved = state.rank() > self.state.rank();
        if moved {
            (self.state, self.reason) = (state, reason.cloned());
        }
        moved
    }

    /// Takes failures back; false if there is none. What waits for a rung that failed is tried
    /// again with the rung.
    pub(super) fn reopen(&mut self) -> bool {
        let mut moved = self.state == ThumbnailsState::Failed;
        if moved {
            (self.state, self.reason) = (ThumbnailsState::Pending, None);
        }
        for part in [&mut self.storyboard, &mut self.preview] {
            if part.state == ThumbnailsState::Failed {
                *part = PartStatus::default();
                moved = true;
            }
        }
        moved
    }

    /// The input is at fault.
    pub(super) fn skip(&mut self) {
        for state in [&mut self.state, &mut self.storyboard.state, &mut self.preview.state] {
            *state = ThumbnailsState::Skipped;
        }
    }
}

impl Video {
    /// Where the storyboard stands; what waits for a rung fails with it.
    pub fn storyboard(&self) -> PartStatus {
        self.part(&self.record.thumbnails.storyboard)
    }

    /// Where the preview stands; what waits for a rung fails with it.
    pub fn preview(&self) -> PartStatus {
        self.part(&self.record.thumbnails.preview)
    }

    fn part(&self, part: &PartStatus) -> PartStatus {
        let awaited = self.record.thumbnails.awaits.as_ref();
        match awaited.and_then(|name| self.rendition(name)) {
            Some(rung)
                if rung.state == RenditionState::Failed
                    && part.state == ThumbnailsState::Pending =>
            {
                PartStatus { state: ThumbnailsState::Failed, reason: rung.reason.clone() }
            }
            _ => part.clone(),
        }
    }

    /// Whether nothing more will become of poster, storyboard and preview.
    pub(super) fn thumbnails_are_settled(&self) -> bool {
        let states = [self.record.thumbnails.state, self.storyboard().state, self.preview().state];
        states.into_iter().all(|state| state != ThumbnailsState::Pending)
    }

    /// Why one of them failed.
    pub(super) fn thumbnails_failure(&self) -> Option<Reason> {
        let poster = &self.record.thumbnails;
        let poster = PartStatus { state: poster.state, reason: poster.reason.clone() };
        let parts = [poster, self.storyboard(), self.preview()];
        parts.into_iter().find(|part| part.state == ThumbnailsState::Failed)?.reason
    }
}
