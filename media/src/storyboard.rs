//! Tiles of a storyboard, from key frames alone.

use std::rc::Rc;

use domain::{Plan, Storyboard};
use ffmpeg_next::frame;
use serde::{Deserialize, Serialize};

use crate::{MediaError, Origin, Source, key_frames::KeyFrames, limits, stills::Rgb};

/// Key frames this far apart show well enough what lies between; ten minutes of film at 23.976 Hz
/// may need a hundredth more.
const APART_US: i64 = 5_050_000;

/// Which storyboard to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryboardRequest {
    /// The plan of the video.
    pub plan: Plan,
    /// What the source is: of a rung, the segments of [`Storyboard::segments`].
    pub origin: Origin,
}

/// See [`crate::storyboard`].
pub(crate) fn storyboard(
    source: Box<dyn Source>,
    request: &StoryboardRequest,
) -> Result<Option<Vec<Vec<u8>>>, MediaError> {
    let plan = &request.plan;
    let (track, offset_us) = request.origin.track(plan)?;
    let storyboard = Storyboard::of(plan);
    let mut keys = KeyFrames::open(source, &track)?;
    let wanted = (0..storyboard.tiles()).map(|tile| moment(&storyboard, tile, offset_us));
    let mut tiles = Tiles {
        tiles: wanted.map(|wanted_us| Tile { wanted_us, off_us: u64::MAX, rgb: None }).collect(),
        rgb: Rgb::sized(&track, (storyboard.width, storyboard.height)),
    };
    match request.origin {
        Origin::Upload => {
            let Some(times) = keys.index(&track, apart_us(plan))? else { return Ok(None) };
            for at_us in tiles.nearest(&times) {
                if let Some((picture, shown_us)) = keys.at(at_us)? {
                    tiles.take(&picture, shown_us)?;
                }
            }
        }
        Origin::Rung(_) => {
            while let Some((picture, shown_us)) = keys.next()? {
                tiles.take(&picture, shown_us)?;
            }
        }
    }
    tiles.finish().map(Some)
}

/// How far apart an upload's key frames may be, so that no tile shows what belongs to the one after
/// the next: tiles of a long video are far apart themselves.
pub(crate) fn apart_us(plan: &Plan) -> i64 {
    let interval = i64::try_from(Storyboard::of(plan).interval_us()).unwrap_or(i64::MAX);
    APART_US.max(interval.saturating_mul(2))
}

fn moment(storyboard: &Storyboard, tile: u32, offset_us: i64) -> i64 {
    i64::try_from(storyboard.moment_of(tile)).unwrap_or(i64::MAX).saturating_add(offset_us)
}

/// The tiles as far as there are pictures for them.
struct Tiles {
    tiles: Vec<Tile>,
    rgb: Rgb,
}

/// The best picture so far.
struct Tile {
    /// The moment that it should show, on the container's timeline.
    wanted_us: i64,
    /// How far from it it is.
    off_us: u64,
    /// Its pixels; neighbours may share them.
    rgb: Option<Rc<Vec<u8>>>,
}

impl Tiles {
    /// Of these times those that are nearest to a wanted moment, in order.
    fn nearest(&self, times: &[i64]) -> Vec<i64> {
        let nearest = |tile: &Tile| {
            let after = times.partition_point(|&at| at < tile.wanted_us);
            let around = &times[after.saturating_sub(1)..times.len().min(after + 1)];
            around.iter().copied().min_by_key(|at| at.abs_diff(tile.wanted_us))
        };
        let mut chosen: Vec<i64> = self.tiles.iter().filter_map(nearest).collect();
        chosen.dedup();
        chosen
    }

    /// Takes a picture in where it is nearer than what was there.
    fn take(&mut self, picture: &frame::Video, shown_us: i64) -> Result<(), MediaError> {
        let off = |tile: &Tile| tile.wanted_us.abs_diff(shown_us);
        let fits = limits::takes_size(picture.width(), picture.height());
        if !fits || self.tiles.iter().all(|tile| tile.off_us <= off(tile)) {
            return Ok(());
        }
        let rgb = Rc::new(self.rgb.pixels(picture)?);
        for tile in self.tiles.iter_mut().filter(|tile| off(tile) < tile.off_us) {
            tile.off_us = off(tile);
            tile.rgb = Some(Rc::clone(&rgb));
        }
        Ok(())
    }

    /// All tiles: as soon as there is one picture, each has one.
    fn finish(self) -> Result<Vec<Vec<u8>>, MediaError> {
        let pixels = |tile: Tile| Some(Rc::unwrap_or_clone(tile.rgb?));
        let tiles: Option<_> = self.tiles.into_iter().map(pixels).collect();
        tiles.ok_or_else(MediaError::unreadable)
    }
}
