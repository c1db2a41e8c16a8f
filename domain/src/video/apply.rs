//! What an event does to a video.

use super::{Mp4State, RenditionState, RenditionStatus, Video, VideoState, retry::all_renditions};
use crate::{Happening, Plan, ProgressEvent, Reason, RenditionName, plan::Outcome};

impl Video {
    /// Takes an event in; true if anything changed (the version then counted up).
    pub fn apply(&mut self, event: &ProgressEvent) -> bool {
        let current = event.run == self.run();
        // An upload that expired, or is still arriving, has no workers.
        if !current || matches!(self.record.state, VideoState::Uploading | VideoState::Expired) {
            return false;
        }
        let changed = self.take(&event.happening);
        let settled = self.settle();
        if changed || settled {
            self.record.version += 1;
        }
        changed || settled
    }

    pub(super) fn take(&mut self, happening: &Happening) -> bool {
        match happening {
            Happening::Started { renditions, plan } => self.start(renditions, plan),
            Happening::Rejected { reason } => self.reject(reason),
            Happening::Segments { rendition, chunk, segments } => {
                self.change(rendition, |status| status.extend(*chunk, *segments))
            }
            Happening::Superseded { reason } => self.supersede(reason),
            Happening::Complete { rendition, size_bytes, peak_bps, average_bps, loudness } => {
                self.change(rendition, |status| {
                    let moved = status.advance(RenditionState::Complete, None);
                    if moved {
                        status.chunks.clear(); // all of them: the count is the grid's
                        status.size_bytes = Some(*size_bytes);
                        status.peak_bps = Some(*peak_bps);
                        status.average_bps = Some(*average_bps);
                        status.loudness = *loudness;
                    }
                    moved
                })
            }
            Happening::Failed { rendition, reason } => self.change(rendition, |status| {
                status.advance(RenditionState::Failed, Some(reason.clone()))
            }),
            Happening::Mp4Complete { rendition, size_bytes } => self.change(rendition, |status| {
                let moved = status.mp4_state != Mp4State::Complete;
                status.mp4_state = Mp4State::Complete;
                status.mp4_reason = None;
                status.mp4_size_bytes = Some(*size_bytes);
                moved
            }),
            Happening::Mp4Failed { rendition, reason } => self.change(rendition, |status| {
                let moved = status.mp4_state == Mp4State::Pending;
                if moved {
                    status.mp4_state = Mp4State::Failed;
                    status.mp4_reason = Some(reason.clone());
                }
                moved
            }),
            Happening::Captions { name, state, reason } => {
                self.take_captions(name, *state, reason.clone())
            }
            Happening::ThumbnailsComplete
            | Happening::ThumbnailsFailed { .. }
            | Happening::ThumbnailsAwait { .. }
            | Happening::PosterComplete { .. }
            | Happening::StoryboardComplete
            | Happening::StoryboardFailed { .. }
            | Happening::PreviewComplete { .. }
            | Happening::PreviewFailed { .. } => self.record.thumbnails.take(happening),
        }
    }

    fn start(&mut self, begun: &[RenditionName], plan: &Plan) -> bool {
        let mut moved = self.adopt(plan);
        for name in begun {
            moved |= self.change(name, |status| status.advance(RenditionState::Running, None));
        }
        moved
    }

    /// The plan fills in the renditions; those that other events have named already keep what
    /// they were told.
    fn adopt(&mut self, plan: &Plan) -> bool {
        if self.record.plan.is_some() {
            return false;
        }
        let mut early = std::mem::take(&mut self.renditions);
        for planned in &plan.renditions {
            let (state, reason) = match &planned.outcome {
                Outcome::Skipped(reason) => (RenditionState::Skipped, Some(reason.clone())),
                _ => (RenditionState::Pending, None),
            };
            let known = early.iter().position(|status| status.name == planned.name);
            self.renditions.push(match known.map(|at| early.swap_remove(at)) {
                Some(status) if state == RenditionState::Pending => status,
                _ => RenditionStatus::new(planned.name.clone(), state, reason),
            });
        }
        self.record.plan = Some(Box::new(plan.clone()));
        self.adopt_captions(plan);
        true
    }

    /// A rejection is final unless there is something to see already.
    fn reject(&mut self, reason: &Reason) -> bool {
        if self.record.state.is_final() {
            return false;
        }
        if self.has_playable_picture() {
            return self.fail_unsettled(reason);
        }
        self.record.state = VideoState::Rejected;
        self.record.reason = Some(reason.clone());
        self.record.thumbnails.skip();
        for status in &mut self.renditions {
            status.advance(RenditionState::Failed, Some(reason.clone()));
        }
        true
    }

