//! What travels: jobs on the topic `video-uploaded`, events on the topic `video-progress`.
//!
//! Both are JSON, versioned and claim checks: ids and keys, never media. Unknown fields are
//! ignored; the tests below pin the form.

use serde::{Deserialize, Serialize};

use crate::{
    CaptionsName, Loudness, OwnerId, Plan, Reason, RenditionName, captions::CaptionsState,
    keys::RunKeys,
};

/// The message attribute that subscriptions filter on.
pub const RENDITION_ATTRIBUTE: &str = "rendition";
/// Its value for a job that concerns every fleet.
pub const EVERY_RENDITION: &str = "all";
/// The name under which the thumbnailer's queue subscribes.
pub const THUMBNAILS: &str = "thumbnails";

/// A job for a fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VideoJob {
    /// Version of this JSON, 1.
    pub version: u32,
    /// Whose output is to be made, with which settings.
    #[serde(flatten)]
    pub run: RunKeys,
    /// Whose video it is.
    pub owner_id: OwnerId,
    /// Where the uploaded file lies.
    pub source: SourceObject,
    /// Counts from 1 over redeliveries that start anew.
    pub attempt: u32,
    /// What to do.
    #[serde(flatten)]
    pub task: Task,
}

/// What a fleet is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub enum Task {
    /// Make your renditions of a new upload.
    Make,
    /// Make one chunk of them: sent by the fleet that took [`Task::Make`] to its own queue.
    Chunk {
        /// Which one, from 0; the worker that sends these makes chunk 0 itself.
        chunk: u32,
    },
    /// Sound and this rung are both complete: put them into one MP4.
    Close {
        /// The rung.
        rendition: RenditionName,
    },
}

impl Task {
    /// The value of [`RENDITION_ATTRIBUTE`] that brings the job to its fleet.
    pub fn audience(&self) -> &str {
        match self {
            Self::Make | Self::Chunk { .. } => EVERY_RENDITION,
            Self::Close { rendition } => &rendition.0,
        }
    }
}

/// The uploaded file in the raw bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceObject {
    /// Key in the raw bucket.
    pub key: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Entity tag: a source that was replaced is an error, not a mixture.
    pub etag: String,
}

/// Something that happened to one making of a video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgressEvent {
    /// Version of this JSON, 1.
    pub version: u32,
    /// Which making; one with a lower generation than the catalogue's is ignored.
    #[serde(flatten)]
    pub run: RunKeys,
    /// What happened.
    #[serde(flatten)]
    pub happening: Happening,
}

/// What a worker reports. Order and duplicates do not matter to the catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// A fleet has begun; it obeys this plan.
    Started {
        /// What this fleet makes; may be empty for the thumbnailer.
        renditions: Vec<RenditionName>,
        /// The stored plan.
        plan: Box<Plan>,
    },
    /// The input is at fault; nothing will be made.
    Rejected {
        /// Why.
        reason: Reason,
    },
    /// Segments of one chunk are in the bucket: the unbroken run from the chunk's first.
    Segments {
        /// Of which rendition.
        rendition: RenditionName,
        /// Which chunk, from 0.
        chunk: u32,
        /// How many. Where they begin and end follows from the plan's grid.
        segments: u32,
    },
    /// All segments and `index.json` are in the bucket.
    Complete {
        /// Which rendition.
        rendition: RenditionName,
        /// Bytes of all segments and the init segment.
        size_bytes: u64,
        /// Highest bit rate of any segment.
        peak_bps: u64,
        /// Mean bit rate.
        average_bps: u64,
        /// Of sound that is not silent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        loudness: Option<Loudness>,
    },
    /// This making cannot be carried on: its segments are of another encoder than the worker's.
    /// All of it is to be made again, as the next generation.
    Superseded {
        /// What the worker found, for when generation after generation ends so.
        reason: Reason,
    },
    /// A rendition will not be made.
    Failed {
        /// Which one.
        rendition: RenditionName,
        /// Why.
        reason: Reason,
    },
    /// The MP4 of a rung is in the bucket.
    Mp4Complete {
        /// Which rung.
        rendition: RenditionName,
        /// Bytes.
        size_bytes: u64,
    },
    /// The MP4 of a rung will not be made.
    Mp4Failed {
        /// Which rung.
        rendition: RenditionName,
        /// Why.
        reason: Reason,
    },
    /// What became of a track of captions.
    Captions {
        /// Which one.
        name: CaptionsName,
        /// Made or not.
        state: CaptionsState,
        /// Why not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// The poster is in the bucket.
    ThumbnailsComplete,
    /// There will be no poster.
    ThumbnailsFailed {
        /// Why.
        reason: Reason,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run() -> RunKeys {
        RunKeys {
            video_id: "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap(),
            recipe: "abcd1234".into(),
            generation: 1,
        }
    }

    #[test]
    fn jobs_are_pinned() {
        let job = VideoJob {
            version: 1,
            run: run(),
            owner_id: OwnerId::local(),
            source: SourceObject { key: "f7/x/source".into(), size_bytes: 7, etag: "\"e\"".into() },
            attempt: 1,
            task: Task::Close { rendition: "480p".into() },
        };
        let wire = json!({
            "version": 1, "video_id": "01890a5d-ac96-774b-bcce-b302099a80f7",
            "recipe": "abcd1234", "generation": 1, "owner_id": "local",
            "source": {"key": "f7/x/source", "size_bytes": 7, "etag": "\"e\""},
            "attempt": 1, "task": "close", "rendition": "480p",
        });
        assert_eq!(serde_json::to_value(&job).unwrap(), wire);
        assert_eq!(job.task.audience(), "480p");
        let chunk = VideoJob { task: Task::Chunk { chunk: 3 }, ..job.clone() };
        let value = serde_json::to_value(&chunk).unwrap();
        assert_eq!((&value["task"], &value["chunk"]), (&json!("chunk"), &json!(3)));
        let mut newer = wire;
        newer["added_later"] = json!(true);
        assert_eq!(serde_json::from_value::<VideoJob>(newer).unwrap(), job);
    }

    #[test]
    fn events_are_pinned() {
        let happening = Happening::Segments { rendition: "480p".into(), chunk: 0, segments: 2 };
        let event = ProgressEvent { version: 1, run: run(), happening };
        let wire = json!({
            "version": 1, "video_id": "01890a5d-ac96-774b-bcce-b302099a80f7",
            "recipe": "abcd1234", "generation": 1,
            "event": "segments", "rendition": "480p", "chunk": 0, "segments": 2,
        });
        assert_eq!(serde_json::to_value(&event).unwrap(), wire);
        assert_eq!(serde_json::from_value::<ProgressEvent>(wire).unwrap(), event);
        let name = CaptionsName::closed(0);
        let captions = Happening::Captions { name, state: CaptionsState::Complete, reason: None };
        let captions = ProgressEvent { happening: captions, ..event.clone() };
        let value = serde_json::to_value(&captions).unwrap();
        assert_eq!((&value["event"], &value["name"]), (&json!("captions"), &json!("cc1")));
        assert_eq!(value["state"], "complete");
        let thumbnails = ProgressEvent { happening: Happening::ThumbnailsComplete, ..event };
        let value = serde_json::to_value(&thumbnails).unwrap();
        assert_eq!(value["event"], "thumbnails_complete");
    }
}
