//! Sound as AAC-LC, packet by packet on the global grid of 1024 samples.

use domain::grid::{AAC_FRAME, AUDIO_RATE};
use ffmpeg_next::{
    ChannelLayout, Error, Packet, Rational, codec, encoder, format::Sample,
    format::sample::Type::Planar, frame,
};

use crate::MediaError;

/// Samples of an AAC frame.
pub(crate) const FRAME: usize = 1024;

/// A fresh encoder.
pub(crate) struct AacEncoder {
    encoder: encoder::Audio,
}

impl AacEncoder {
    /// At this many bits per second.
    pub(crate) fn new(bitrate_bps: u32) -> Result<Self, MediaError> {
        let aac = encoder::find_by_name("aac")
            .ok_or_else(|| MediaError::Internal("libav was built without AAC".into()))?;
        let mut context = codec::Context::new_with_codec(aac);
        context.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::BITEXACT);
        let mut audio = context.encoder().audio().map_err(encoding)?;
        let rate = i32::try_from(AUDIO_RATE).unwrap_or(i32::MAX);
        audio.set_rate(rate);
        audio.set_channel_layout(ChannelLayout::STEREO);
        audio.set_channels(2);
        audio.set_format(Sample::F32(Planar));
        audio.set_bit_rate(bitrate_bps as usize);
        audio.set_time_base(Rational(1, rate));
        let mut encoder = audio.open().map_err(encoding)?;
        // SAFETY: the context is open and ours. Muxers read `initial_padding` to take the first
        // packet back by an edit list; we drop that packet instead, so there is nothing to take.
        unsafe { (*encoder.as_mut_ptr()).initial_padding = 0 };
        Ok(Self { encoder })
    }

    /// What a muxer needs to know.
    pub(crate) fn context(&self) -> &codec::Context {
        self.encoder.as_ref()
    }

    /// Encodes 1024 samples of each channel as frame number `number`. What comes out is earlier:
    /// packet n holds the samples of frame n once frame n + 1 is known.
    pub(crate) fn encode(
        &mut self,
        [left, right]: &[Vec<f32>; 2],
        number: u64,
    ) -> Result<Vec<(u64, Packet)>, MediaError> {
        let mut sound = frame::Audio::new(Sample::F32(Planar), FRAME, ChannelLayout::STEREO);
        sound.set_rate(AUDIO_RATE);
        sound.plane_mut::<f32>(0).copy_from_slice(left);
        sound.plane_mut::<f32>(1).copy_from_slice(right);
        sound.set_pts(i64::try_from(number * AAC_FRAME).ok());
        self.encoder.send_frame(&sound).map_err(encoding)?;
        let mut packets = Vec::new();
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {
                    // The one before the first frame holds nothing but the encoder's delay.
                    let Ok(pts) = u64::try_from(packet.pts().unwrap_or(-1)) else { continue };
                    packets.push((pts / AAC_FRAME, packet));
                }
                Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(packets);
                }
                Err(error) => return Err(encoding(error)),
            }
        }
    }
}

fn encoding(error: Error) -> MediaError {
    MediaError::libav("AAC", error)
}
