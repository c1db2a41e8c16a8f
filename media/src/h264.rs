//! One segment's pictures as H.264: a freshly opened encoder whose output depends on nothing but
//! the pictures and the settings.

use std::ops::Range;

use domain::{FrameRate, SegmentGrid, VideoEncode, grid};
use ffmpeg_next::{
    Dictionary, Error, Packet, Rational, codec, color, encoder, format::Pixel, frame, picture,
};

use crate::{
    MediaError,
    fragment::{Finished, Fragment},
    frames,
};

/// Pictures by which decoding runs ahead of showing: x264's most with a B pyramid. Held constant,
/// because a short segment's own delay is smaller, which would change the edit list.
const REORDER: i64 = 2;

/// Hundredths of a step. x264 lowers the quantiser of an I picture by its `ipratio` of 1.4
/// (6 log₂ 1.4 = 2.91 steps) against the P pictures before it, and so not that of its very first:
/// without this the pictures after each join were 2 VMAF worse.
const FIRST_QP: i32 = -291;

/// A segment being encoded.
pub(crate) struct SegmentEncoder {
    encoder: encoder::Video,
    fragment: Fragment,
    frames: Range<u64>,
    frame_ticks: i64,
    idr: Vec<u64>,
    /// Packets written, in decoding order.
    packets: i64,
}

impl SegmentEncoder {
    /// Opens segment `index` of a rung.
    pub(crate) fn new(
        settings: &VideoEncode,
        rate: FrameRate,
        grid: SegmentGrid,
        index: u32,
    ) -> Result<Self, MediaError> {
        let encoder = open(settings, rate)?;
        let fragment = Fragment::new(encoder.as_ref(), grid.timescale(), index)?;
        let seconds = grid::segment_start(index)..grid::segment_start(index + 1);
        let step = usize::try_from(grid::IDR_SECONDS).unwrap_or(usize::MAX);
        let idr = seconds.step_by(step).map(|second| rate.first_frame_at(second)).collect();
        let frame_ticks = i64::try_from(rate.frame_ticks()).unwrap_or(i64::MAX);
        let frames = grid.units_of(index);
        Ok(Self { encoder, fragment, frames, frame_ticks, idr, packets: 0 })
    }

    /// Frames of this segment.
    pub(crate) fn frames(&self) -> &Range<u64> {
        &self.frames
    }

    /// Encodes `picture` as frame number `frame` of the track.
    pub(crate) fn encode(
        &mut self,
        picture: &mut frame::Video,
        frame: u64,
    ) -> Result<(), MediaError> {
        let forced = self.idr.contains(&frame);
        picture.set_kind(if forced { picture::Type::I } else { picture::Type::None });
        picture.set_pts(i64::try_from(frame - self.frames.start).ok());
        if frame == self.frames.start {
            frames::shift_quantiser(picture, FIRST_QP)?;
        }
        self.encoder.send_frame(picture).map_err(encoding)?;
        self.drain()
    }

    /// Ends the segment.
    pub(crate) fn finish(mut self) -> Result<Finished, MediaError> {
        self.encoder.send_eof().map_err(encoding)?;
        self.drain()?;
        let expected = i64::try_from(self.frames.end - self.frames.start).unwrap_or(i64::MAX);
        if self.packets != expected {
            let text = format!("{} packets for {expected} pictures", self.packets);
            return Err(MediaError::Internal(text));
        }
        self.fragment.finish()
    }

    fn drain(&mut self) -> Result<(), MediaError> {
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => self.write(packet)?,
                Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => {
                    return Ok(());
                }
                Err(error) => return Err(encoding(error)),
            }
        }
    }

    fn write(&mut self, mut packet: Packet) -> Result<(), MediaError> {
        let start = i64::try_from(self.frames.start).unwrap_or(i64::MAX);
        let shown = packet.pts().ok_or_else(|| encoding(Error::Bug))?;
        packet.set_pts(Some((start + shown) * self.frame_ticks));
        packet.set_dts(Some((start + self.packets - REORDER) * self.frame_ticks));
        packet.set_duration(self.frame_ticks);
        self.packets += 1;
        self.fragment.write(&mut packet)
    }
}

fn open(settings: &VideoEncode, rate: FrameRate) -> Result<encoder::Video, MediaError> {
    let x264 = encoder::find_by_name("libx264")
        .ok_or_else(|| MediaError::Internal("libav was built without x264".into()))?;
    let mut context = codec::Context::new_with_codec(x264);
    // More than one thread makes other bytes on every run (VBV decides by what is done so far).
    context.set_threading(codec::threading::Config::count(1));
    context.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::CLOSED_GOP);
    let mut video = context.encoder().video().map_err(encoding)?;
    let rational = |num: u32, den: u32| {
        Rational(i32::try_from(num).unwrap_or(i32::MAX), i32::try_from(den).unwrap_or(i32::MAX))
    };
    video.set_width(settings.width);
    video.set_height(settings.height);
    video.set_format(Pixel::YUV420P);
    video.set_time_base(rational(rate.den, rate.num));
    video.set_frame_rate(Some(rational(rate.num, rate.den)));
    video.set_aspect_ratio((1, 1));
    // Never reached: key frames are forced on the grid.
    let two_seconds = rate.first_frame_at(grid::IDR_SECONDS);
    video.set_gop(u32::try_from(two_seconds + 1).unwrap_or(u32::MAX));
    video.set_colorspace(color::Space::BT709);
    video.set_color_primaries(color::Primaries::BT709);
    video.set_color_transfer_characteristic(color::TransferCharacteristic::BT709);
    video.set_color_range(color::Range::MPEG);
    video.open_with(options(settings)).map_err(encoding)
}

fn options(settings: &VideoEncode) -> Dictionary<'static> {
    let mut options = Dictionary::new();
    options.set("preset", &settings.preset);
    options.set("crf", &settings.crf.to_string());
    options.set("profile", "high");
    options.set("level", &format!("{}.{}", settings.level / 10, settings.level % 10));
    options.set("forced-idr", "1");
    options.set("a53cc", "0");
    let (rate, buffer) = (settings.aim_bps / 1000, settings.buffer_bits / 1000);
    let (init, params) = (f64::from(settings.buffer_init_percent) / 100.0, &settings.params);
    let exact = format!("{params}:vbv-maxrate={rate}:vbv-bufsize={buffer}:vbv-init={init}");
    options.set("x264-params", &exact);
    options
}

fn encoding(error: Error) -> MediaError {
    MediaError::libav("x264", error)
}
