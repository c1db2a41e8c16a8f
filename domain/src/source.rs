//! What the probe learned about an uploaded file.

use serde::{Deserialize, Serialize};

use crate::FrameRate;

/// A source as its container and first packets describe it. Times are microseconds on the
/// container's own timeline, edit lists applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceInfo {
    /// libav's name of the demuxer, such as `mov,mp4,m4a,3gp,3g2,mj2`.
    pub container: String,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// The chosen picture track.
    pub video: Option<VideoTrack>,
    /// The chosen sound track.
    pub audio: Option<AudioTrack>,
    /// libav's name of the codec of a sound track, where none could be chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_audio: Option<String>,
    /// Text tracks that can become captions, at most [`crate::captions::MAX_TRACKS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub captions: Vec<CaptionTrack>,
}

/// The picture track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoTrack {
    /// Index of the stream in the file.
    pub stream: u32,
    /// libav's name of the codec, such as `hevc`.
    pub codec: String,
    /// Coded width in pixels, before rotation and aspect correction.
    pub width: u32,
    /// Coded height in pixels.
    pub height: u32,
    /// Sample aspect ratio (width : height of a pixel); 1:1 if unknown.
    pub sample_aspect_ratio: (u32, u32),
    /// How the picture must be turned to stand upright.
    pub orientation: Orientation,
    /// Frames per second over the whole track.
    pub average_rate: Option<FrameRate>,
    /// Frame rate of the finest regular time step.
    pub base_rate: Option<FrameRate>,
    /// Time of the first picture.
    pub start_us: i64,
    /// By how much decoded pictures come later than that, where the container has no times.
    #[serde(default)]
    pub late_us: i64,
    /// Length of the track, or of the container where the track does not say.
    pub duration_us: i64,
    /// Bits per second of the track, where known.
    pub bitrate_bps: Option<u64>,
    /// Whether pictures are stored as pairs of fields.
    pub interlaced: bool,
    /// libav's pixel format name, such as `yuv420p10le`.
    pub pixel_format: String,
    /// libav's names of primaries, transfer, matrix and range; `unknown` where not told.
    pub color: Color,
    /// Whether decoding can begin anywhere: the container's index reaches from the first picture
    /// to the last, with key frames at most [`MAX_KEY_FRAME_GAP_US`] apart.
    #[serde(default)]
    pub cuttable: bool,
}

/// Longest distance of key frames that lets a track be cut, in microseconds: what is decoded only
/// to get to a chunk's first picture stays small beside the chunk.
pub const MAX_KEY_FRAME_GAP_US: i64 = 20_000_000;

/// Colour tags (ITU-T H.273), in libav's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Color {
    /// Colour primaries.
    pub primaries: String,
    /// Transfer characteristics.
    pub transfer: String,
    /// Matrix coefficients.
    pub matrix: String,
    /// `tv` (limited), `pc` (full) or `unknown`.
    pub range: String,
}

impl Color {
    /// PQ (SMPTE ST 2084) or HLG (ARIB STD-B67): needs tone mapping to BT.709.
    pub fn is_hdr(&self) -> bool {
        matches!(self.transfer.as_str(), "smpte2084" | "arib-std-b67")
    }
}

/// The turn a display matrix asks for (ISO 14496-12 8.5.2): first mirrored, then turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orientation {
    /// Clockwise: 0, 90, 180 or 270 degrees.
    pub clockwise_degrees: u16,
    /// Left and right are swapped before turning.
    pub mirrored: bool,
}

impl Orientation {
    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        self.clockwise_degrees % 180 == 90
    }
}

/// The sound track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AudioTrack {
    /// Index of the stream in the file.
    pub stream: u32,
    /// libav's name of the codec.
    pub codec: String,
    /// Hz.
    pub sample_rate: u32,
    /// Number of channels.
    pub channels: u32,
    /// Time of the first sample.
    pub start_us: i64,
    /// Length of the track, or of the container where the track does not say.
    pub duration_us: i64,
}

/// A text track.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionTrack {
    /// Index of the stream in the file.
    pub stream: u32,
    /// libav's name of the codec, such as `mov_text`.
    pub codec: String,
    /// RFC 5646 tag, if the file says.
    pub language: Option<String>,
    /// What the file calls it, fit to be shown.
    pub title: Option<String>,
    /// Whether it is for what is not in the viewer's language only.
    pub forced: bool,
}

impl VideoTrack {
    /// Size upright and with square pixels, never smaller than stored, before rounding to even.
    pub fn display_size(&self) -> (u32, u32) {
        let (num, den) = self.sample_aspect_ratio;
        let (num, den) =
            if num == 0 || den == 0 { (1, 1) } else { (u64::from(num), u64::from(den)) };
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        let (width, height) = if num >= den {
            (round_div(width * num, den), height)
        } else {
            (width, round_div(height * den, num))
        };
        let clamp = |side: u64| u32::try_from(side).unwrap_or(u32::MAX);
        let (width, height) = (clamp(width), clamp(height));
        if self.orientation.swaps_sides() { (height, width) } else { (width, height) }
    }
}

fn round_div(a: u64, b: u64) -> u64 {
    (a + b / 2) / b
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A plain 30 s clip of the given coded size, for tests of rules.
    pub(crate) fn clip(width: u32, height: u32) -> SourceInfo {
        let rate = Some(FrameRate::new(30, 1));
        SourceInfo {
            container: "mov,mp4,m4a,3gp,3g2,mj2".into(),
            size_bytes: 10_000_000,
            video: Some(VideoTrack {
                stream: 0,
                codec: "h264".into(),
                width,
                height,
                sample_aspect_ratio: (1, 1),
                orientation: Orientation::default(),
                average_rate: rate,
                base_rate: rate,
                start_us: 0,
                late_us: 0,
                duration_us: 30_000_000,
                bitrate_bps: None,
                interlaced: false,
                pixel_format: "yuv420p".into(),
                color: Color::default(),
                cuttable: true,
            }),
            audio: Some(AudioTrack {
                stream: 1,
                codec: "aac".into(),
                sample_rate: 44_100,
                channels: 2,
                start_us: 0,
                duration_us: 30_000_000,
            }),
            refused_audio: None,
            captions: Vec::new(),
        }
    }

    #[test]
    fn display_size_is_square_and_upright() {
        let mut track = clip(720, 576).video.unwrap();
        track.sample_aspect_ratio = (64, 45);
        assert_eq!(track.display_size(), (1024, 576), "PAL 16:9");
        track.sample_aspect_ratio = (1, 2);
        assert_eq!(track.display_size(), (720, 1152));
        track.sample_aspect_ratio = (0, 1);
        track.orientation.clockwise_degrees = 90;
        assert_eq!(track.display_size(), (576, 720));
    }
}
