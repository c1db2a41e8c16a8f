//! The cage: the same calls, but in a child process that has libav and nothing else.
//!
//! Decoding a stranger's file is the dangerous part. So the program starts itself again, with an
//! empty environment and one socket; the child locks itself in (no files, no network, no new
//! programs, bounded memory and time), asks for byte ranges over the socket and hands back what it
//! makes. A crash, a hang or a memory bomb costs one child.

mod captions;
mod end;
mod expected;
mod files;
mod frame;
mod inmate;
mod keeper;
mod lock;
mod watch;
mod words;

use std::{
    io::{self, Read, Seek, SeekFrom, Write},
    str::FromStr,
    time::Duration,
};

use domain::{Recipe, SourceInfo, StoredPlan};

use self::{
    end::misbehaved,
    expected::Expected,
    keeper::{Input, keep},
    words::{Answer, Request, Word},
};
pub use self::{inmate::enter_if_asked, lock::lock_in};
use crate::{
    AudioSpan, MediaError, Mp4Request, Source, SpanOutput, SpanStats, Still, StillsRequest, Stop,
    VideoSpan, plan::decide,
};

/// What a child may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Limits {
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// CPU time in seconds.
    pub cpu_seconds: u64,
    /// Longest silence: no read, no output, no sign of progress.
    pub silence: Duration,
    /// Longest time without an output: reading alone is no progress.
    pub stall: Duration,
    /// Longest time in all, waiting for reads and for whoever takes the output included.
    pub wall: Duration,
}

impl Default for Limits {
    /// A 4K HEVC source takes 346 MB to decode and a 1080p encoder 150 MB; address space is more
    /// than what is in use. A span of a minute takes minutes of CPU time, not hours.
    fn default() -> Self {
        Self {
            memory_bytes: 4 << 30,
            cpu_seconds: 3600,
            silence: Duration::from_secs(60),
            stall: Duration::from_secs(600),
            wall: Duration::from_secs(3600),
        }
    }
}

/// Where libav runs. From text: `on` is locked within the default limits, `off` is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cage {
    /// In a locked child process for each call. The program's `main` must begin with
    /// [`enter_if_asked`].
    Locked(Limits),
    /// In this process: for debugging, with files that one trusts.
    Open,
}

impl FromStr for Cage {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "on" => Ok(Self::Locked(Limits::default())),
            "off" => Ok(Self::Open),
            _ => Err("neither `on` nor `off`"),
        }
    }
}

impl Cage {
    /// Whether children can be locked in on this kernel, found out by doing it.
    ///
    /// # Errors
    /// Why not.
    pub fn check(self) -> Result<(), MediaError> {
        let Self::Locked(limits) = self else { return Ok(()) };
        let mut nothing = |_, _| Err(misbehaved("it was asked for nothing"));
        keep(limits, Request::Nothing, Vec::new(), &mut nothing, &Stop::default()).map(drop)
    }

    /// See [`crate::probe`].
    ///
    /// # Errors
    /// As there.
    pub fn probe(
        self,
        mut source: Box<dyn Source>,
        size_bytes: u64,
    ) -> Result<SourceInfo, MediaError> {
        match self {
            Self::Locked(limits) => probe(limits, &mut *source, size_bytes),
            Self::Open => crate::probe(source, size_bytes),
        }
    }

    /// See [`crate::plan`]. A file that ends two children in a row is rejected.
    ///
    /// # Errors
    /// As there.
    pub fn plan(
        self,
        mut source: Box<dyn Source>,
        size_bytes: u64,
        recipe: Recipe,
    ) -> Result<StoredPlan, MediaError> {
        let Self::Locked(limits) = self else { return crate::plan(source, size_bytes, recipe) };
        let mut probe = || probe(limits, &mut *source, size_bytes);
        let ends_it =
            |error: &MediaError| matches!(error, MediaError::Crashed(_) | MediaError::Hung(_));
        let probed = match probe() {
            Err(error) if ends_it(&error) => probe().map_err(|again| match again.reason() {
                Some(reason) => MediaError::Rejected(reason),
                None => again,
            }),
            probed => probed,
        };
        decide(probed, recipe)
    }

