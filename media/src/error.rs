//! What can go wrong, by who can do something about it.

use std::{io, time::Duration};

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
    /// The caged child died: libav crashed, did what is not allowed or ran out of memory.
    #[error("the decoder crashed: {0}")]
    Crashed(String),
    /// The caged child was ended after this time without a sign of life, or as the most it may take.
    #[error("the decoder hung: ended after {0:?}")]
    Hung(Duration),
    /// libav or this crate failed where neither input nor surroundings are to blame.
    #[error("{0}")]
    Internal(String),
}

impl MediaError {
    /// An unexpected answer of libav while `doing` something.
    pub(crate) fn libav(doing: &str, error: ffmpeg_next::Error) -> Self {
        Self::Internal(format!("{doing}: {error}"))
    }

    /// What a person is told if it stays so; `None` where the file is not to blame.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Rejected(reason) => Some(reason.clone()),
            Self::Crashed(_) => Some(Reason::decoder_crashed()),
            Self::Hung(_) => Some(Reason::decoder_hung()),
            Self::Source(_) | Self::Sink(_) | Self::Stopped | Self::Internal(_) => None,
        }
    }

    /// The file cannot be understood.
    pub(crate) fn unreadable() -> Self {
        Self::Rejected(Reason::unreadable())
    }
}
