//! Still pictures that could stand for a video: upright, in the renditions' colours, the best kept.

use domain::source::VideoTrack;
use ffmpeg_next::{format::Pixel, frame};

use crate::{
    MediaError, Source, Still, StillsRequest, Stop,
    encode_video::unplanned,
    picture::Scaler,
    pictures::Pictures,
    score::{Luma, score},
    time,
};

/// How many stills are kept.
const KEPT: usize = 3;
/// Where the key frame lies farther before the wanted point than this, decoding goes on towards it.
const NEAR_US: i64 = 2_000_000;
/// Pictures decoded on the way to wanted points, at most, all of them together.
const MAX_PICTURES: u32 = 250;
/// So much later a picture is compared with what it has become.
const LATER_US: i64 = 300_000;
/// Stills are judged at this size, so that large and small videos are judged alike.
const JUDGED_WIDTH: u32 = 480;

/// See [`crate::stills`].
pub(crate) fn stills(
    source: Box<dyn Source>,
    request: &StillsRequest,
) -> Result<Vec<Still>, MediaError> {
    let plan = &request.plan;
    let track = plan.source.video.as_ref().ok_or_else(|| unplanned("pictures"))?;
    let mut looker = Looker {
        pictures: Pictures::open(source, track, &Stop::default())?,
        small: Rgb::new(track, JUDGED_WIDTH),
        budget: MAX_PICTURES,
    };
    let mut large = Rgb::new(track, request.max_width);
    let (mut stills, mut seen) = (Vec::<Still>::new(), Vec::new());
    for &thousandths in &request.positions {
        let seconds = plan.duration_seconds() * f64::from(thousandths.min(1000)) / 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "hours at most")]
        let at_us = plan.offset_us.saturating_add((seconds * 1e6) as i64);
        let Some(picture) = looker.picture_near(at_us)? else { continue };
        let shown_us = looker.time_of(&picture);
        if seen.contains(&shown_us) {
            continue;
        }
        seen.push(shown_us);
        let score = looker.judge(&picture)?;
        let place = stills.partition_point(|better| better.score >= score);
        if place < KEPT {
            let (width, height) = large.size;
            let at_us = shown_us.saturating_sub(plan.offset_us);
            let rgb = large.pixels(&picture)?;
            stills.insert(place, Still { at_us, width, height, rgb, score });
            stills.truncate(KEPT);
        }
    }
    if stills.is_empty() {
        return Err(MediaError::unreadable());
    }
    Ok(stills)
}

/// Finds pictures and judges them.
struct Looker {
    pictures: Pictures,
    small: Rgb,
    budget: u32,
}

impl Looker {
    fn picture_near(&mut self, at_us: i64) -> Result<Option<frame::Video>, MediaError> {
        self.pictures.start_before(at_us)?;
        let mut best = None;
        while let Some(picture) = self.pictures.next()? {
            let is_near = self.time_of(&picture) >= at_us.saturating_sub(NEAR_US);
            best = Some(picture);
            if is_near || self.budget == 0 {
                break;
            }
            self.budget -= 1;
        }
        Ok(best)
    }

    fn judge(&mut self, picture: &frame::Video) -> Result<f32, MediaError> {
        let now = self.small.luma(picture)?;
        let wanted_us = self.time_of(picture).saturating_add(LATER_US);
        // A second's worth at most, at any usual rate.
        for _ in 0..60 {
            let Some(later) = self.pictures.next()? else { break };
            if self.time_of(&later) >= wanted_us {
                return Ok(score(&now, Some(&self.small.luma(&later)?)));
            }
        }
        Ok(score(&now, None))
    }

    fn time_of(&self, picture: &frame::Video) -> i64 {
        time::to_us(picture.pts().unwrap_or(0), self.pictures.time_base())
    }
}

/// Makes packed RGB of one size.
pub(crate) struct Rgb {
    scaler: Scaler,
    /// Width and height in pixels.
    pub(crate) size: (u32, u32),
}

impl Rgb {
    /// Upright with square pixels, at most `max_width` wide.
    fn new(track: &VideoTrack, max_width: u32) -> Self {
        Self::sized(track, size(track, max_width))
    }

    /// Of this very size.
    pub(crate) fn sized(track: &VideoTrack, size: (u32, u32)) -> Self {
        Self { scaler: Scaler::new(track, size.0, size.1, Pixel::RGB24), size }
    }

    /// The pixels without the padding at the end of each row.
    pub(crate) fn pixels(&mut self, picture: &frame::Video) -> Result<Vec<u8>, MediaError> {
        let picture = self.scaler.scale(picture)?;
        let row = picture.width() as usize * 3;
        let rows = picture.data(0).chunks(picture.stride(0)).take(picture.height() as usize);
        Ok(rows.flat_map(|padded| &padded[..row]).copied().collect())
    }

    fn luma(&mut self, picture: &frame::Video) -> Result<Luma, MediaError> {
        Ok(Luma::of(&self.pixels(picture)?, self.size.0 as usize))
    }
}

/// Size upright with square pixels, even sides, at most `max_width` wide.
fn size(track: &VideoTrack, max_width: u32) -> (u32, u32) {
    let (width, height) = track.display_size();
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let wide = width.min(u64::from(max_width.max(2)));
    let even = |side: u64| u32::try_from(side.div_ceil(2) * 2).unwrap_or(2).max(2);
    (even(wide), even((height * wide + width / 2) / width))
}