    /// See [`crate::encode_video`].
    ///
    /// # Errors
    /// As there.
    pub fn encode_video(
        self,
        mut source: Box<dyn Source>,
        span: &VideoSpan,
        out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
        stop: &Stop,
    ) -> Result<SpanStats, MediaError> {
        let Self::Locked(limits) = self else {
            return crate::encode_video(source, span, out, stop);
        };
        let input = Input::File(&mut *source, span.plan.source.size_bytes);
        let expected = Expected::video(span);
        keep_span(limits, Request::Video(span.clone()), input, expected, out, stop)
    }

    /// See [`crate::encode_audio`].
    ///
    /// # Errors
    /// As there.
    pub fn encode_audio(
        self,
        mut source: Box<dyn Source>,
        span: &AudioSpan,
        out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
        stop: &Stop,
    ) -> Result<SpanStats, MediaError> {
        let Self::Locked(limits) = self else {
            return crate::encode_audio(source, span, out, stop);
        };
        let input = Input::File(&mut *source, span.plan.source.size_bytes);
        let expected = Expected::audio(span);
        keep_span(limits, Request::Audio(span.clone()), input, expected, out, stop)
    }

    /// See [`crate::mux_mp4`].
    ///
    /// # Errors
    /// As there.
    pub fn mux_mp4<W: Write + Seek + Send + 'static>(
        self,
        video: Box<dyn Read + Send>,
        audio: Option<Box<dyn Read + Send>>,
        request: &Mp4Request,
        mut sink: W,
    ) -> Result<u64, MediaError> {
        let Self::Locked(limits) = self else {
            return crate::mux_mp4(video, audio, request, sink);
        };
        let inputs = [video].into_iter().chain(audio).map(Input::Stream).collect();
        let (mut position, mut written, mut end) = (0, 0, 0);
        let most = expected::most_mp4_bytes(request);
        let mut take = |word, body: Vec<u8>| {
            let Word::Write { offset } = word else { return Err(misbehaved("no part of a file")) };
            written += body.len() as u64;
            if written.max(offset) > most {
                return Err(misbehaved("a file that does not end"));
            }
            if position != offset {
                sink.seek(SeekFrom::Start(offset)).map_err(MediaError::Sink)?;
            }
            sink.write_all(&body).map_err(MediaError::Sink)?;
            position = offset + body.len() as u64;
            end = position.max(end);
            Ok(())
        };
        keep(limits, Request::Mp4(request.clone()), inputs, &mut take, &Stop::default())?;
        sink.flush().map_err(MediaError::Sink)?;
        Ok(end)
    }

    /// See [`crate::stills`].
    ///
    /// # Errors
    /// As there.
    pub fn stills(
        self,
        mut source: Box<dyn Source>,
        request: &StillsRequest,
    ) -> Result<Vec<Still>, MediaError> {
        let Self::Locked(limits) = self else { return crate::stills(source, request) };
        let input = Input::File(&mut *source, request.plan.source.size_bytes);
        let mut stills = Vec::new();
        let mut take = |word, pixels| {
            if stills.len() == request.positions.len() {
                return Err(misbehaved("more stills than asked for"));
            }
            stills.push(expected::still(word, pixels, request)?);
            Ok(())
        };
        let stop = Stop::default();
        keep(limits, Request::Stills(request.clone()), vec![input], &mut take, &stop)?;
        Ok(stills)
    }
}

fn probe(
    limits: Limits,
    source: &mut dyn Source,
    size_bytes: u64,
) -> Result<SourceInfo, MediaError> {
    let mut nothing = |_, _| Err(misbehaved("it was only asked to look"));
    let inputs = vec![Input::File(source, size_bytes)];
    match keep(limits, Request::Probe, inputs, &mut nothing, &Stop::default())? {
        Answer::Source(info) if info.size_bytes == size_bytes => Ok(*info),
        _ => Err(misbehaved("it describes another file")),
    }
}

fn keep_span(
    limits: Limits,
    request: Request,
    input: Input<'_>,
    mut expected: Expected<'_>,
    out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    stop: &Stop,
) -> Result<SpanStats, MediaError> {
    let mut take = |word, body| expected.take(word, body, out);
    match keep(limits, request, vec![input], &mut take, stop)? {
        Answer::Span(stats) if expected.is_complete() => Ok(stats),
        _ => Err(misbehaved("it left out what was asked for")),
    }
}
