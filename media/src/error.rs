//! What can go wrong, by who can do something about it.

use std::io;

use domain::Reason;

/// Why a call into libav did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// The input is at fault: no attempt can succeed.
    #[error("the input is at fault: {0}")]
    Rejected(Reason),
    /// The source's bytes could not be read; says nothing about the file.
    #[error("the source could not be read")]
    Source(#[source] io::Error),
    /// The receiver of the output failed.
    #[error("the output could not be written")]
    Sink(#[source] io::Error),
    /// [`crate::Stop`] was pulled.
    #[error("stopped")]
    Stopped,
    /// libav or this crate failed where neither input nor surroundings are to blame.
    #[error("{0}")]
    Internal(String),
}

impl MediaError {
    /// An unexpected answer of libav while `doing` something.
    pub(crate) fn libav(doing: &str, error: ffmpeg_next::Error) -> Self {
        Self::Internal(format!("{doing}: {error}"))
    }

    /// The file cannot be understood.
    pub(crate) fn unreadable() -> Self {
        Self::Rejected(Reason::unreadable())
    }
}
