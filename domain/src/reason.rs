//! Why something did not happen, in words a person can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stable code for programs and a sentence for people. Never an error's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// One of a closed set in `snake_case`; clients may match on it.
    pub code: String,
    /// What went wrong and, where there is something to do, what to do.
    pub message: String,
}

impl Reason {
    /// A reason from its code and sentence.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }

    /// The file could not be understood as media at all.
    pub fn unreadable() -> Self {
        Self::new(
            "unreadable",
            "The file is not a video that Fantail can read, or it is damaged. \
             Check that it plays on your device and upload it again.",
        )
    }

    /// There is media, but no picture that moves.
    pub fn no_video_stream() -> Self {
        Self::new("no_video_stream", "The file has no video track.")
    }

    /// The file ends before what its index promises.
    pub fn truncated() -> Self {
        Self::new(
            "truncated",
            "The file ends early: part of it is missing. Upload the complete file again.",
        )
    }

    /// The codec is not on the allow list.
    pub fn unsupported_codec(codec: &str) -> Self {
        Self::new(
            "unsupported_codec",
            format!("Fantail does not decode {codec}. Convert the file, for example to H.264."),
        )
    }

    /// Too little of the file can be decoded to show it.
    pub fn damaged() -> Self {
        Self::new(
            "damaged",
            "Most of the pictures in a part of the file are damaged. \
             Check that it plays on your device and upload it again.",
        )
    }

    /// The picture has more pixels than we decode.
    pub fn picture_too_large(width: u32, height: u32) -> Self {
        Self::new(
            "picture_too_large",
            format!(
                "The picture is {width}×{height}; \
                 the limit is 8192 pixels on each side and 8192×4608 in all."
            ),
        )
    }

    /// The video lasts longer than we take.
    pub fn too_long(limit_hours: u64) -> Self {
        Self::new("too_long", format!("The video is longer than {limit_hours} hours."))
    }

    /// A rung the source cannot fill without upscaling.
    pub fn source_too_small(width: u32, height: u32) -> Self {
        Self::new(
            "source_too_small",
            format!("The source is {width}×{height}; this size would only blow it up."),
        )
    }

    /// The audio rendition of a silent source.
    pub fn no_audio_track() -> Self {
        Self::new("no_audio_track", "The source has no sound.")
    }

    /// The audio rendition of a source whose sound we cannot decode.
    pub fn unsupported_audio(codec: &str) -> Self {
        Self::new(
            "unsupported_audio",
            format!("Fantail does not take its sound ({codec}), so the video plays without."),
        )
    }

    /// A track of captions that is not made: hostile, or not captions at all.
    pub fn too_many_captions() -> Self {
        Self::new("too_many_captions", "The track holds more text than captions do.")
    }

    /// A track of captions that cannot be understood.
    pub fn unreadable_captions() -> Self {
        Self::new("unreadable_captions", "The track could not be read as captions.")
    }

    /// A track of captions without any text.
    pub fn no_captions() -> Self {
        Self::new("no_captions", "The track holds no text.")
    }

    /// The upload was begun and never completed.
    pub fn upload_expired() -> Self {
        Self::new("upload_expired", "The upload was not completed in time. Upload the file again.")
    }

    /// The source object is not in the bucket any more.
    pub fn source_gone() -> Self {
        Self::new("source_gone", "The uploaded file is no longer in storage.")
    }

    /// Decoding ended in a crash, again and again.
    pub fn decoder_crashed() -> Self {
        Self::new(
            "decoder_crashed",
            "Decoding the file failed each time: it is damaged or asks for more memory than \
             allowed. Convert it, for example to MP4 with H.264, and upload it again.",
        )
    }

    /// Decoding did not come to an end, again and again.
    pub fn decoder_hung() -> Self {
        Self::new(
            "decoder_hung",
            "Decoding the file does not get ahead: it is damaged or too demanding. \
             Convert it, for example to MP4 with H.264, and upload it again.",
        )
    }

    /// Segments of encoders that differ cannot stand behind one init segment.
    pub fn encoders_differ() -> Self {
        Self::new(
            "encoders_differ",
            "The workers of a fleet encode differently: their images or processors are not alike. \
             Make them alike, then try it again.",
        )
    }

    /// Every worker that took the job ended without a word.
    pub fn worker_died() -> Self {
        Self::new(
            "worker_died",
            "Processing was broken off again and again for a cause on our side, such as too little \
             memory. Try it again.",
        )
    }

    /// Its queue is long.
    pub fn waiting() -> Self {
        Self::new("waiting", "It waits in line; it goes on by itself as soon as a worker is free.")
    }

    /// Its queue is long, and nobody works on it.
    pub fn unattended() -> Self {
        Self::new("waiting", "No worker is running for it now; it goes on by itself when one is.")
    }

    /// Others of the same owner come first.
    pub fn not_its_turn() -> Self {
        Self::new(
            "waiting",
            "Other videos of yours are being processed first; it goes on by itself after them.",
        )
    }

    /// Its job was in no queue any more.
    pub fn sent_again() -> Self {
        Self::new("sent_again", "Its work got lost on our side and was begun again.")
    }

    /// Its job was in no queue any more, for the second time.
    pub fn lost() -> Self {
        Self::new("lost", "Its work got lost on our side more than once. Try it again.")
    }

    /// Something on our side failed in every attempt.
    pub fn gave_up(attempts: u32) -> Self {
        Self::new(
            "gave_up",
            format!("Processing failed {attempts} times for a cause on our side. Try it again."),
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}
