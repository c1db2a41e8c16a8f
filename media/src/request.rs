//! What is asked and what comes back: plain values that can cross a process boundary.

use std::{
    io::{Read, Seek},
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{
    CaptionsName, Plan, Reason, RenditionName, SegmentGrid, loudness::ChunkLoudness, webvtt::Cue,
};
use serde::{Deserialize, Serialize};

/// A file's bytes, read and sought in blocking calls.
pub trait Source: Read + Seek + Send + 'static {}

impl<T: Read + Seek + Send + 'static> Source for T {}

/// A run of video segments, for several rungs from one decode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoSpan {
    /// The plan of the video.
    pub plan: Plan,
    /// Rungs of the plan that are made.
    pub renditions: Vec<RenditionName>,
    /// Indices from 1, contiguous.
    pub segments: Range<u32>,
}

/// A chunk of sound: the audio segments of about a minute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioSpan {
    /// The plan of the video.
    pub plan: Plan,
    /// Chunk of the audio grid, from 0.
    pub chunk: u32,
}

/// What a span hands out while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanOutput {
    /// `init.mp4` of a rendition (ISO 23000-19 CMAF header), once, before its first segment.
    Init {
        /// Whose.
        rendition: RenditionName,
        /// `ftyp` and `moov`.
        bytes: Vec<u8>,
    },
    /// A finished segment.
    Segment {
        /// Whose.
        rendition: RenditionName,
        /// From 1.
        index: u32,
        /// `styp`, `moof` and `mdat`.
        bytes: Vec<u8>,
    },
    /// What a chunk of sound measured, once, before its last segment.
    Loudness {
        /// Chunk of the audio grid, from 0.
        chunk: u32,
        /// Levels and true peak.
        measured: ChunkLoudness,
    },
    /// The closed captions in the pictures of a segment of the smallest rung, before the segment
    /// itself; only if there are any.
    ClosedCaptions {
        /// The rung.
        rendition: RenditionName,
        /// From 1.
        index: u32,
        /// For [`crate::closed_captions`].
        bytes: Vec<u8>,
    },
    /// A sign of life, about once a second of media.
    Progress {
        /// Pictures (or AAC frames) encoded so far, summed over renditions.
        frames: u64,
    },
}

/// What a span did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanStats {
    /// Pictures (or AAC frames) encoded, summed over renditions, pre-roll not counted.
    pub encoded: u64,
    /// Pictures (or pieces of sound) that the decoder delivered.
    pub decoded: u64,
    /// Packets that the demuxer or decoder refused.
    pub errors: u64,
}

/// Which MP4 to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mp4Request {
    /// The plan of the video.
    pub plan: Plan,
    /// The rung.
    pub rendition: RenditionName,
}

impl Mp4Request {
    /// Bytes at the start of the file that are written last: boxes up to the start of the
    /// pictures, with room for the index of every sample.
    pub fn reserved_bytes(&self) -> u64 {
        // `ftyp` in front, the header of `mdat` behind.
        u64::from(self.moov_bytes()) + 64
    }

    /// An upper bound for `moov` (ISO 14496-12 8.2.1), from the numbers of samples alone.
    pub(crate) fn moov_bytes(&self) -> u32 {
        let units = |name| self.plan.grid(name).map_or(0, units_in);
        let (pictures, sounds) = (units(&self.rendition), units(&RenditionName::audio()));
        // Per picture an entry each in stsz, ctts and (key frames) stss; per piece of sound in
        // stsz; per second and track a chunk in stsc and co64.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hours")]
        let seconds = self.plan.duration_seconds() as u64 + 2;
        let bytes = 8192 + pictures * 16 + sounds * 4 + seconds * 2 * (12 + 8 + 4);
        u32::try_from(bytes).unwrap_or(u32::MAX / 2)
    }
}

fn units_in(grid: SegmentGrid) -> u64 {
    match grid {
        SegmentGrid::Video { frames, .. } => frames,
        SegmentGrid::Audio { aac_frames } => aac_frames,
    }
}

/// Whose text tracks to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaptionsRequest {
    /// The plan of the video.
    pub plan: Plan,
}

/// Whose closed captions to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosedCaptionsRequest {
    /// The plan of the video.
    pub plan: Plan,
}

/// What became of a track of captions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captions {
    /// Which one.
    pub name: CaptionsName,
    /// Its cues, perhaps none, or why it cannot be read.
    pub cues: Result<Vec<Cue>, Reason>,
}

/// Which still pictures to take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StillsRequest {
    /// The plan of the video.
    pub plan: Plan,
    /// Where, in thousandths of the duration.
    pub positions: Vec<u16>,
    /// Larger pictures are made this wide, in pixels.
    pub max_width: u32,
}

/// One picture, packed RGB without padding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Still {
    /// Time on the plan's timeline in microseconds.
    pub at_us: i64,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// `width × height × 3` bytes.
    pub rgb: Vec<u8>,
    /// How much there is to see, from 0; black and flat pictures lose.
    pub score: f32,
}

/// A cord to pull from another thread: the call ends soon with [`crate::MediaError::Stopped`].
#[derive(Clone, Debug, Default)]
pub struct Stop {
    pulled: Arc<AtomicBool>,
    /// The one this was split from.
    above: Option<Arc<AtomicBool>>,
}

impl Stop {
    /// Pulls the cord.
    pub fn stop(&self) {
        self.pulled.store(true, Ordering::Relaxed);
    }

    /// Whether it was pulled.
    pub fn is_stopped(&self) -> bool {
        let pulled = |cord: &Arc<AtomicBool>| cord.load(Ordering::Relaxed);
        pulled(&self.pulled) || self.above.as_ref().is_some_and(pulled)
    }

    /// A cord that this one pulls along, but not the other way.
    pub(crate) fn child(&self) -> Self {
        Self { pulled: Arc::default(), above: Some(Arc::clone(&self.pulled)) }
    }
}
