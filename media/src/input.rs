//! A source opened by libav: only allowed demuxers, only the tracks that are wanted.

use std::{
    io::{self, Read, Seek, SeekFrom},
    sync::{Arc, Mutex, PoisonError},
};

use ffmpeg_next::{
    Dictionary, Error, Packet,
    ffi::AVDiscard,
    format::{self, context::StreamIo},
};

use crate::{MediaError, Source, Stop, limits};

/// Bytes that libav asks for at once.
const READ_BYTES: usize = 64 * 1024;

/// An opened source.
pub(crate) struct Input {
    ctx: format::context::Input,
    /// To open it again; nothing for bytes that can only be read once.
    source: Option<Shared>,
    /// Tracks whose packets are wanted.
    kept: Vec<usize>,
    stop: Stop,
    failure: Failure,
    bad_packets: u32,
    /// Packets that the demuxer refused.
    pub(crate) errors: u64,
}

/// What a read brought.
pub(crate) enum Next {
    /// A packet of a wanted track.
    Packet(Packet),
    /// The end of the file.
    End,
}

impl Input {
    /// Opens a source and finds its tracks.
    pub(crate) fn open(source: Box<dyn Source>, stop: &Stop) -> Result<Self, MediaError> {
        Self::open_shared(Shared(Arc::new(Mutex::new(source))), stop)
    }

    fn open_shared(source: Shared, stop: &Stop) -> Result<Self, MediaError> {
        let failure = Failure::default();
        let watched = Watched { inner: Box::new(source.clone()), failure: failure.clone() };
        let io = StreamIo::from_read_seek_with_capacity(watched, READ_BYTES);
        let mut input = Self::of(io, failure, stop)?;
        input.source = Some(source);
        Ok(input)
    }

    /// Opens bytes that can only be read once, in order.
    pub(crate) fn open_stream(
        bytes: Box<dyn Read + Send>,
        stop: &Stop,
    ) -> Result<Self, MediaError> {
        let failure = Failure::default();
        let watched = Watched { inner: bytes, failure: failure.clone() };
        Self::of(StreamIo::from_read_with_capacity(watched, READ_BYTES), failure, stop)
    }

    fn of(io: Result<StreamIo, Error>, failure: Failure, stop: &Stop) -> Result<Self, MediaError> {
        crate::init();
        let io = io.map_err(|error| MediaError::libav("buffer for reading", error))?;
        let mut options = Dictionary::new();
        options.set("format_whitelist", limits::CONTAINERS);
        options.set("protocol_whitelist", limits::PROTOCOLS);
        options.set("codec_whitelist", limits::DECODERS);
        options.set("max_streams", limits::MAX_STREAMS);
        options.set("probesize", limits::PROBE_BYTES);
        // External references of QuickTime files stay closed (its default, but vital).
        options.set("enable_drefs", "0");
        let cord = stop.clone();
        let opened = format::input_from_stream_with_interrupt(io, None, Some(options), move || {
            cord.is_stopped()
        });
        match opened {
            Ok(ctx) => {
                failure.check()?;
                let (kept, stop) = (Vec::new(), stop.clone());
                let (source, bad_packets, errors) = (None, 0, 0);
                Ok(Self { ctx, source, kept, stop, failure, bad_packets, errors })
            }
            Err(_) if stop.is_stopped() => Err(MediaError::Stopped),
            Err(_) => {
                failure.check()?;
                Err(MediaError::unreadable())
            }
        }
    }

    /// libav's view of the file.
    pub(crate) fn context(&self) -> &format::context::Input {
        &self.ctx
    }

    /// The same, where a call needs it mutable.
    pub(crate) fn context_mut(&mut self) -> &mut format::context::Input {
        &mut self.ctx
    }

    /// Reads packets of these tracks only; where the file has an index, other bytes stay unread.
    pub(crate) fn keep_only(&mut self, streams: &[usize]) {
        self.kept = streams.to_vec();
        for mut stream in self.ctx.streams_mut() {
            let discard = if streams.contains(&stream.index()) {
                AVDiscard::AVDISCARD_DEFAULT
            } else {
                AVDiscard::AVDISCARD_ALL
            };
            // SAFETY: the stream belongs to `self.ctx`, which is borrowed mutably, and `discard`
            // is a plain field that the caller may change at any time (avformat.h).
            unsafe { (*stream.as_mut_ptr()).discard = discard };
        }
    }

