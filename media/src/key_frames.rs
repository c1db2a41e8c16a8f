//! Key frames alone: which there are, by the container's index, and each decoded by itself.

use domain::source::VideoTrack;
use ffmpeg_next::{Error, Packet, decoder, ffi, frame};

use crate::{
    MediaError, Source, Stop,
    decoding::open_decoder,
    input::{Input, Next},
    time,
};

/// Packets of our track read in search of a key frame where the index promises one.
const MAX_PACKETS: u32 = 100;

/// Decoding never runs farther ahead of showing than this, in microseconds.
const MOST_DELAY_US: i64 = 1_000_000;

/// A track of which only key frames are read.
pub(crate) struct KeyFrames {
    input: Input,
    stream: usize,
    decoder: decoder::Opened,
}

impl KeyFrames {
    /// Opens a track.
    pub(crate) fn open(source: Box<dyn Source>, track: &VideoTrack) -> Result<Self, MediaError> {
        let mut input = Input::open(source, &Stop::default())?;
        let stream = track.stream as usize;
        input.keep_only(&[stream]);
        let found = input.context().stream(stream).ok_or_else(MediaError::unreadable)?;
        let decoder = open_decoder(found.parameters(), found.time_base())?;
        Ok(Self { input, stream, decoder })
    }

    /// The input back, to decode more than key frames.
    pub(crate) fn into_input(self) -> Input {
        self.input
    }

    /// Times of all key frames on the container's timeline in microseconds, in order, if the
    /// container has an index that leaves no more than `apart_us` between two of them, or before
    /// the first, or behind the last.
    pub(crate) fn index(
        &mut self,
        track: &VideoTrack,
        apart_us: i64,
    ) -> Result<Option<Vec<i64>>, MediaError> {
        let (start, end) = (track.start_us, track.start_us.saturating_add(track.duration_us));
        let is_dense = |times: &[i64]| {
            let points = [&[start][..], times, &[end][..]].concat();
            !times.is_empty() && points.windows(2).all(|pair| pair[1] - pair[0] <= apart_us)
        };
        let times = self.indexed(start);
        if is_dense(&times) {
            return Ok(Some(times));
        }
        // Matroska and AVI read their index when they are first sought in.
        self.input.seek(start.midpoint(end))?;
        let times = self.indexed(start);
        Ok(is_dense(&times).then_some(times))
    }

    fn indexed(&mut self, start_us: i64) -> Vec<i64> {
        let Some(mut stream) = self.input.context_mut().stream_mut(self.stream) else {
            return Vec::new();
        };
        let base = stream.time_base();
        // SAFETY: the stream belongs to the input, which is borrowed mutably; entries are asked
        // for within their count and copied before anything else can move them.
        let mut times: Vec<i64> = unsafe {
            let stream = stream.as_mut_ptr();
            (0..ffi::avformat_index_get_entries_count(stream))
                .filter_map(|number| ffi::avformat_index_get_entry(stream, number).as_ref())
                .filter(|entry| entry.flags() & ffi::AVINDEX_KEYFRAME != 0)
                .map(|entry| time::to_us(entry.timestamp, base))
                .collect()
        };
        times.sort_unstable();
        times.dedup();
        // Some containers index times of decoding; demuxers want to hear when a picture is shown.
        let delay = times.first().map_or(0, |first| start_us.saturating_sub(*first));
        if (0..MOST_DELAY_US).contains(&delay) {
            times.iter_mut().for_each(|at| *at = at.saturating_add(delay));
        }
        times
    }

    /// The key frame that the index has at `at_us`, and when it is shown. `None` if it is damaged.
    pub(crate) fn at(&mut self, at_us: i64) -> Result<Option<(frame::Video, i64)>, MediaError> {
        // Its ticks may be a fraction of a microsecond later.
        if !self.input.seek(at_us.saturating_add(1000))? {
            return Ok(None);
        }
        self.next_within(MAX_PACKETS)
    }

    /// The next key frame in the file, and when it is shown; damaged ones are passed over.
    pub(crate) fn next(&mut self) -> Result<Option<(frame::Video, i64)>, MediaError> {
        self.next_within(u32::MAX)
    }

    fn next_within(&mut self, packets: u32) -> Result<Option<(frame::Video, i64)>, MediaError> {
        let mut read = 0;
        while read < packets {
            let packet = match self.input.read()? {
                Next::Packet(packet) if packet.stream() == self.stream => packet,
                Next::Packet(_) => continue,
                Next::End => return Ok(None),
            };
            read += 1;
            if packet.is_key()
                && let Some(picture) = self.decode(&packet)
            {
                // AVI only knows when to decode.
                let shown = picture.timestamp().or(packet.pts()).or(packet.dts()).unwrap_or(0);
                let base = self.input.context().stream(self.stream);
                let shown_us = base.map_or(0, |stream| time::to_us(shown, stream.time_base()));
                return Ok(Some((picture, shown_us)));
            }
        }
        Ok(None)
    }

    /// Decodes a packet as if there were no others.
    fn decode(&mut self, packet: &Packet) -> Option<frame::Video> {
        self.decoder.flush();
        self.decoder.send_packet(packet).ok()?;
        self.decoder.send_eof().ok()?;
        let mut picture = frame::Video::empty();
        loop {
            match self.decoder.receive_frame(&mut picture) {
                Ok(()) => return Some(picture),
                Err(Error::Eof | Error::Other { .. }) => return None,
                Err(_) => {} // damage within
            }
        }
    }
}
