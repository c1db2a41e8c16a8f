//! An upload whose parts go straight to the bucket, as the catalogue knows it.

use serde::{Deserialize, Serialize};

use crate::parts::PartLayout;

/// Where an upload stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// Parts are arriving.
    Open,
    /// All parts are there and are being put together.
    Completing,
    /// The file is there.
    Complete,
    /// Nobody completed it in time; its parts are gone.
    Expired,
}

/// What guards the bytes of each part on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartChecksum {
    /// SHA-256.
    Sha256,
    /// CRC-32C (Castagnoli).
    Crc32c,
}

impl PartChecksum {
    /// Length of a checksum in bytes.
    pub fn len_bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Crc32c => 4,
        }
    }
}

/// One item of the catalogue: an upload in parts. It has the id of its video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Where it stands.
    pub state: UploadState,
    /// Size of the file.
    pub size_bytes: u64,
    /// Size of every part but the last.
    pub part_size_bytes: u64,
    /// The store's own name of the upload.
    pub multipart_id: String,
    /// What the client says the file is; believed by nobody.
    pub content_type: Option<String>,
    /// What the client recognises the file by when it resumes.
    pub fingerprint: Option<String>,
    /// Whether parts carry checksums.
    pub checksum: Option<PartChecksum>,
    /// When it is given up, in Unix seconds.
    pub expires_at: u64,
}

impl Upload {
    /// How the file is cut.
    pub fn layout(&self) -> PartLayout {
        PartLayout { size_bytes: self.size_bytes, part_size_bytes: self.part_size_bytes }
    }

    /// Whether the client still has something to do.
    pub fn is_open(&self) -> bool {
        matches!(self.state, UploadState::Open | UploadState::Completing)
    }
}