    /// The next packet of a wanted track. Damage is counted and skipped.
    pub(crate) fn read(&mut self) -> Result<Next, MediaError> {
        loop {
            // A packet of its own each time: `av_read_frame` does not free what it overwrites.
            let mut packet = Packet::empty();
            match packet.read(&mut self.ctx) {
                Ok(()) => {
                    self.bad_packets = 0;
                    return Ok(Next::Packet(packet));
                }
                Err(Error::Exit) => return Err(MediaError::Stopped),
                Err(error) => {
                    self.failure.check()?;
                    if error == Error::Eof {
                        return Ok(Next::End);
                    }
                    self.errors += 1;
                    self.bad_packets += 1;
                    // Only damaged data can be read past; other errors stay.
                    if error != Error::InvalidData || self.bad_packets > limits::MAX_BAD_PACKETS {
                        return Ok(Next::End);
                    }
                }
            }
        }
    }

    /// Goes to a point at or before `at_us` on the container's timeline where decoding can begin,
    /// as far as the container knows. `false` if it knows none.
    pub(crate) fn seek(&mut self, at_us: i64) -> Result<bool, MediaError> {
        let done = self.ctx.seek(at_us, ..at_us);
        if done == Err(Error::Exit) {
            return Err(MediaError::Stopped);
        }
        self.failure.check()?;
        Ok(done.is_ok())
    }

    /// Goes to the start of the file.
    pub(crate) fn rewind(&mut self) -> Result<(), MediaError> {
        let first = self.ctx.streams().map(|stream| start_us(&stream)).min().unwrap_or(0);
        let done = self.ctx.seek(first.min(0), ..first.max(0)).or_else(|_| self.ctx.seek(0, ..));
        if done == Err(Error::Exit) {
            return Err(MediaError::Stopped);
        }
        self.failure.check()?;
        if done.is_err() {
            return self.open_again();
        }
        Ok(())
    }

    /// The start of a file whose container cannot seek there (a single key frame before 0).
    fn open_again(&mut self) -> Result<(), MediaError> {
        let mut source = self.source.clone().ok_or_else(MediaError::unreadable)?;
        source.seek(SeekFrom::Start(0)).map_err(MediaError::Source)?;
        let (kept, errors) = (std::mem::take(&mut self.kept), self.errors);
        *self = Self::open_shared(source, &self.stop.clone())?;
        self.errors += errors;
        self.keep_only(&kept);
        Ok(())
    }
}

/// Start of a track on the container's timeline in microseconds, 0 if it does not say.
fn start_us(stream: &format::stream::Stream) -> i64 {
    match stream.start_time() {
        ffmpeg_next::ffi::AV_NOPTS_VALUE => 0,
        start => crate::time::to_us(start, stream.time_base()),
    }
}

/// The first error of the source; libav only passes a number on, or takes it for the end.
#[derive(Clone, Default)]
struct Failure(Arc<Mutex<Option<io::Error>>>);

impl Failure {
    fn note(&self, error: &io::Error) {
        let copy = match error.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::new(error.kind(), error.to_string()),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(copy);
    }

    fn check(&self) -> Result<(), MediaError> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(MediaError::Source(error)),
            None => Ok(()),
        }
    }
}

/// A source that can be opened more than once, though not at once.
#[derive(Clone)]
struct Shared(Arc<Mutex<Box<dyn Source>>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seek(to)
    }
}

/// A source whose errors are kept.
struct Watched<R: ?Sized> {
    failure: Failure,
    inner: Box<R>,
}

impl<R: ?Sized> Watched<R> {
    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failure.note(error);
        }
        result
    }
}

impl<R: Read + ?Sized> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.inner.read(buffer);
        self.noted(result)
    }
}

impl<R: Seek + ?Sized> Seek for Watched<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let result = self.inner.seek(to);
        // A seek to before the start is the file's fault: hostile offsets.
        match &result {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => result,
            _ => self.noted(result),
        }
    }
}
