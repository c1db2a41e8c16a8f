//! All that Fantail asks of libav: probe, decode, scale, encode, mux, stills.
//!
//! Blocking, without paths, URLs or an async runtime: a serialisable request and a source of
//! bytes in, segments and progress out. So the same calls work in a caged child process.
#![allow(unsafe_code, reason = "the one room that talks to C; each block says why it is sound")]

mod aac;
mod boxes;
pub mod cage;
mod captions;
mod closed_captions;
mod decoding;
mod deinterlace;
mod ebml;
mod encode_audio;
mod encode_video;
mod error;
mod fragment;
mod frames;
mod graph;
mod h264;
mod head_sink;
mod input;
mod limits;
mod loudness;
mod mp4;
mod orientation;
mod picture;
mod pictures;
mod plan;
mod probe;
mod request;
mod resample;
mod rung;
mod sample;
mod sounds;
mod stills;
mod text_decoder;
mod time;
mod tracks;

pub use cage::{Cage, Limits};
pub use error::MediaError;
pub use plan::plan;
pub use request::{
    AudioSpan, Captions, CaptionsRequest, ClosedCaptionsRequest, Mp4Request, Source, SpanOutput,
    SpanStats, Still, StillsRequest, Stop, VideoSpan,
};

use std::{
    io::{self, Read, Write},
    sync::Once,
};

use domain::SourceInfo;

/// Readies libav and silences its log. May be called often; the other calls do it too.
pub fn init() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        // Cannot fail: it only registers what is compiled in.
        let _ = ffmpeg_next::init();
        // Its messages are for the terminal of a person; errors come back as values.
        ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
    });
}

/// Looks at a source of `size_bytes` bytes: container, tracks, times, colours; decodes one picture.
///
/// # Errors
/// [`MediaError::Rejected`] if it is not media, is cut short or needs a codec we do not take;
/// [`MediaError::Source`] if its bytes could not be read.
pub fn probe(source: Box<dyn Source>, size_bytes: u64) -> Result<SourceInfo, MediaError> {
    probe::probe(source, size_bytes)
}

/// Encodes the segments of a span, for one or several rungs from one decode. `out` gets the init
/// segment of each rendition first, then its segments in order, and progress in between.
///
/// # Errors
/// See [`MediaError`].
pub fn encode_video(
    source: Box<dyn Source>,
    span: &VideoSpan,
    out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    stop: &Stop,
) -> Result<SpanStats, MediaError> {
    encode_video::encode_video(source, span, out, stop)
}

/// Encodes the sound of one chunk of the audio grid. `out` as for [`encode_video`].
///
/// # Errors
/// See [`MediaError`].
pub fn encode_audio(
    source: Box<dyn Source>,
    span: &AudioSpan,
    out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    stop: &Stop,
) -> Result<SpanStats, MediaError> {
    encode_audio::encode_audio(source, span, out, stop)
}

/// Reads the text tracks of the plan, all in one pass. What cannot be read is a reason in its place,
/// not an error.
///
/// # Errors
/// See [`MediaError`]; `Rejected` if the file itself cannot be opened any more.
pub fn captions(
    source: Box<dyn Source>,
    request: &CaptionsRequest,
    stop: &Stop,
) -> Result<Vec<Captions>, MediaError> {
    captions::captions(source, request, stop)
}

/// Cues from the closed captions that spans handed out ([`SpanOutput::ClosedCaptions`]), one
/// segment after the other, read once. Services without a word are left out.
///
/// # Errors
/// [`MediaError::Source`] if the data could not be read or ends in mid-record.
pub fn closed_captions(
    data: Box<dyn Read + Send>,
    request: &ClosedCaptionsRequest,
) -> Result<Vec<Captions>, MediaError> {
    closed_captions::closed_captions(data, request)
}

/// Copies a rung and the sound into one MP4 that plays while it loads. Each input is `init.mp4`
/// followed by all segments, read once. The sink is sought to [`Mp4Request::reserved_bytes`],
/// written in order from there, then sought to 0 for the bytes before (a file smaller than that is
/// written from 0 at once). Returns the size in bytes.
///
/// # Errors
/// [`MediaError::Source`] or [`MediaError::Sink`] if either side failed.
pub fn mux_mp4<W: Write + io::Seek + Send + 'static>(
    video: Box<dyn Read + Send>,
    audio: Option<Box<dyn Read + Send>>,
    request: &Mp4Request,
    sink: W,
) -> Result<u64, MediaError> {
    mp4::mux_mp4(video, audio, request, sink)
}

/// Pictures near the wanted positions, mostly key frames, upright and in BT.709 colours.
///
/// # Errors
/// See [`MediaError`].
pub fn stills(source: Box<dyn Source>, request: &StillsRequest) -> Result<Vec<Still>, MediaError> {
    stills::stills(source, request)
}
