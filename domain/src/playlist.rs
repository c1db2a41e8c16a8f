//! HLS playlists (RFC 8216) as values that know how to print themselves.

use std::fmt;

use crate::{FrameRate, SegmentGrid, captions::CaptionsLabel};

/// The segments of one rendition: all of them, or the unbroken run from the first so far.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaPlaylist {
    /// Where segments begin and end.
    pub grid: SegmentGrid,
    /// How many segments there are, from the first.
    pub available: u32,
    /// Folder of init and segments, relative to the playlist.
    pub folder: String,
}

impl MediaPlaylist {
    fn is_complete(&self) -> bool {
        self.available >= self.grid.segments()
    }

    fn seconds(&self, index: u32) -> f64 {
        self.grid.duration_ticks(index) as f64 / f64::from(self.grid.timescale())
    }
}

impl fmt::Display for MediaPlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#EXTM3U\n#EXT-X-VERSION:7")?;
        writeln!(f, "#EXT-X-TARGETDURATION:{}", self.grid.target_duration())?;
        // Also when its end is there: players hold the list that grew, of which nothing but the
        // end may change (6.2.1).
        writeln!(f, "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS")?;
        // A viewer of a growing list wants the beginning, not the live edge (4.3.5.2).
        writeln!(f, "#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")?;
        writeln!(f, "#EXT-X-MAP:URI=\"{}/init.mp4\"", self.folder)?;
        for index in 1..=self.available.min(self.grid.segments()) {
            let file = crate::keys::segment_file(index);
            writeln!(f, "#EXTINF:{:.6},\n{}/{file}", self.seconds(index), self.folder)?;
        }
        if self.is_complete() { writeln!(f, "#EXT-X-ENDLIST") } else { Ok(()) }
    }
}

/// A track of captions: one WebVTT segment as long as the video, which RFC 8216 6.2.4 allows for
/// subtitles of type VOD whatever the pictures' target duration.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptionsPlaylist {
    /// The file, relative to the playlist.
    pub uri: String,
    /// Length of the video.
    pub seconds: f64,
}

impl fmt::Display for CaptionsPlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#EXTM3U\n#EXT-X-VERSION:7")?;
        writeln!(f, "#EXT-X-TARGETDURATION:{}", self.seconds.round().max(1.0))?;
        writeln!(f, "#EXT-X-PLAYLIST-TYPE:VOD")?;
        writeln!(f, "#EXTINF:{:.6},\n{}\n#EXT-X-ENDLIST", self.seconds, self.uri)
    }
}

/// The list of a video's rungs and its sound.
#[derive(Clone, Debug, PartialEq)]
pub struct MultivariantPlaylist {
    /// Rungs that can be played, in the order a player should consider them.
    pub variants: Vec<Variant>,
    /// Whether there is a sound playlist, `audio.m3u8`.
    pub has_audio: bool,
    /// Tracks of captions, each with a playlist of its name.
    pub captions: Vec<CaptionsLabel>,
}

/// One rung in a multivariant playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// Playlist, relative.
    pub uri: String,
    /// Peak bit rate with sound, in bits per second.
    pub bandwidth_bps: u64,
    /// Mean bit rate with sound, where measured.
    pub average_bandwidth_bps: Option<u64>,
    /// Width and height in pixels.
    pub resolution: (u32, u32),
    /// F.
    pub frame_rate: FrameRate,
    /// RFC 6381 codecs of picture and sound.
    pub codecs: String,
}

