//! A few silent seconds of a video, small enough to load when a pointer rests on its poster.

use std::ops::Range;

use domain::{FrameRate, Plan, VideoEncode, preview, source::VideoTrack};
use ffmpeg_next::{format::Pixel, frame};
use serde::{Deserialize, Serialize};

use crate::{
    MediaError, Origin, Source, Stop, clip::Clip, deinterlace::Deinterlacer, key_frames::KeyFrames,
    picture::Scaler, pictures::Pictures, sample::Sampler, storyboard::apart_us, time,
};

/// More pictures a second are thinned out.
const MOST_FPS: u32 = 30;
/// Small moving pictures hide what this leaves out.
const CRF: u32 = 28;
/// What a second may cost, in bits.
const MAXRATE_BPS: u64 = 500_000;
/// Asked to start so much behind a key frame, the demuxer finds this one and not the one before.
const BEHIND_KEY_US: i64 = 600_000;

/// Which preview to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewRequest {
    /// The plan of the video.
    pub plan: Plan,
    /// What the source is: of a rung, the segments that hold [`preview::excerpts_of_rung`].
    pub origin: Origin,
}

/// See [`crate::preview`].
pub(crate) fn preview(
    source: Box<dyn Source>,
    request: &PreviewRequest,
) -> Result<Option<Vec<u8>>, MediaError> {
    let plan = &request.plan;
    let (track, offset_us) = request.origin.track(plan)?;
    let mut keys = KeyFrames::open(source, &track)?;
    let excerpts = match request.origin {
        Origin::Upload => {
            let Some(times) = keys.index(&track, apart_us(plan))? else { return Ok(None) };
            let ours = |at: i64| u64::try_from(at.saturating_sub(offset_us)).unwrap_or(0);
            let times: Vec<u64> = times.into_iter().map(ours).collect();
            preview::excerpts(plan.duration_us(), &times)
        }
        Origin::Rung(_) => preview::excerpts_of_rung(plan.duration_us()),
    };
    let rate = thinned(plan.frame_rate);
    let (width, height) = preview::size(plan);
    let settings = VideoEncode {
        width,
        height,
        crf: CRF,
        maxrate_bps: MAXRATE_BPS,
        aim_bps: MAXRATE_BPS,
        buffer_bits: MAXRATE_BPS,
        buffer_init_percent: 50,
        level: 30,
        preset: "medium".into(),
        params: plan.recipe.x264.params.clone(),
    };
    let frames = |excerpt: &Range<u64>| frames_in(excerpt, rate);
    let clip = Clip::new(&settings, rate, excerpts.iter().map(frames).sum())?;
    let stop = Stop::default();
    let pictures = Pictures::of(keys.into_input(), track.stream as usize, track.start_us, &stop)?;
    let scaler = Scaler::new(&track, width, height, Pixel::YUV420P);
    let mut cutter = Cutter { pictures, scaler, clip, rate };
    for excerpt in &excerpts {
        let start_us = i64::try_from(excerpt.start).unwrap_or(i64::MAX).saturating_add(offset_us);
        let from_us = match request.origin {
            Origin::Upload => {
                cutter.pictures.start_before(start_us.saturating_add(BEHIND_KEY_US))?;
                i64::MIN
            }
            // What lies between is not there, or decoded on the way.
            Origin::Rung(_) => start_us,
        };
        cutter.show(&track, from_us, frames(excerpt))?;
    }
    cutter.clip.finish().map(Some)
}

/// A half, third, … of a rate where that is enough.
fn thinned(rate: FrameRate) -> FrameRate {
    let by = rate.num.div_ceil(rate.den.saturating_mul(MOST_FPS).max(1)).max(1);
    FrameRate::new(rate.num, rate.den.saturating_mul(by))
}

fn frames_in(excerpt: &Range<u64>, rate: FrameRate) -> u64 {
    let us = u128::from(excerpt.end.saturating_sub(excerpt.start));
    let frames = us * u128::from(rate.num) / (1_000_000 * u128::from(rate.den.max(1)));
    u64::try_from(frames).unwrap_or(u64::MAX).max(1)
}

/// Puts excerpts one after the other.
struct Cutter {
    pictures: Pictures,
    scaler: Scaler,
    clip: Clip,
    rate: FrameRate,
}

impl Cutter {
    /// Shows `frames` frames of what follows, from the first picture at or behind `from_us`.
    fn show(&mut self, track: &VideoTrack, from_us: i64, frames: u64) -> Result<(), MediaError> {
        self.clip.cut();
        let mut deinterlacer = track.interlaced.then(Deinterlacer::default);
        let mut sampler = Sampler::new(0..frames);
        let (mut first_us, mut is_last) = (None, false);
        while !sampler.is_done() && !is_last {
            let next = self.pictures.next()?;
            is_last = next.is_none();
            let mut base = self.pictures.time_base();
            let ready = match &mut deinterlacer {
                Some(deinterlacer) => {
                    let ready = deinterlacer.fields(next, base)?;
                    base = deinterlacer.time_base();
                    ready
                }
                None => next.into_iter().collect(),
            };
            for picture in ready {
                let pts = picture.pts().unwrap_or(0);
                let shown_us = time::to_us(pts, base);
                if shown_us < from_us {
                    continue;
                }
                let start_us = *first_us.get_or_insert(shown_us);
                let due = time::unit_at(pts, base, start_us, self.rate.num, self.rate.den);
                self.encode(sampler.push(due, picture))?;
            }
        }
        self.encode(sampler.finish())
    }

    fn encode(&mut self, shown: Option<(frame::Video, Range<u64>)>) -> Result<(), MediaError> {
        let Some((picture, frames)) = shown else { return Ok(()) };
        let picture = self.scaler.scale(&picture)?;
        frames.into_iter().try_for_each(|_| self.clip.show(&picture))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_motion_is_thinned_out_evenly() {
        let thin = |num, den| {
            let rate = thinned(FrameRate::new(num, den));
            (rate.num, rate.den)
        };
        assert_eq!(thin(24_000, 1001), (24_000, 1001));
        assert_eq!(thin(30, 1), (30, 1));
        assert_eq!(thin(50, 1), (50, 2));
        assert_eq!(thin(60_000, 1001), (60_000, 2002));
        assert_eq!(frames_in(&(0..1_200_000), FrameRate::new(30, 1)), 36);
        assert_eq!(frames_in(&(0..10), FrameRate::new(1, 1)), 1);
    }
}
