//! The plan: what all workers of a video obey, decided once from what the probe saw.

use serde::{Deserialize, Serialize};

use crate::{
    FrameRate, Reason, Recipe, RenditionName, SegmentGrid, SourceInfo,
    grid::{AAC_FRAME, AUDIO_RATE},
};

/// Longest video we take, in hours.
pub const MAX_HOURS: u64 = 12;
/// Longest side of a picture we decode, in pixels.
pub const MAX_SIDE: u32 = 8192;
/// Sound may begin or end this far from the picture without moving the timeline: encoder delay.
const AUDIO_SLACK_US: i64 = 100_000;

/// What lies in `plan.json`: the first worker's decision, either way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoredPlan {
    /// The source can be made into a video.
    Accepted(Box<Plan>),
    /// The input is at fault.
    Rejected(Reason),
}

/// Frame rate, geometry, chosen tracks, timeline and renditions of one video.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this JSON, 1.
    pub version: u32,
    /// The settings it was made with.
    pub recipe: Recipe,
    /// What the probe saw.
    pub source: SourceInfo,
    /// F, equal for all rungs.
    pub frame_rate: FrameRate,
    /// Pictures in every rung, at least 1.
    pub frames: u64,
    /// Source time that becomes 0, in microseconds.
    pub offset_us: i64,
    /// Every rendition of the ladder and the sound, made or not.
    pub renditions: Vec<PlannedRendition>,
}

/// One rendition and what becomes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedRendition {
    /// `audio`, or a rung.
    pub name: RenditionName,
    /// Made or skipped.
    pub outcome: Outcome,
}

/// What becomes of a rendition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Pictures, encoded so.
    Video(VideoEncode),
    /// Sound at this rate in bits per second.
    Audio {
        /// Of the AAC-LC stream.
        bitrate_bps: u32,
    },
    /// Not made, and why.
    Skipped(Reason),
}

/// Settings of one rung's encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VideoEncode {
    /// Even, in pixels.
    pub width: u32,
    /// Even, in pixels.
    pub height: u32,
    /// x264's constant rate factor.
    pub crf: u32,
    /// Highest bit rate that a player has to sustain, in bits per second.
    pub maxrate_bps: u64,
    /// What the encoder is told to stay below, in bits per second.
    pub aim_bps: u64,
    /// VBV buffer in bits.
    pub buffer_bits: u64,
    /// How full it is where a segment begins, in percent.
    pub buffer_init_percent: u32,
    /// H.264 level times ten.
    pub level: u32,
    /// x264's preset.
    pub preset: String,
    /// Further parameters of x264.
    pub params: String,
}

impl VideoEncode {
    /// RFC 6381 codec string of what this makes: H.264 High at its level.
    pub fn codecs(&self) -> String {
        format!("avc1.6400{:02x}", self.level)
    }
}

/// RFC 6381 codec string of the sound: AAC-LC.
pub const AUDIO_CODECS: &str = "mp4a.40.2";

impl Plan {
    /// Decides everything.
    ///
    /// # Errors
    /// The reason why the input cannot become a video.
    pub fn new(source: SourceInfo, recipe: Recipe) -> Result<Self, Reason> {
        let video = source.video.as_ref().ok_or_else(Reason::no_video_stream)?;
        let (width, height) = video.display_size();
        if width.max(height).max(video.width).max(video.height) > MAX_SIDE {
            return Err(Reason::picture_too_large(width, height));
        }
        if width == 0 || height == 0 {
            return Err(Reason::unreadable());
        }
        let frame_rate = FrameRate::choose(video.average_rate, video.base_rate);
        let frame_rate = if video.interlaced { frame_rate.of_fields() } else { frame_rate };
        let (start_us, end_us) = timeline(&source, frame_rate);
        let duration_us = u64::try_from(end_us.saturating_sub(start_us)).unwrap_or(0);
        if duration_us > MAX_HOURS * 3_600_000_000 {
            return Err(Reason::too_long(MAX_HOURS));
        }
        let renditions = renditions(&source, &recipe, frame_rate, (width, height));
        let frames = frames_in(duration_us, frame_rate);
        Ok(Self { version: 1, recipe, source, frame_rate, frames, offset_us: start_us, renditions })
    }

    /// A rendition that is made; `None` if it is skipped or not known.
    pub fn rendition(&self, name: &RenditionName) -> Option<&Outcome> {
        let planned = self.renditions.iter().find(|planned| planned.name == *name)?;
        (!matches!(planned.outcome, Outcome::Skipped(_))).then_some(&planned.outcome)
    }

    /// Encoder settings of a rung that is made.
    pub fn video_encode(&self, name: &RenditionName) -> Option<&VideoEncode> {
        match self.rendition(name)? {
            Outcome::Video(encode) => Some(encode),
            _ => None,
        }
    }

