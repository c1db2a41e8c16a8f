//! The tracks of captions of a video.

use super::Video;
use crate::{
    CaptionsName, Plan, Reason,
    captions::{self, CaptionsLabel, CaptionsState, CaptionsStatus},
};

impl Video {
    /// Whether the plan has a text track of this name. Closed captions are found as pictures are
    /// decoded, so any plan may have them.
    fn may_have(plan: &Plan, name: &CaptionsName) -> bool {
        name.is_closed() || name.place().is_some_and(|place| place < plan.source.captions.len())
    }

    /// The plan says which text tracks there are.
    pub(super) fn adopt_captions(&mut self, plan: &Plan) {
        self.record.captions.retain(|status| Self::may_have(plan, &status.name));
        for name in (0..plan.source.captions.len()).map(CaptionsName::text) {
            self.captions_status(&name);
        }
    }

    /// True if anything changed.
    pub(super) fn take_captions(
        &mut self,
        name: &CaptionsName,
        state: CaptionsState,
        reason: Option<Reason>,
    ) -> bool {
        if self.record.plan.as_ref().is_some_and(|plan| !Self::may_have(plan, name)) {
            return false;
        }
        let status = self.captions_status(name);
        let moved = state.rank() > status.state.rank();
        if moved {
            (status.state, status.reason) = (state, reason);
        }
        moved
    }

    /// The status of a track, made if it is new.
    fn captions_status(&mut self, name: &CaptionsName) -> &mut CaptionsStatus {
        let all = &mut self.record.captions;
        let place = all.binary_search_by(|status| status.name.order().cmp(&name.order()));
        let place = place.unwrap_or_else(|place| {
            let (name, state) = (name.clone(), CaptionsState::Pending);
            all.insert(place, CaptionsStatus { name, state, reason: None });
            place
        });
        &mut all[place]
    }

    /// Nothing more will become of them; whether well or ill is no matter of the video's state.
    pub(super) fn captions_are_settled(&self) -> bool {
        self.record.captions.iter().all(|status| status.state != CaptionsState::Pending)
    }

    /// Tracks and how a player lists them.
    pub fn labelled_captions(&self) -> Vec<(&CaptionsStatus, CaptionsLabel)> {
        let plan = self.record.plan.as_ref();
        let tracks = plan.map_or(&[][..], |plan| &plan.source.captions);
        let all = &self.record.captions;
        let labels = captions::labels(all.iter().map(|status| &status.name), tracks);
        all.iter().zip(labels).collect()
    }

    /// A track that can be read.
    pub fn has_captions(&self, name: &CaptionsName) -> bool {
        let complete = |status: &CaptionsStatus| status.state == CaptionsState::Complete;
        self.record.captions.iter().any(|status| status.name == *name && complete(status))
    }
}
