//! What uploads may be like, and how it is said.

use axum::http::StatusCode;
use clap::Args;
use domain::parts::MAX_FILE_BYTES;

use crate::{catalogue::Quota, problem::Problem};

/// What uploads may be like.
#[derive(Args, Clone, Debug)]
pub struct UploadArgs {
    /// Largest file, in bytes; S3 takes 5 TiB.
    #[arg(long, env, default_value_t = MAX_FILE_BYTES, value_parser = clap::value_parser!(u64).range(1..=MAX_FILE_BYTES))]
    pub max_file_bytes: u64,

    /// Hours after which an upload in parts that nobody completed is given up. The bucket's
    /// lifecycle rule aborts it after seven days in any case.
    #[arg(long, env, default_value_t = 144, value_parser = clap::value_parser!(u64).range(1..=168))]
    pub upload_expiry_hours: u64,

    /// Uploads that an owner may have under way at the same time.
    #[arg(long, env, default_value_t = 256)]
    pub owner_open_uploads: u64,

    /// Parts of 8 MiB that streamed uploads of unknown length may fill at the same time; further
    /// ones wait. Those that tell their length need none.
    #[arg(long, env, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    pub stream_parts: u32,

    /// Bytes that an owner's files may take together, those announced included; any number if not
    /// told. What is made of the files does not count.
    #[arg(long, env)]
    pub owner_bytes: Option<u64>,
}

impl Default for UploadArgs {
    fn default() -> Self {
        Self {
            max_file_bytes: MAX_FILE_BYTES,
            upload_expiry_hours: 144,
            owner_open_uploads: 256,
            stream_parts: 8,
            owner_bytes: None,
        }
    }
}

impl UploadArgs {
    /// What an owner may have.
    pub fn quota(&self) -> Quota {
        Quota { open_uploads: Some(self.owner_open_uploads), bytes: self.owner_bytes }
    }

    /// Refuses a file that is empty or too large.
    pub(super) fn check_size(&self, size_bytes: u64) -> Result<(), Problem> {
        if size_bytes == 0 {
            let detail = "The file is empty.";
            return Err(Problem::bad_request("empty_file", detail));
        }
        if self.max_file_bytes < size_bytes {
            return Err(self.too_large());
        }
        Ok(())
    }

    pub(super) fn too_large(&self) -> Problem {
        let detail = format!("The limit is {} bytes per file.", self.max_file_bytes);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", detail)
    }
}