    /// Whether sound is made.
    pub fn has_audio(&self) -> bool {
        self.rendition(&RenditionName::audio()).is_some()
    }

    /// Names of the rungs that are made, small to large.
    pub fn made_rungs(&self) -> impl Iterator<Item = &RenditionName> {
        self.renditions
            .iter()
            .filter(|planned| matches!(planned.outcome, Outcome::Video(_)))
            .map(|planned| &planned.name)
    }

    /// The segment grid of a rendition that is made.
    pub fn grid(&self, name: &RenditionName) -> Option<SegmentGrid> {
        Some(match self.rendition(name)? {
            Outcome::Audio { .. } => SegmentGrid::Audio { aac_frames: self.aac_frames() },
            _ => SegmentGrid::Video { rate: self.frame_rate, frames: self.frames },
        })
    }

    /// Length of the result in seconds: the pictures' time.
    pub fn duration_seconds(&self) -> f64 {
        self.frames as f64 / self.frame_rate.fps()
    }

    /// AAC frames that cover the pictures' time.
    fn aac_frames(&self) -> u64 {
        let samples = (self.frames * u64::from(self.frame_rate.den) * u64::from(AUDIO_RATE))
            .div_ceil(u64::from(self.frame_rate.num));
        samples.div_ceil(AAC_FRAME).max(1)
    }
}

/// From the first picture to the last, stretched where sound is really longer. Before the pictures
/// by whole frames, so that they sit on the grid and not between two of its frames.
fn timeline(source: &SourceInfo, rate: FrameRate) -> (i64, i64) {
    let Some(video) = &source.video else { return (0, 0) };
    let (mut start, mut end) = (video.start_us, video.start_us.saturating_add(video.duration_us));
    if let Some(audio) = &source.audio {
        let audio_end = audio.start_us.saturating_add(audio.duration_us);
        if audio.start_us < start.saturating_sub(AUDIO_SLACK_US) {
            let lead_us = i128::from(start) - i128::from(audio.start_us);
            let (num, den) = (i128::from(rate.num), i128::from(rate.den));
            let frames = (lead_us * num + 1_000_000 * den - 1) / (1_000_000 * den);
            let back_us = (frames * 1_000_000 * den + num / 2) / num;
            start = start.saturating_sub(i64::try_from(back_us).unwrap_or(i64::MAX));
        }
        if audio_end > end.saturating_add(AUDIO_SLACK_US) {
            end = audio_end;
        }
    }
    (start, end)
}

fn frames_in(duration_us: u64, rate: FrameRate) -> u64 {
    let ticks = u128::from(duration_us) * u128::from(rate.num);
    let per_frame = 1_000_000 * u128::from(rate.den);
    u64::try_from((ticks + per_frame / 2) / per_frame).unwrap_or(u64::MAX).max(1)
}

