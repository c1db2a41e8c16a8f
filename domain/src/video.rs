//! A video as the catalogue knows it: its states, and what an event does to them.
//!
//! Events may come late, twice and in any order: states only move forward by rank, progress by
//! maximum, and a lower generation is ignored.

mod apply;
mod arrival;
mod captions;
#[cfg(test)]
mod exploration;
mod open_jobs;
mod playback;
mod retry;
mod status;
mod supersede;
#[cfg(test)]
mod tests;
mod thumbnails;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use arrival::Charge;
pub use open_jobs::{Admission, Finding, OpenJob, PATIENCE, Standing};
pub use retry::{NotRetryable, failures, feeds, made_by};
pub use status::{Mp4State, RenditionState, RenditionStatus};
pub use thumbnails::{PartStatus, ThumbnailsState, ThumbnailsStatus};

use crate::{
    OwnerId, Plan, Reason, RecipeId, RenditionName, SourceObject, VideoId,
    captions::CaptionsStatus, keys::RunKeys,
};

/// Where a video stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VideoState {
    /// Bytes are arriving.
    Uploading,
    /// All bytes are in the bucket; no fleet has begun.
    Uploaded,
    /// At least one fleet has begun.
    Processing,
    /// The first segments of sound (if any) and of one rung can be played.
    Playable,
    /// Every applicable rung, sound, thumbnails and MP4s are there.
    Ready,
    /// Playable for good, but something failed.
    Partial,
    /// Nothing can be played, the cause is ours.
    Failed,
    /// Nothing can be played, the input is at fault.
    Rejected,
    /// The upload was never completed.
    Expired,
}

impl VideoState {
    /// Whether nothing more will happen by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Ready | Self::Partial | Self::Failed | Self::Rejected | Self::Expired)
    }
}

/// Who may see it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Its owner only.
    #[default]
    Private,
    /// Whoever has the link.
    Unlisted,
    /// Everybody.
    Public,
}

/// Everything the catalogue holds of one video.
#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    /// The video itself, without its renditions.
    pub record: VideoRecord,
    /// In ladder order, sound first; empty until the plan is known.
    pub renditions: Vec<RenditionStatus>,
}

/// One item of the catalogue: all but the renditions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoRecord {
    /// Time-ordered id.
    pub id: VideoId,
    /// Whose it is.
    pub owner_id: OwnerId,
    /// What people call it.
    pub title: String,
    /// Name of the uploaded file, without a path.
    pub filename: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Who may see it.
    pub visibility: Visibility,
    /// Counts every change; the id of its SSE event.
    pub version: u64,
    /// Where it stands.
    pub state: VideoState,
    /// Why, for the states that need it.
    pub reason: Option<Reason>,
    /// The uploaded file, once all of it is there.
    pub source: Option<SourceObject>,
    /// Bytes that its owner's quota keeps free for the file until it is there.
    #[serde(default)]
    pub reserved_bytes: u64,
    /// Settings of the current making.
    pub recipe: RecipeId,
    /// Number of the current making.
    pub generation: u32,
    /// What all workers obey, once the first has written it.
    pub plan: Option<Box<Plan>>,
    /// Poster and what belongs to it.
    pub thumbnails: ThumbnailsStatus,
    /// What is to be tried again and whose jobs are not published yet: renditions, `thumbnails`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub retries: BTreeSet<RenditionName>,
    /// Whether its turn has come.
    #[serde(default)]
    pub admission: Admission,
    /// What it waits for, by [`OpenJob::key`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub open_jobs: BTreeMap<String, Standing>,
    /// Jobs that were lost and sent again: that is done once in a generation.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sent_again: BTreeSet<String>,
    /// Text tracks as the source has them, then closed captions that were found; few.
    #[serde(default)]
    pub captions: Vec<CaptionsStatus>,
}

impl Video {
    /// A video whose bytes are about to arrive.
    pub fn begin(
        id: VideoId,
        owner_id: OwnerId,
        title: String,
        created_at: String,
        recipe: RecipeId,
    ) -> Self {
        let record = VideoRecord {
            id,
            owner_id,
            title,
            filename: None,
            created_at,
            visibility: Visibility::default(),
            version: 1,
            state: VideoState::Uploading,
            reason: None,
            source: None,
            reserved_bytes: 0,
            recipe,
            generation: 1,
            plan: None,
            thumbnails: ThumbnailsStatus::default(),
            retries: BTreeSet::new(),
            admission: Admission::default(),
            open_jobs: BTreeMap::new(),
            sent_again: BTreeSet::new(),
            captions: Vec::new(),
        };
        Self { record, renditions: Vec::new() }
    }

    /// Keys of the current making.
    pub fn run(&self) -> RunKeys {
        RunKeys {
            video_id: self.record.id,
            recipe: self.record.recipe.clone(),
            generation: self.record.generation,
        }
    }

    /// A rendition by name.
    pub fn rendition(&self, name: &RenditionName) -> Option<&RenditionStatus> {
        self.renditions.iter().find(|status| status.name == *name)
    }
}
