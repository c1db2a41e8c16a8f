//! Uploads as the outside sees them.

use std::collections::BTreeMap;

use domain::{PartChecksum, Upload, UploadState, Video};
use platform::objects::ArrivedPart;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock;

/// An upload in parts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(crate) struct UploadView {
    /// Ask with it for URLs, complete or abort with it.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a80f7")]
    id: String,
    /// The video that it becomes.
    #[schema(example = "01890a5d-ac96-774b-bcce-b302099a80f7")]
    video_id: String,
    /// Where it stands.
    state: UploadStateView,
    /// What the video is called.
    title: String,
    /// Without a path; null if none was told.
    #[schema(required)]
    filename: Option<String>,
    /// As the client told it.
    #[schema(required, example = "video/mp4")]
    content_type: Option<String>,
    /// As the client told it, to recognise the file when it resumes.
    #[schema(required)]
    fingerprint: Option<String>,
    /// Bytes of the file.
    size_bytes: u64,
    /// Bytes of every part but the last: part n (from 1) begins at (n − 1) times as many.
    part_size_bytes: u64,
    /// How many parts there are.
    part_count: u32,
    /// What guards each part on its way; null if nothing does.
    #[schema(required)]
    checksum: Option<ChecksumView>,
    /// RFC 3339, UTC.
    created_at: String,
    /// When it is given up if nobody completes it: RFC 3339, UTC.
    expires_at: String,
}

/// Where an upload stands.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UploadState)]
pub(crate) enum UploadStateView {
    /// Parts may be sent.
    Open,
    /// All parts are there and are being put together.
    Completing,
    /// The file is there; the video says what becomes of it.
    Complete,
    /// Nobody completed it in time. Its parts are gone.
    Expired,
}

/// What guards each part on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PartChecksum)]
pub(crate) enum ChecksumView {
    /// SHA-256.
    Sha256,
    /// CRC-32C.
    Crc32c,
}

/// An upload and its parts that have arrived.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadStatus)]
pub(crate) struct UploadStatusView {
    /// The upload.
    #[serde(flatten)]
    pub(super) upload: UploadView,
    /// Those that have arrived, by number, at most 1,000; empty once it is complete.
    pub(super) parts: Vec<ArrivedPartView>,
    /// Ask with it for the next parts; null if there are none.
    #[schema(required)]
    pub(super) next_cursor: Option<String>,
}

/// A part that has arrived.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArrivedPart)]
pub(crate) struct ArrivedPartView {
    /// From 1.
    number: u32,
    /// Its bytes.
    size_bytes: u64,
    /// The store's own; with its quotes.
    etag: String,
}

/// A page of an owner's open uploads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UploadList)]
pub(crate) struct UploadListView {
    /// Newest first.
    pub(super) uploads: Vec<UploadView>,
    /// Ask with it for the next page; null on the last.
    #[schema(required)]
    pub(super) next_cursor: Option<String>,
}

/// Where to send parts to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartUrls)]
pub(crate) struct PartUrlsView {
    /// In the order they were asked for.
    pub(super) parts: Vec<PartUrlView>,
    /// Until when a part may begin to be sent: RFC 3339, UTC. Ask again for later ones.
    pub(super) expires_at: String,
}

/// Where to send a part to: `PUT` its bytes there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PartUrl)]
pub(crate) struct PartUrlView {
    /// From 1.
    pub(super) number: u32,
    /// Where. It takes this part and no other.
    pub(super) url: String,
    /// Exactly as many bytes are taken.
    pub(super) size_bytes: u64,
    /// Headers to send along as they are.
    pub(super) headers: BTreeMap<String, String>,
}

impl UploadView {
    pub(super) fn new(video: &Video, upload: &Upload) -> Self {
        let record = &video.record;
        Self {
            id: record.id.to_string(),
            video_id: record.id.to_string(),
            state: match upload.state {
                UploadState::Open => UploadStateView::Open,
                UploadState::Completing => UploadStateView::Completing,
                UploadState::Complete => UploadStateView::Complete,
                UploadState::Expired => UploadStateView::Expired,
            },
            title: record.title.clone(),
            filename: record.filename.clone(),
            content_type: upload.content_type.clone(),
            fingerprint: upload.fingerprint.clone(),
            size_bytes: upload.size_bytes,
            part_size_bytes: upload.part_size_bytes,
            part_count: upload.layout().part_count(),
            checksum: upload.checksum.map(|checksum| match checksum {
                PartChecksum::Sha256 => ChecksumView::Sha256,
                PartChecksum::Crc32c => ChecksumView::Crc32c,
            }),
            created_at: record.created_at.clone(),
            expires_at: clock::rfc3339(upload.expires_at),
        }
    }
}

impl From<ChecksumView> for PartChecksum {
    fn from(checksum: ChecksumView) -> Self {
        match checksum {
            ChecksumView::Sha256 => Self::Sha256,
            ChecksumView::Crc32c => Self::Crc32c,
        }
    }
}

impl From<ArrivedPart> for ArrivedPartView {
    fn from(part: ArrivedPart) -> Self {
        Self { number: part.number, size_bytes: part.size_bytes, etag: part.etag }
    }
}