fn renditions(
    source: &SourceInfo,
    recipe: &Recipe,
    rate: FrameRate,
    (width, height): (u32, u32),
) -> Vec<PlannedRendition> {
    let audio = match (&source.audio, &source.refused_audio) {
        (Some(_), _) => Outcome::Audio { bitrate_bps: recipe.audio_bitrate_bps },
        // A video without its sound is worth more to its viewers than none.
        (None, Some(codec)) => Outcome::Skipped(Reason::unsupported_audio(codec)),
        (None, None) => Outcome::Skipped(Reason::no_audio_track()),
    };
    let made = recipe.ladder.rungs_for(width, height);
    let source_bps = source.video.as_ref().and_then(|video| video.bitrate_bps);
    let rungs = recipe.ladder.rungs.iter().map(|rung| {
        let outcome = if made.contains(&rung) {
            let (maxrate_bps, level) = rung.limits(rate);
            let (width, height) = rung.contain(width, height);
            // Re-encoding a thin source never needs much more than it has; the floor keeps
            // near-silent pictures (slides) from starving at scene changes.
            let cap = source_bps.map_or(u64::MAX, |bps| (bps.saturating_mul(3) / 2).max(300_000));
            let maxrate_bps = maxrate_bps.min(cap);
            Outcome::Video(VideoEncode {
                width,
                height,
                crf: recipe.crf,
                maxrate_bps,
                aim_bps: maxrate_bps * u64::from(recipe.x264.aim_percent) / 100,
                buffer_bits: maxrate_bps * u64::from(recipe.x264.buffer_ms) / 1000,
                buffer_init_percent: recipe.x264.init_percent,
                level,
                preset: rung.preset.clone(),
                params: recipe.x264.params.clone(),
            })
        } else {
            Outcome::Skipped(Reason::source_too_small(width, height))
        };
        PlannedRendition { name: rung.name.clone(), outcome }
    });
    let audio = PlannedRendition { name: RenditionName::audio(), outcome: audio };
    std::iter::once(audio).chain(rungs).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::source::tests::clip;

    pub(crate) fn plan_of(source: SourceInfo) -> Plan {
        Plan::new(source, Recipe::standard()).unwrap()
    }

    #[test]
    fn a_1080p_clip_gets_the_whole_ladder() {
        let plan = plan_of(clip(1920, 1080));
        assert_eq!(plan.frame_rate, FrameRate::new(30, 1));
        assert_eq!(plan.frames, 900);
        assert!(plan.has_audio());
        let names: Vec<_> = plan.made_rungs().map(|name| name.0.as_str()).collect();
        assert_eq!(names, ["480p", "720p", "1080p"]);
        let top = plan.video_encode(&"1080p".into()).unwrap();
        assert_eq!((top.width, top.height, top.codecs().as_str()), (1920, 1080, "avc1.640028"));
        // 30 s of sound: 1406.25 frames of 1024 samples.
        assert_eq!(plan.grid(&"audio".into()), Some(SegmentGrid::Audio { aac_frames: 1407 }));
    }

    #[test]
    fn early_sound_moves_pictures_by_whole_frames() {
        let mut source = clip(640, 360);
        source.audio.as_mut().unwrap().start_us = -345_678;
        let plan = plan_of(source);
        assert_eq!(plan.offset_us, -366_667, "11 frames");
        assert_eq!(plan.frames, 911);
    }

    #[test]
    fn fields_keep_their_motion() {
        let mut source = clip(720, 576);
        let video = source.video.as_mut().unwrap();
        (video.interlaced, video.average_rate) = (true, Some(FrameRate::new(25, 1)));
        assert_eq!(plan_of(source).frame_rate, FrameRate::new(50, 1));
    }

    #[test]
    fn what_does_not_apply_says_why() {
        let mut source = clip(1280, 720);
        source.audio = None;
        let plan = plan_of(source.clone());
        let reason = |plan: &Plan, name: &str| {
            let planned = plan.renditions.iter().find(|planned| planned.name.0 == name).unwrap();
            match &planned.outcome {
                Outcome::Skipped(reason) => Some(reason.code.clone()),
                _ => None,
            }
        };
        assert_eq!(reason(&plan, "1080p").unwrap(), "source_too_small");
        assert_eq!(reason(&plan, "audio").unwrap(), "no_audio_track");
        assert_eq!(reason(&plan, "720p"), None);
        source.refused_audio = Some("truehd".into());
        assert_eq!(reason(&plan_of(source), "audio").unwrap(), "unsupported_audio");
    }

    #[test]
    fn the_longer_of_sound_and_picture_counts() {
        let mut source = clip(640, 360);
        let audio = source.audio.as_mut().unwrap();
        audio.duration_us = 30_020_000;
        assert_eq!(plan_of(source.clone()).frames, 900, "an encoder's padding is not content");
        source.audio.as_mut().unwrap().duration_us = 40_000_000;
        assert_eq!(plan_of(source.clone()).frames, 1200);
        let audio = source.audio.as_mut().unwrap();
        (audio.start_us, audio.duration_us) = (-2_000_000, 10_000_000);
        let plan = plan_of(source);
        assert_eq!((plan.offset_us, plan.frames), (-2_000_000, 960));
    }

    #[test]
    fn refuses_what_cannot_be_made() {
        let refused = |source| Plan::new(source, Recipe::standard()).unwrap_err().code;
        let mut silent = clip(640, 360);
        silent.video = None;
        assert_eq!(refused(silent), "no_video_stream");
        assert_eq!(refused(clip(16_000, 16_000)), "picture_too_large");
        let mut endless = clip(640, 360);
        endless.video.as_mut().unwrap().duration_us = i64::MAX;
        assert_eq!(refused(endless), "too_long");
    }

    #[test]
    fn a_thin_source_caps_the_bitrate() {
        let mut source = clip(1920, 1080);
        source.video.as_mut().unwrap().bitrate_bps = Some(1_000_000);
        let plan = plan_of(source);
        assert_eq!(plan.video_encode(&"1080p".into()).unwrap().maxrate_bps, 1_500_000);
        assert_eq!(plan.video_encode(&"480p".into()).unwrap().maxrate_bps, 1_400_000);
    }

    #[test]
    fn plans_survive_json() {
        let plan = StoredPlan::Accepted(Box::new(plan_of(clip(1920, 1080))));
        let json = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<StoredPlan>(&json).unwrap(), plan);
    }
}