impl fmt::Display for MultivariantPlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS")?;
        if self.has_audio {
            writeln!(
                f,
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\",DEFAULT=YES,\
                 AUTOSELECT=YES,CHANNELS=\"2\",URI=\"audio.m3u8\""
            )?;
        }
        for track in &self.captions {
            write!(
                f,
                "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"{}\"",
                track.title
            )?;
            if let Some(language) = &track.language {
                write!(f, ",LANGUAGE=\"{language}\"")?;
            }
            let forced = if track.forced { "YES" } else { "NO" };
            write!(f, ",DEFAULT=NO,AUTOSELECT=YES,FORCED={forced}")?;
            writeln!(f, ",URI=\"{}.m3u8\"", track.name)?;
        }
        for variant in &self.variants {
            write!(f, "#EXT-X-STREAM-INF:BANDWIDTH={}", variant.bandwidth_bps)?;
            if let Some(average) = variant.average_bandwidth_bps {
                write!(f, ",AVERAGE-BANDWIDTH={average}")?;
            }
            let (width, height) = variant.resolution;
            write!(f, ",RESOLUTION={width}x{height},FRAME-RATE={}", variant.frame_rate)?;
            write!(f, ",CODECS=\"{}\"", variant.codecs)?;
            if self.has_audio {
                write!(f, ",AUDIO=\"audio\"")?;
            }
            if !self.captions.is_empty() {
                write!(f, ",SUBTITLES=\"subtitles\"")?;
            }
            // Else players offer captions that might be in the pictures; ours carry none.
            writeln!(f, ",CLOSED-CAPTIONS=NONE\n{}", variant.uri)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playlist(available: u32) -> String {
        let grid = SegmentGrid::Video { rate: FrameRate::new(30_000, 1001), frames: 250 };
        MediaPlaylist { grid, available, folder: "480p".into() }.to_string()
    }

    #[test]
    fn a_growing_list_is_an_event_without_end() {
        assert_eq!(
            playlist(2),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:EVENT\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n\
             #EXT-X-MAP:URI=\"480p/init.mp4\"\n\
             #EXTINF:2.002000,\n480p/00001.m4s\n#EXTINF:2.002000,\n480p/00002.m4s\n"
        );
    }

    #[test]
    fn a_complete_list_ends() {
        let text = playlist(4);
        assert!(text.ends_with("480p/00004.m4s\n#EXT-X-ENDLIST\n"), "{text}");
        assert!(text.starts_with(&playlist(2)), "nothing but its end changes: {text}");
    }

    #[test]
    fn variants_tell_what_they_are() {
        let variant = Variant {
            uri: "480p.m3u8".into(),
            bandwidth_bps: 1_900_000,
            average_bandwidth_bps: Some(900_000),
            resolution: (854, 480),
            frame_rate: FrameRate::new(30, 1),
            codecs: "avc1.64001f,mp4a.40.2".into(),
        };
        let mut playlist =
            MultivariantPlaylist { variants: vec![variant], has_audio: true, captions: Vec::new() };
        assert_eq!(
            playlist.to_string(),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
             #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\",DEFAULT=YES,AUTOSELECT=YES,\
             CHANNELS=\"2\",URI=\"audio.m3u8\"\n\
             #EXT-X-STREAM-INF:BANDWIDTH=1900000,AVERAGE-BANDWIDTH=900000,RESOLUTION=854x480,\
             FRAME-RATE=30.000,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"audio\",\
             CLOSED-CAPTIONS=NONE\n480p.m3u8\n"
        );
        playlist.captions.push(CaptionsLabel {
            name: crate::CaptionsName::text(0),
            title: "English".into(),
            language: Some("en".into()),
            forced: false,
        });
        let text = playlist.to_string();
        assert!(text.contains(
            "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"subtitles\",NAME=\"English\",LANGUAGE=\"en\",\
             DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI=\"subtitles-1.m3u8\"\n"
        ));
        assert!(
            text.ends_with(",SUBTITLES=\"subtitles\",CLOSED-CAPTIONS=NONE\n480p.m3u8\n"),
            "{text}"
        );
    }

    #[test]
    fn captions_are_one_segment() {
        let playlist = CaptionsPlaylist { uri: "cc1.vtt".into(), seconds: 7.5 };
        assert_eq!(
            playlist.to_string(),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:8\n#EXT-X-PLAYLIST-TYPE:VOD\n\
             #EXTINF:7.500000,\ncc1.vtt\n#EXT-X-ENDLIST\n"
        );
    }
}
