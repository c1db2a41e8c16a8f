//! The nouns and rules of Fantail: ladder, plan, segment grid, keys, messages, playlists, states.
//!
//! Values in, values out. No IO, no async, no clock, no AWS, no ffmpeg.

pub mod captions;
pub mod chunks;
#[cfg(test)]
mod fuzz;
pub mod grid;
pub mod ids;
pub mod index;
pub mod keys;
pub mod ladder;
pub mod loudness;
pub mod message;
pub mod mpd;
pub mod parts;
pub mod plan;
pub mod playlist;
pub mod preview;
pub mod rate;
pub mod reason;
pub mod sniff;
pub mod source;
pub mod storyboard;
pub mod upload;
pub mod video;
pub mod video_event;
pub mod webvtt;

pub use captions::CaptionsName;
pub use chunks::Work;
pub use grid::SegmentGrid;
pub use ids::{OwnerId, RecipeId, RenditionName, VideoId};
pub use index::RenditionIndex;
pub use ladder::{Ladder, Recipe, Rung, X264};
pub use loudness::Loudness;
pub use message::{Happening, ProgressEvent, SourceObject, Task, VideoJob};
pub use parts::PartLayout;
pub use plan::{Plan, PlannedRendition, StoredPlan, VideoEncode};
pub use rate::FrameRate;
pub use reason::Reason;
pub use source::SourceInfo;
pub use storyboard::Storyboard;
pub use upload::{PartChecksum, Upload, UploadState};
pub use video::{RenditionState, Video, VideoState};
pub use video_event::{VideoEvent, VideoEventData, VideoEventKind};
