//! A short silent MP4 in memory, encoded and muxed in one go.

use std::{
    io::{self, Cursor, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{FrameRate, VideoEncode};
use ffmpeg_next::{
    Dictionary, Error, Packet, Rational, encoder,
    format::{self, context::StreamIo},
    frame, picture,
};

use crate::{
    MediaError, frames,
    h264::{self, encoding},
};

/// A clip being made.
pub(crate) struct Clip {
    encoder: encoder::Video,
    muxer: format::context::Output,
    memory: Memory,
    base: Rational,
    next: i64,
    /// The next picture has nothing to do with the one before.
    is_cut: bool,
}

impl Clip {
    /// Begins a clip of at most `frames` frames.
    pub(crate) fn new(
        settings: &VideoEncode,
        rate: FrameRate,
        frames: u64,
    ) -> Result<Self, MediaError> {
        let encoder = h264::open(settings, rate)?;
        let memory = Memory::default();
        let io = StreamIo::from_write_seek(memory.clone()).map_err(muxing)?;
        let mut muxer = format::output_to_stream(io, None, Some("mp4")).map_err(muxing)?;
        let side = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let base = Rational(side(rate.den), side(rate.num));
        muxer.add_stream_with(encoder.as_ref()).map_err(muxing)?.set_time_base(base);
        let mut options = Dictionary::new();
        // Room for the index in front: per picture an entry each in stsz, ctts and stss.
        options.set("moov_size", &(2048 + frames.saturating_mul(20)).to_string());
        options.set("fflags", "bitexact");
        muxer.write_header_with(options).map_err(muxing)?;
        Ok(Self { encoder, muxer, memory, base, next: 0, is_cut: true })
    }

    /// The next picture begins something new.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
    }

    /// Adds a frame.
    pub(crate) fn show(&mut self, picture: &frame::Video) -> Result<(), MediaError> {
        let mut frame = frames::share(picture)?;
        let forced = std::mem::take(&mut self.is_cut);
        frame.set_kind(if forced { picture::Type::I } else { picture::Type::None });
        frame.set_pts(Some(self.next));
        self.next += 1;
        self.encoder.send_frame(&frame).map_err(encoding)?;
        self.drain()
    }

    /// The finished file.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, MediaError> {
        if self.next == 0 {
            return Err(MediaError::unreadable());
        }
        self.encoder.send_eof().map_err(encoding)?;
        self.drain()?;
        self.muxer.write_trailer().map_err(muxing)?;
        drop(self.muxer);
        Ok(std::mem::take(&mut *self.memory.lock()).into_inner())
    }

    fn drain(&mut self) -> Result<(), MediaError> {
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {
                    let to = self.muxer.stream(0).map_or(self.base, |stream| stream.time_base());
                    packet.set_duration(1);
                    packet.rescale_ts(self.base, to);
                    packet.set_stream(0);
                    packet.write_interleaved(&mut self.muxer).map_err(muxing)?;
                }
                Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(error) => return Err(encoding(error)),
            }
        }
    }
}

fn muxing(error: Error) -> MediaError {
    MediaError::libav("clip", error)
}

/// A file in memory that the muxer writes to while we hold on to it.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Cursor<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Memory {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.lock().seek(to)
    }
}
