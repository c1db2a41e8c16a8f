//! One bucket: small objects whole, large ones in ranges and parts.

mod abandoned;
mod cache;
mod cdn;
mod concatenation;
mod direct;
mod error;
mod find;
mod held;
mod joined;
mod multipart;
mod passing;
mod reader;
mod store;
mod unfinished;
mod upload;

pub use self::{
    cdn::Cdn,
    concatenation::Concatenation,
    direct::{ArrivedPart, DirectUpload, PartRequest, PartsPage, PresignedPart},
    error::ObjectError,
    held::HeldUpload,
    joined::Joined,
    multipart::{HeldPart, MultipartUpload, Uploaded},
    reader::{ObjectReader, ReadStats, ReaderOptions},
    store::{ObjectInfo, Objects, PresignOptions, PutOutcome},
    upload::{PartMemory, UploadError},
};
