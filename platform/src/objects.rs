//! One bucket: small objects whole, large ones in ranges and parts.

mod cache;
mod concatenation;
mod error;
mod find;
mod held;
mod joined;
mod multipart;
mod reader;
mod store;
mod upload;
mod walk;

pub use self::{
    concatenation::Concatenation,
    error::ObjectError,
    held::HeldUpload,
    joined::Joined,
    multipart::{HeldPart, MultipartUpload, Uploaded},
    reader::{ObjectReader, ReadStats, ReaderOptions},
    store::{ObjectInfo, Objects, PresignOptions, PutOutcome},
    upload::UploadError,
    walk::{Listed, OpenUpload},
};
