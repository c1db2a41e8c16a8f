//! Where objects lie: `{shard}/{video}/…` in the raw bucket,
//! `{shard}/{video}/{recipe}-{generation}/{rendition}/…` in the media bucket.

use serde::{Deserialize, Serialize};

use crate::{CaptionsName, RecipeId, RenditionName, VideoId};

/// The uploaded file, in the raw bucket.
pub fn source(video: VideoId) -> String {
    format!("{}source", video_prefix(video))
}

/// Everything of one video, in either bucket.
pub fn video_prefix(video: VideoId) -> String {
    format!("{}/{video}/", video.shard())
}

/// What keeps a deleted video deleted, in the media bucket: a worker that finds it makes nothing,
/// and takes away what it has made. Outside of [`video_prefix`], and kept for longer than a message
/// can live.
pub fn tombstone(video: VideoId) -> String {
    format!("tombstones/{video}")
}

/// One making of a video: all its outputs share this prefix in the media bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RunKeys {
    /// Whose output it is.
    pub video_id: VideoId,
    /// The settings it is made with.
    pub recipe: RecipeId,
    /// Counts up when it must be made again.
    pub generation: u32,
}

impl RunKeys {
    /// Common prefix, with a trailing slash.
    pub fn prefix(&self) -> String {
        format!("{}{}-{}/", video_prefix(self.video_id), self.recipe, self.generation)
    }

    /// The plan, or the rejection.
    pub fn plan(&self) -> String {
        format!("{}plan.json", self.prefix())
    }

    /// Common prefix of a rendition, with a trailing slash.
    pub fn rendition(&self, rendition: &RenditionName) -> String {
        format!("{}{rendition}/", self.prefix())
    }

    /// CMAF header of a rendition.
    pub fn init(&self, rendition: &RenditionName) -> String {
        format!("{}init.mp4", self.rendition(rendition))
    }

    /// Segment `index`, counted from 1.
    pub fn segment(&self, rendition: &RenditionName, index: u32) -> String {
        format!("{}{}", self.rendition(rendition), segment_file(index))
    }

    /// Says that a rendition's chunk messages have all been sent.
    pub fn spread(&self, rendition: &RenditionName) -> String {
        format!("{}spread.json", self.rendition(rendition))
    }

    /// Sizes of all segments, written when the rendition is complete.
    pub fn index(&self, rendition: &RenditionName) -> String {
        format!("{}index.json", self.rendition(rendition))
    }

    /// Levels of one chunk (from 0) of the sound.
    pub fn loudness(&self, chunk: u32) -> String {
        format!("{}loudness-{chunk:05}.json", self.rendition(&RenditionName::audio()))
    }

    /// Closed captions in the pictures of segment `index` (from 1), if it has any.
    pub fn closed_captions(&self, rendition: &RenditionName, index: u32) -> String {
        format!("{}{}", self.rendition(rendition), closed_captions_file(index))
    }

    /// A track of captions as WebVTT.
    pub fn captions(&self, name: &CaptionsName) -> String {
        format!("{}captions/{name}.vtt", self.prefix())
    }

    /// The plain faststart MP4 with sound.
    pub fn mp4(&self, rendition: &RenditionName) -> String {
        format!("{}video.mp4", self.rendition(rendition))
    }

    /// The still that stands for the video.
    pub fn poster(&self) -> String {
        format!("{}thumbnails/poster.jpg", self.prefix())
    }
}

/// File name of segment `index`, counted from 1.
pub fn segment_file(index: u32) -> String {
    format!("{index:05}.m4s")
}

fn closed_captions_file(index: u32) -> String {
    format!("{index:05}.cc")
}

/// Whether a key is that of a segment's closed captions.
pub fn is_closed_captions(key: &str) -> bool {
    let digits = key.rsplit('/').next().and_then(|file| file.strip_suffix(".cc"));
    let index = digits.and_then(|digits| digits.parse().ok());
    index.is_some_and(|index| key.ends_with(&closed_captions_file(index)))
}

/// The segment number in a file name or key, if it is one.
pub fn segment_index(key: &str) -> Option<u32> {
    let file = key.rsplit('/').next()?;
    let digits = file.strip_suffix(".m4s")?;
    let index = digits.parse().ok()?;
    (index > 0 && segment_file(index) == file).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_pinned() {
        let video_id: VideoId = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        let run = RunKeys { video_id, recipe: "abcd1234".into(), generation: 1 };
        let rung = "480p".into();
        let base = "f7/01890a5d-ac96-774b-bcce-b302099a80f7/";
        assert_eq!(source(video_id), format!("{base}source"));
        assert_eq!(tombstone(video_id), format!("tombstones/{video_id}"));
        assert_eq!(run.plan(), format!("{base}abcd1234-1/plan.json"));
        assert_eq!(run.init(&rung), format!("{base}abcd1234-1/480p/init.mp4"));
        assert_eq!(run.segment(&rung, 7), format!("{base}abcd1234-1/480p/00007.m4s"));
        let cc = run.closed_captions(&rung, 7);
        assert_eq!(cc, format!("{base}abcd1234-1/480p/00007.cc"));
        assert!(is_closed_captions(&cc) && !is_closed_captions(&run.segment(&rung, 7)));
        let captions = run.captions(&CaptionsName::text(0));
        assert_eq!(captions, format!("{base}abcd1234-1/captions/subtitles-1.vtt"));
        assert_eq!(run.mp4(&rung), format!("{base}abcd1234-1/480p/video.mp4"));
    }

    #[test]
    fn only_true_segment_names_have_an_index() {
        assert_eq!(segment_index("a/b/00012.m4s"), Some(12));
        assert_eq!(segment_index("123456.m4s"), Some(123_456));
        for odd in ["a/init.mp4", "12.m4s", "00000.m4s", "x0012.m4s", "+0012.m4s", "00012.m4s.tmp"]
        {
            assert_eq!(segment_index(odd), None, "{odd}");
        }
    }
}
