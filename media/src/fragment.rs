//! One segment of one track as fragmented MP4: an init segment and a single fragment
//! (ISO 23000-19), made by a muxer of its own so that nothing depends on what came before.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};

use ffmpeg_next::{
    Dictionary, Packet, Rational, codec, ffi,
    format::{self, context::StreamIo},
};

use crate::{MediaError, boxes};

/// `ftyp` of a CMAF header (ISO 23000-19 7.2) whose edit list takes the reorder delay back.
const FTYP: &[u8] = b"\0\0\0\x20ftypiso6\0\0\0\0iso6cmfcdashmp41";
/// `styp` (ISO 14496-12 8.16.2) of a CMAF segment.
const STYP: &[u8] = b"\0\0\0\x18stypmsdh\0\0\0\0msdhcmfs";

/// A segment being written.
pub(crate) struct Fragment {
    muxer: format::context::Output,
    buffer: Buffer,
}

/// A finished segment.
pub(crate) struct Finished {
    /// `ftyp` and `moov`: the same for all segments of a rendition.
    pub(crate) init: Vec<u8>,
    /// `styp`, `moof` and `mdat`.
    pub(crate) segment: Vec<u8>,
}

impl Fragment {
    /// Starts segment `index` of the track that `encoder` makes, with `timescale` ticks a second.
    pub(crate) fn new(
        encoder: &codec::Context,
        timescale: u32,
        index: u32,
    ) -> Result<Self, MediaError> {
        let buffer = Buffer::default();
        let io = StreamIo::from_write(buffer.clone()).map_err(muxing)?;
        let mut muxer = format::output_to_stream(io, None, Some("mp4")).map_err(muxing)?;
        let base = Rational(1, i32::try_from(timescale).unwrap_or(i32::MAX));
        muxer.add_stream_with(encoder).map_err(muxing)?.set_time_base(base);
        let mut options = Dictionary::new();
        // The header waits for the first packets, so that the edit list can take back the
        // reorder delay; a segment in mid-track keeps its time instead of starting at 0.
        options.set("movflags", "frag_custom+delay_moov+dash+frag_discont");
        options.set("use_editlist", "1");
        options.set("video_track_timescale", &timescale.to_string());
        options.set("fragment_index", &index.to_string());
        options.set("fflags", "bitexact");
        muxer.write_header_with(options).map_err(muxing)?;
        Ok(Self { muxer, buffer })
    }

    /// Adds a packet whose times are in the track's ticks.
    pub(crate) fn write(&mut self, packet: &mut Packet) -> Result<(), MediaError> {
        packet.set_stream(0);
        packet.set_position(-1);
        packet.write(&mut self.muxer).map(|_| ()).map_err(muxing)
    }

    /// Closes the fragment.
    pub(crate) fn finish(mut self) -> Result<Finished, MediaError> {
        // SAFETY: the muxer is open; a null packet is libavformat's documented way to flush
        // (avformat.h, av_write_frame), which closes the fragment. Twice, because the first
        // flush of a delayed header may only write the header.
        let answer = unsafe {
            ffi::av_write_frame(self.muxer.as_mut_ptr(), std::ptr::null_mut())
                .min(ffi::av_write_frame(self.muxer.as_mut_ptr(), std::ptr::null_mut()))
        };
        if answer < 0 {
            return Err(muxing(answer.into()));
        }
        self.muxer.write_trailer().map_err(muxing)?;
        drop(self.muxer);
        let bytes = self.buffer.take();
        let (mut init, mut segment, mut fragments) = (FTYP.to_vec(), STYP.to_vec(), 0);
        for part in boxes::split(&bytes) {
            match &part.kind {
                b"moov" => init.extend_from_slice(part.bytes),
                b"moof" | b"mdat" => {
                    fragments += usize::from(part.kind == *b"moof");
                    segment.extend_from_slice(part.bytes);
                }
                _ => {} // libav's own brands, and indices for players of whole files
            }
        }
        if fragments != 1 {
            return Err(MediaError::Internal(format!("{fragments} fragments in a segment")));
        }
        Ok(Finished { init, segment })
    }
}

fn muxing(error: ffmpeg_next::Error) -> MediaError {
    MediaError::libav("segment", error)
}

/// Memory that the muxer writes to while we hold on to it.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
