//! The file of a video: how it arrives, or does not, and what it takes of its owner's quota.

use super::{Video, VideoState};
use crate::{Reason, SourceObject};

/// What a video takes of its owner's quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// 1 while its file is arriving.
    pub open_uploads: u64,
    /// Bytes of its file, or those kept free for it.
    pub bytes: u64,
}

impl Video {
    /// All bytes are in the bucket. Harmless when told twice.
    pub fn uploaded(&mut self, source: SourceObject) {
        if self.record.state == VideoState::Uploading {
            self.record.state = VideoState::Uploaded;
            self.record.source = Some(source);
            self.record.version += 1;
        }
    }

    /// All bytes are in the bucket, and are evidently no video: no worker needs to look.
    pub fn refused(&mut self, source: SourceObject, reason: Reason) {
        if self.record.state == VideoState::Uploading {
            self.uploaded(source);
            self.record.state = VideoState::Rejected;
            self.record.reason = Some(reason);
        }
    }

    /// The file never came.
    pub fn expired(&mut self) {
        if self.record.state == VideoState::Uploading {
            self.record.state = VideoState::Expired;
            self.record.reason = Some(Reason::upload_expired());
            self.record.version += 1;
        }
    }

    /// What it takes of its owner's quota now.
    pub fn charge(&self) -> Charge {
        match (self.record.state, &self.record.source) {
            (VideoState::Uploading, _) => {
                Charge { open_uploads: 1, bytes: self.record.reserved_bytes }
            }
            (_, Some(source)) => Charge { open_uploads: 0, bytes: source.size_bytes },
            (_, None) => Charge::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OwnerId;

    fn arriving() -> Video {
        let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        let created_at = "2026-01-01T00:00:00Z".to_owned();
        let mut video = Video::begin(id, OwnerId::local(), "Clip".into(), created_at, "r".into());
        video.record.reserved_bytes = 100;
        video
    }

    fn source() -> SourceObject {
        SourceObject { key: "k".into(), size_bytes: 90, etag: "e".into() }
    }

    #[test]
    fn a_file_takes_its_room_from_the_announcement_to_the_end() {
        let mut video = arriving();
        assert_eq!(video.charge(), Charge { open_uploads: 1, bytes: 100 });
        let mut expired = video.clone();
        expired.expired();
        assert_eq!(expired.record.state, VideoState::Expired);
        assert_eq!(expired.charge(), Charge::default());
        video.uploaded(source());
        assert_eq!(video.charge(), Charge { open_uploads: 0, bytes: 90 });
        video.expired();
        assert_eq!(video.record.state, VideoState::Uploaded, "it did come");
    }

    #[test]
    fn what_is_no_video_is_rejected_at_the_door() {
        let mut video = arriving();
        video.refused(source(), Reason::unreadable());
        assert_eq!(video.record.state, VideoState::Rejected);
        assert_eq!(video.charge().bytes, 90, "its file is there until it is deleted");
        let before = video.clone();
        video.refused(source(), Reason::no_video_stream());
        assert_eq!(video, before, "once");
    }
}
