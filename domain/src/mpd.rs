//! The DASH manifest (ISO/IEC 23009-1) of a complete video: the segments that HLS plays, listed
//! once more. A value that knows how to print itself.

use std::fmt;

use crate::{FrameRate, RenditionName, SegmentGrid, plan::AUDIO_CODECS};

/// A static Media Presentation Description of one period.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Length of the pictures in seconds.
    pub duration_seconds: f64,
    /// F, equal for all rungs.
    pub frame_rate: FrameRate,
    /// Where the pictures' segments begin and end, equal for all rungs.
    pub video_grid: SegmentGrid,
    /// From small to large.
    pub rungs: Vec<VideoRepresentation>,
    /// The sound, if there is any.
    pub audio: Option<AudioRepresentation>,
}

/// One rung.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoRepresentation {
    /// Also the folder of its segments, relative to the manifest.
    pub name: RenditionName,
    /// Highest bit rate of its segments, in bits per second.
    pub bandwidth_bps: u64,
    /// Width and height in pixels.
    pub resolution: (u32, u32),
    /// RFC 6381 codec string.
    pub codecs: String,
}

/// The sound: AAC-LC, 48 kHz, stereo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioRepresentation {
    /// Where its segments begin and end.
    pub grid: SegmentGrid,
    /// Highest bit rate of its segments, in bits per second.
    pub bandwidth_bps: u64,
}

/// ISO/IEC 23009-1 8.4: segments by template, each beginning with a random access point.
const PROFILE: &str = "urn:mpeg:dash:profile:isoff-live:2011";

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 5.3.5.2: after `minBufferTime` at `bandwidth` nothing stalls. The bandwidth is that of
        // whole segments, so one whole segment ahead is enough wherever in it the bits are.
        let buffer = self.video_grid.target_duration();
        writeln!(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            f,
            "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"{PROFILE}\" type=\"static\" \
             mediaPresentationDuration=\"PT{:.3}S\" minBufferTime=\"PT{buffer}S\">",
            self.duration_seconds
        )?;
        writeln!(f, "  <Period id=\"1\" start=\"PT0S\">")?;
        self.video(f)?;
        if let Some(audio) = &self.audio {
            audio.fmt(f)?;
        }
        writeln!(f, "  </Period>\n</MPD>")
    }
}

impl Manifest {
    fn video(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameRate { num, den } = self.frame_rate;
        let rate = if den == 1 { num.to_string() } else { format!("{num}/{den}") };
        writeln!(
            f,
            "    <AdaptationSet id=\"1\" contentType=\"video\" mimeType=\"video/mp4\" \
             segmentAlignment=\"true\" startWithSAP=\"1\" sar=\"1:1\" frameRate=\"{rate}\">"
        )?;
        writeln!(f, "      {MAIN}")?;
        template(f, self.video_grid)?;
        for VideoRepresentation { name, bandwidth_bps, resolution, codecs } in &self.rungs {
            let (width, height) = resolution;
            writeln!(
                f,
                "      <Representation id=\"{name}\" codecs=\"{codecs}\" width=\"{width}\" \
                 height=\"{height}\" bandwidth=\"{bandwidth_bps}\"/>"
            )?;
        }
        writeln!(f, "    </AdaptationSet>")
    }
}

const MAIN: &str = "<Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"main\"/>";

impl fmt::Display for AudioRepresentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "    <AdaptationSet id=\"2\" contentType=\"audio\" mimeType=\"audio/mp4\" \
             segmentAlignment=\"true\" startWithSAP=\"1\" audioSamplingRate=\"48000\">"
        )?;
        // ISO/IEC 23001-8: 2 is stereo.
        writeln!(
            f,
            "      <AudioChannelConfiguration \
             schemeIdUri=\"urn:mpeg:mpegB:cicp:ChannelConfiguration\" value=\"2\"/>\n      {MAIN}"
        )?;
        template(f, self.grid)?;
        let (name, bps) = (RenditionName::audio(), self.bandwidth_bps);
        writeln!(
            f,
            "      <Representation id=\"{name}\" codecs=\"{AUDIO_CODECS}\" bandwidth=\"{bps}\"/>\n    \
             </AdaptationSet>"
        )
    }
}

/// Addresses and durations (5.3.9.4, 5.3.9.6); segments of equal length are counted.
fn template(f: &mut fmt::Formatter<'_>, grid: SegmentGrid) -> fmt::Result {
    writeln!(
        f,
        "      <SegmentTemplate timescale=\"{}\" startNumber=\"1\" \
         initialization=\"$RepresentationID$/init.mp4\" \
         media=\"$RepresentationID$/$Number%05d$.m4s\">\n        <SegmentTimeline>",
        grid.timescale()
    )?;
    let durations: Vec<u64> = (1..=grid.segments()).map(|i| grid.duration_ticks(i)).collect();
    let mut start = " t=\"0\"";
    for run in durations.chunk_by(|a, b| a == b) {
        write!(f, "          <S{start} d=\"{}\"", run[0])?;
        if run.len() > 1 {
            write!(f, " r=\"{}\"", run.len() - 1)?;
        }
        writeln!(f, "/>")?;
        start = "";
    }
    writeln!(f, "        </SegmentTimeline>\n      </SegmentTemplate>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_segments_of_hls() {
        let rate = FrameRate::new(30_000, 1001);
        let rung = VideoRepresentation {
            name: "480p".into(),
            bandwidth_bps: 900_000,
            resolution: (854, 480),
            codecs: "avc1.64001f".into(),
        };
        let manifest = Manifest {
            duration_seconds: 20.02,
            frame_rate: rate,
            video_grid: SegmentGrid::Video { rate, frames: 600 },
            rungs: vec![rung],
            audio: Some(AudioRepresentation {
                grid: SegmentGrid::Audio { aac_frames: 200 },
                bandwidth_bps: 131_000,
            }),
        };
        assert_eq!(
            manifest.to_string(),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="static" mediaPresentationDuration="PT20.020S" minBufferTime="PT4S">
  <Period id="1" start="PT0S">
    <AdaptationSet id="1" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1" sar="1:1" frameRate="30000/1001">
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <SegmentTemplate timescale="90000" startNumber="1" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s">
        <SegmentTimeline>
          <S t="0" d="180180" r="1"/>
          <S d="360360" r="3"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="480p" codecs="avc1.64001f" width="854" height="480" bandwidth="900000"/>
    </AdaptationSet>
    <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" segmentAlignment="true" startWithSAP="1" audioSamplingRate="48000">
      <AudioChannelConfiguration schemeIdUri="urn:mpeg:mpegB:cicp:ChannelConfiguration" value="2"/>
      <Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>
      <SegmentTemplate timescale="48000" startNumber="1" initialization="$RepresentationID$/init.mp4" media="$RepresentationID$/$Number%05d$.m4s">
        <SegmentTimeline>
          <S t="0" d="96256" r="1"/>
          <S d="12288"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <Representation id="audio" codecs="mp4a.40.2" bandwidth="131000"/>
    </AdaptationSet>
  </Period>
</MPD>
"#
        );
    }
}
