//! What others are told of a video, by webhooks and on the event bus: that it has come so far. Pinned
//! by a test, for programs of strangers read it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    OwnerId, Reason, Video, VideoId,
    video::{VideoState, Visibility},
};

/// How far a video has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VideoEventKind {
    /// All bytes are in the bucket.
    #[serde(rename = "video.uploaded")]
    Uploaded,
    /// The first seconds can be played.
    #[serde(rename = "video.playable")]
    Playable,
    /// Everything is there.
    #[serde(rename = "video.ready")]
    Ready,
    /// It can be played, but something failed.
    #[serde(rename = "video.partial")]
    Partial,
    /// Nothing can be played, the cause is ours.
    #[serde(rename = "video.failed")]
    Failed,
    /// Nothing can be played, the file is at fault.
    #[serde(rename = "video.rejected")]
    Rejected,
    /// It is gone.
    #[serde(rename = "video.deleted")]
    Deleted,
}

/// That a video has come so far, as others read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoEvent {
    /// Which of them.
    #[serde(rename = "type")]
    pub kind: VideoEventKind,
    /// When: RFC 3339, UTC.
    pub timestamp: String,
    /// What it was like then.
    pub data: VideoEventData,
}

/// A video at the moment of an event. Neither its title nor its file's name: an event may outlive
/// the video, and whoever may know them can ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoEventData {
    /// Which video.
    pub video_id: VideoId,
    /// Whose.
    pub owner_id: OwnerId,
    /// Counts every change, so it tells which of two events is the later one.
    pub version: u64,
    /// Number of the making.
    pub generation: u32,
    /// Where it stood.
    pub state: VideoState,
    /// Why, for the states that need it.
    pub reason: Option<Reason>,
    /// Who could see it.
    pub visibility: Visibility,
    /// Known once a worker has looked at the file.
    pub duration_seconds: Option<f64>,
}

impl VideoEventKind {
    /// All of them, in the order of a video's life.
    pub const ALL: [Self; 7] = [
        Self::Uploaded,
        Self::Playable,
        Self::Ready,
        Self::Partial,
        Self::Failed,
        Self::Rejected,
        Self::Deleted,
    ];

    /// As it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "video.uploaded",
            Self::Playable => "video.playable",
            Self::Ready => "video.ready",
            Self::Partial => "video.partial",
            Self::Failed => "video.failed",
            Self::Rejected => "video.rejected",
            Self::Deleted => "video.deleted",
        }
    }

    /// What is to be told when a video goes from one state to another. One that takes two steps at
    /// once is told of both, for who listens may wait for the first alone.
    pub fn between(before: VideoState, after: VideoState) -> Vec<Self> {
        use VideoState::{Expired, Partial, Playable, Ready, Uploading};
        let can_be_played = |state| matches!(state, Playable | Ready | Partial);
        let mut told = Vec::new();
        if before == Uploading && !matches!(after, Uploading | Expired) {
            told.push(Self::Uploaded);
        }
        if can_be_played(after) && !can_be_played(before) {
            told.push(Self::Playable);
        }
        if before != after {
            told.extend(match after {
                Ready => Some(Self::Ready),
                Partial => Some(Self::Partial),
                VideoState::Failed => Some(Self::Failed),
                VideoState::Rejected => Some(Self::Rejected),
                _ => None,
            });
        }
        told
    }
}

impl VideoEvent {
    /// That this video has come so far, at that time (RFC 3339, UTC).
    pub fn of(kind: VideoEventKind, video: &Video, timestamp: String) -> Self {
        let record = &video.record;
        let data = VideoEventData {
            video_id: record.id,
            owner_id: record.owner_id.clone(),
            version: record.version,
            generation: record.generation,
            state: record.state,
            reason: record.reason.clone(),
            visibility: record.visibility,
            duration_seconds: record.plan.as_ref().map(|plan| plan.duration_seconds()),
        };
        Self { kind, timestamp, data }
    }
}

impl fmt::Display for VideoEventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for VideoEventKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_step_is_told_once() {
        use VideoEventKind as Kind;
        use VideoState::{
            Expired, Failed, Partial, Playable, Processing, Ready, Rejected, Uploaded, Uploading,
        };
        for (before, after, told) in [
            (Uploading, Uploading, vec![]),
            (Uploading, Uploaded, vec![Kind::Uploaded]),
            (Uploading, Expired, vec![]),
            (Uploaded, Processing, vec![]),
            (Processing, Playable, vec![Kind::Playable]),
            (Playable, Playable, vec![]),
            (Playable, Ready, vec![Kind::Ready]),
            (Processing, Ready, vec![Kind::Playable, Kind::Ready]),
            (Processing, Partial, vec![Kind::Playable, Kind::Partial]),
            (Uploaded, Failed, vec![Kind::Failed]),
            (Uploaded, Rejected, vec![Kind::Rejected]),
            (Partial, Playable, vec![]), // something is tried again
            (Partial, Ready, vec![Kind::Ready]),
            (Failed, Playable, vec![Kind::Playable]),
            (Playable, Uploaded, vec![]), // it is made anew
        ] {
            assert_eq!(Kind::between(before, after), told, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn its_json_is_what_others_rely_on() {
        let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        let created_at = "2026-01-01T00:00:00Z".to_owned();
        let mut video = Video::begin(id, OwnerId::local(), "Secret".into(), created_at, "r".into());
        video.record.state = VideoState::Rejected;
        video.record.reason = Some(Reason::new("no_video_stream", "There is no picture."));
        let at = "2026-01-01T00:00:05Z".to_owned();
        let event = VideoEvent::of(VideoEventKind::Rejected, &video, at);
        let expected = json!({
            "type": "video.rejected",
            "timestamp": "2026-01-01T00:00:05Z",
            "data": {
                "video_id": "01890a5d-ac96-774b-bcce-b302099a80f7",
                "owner_id": "local",
                "version": 1,
                "generation": 1,
                "state": "rejected",
                "reason": {"code": "no_video_stream", "message": "There is no picture."},
                "visibility": "private",
                "duration_seconds": null,
            },
        });
        assert_eq!(serde_json::to_value(&event).unwrap(), expected);
        assert_eq!(serde_json::from_value::<VideoEvent>(expected).unwrap(), event);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for kind in VideoEventKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!("video.seen".parse::<VideoEventKind>(), Err(()));
    }
}
