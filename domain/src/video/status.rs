//! The state of one rendition and of the thumbnails.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Loudness, Reason, RenditionName};

/// Where a rendition stands; the order of `rank` is the only way it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RenditionState {
    /// Its fleet has not begun.
    Pending,
    /// Its fleet has begun.
    Running,
    /// Its first segment is in the bucket.
    Playable,
    /// All segments are in the bucket.
    Complete,
    /// It does not apply to this source.
    Skipped,
    /// It will not be made.
    Failed,
}

impl RenditionState {
    /// States move to higher ranks only. What is complete stays so whatever is told later; a
    /// failure that turns out to be a success after all is one.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Running => 1,
            Self::Playable => 2,
            Self::Failed => 3,
            Self::Complete | Self::Skipped => 4,
        }
    }

    /// Whether it is settled.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Complete | Self::Skipped | Self::Failed)
    }
}

/// Where the MP4 of a rung stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mp4State {
    /// Waits for its rung and the sound.
    #[default]
    Pending,
    /// In the bucket.
    Complete,
    /// It will not be made.
    Failed,
    /// There is none: sound, or a rung that is not made.
    Skipped,
}

/// One item of the catalogue: a rendition of a video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenditionStatus {
    /// `audio`, or a rung.
    pub name: RenditionName,
    /// Where it stands.
    pub state: RenditionState,
    /// Why, when skipped or failed.
    pub reason: Option<Reason>,
    /// Unbroken run of segments of each chunk that is in the bucket, until it is complete. At most
    /// 720: a chunk is a minute and a video at most twelve hours.
    pub chunks: BTreeMap<u32, u32>,
    /// Bytes of all segments, once complete.
    pub size_bytes: Option<u64>,
    /// Highest bit rate of a segment in bits per second, once complete.
    pub peak_bps: Option<u64>,
    /// Mean bit rate in bits per second, once complete.
    pub average_bps: Option<u64>,
    /// Of sound that is complete and not silent.
    pub loudness: Option<Loudness>,
    /// The downloadable file.
    pub mp4_state: Mp4State,
    /// Why there is no MP4.
    pub mp4_reason: Option<Reason>,
    /// Bytes of the MP4.
    pub mp4_size_bytes: Option<u64>,
}

impl RenditionStatus {
    pub(super) fn new(name: RenditionName, state: RenditionState, reason: Option<Reason>) -> Self {
        let without_mp4 = name.is_audio() || state == RenditionState::Skipped;
        Self {
            name,
            state,
            reason,
            chunks: BTreeMap::new(),
            size_bytes: None,
            peak_bps: None,
            average_bps: None,
            loudness: None,
            mp4_state: if without_mp4 { Mp4State::Skipped } else { Mp4State::Pending },
            mp4_reason: None,
            mp4_size_bytes: None,
        }
    }

    /// Moves forward, never back. True if it moved.
    pub(super) fn advance(&mut self, state: RenditionState, reason: Option<Reason>) -> bool {
        if state.rank() <= self.state.rank() {
            return false;
        }
        self.state = state;
        self.reason = reason;
        true
    }

    /// Whether its first segment can be played.
    pub fn is_playable(&self) -> bool {
        matches!(self.state, RenditionState::Playable | RenditionState::Complete)
    }

    /// Whether nothing more will happen to it or its MP4.
    pub(super) fn is_settled(&self, sound_failed: bool) -> bool {
        // Without its rung, or the sound, there will be no MP4 either.
        self.state == RenditionState::Failed
            || (self.state.is_final() && (sound_failed || self.mp4_state != Mp4State::Pending))
    }
}

/// Where the poster stands.
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
    /// The input is at fault; there is nothing to show.
    Skipped,
}

/// The poster's state and, if it failed, why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThumbnailsStatus {
    /// Where it stands.
    pub state: ThumbnailsState,
    /// Why not.
    pub reason: Option<Reason>,
}
