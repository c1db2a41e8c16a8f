//! What a caller can do something about, out of all that S3 may answer.

use anyhow::anyhow;
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::outage;

/// Why an object could not be had or stored.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// There is no object of this key.
    #[error("there is no object {0}")]
    NotFound(String),
    /// The object of this key is not the one that was meant: it was replaced.
    #[error("the object {0} was replaced")]
    Precondition(String),
    /// The store is away, refuses us, or does not understand us.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl ObjectError {
    /// Reads the store's answer to `doing` something with `key`.
    pub(super) fn of<E>(doing: &str, key: &str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match (status(&error), error.code()) {
            // A missing bucket is no missing object: whoever sees it must not go on.
            (Some(404), code) if code != Some("NoSuchBucket") => Self::NotFound(key.to_owned()),
            (Some(412), _) => Self::Precondition(key.to_owned()),
            _ => Self::Other(outage::told(error).context(format!("{doing} {key}"))),
        }
    }

    pub(super) fn other(what: impl std::fmt::Display) -> Self {
        Self::Other(anyhow!("{what}"))
    }
}

/// The HTTP status, if there was an answer at all.
pub(super) fn status<E>(error: &SdkError<E, HttpResponse>) -> Option<u16> {
    error.raw_response().map(|response| response.status().as_u16())
}