    pub(super) fn fail_unsettled(&mut self, reason: &Reason) -> bool {
        let mut moved = false;
        for status in &mut self.renditions {
            moved |= status.advance(RenditionState::Failed, Some(reason.clone()));
        }
        moved
    }

    /// Changes a rendition, which an early event may be the first to name.
    fn change(
        &mut self,
        name: &RenditionName,
        change: impl FnOnce(&mut RenditionStatus) -> bool,
    ) -> bool {
        if let Some(status) = self.renditions.iter_mut().find(|status| status.name == *name) {
            return change(status);
        }
        if self.record.plan.is_some() {
            return false; // not in the plan: nothing of ours
        }
        let mut status = RenditionStatus::new(name.clone(), RenditionState::Pending, None);
        change(&mut status);
        self.renditions.push(status);
        true
    }

    /// Derives the video's state from its parts; true if it changed.
    pub(super) fn settle(&mut self) -> bool {
        use VideoState::{Expired, Rejected, Uploading};
        if matches!(self.record.state, Uploading | Rejected | Expired) {
            return false;
        }
        let before = (self.record.state, self.record.reason.clone());
        let state = self.derive();
        self.record.state = state;
        self.record.reason = match state {
            VideoState::Partial | VideoState::Failed => self.first_failure(),
            _ => self.open_reason(),
        };
        before != (self.record.state, self.record.reason.clone())
    }

    fn derive(&self) -> VideoState {
        let sound_failed = self.sound_failed();
        let all_settled = self.record.plan.is_some()
            && self.renditions.iter().all(|status| status.is_settled(sound_failed))
            && self.thumbnails_are_settled()
            && self.captions_are_settled();
        if all_settled || self.died_unplanned() {
            return match (self.first_failure(), self.is_watchable()) {
                (None, _) => VideoState::Ready,
                (Some(_), true) => VideoState::Partial,
                (Some(_), false) => VideoState::Failed,
            };
        }
        if self.is_playable() {
            VideoState::Playable
        } else if self.record.plan.is_some() || !self.renditions.is_empty() {
            VideoState::Processing
        } else {
            self.record.state
        }
    }

    /// Without sound there are no MP4s.
    pub fn sound_failed(&self) -> bool {
        let sound = self.rendition(&RenditionName::audio());
        sound.is_some_and(|sound| sound.state == RenditionState::Failed)
    }

    /// No fleet lived long enough to make a plan known, and none is at it any more.
    fn died_unplanned(&self) -> bool {
        let is_over = |name: &RenditionName| {
            self.rendition(name).is_some_and(|status| status.state.is_final())
        };
        self.record.plan.is_none()
            && self.thumbnails_are_settled()
            && all_renditions().iter().all(is_over)
            && self.first_failure().is_some()
    }

    fn first_failure(&self) -> Option<Reason> {
        let failed = |status: &RenditionStatus| match status.state {
            RenditionState::Failed => status.reason.clone(),
            _ if status.mp4_state == Mp4State::Failed => status.mp4_reason.clone(),
            _ => None,
        };
        let thumbnails = || self.thumbnails_failure();
        self.renditions.iter().find_map(failed).or_else(thumbnails)
    }

    /// Sound (if any) and one rung have their first segment.
    fn is_playable(&self) -> bool {
        let sound_is_there = self
            .renditions
            .iter()
            .filter(|status| status.name.is_audio())
            .all(|status| status.is_playable() || status.state.is_final());
        self.record.plan.is_some() && sound_is_there && self.has_playable_picture()
    }

    fn has_playable_picture(&self) -> bool {
        self.renditions.iter().any(|status| !status.name.is_audio() && status.is_playable())
    }

    /// At the end: at least one rung is whole, and known how to be played.
    fn is_watchable(&self) -> bool {
        let is_whole = |status: &RenditionStatus| {
            !status.name.is_audio() && status.state == RenditionState::Complete
        };
        self.record.plan.is_some() && self.renditions.iter().any(is_whole)
    }
}

impl RenditionStatus {
    fn extend(&mut self, chunk: u32, segments: u32) -> bool {
        if self.state == RenditionState::Complete {
            return false; // told late
        }
        let run = self.chunks.entry(chunk).or_default();
        let longer = segments > *run;
        *run = (*run).max(segments);
        let first_is_there = chunk == 0 && segments > 0;
        let state = if first_is_there { RenditionState::Playable } else { RenditionState::Running };
        self.advance(state, None) || longer
    }
}
