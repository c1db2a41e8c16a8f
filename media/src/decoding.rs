//! Packets of one track decoded: the loop that pictures and sounds share.

use domain::Reason;
use ffmpeg_next::{
    Dictionary, Error, Frame, Rational,
    codec::{self, threading},
    decoder,
};

use crate::{
    MediaError, Stop,
    input::{Input, Next},
    limits,
};

/// Refused packets before the first picture after which nothing better is expected.
const HOPELESS: u64 = 300;

/// A track and its decoder.
pub(crate) struct Decoding {
    pub(crate) input: Input,
    stream: usize,
    decoder: decoder::Opened,
    /// Whether no frame at all is an error.
    is_needed: bool,
    decoded: u64,
    errors: u64,
    stop: Stop,
}

impl Decoding {
    /// Decodes stream number `stream` of an opened input and nothing else. Where it `is_needed`
    /// and cannot be decoded at all, that is an error.
    pub(crate) fn of(
        mut input: Input,
        stream: usize,
        is_needed: bool,
        stop: &Stop,
    ) -> Result<Self, MediaError> {
        input.keep_only(&[stream]);
        let track = input.context().stream(stream).ok_or_else(MediaError::unreadable)?;
        let decoder = open_decoder(track.parameters(), track.time_base())?;
        let stop = stop.clone();
        Ok(Self { input, stream, decoder, is_needed, decoded: 0, errors: 0, stop })
    }

    /// Packets that the demuxer or decoder refused.
    pub(crate) fn errors(&self) -> u64 {
        self.errors + self.input.errors
    }

    /// A frame came out, but not as it should.
    pub(crate) fn count_error(&mut self) {
        self.errors += 1;
    }

    /// Forgets what came before a seek.
    pub(crate) fn reset(&mut self) {
        self.decoder.flush();
    }

    /// The next frame; `false` at the end. Damage is counted and skipped.
    pub(crate) fn next(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        loop {
            if self.stop.is_stopped() {
                return Err(MediaError::Stopped);
            }
            match self.decoder.receive_frame(frame) {
                Ok(()) => {
                    self.decoded += 1;
                    return Ok(true);
                }
                Err(Error::Eof) => return Ok(false),
                Err(Error::Other { errno: ffmpeg_next::error::EAGAIN }) => self.feed()?,
                Err(_) => self.errors += 1,
            }
        }
    }

    fn feed(&mut self) -> Result<(), MediaError> {
        let fed = match self.input.read()? {
            Next::Packet(packet) if packet.stream() != self.stream => return Ok(()),
            Next::Packet(packet) => self.decoder.send_packet(&packet),
            Next::End => match self.decoder.send_eof() {
                // Told already: then it answers `Eof` by itself.
                Err(Error::Eof) => Ok(()),
                other => other,
            },
        };
        if fed.is_err() {
            self.errors += 1;
        }
        if self.is_needed && self.decoded == 0 && self.errors > HOPELESS {
            return Err(MediaError::unreadable());
        }
        Ok(())
    }
}

/// Opens the decoder of a track, if its codec is one we take.
pub(crate) fn open_decoder(
    parameters: codec::Parameters,
    time_base: Rational,
) -> Result<decoder::Opened, MediaError> {
    let name = parameters.id().name();
    let unsupported = || MediaError::Rejected(Reason::unsupported_codec(name));
    if !limits::takes_video(name) && !limits::takes_audio(name) {
        return Err(unsupported());
    }
    let codec = decoder::find(parameters.id()).ok_or_else(unsupported)?;
    let mut context = codec::Context::from_parameters(parameters)
        .map_err(|_| MediaError::unreadable())?
        .decoder();
    let mut options = Dictionary::new();
    if limits::takes_video(name) {
        context.set_threading(threading::Config {
            kind: threading::Type::Frame,
            count: limits::DECODER_THREADS,
            ..Default::default()
        });
        // Old codecs leave the inverse transform to the decoder: take the one that is the same
        // on every processor.
        context.set_flags(codec::Flags::BITEXACT);
        options.set("max_pixels", &limits::MAX_PIXELS.to_string());
    }
    context.set_packet_time_base(time_base);
    context.open_as_with(codec, options).map_err(|_| MediaError::unreadable())
}
