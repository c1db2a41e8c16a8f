//! Uploads: a body streamed through us ([`streamed`]), or parts that go straight to the bucket
//! ([`direct`]). Both end in [`arrival`].

mod arrival;
mod body;
pub(crate) mod direct;
pub(crate) mod expiry;
pub(crate) mod finish;
mod limits;
pub(crate) mod parts;
pub(crate) mod streamed;
mod view;

pub(crate) use self::expiry::drop_parts;
pub use self::limits::UploadArgs;
