//! A rung and the sound as one MP4 that plays while it loads, by copying packets.

use std::io::{Read, Seek, Write};

use ffmpeg_next::{
    Dictionary, Error, Packet, Rational,
    format::{self, context::StreamIo},
};

use crate::{
    MediaError, Mp4Request, Stop,
    head_sink::HeadSink,
    input::{Input, Next},
};

/// Tracks take turns this often: long runs keep the index small, short ones the player's buffer.
const TURN: f64 = 1.0;
/// Bytes that are written at once.
const WRITE_BYTES: usize = 256 * 1024;

/// See [`crate::mux_mp4`].
pub(crate) fn mux_mp4<W: Write + Seek + Send + 'static>(
    video: Box<dyn Read + Send>,
    audio: Option<Box<dyn Read + Send>>,
    request: &Mp4Request,
    sink: W,
) -> Result<u64, MediaError> {
    let room = usize::try_from(request.reserved_bytes()).unwrap_or(usize::MAX);
    let file = HeadSink::new(sink, room);
    let muxed = mux(video, audio, request, &file);
    if let Some(error) = file.take_failure() {
        return Err(MediaError::Sink(error));
    }
    muxed?;
    file.finish().map_err(MediaError::Sink)
}

fn mux<W: Write + Seek + Send + 'static>(
    video: Box<dyn Read + Send>,
    audio: Option<Box<dyn Read + Send>>,
    request: &Mp4Request,
    file: &HeadSink<W>,
) -> Result<(), MediaError> {
    let mut tracks = vec![Track::open(video)?];
    if let Some(audio) = audio {
        tracks.push(Track::open(audio)?);
    }
    let io = StreamIo::from_write_seek_with_capacity(file.clone(), WRITE_BYTES).map_err(muxing)?;
    let mut muxer = format::output_to_stream(io, None, Some("mp4")).map_err(muxing)?;
    for track in &tracks {
        let from = track.input.context().stream(0).ok_or_else(|| muxing(Error::StreamNotFound))?;
        let mut to = muxer.add_stream(ffmpeg_next::codec::Id::None).map_err(muxing)?;
        to.set_parameters(from.parameters());
        to.set_time_base(from.time_base());
    }
    let grid = request.plan.grid(&request.rendition);
    let timescale = grid.ok_or_else(|| muxing(Error::InvalidData))?.timescale();
    let mut options = Dictionary::new();
    options.set("moov_size", &request.moov_bytes().to_string());
    options.set("video_track_timescale", &timescale.to_string());
    options.set("fflags", "bitexact");
    muxer.write_header_with(options).map_err(muxing)?;
    for (index, track) in tracks.iter_mut().enumerate() {
        track.to_base = muxer.stream(index).map_or(track.base, |stream| stream.time_base());
    }
    let mut until = 0.0;
    while tracks.iter().any(|track| track.next.is_some()) {
        until += TURN;
        for (index, track) in tracks.iter_mut().enumerate() {
            while let Some(mut packet) = track.take_before(until)? {
                packet.rescale_ts(track.base, track.to_base);
                packet.set_stream(index);
                packet.set_position(-1);
                packet.write(&mut muxer).map_err(muxing)?;
            }
        }
    }
    muxer.write_trailer().map_err(muxing)
}

fn muxing(error: Error) -> MediaError {
    MediaError::libav("MP4", error)
}

/// One input and its next packet.
struct Track {
    input: Input,
    base: Rational,
    to_base: Rational,
    next: Option<Packet>,
}

impl Track {
    fn open(bytes: Box<dyn Read + Send>) -> Result<Self, MediaError> {
        let input = Input::open_stream(bytes, &Stop::default()).map_err(ours)?;
        let base = input.context().stream(0).map_or(Rational(1, 1), |stream| stream.time_base());
        let mut track = Self { input, base, to_base: base, next: None };
        track.advance()?;
        Ok(track)
    }

    fn advance(&mut self) -> Result<Option<Packet>, MediaError> {
        let next = match self.input.read()? {
            Next::Packet(packet) => Some(packet),
            Next::End if self.input.errors > 0 => return Err(muxing(Error::InvalidData)),
            Next::End => None,
        };
        Ok(std::mem::replace(&mut self.next, next))
    }

    /// The next packet, if it is decoded before `seconds`.
    fn take_before(&mut self, seconds: f64) -> Result<Option<Packet>, MediaError> {
        let dts = self.next.as_ref().and_then(Packet::dts);
        match dts {
            Some(dts) if dts as f64 * f64::from(self.base) < seconds => self.advance(),
            Some(_) => Ok(None),
            None if self.next.is_some() => Err(muxing(Error::InvalidData)),
            None => Ok(None),
        }
    }
}

/// Segments are our own work: where they cannot be read, no uploader is to blame.
fn ours(error: MediaError) -> MediaError {
    match error {
        MediaError::Rejected(_) => muxing(Error::InvalidData),
        other => other,
    }
}
