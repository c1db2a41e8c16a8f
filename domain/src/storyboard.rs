//! The storyboard: small pictures at even distances, packed into sheets, and the WebVTT file that
//! says where each lies. All of it follows from the plan, so nobody has to store where a tile is.

use std::{collections::BTreeSet, fmt, ops::Range};

use crate::{Plan, grid, source::VideoTrack};

/// Most tiles of a storyboard, however long the video.
pub const MAX_TILES: u32 = 150;
/// Longest side of a tile in pixels.
const TILE_SIDE: u32 = 192;
/// Tiles of a sheet lie in so many columns and rows.
const COLUMNS: u32 = 5;
const ROWS: u32 = 5;
/// Tiles begin on multiples of a JPEG's blocks, so that none bleeds into the next.
const BLOCK: u32 = 8;

/// Which tiles there are and where they lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Storyboard {
    duration_us: u64,
    interval_us: u64,
    /// Width of a tile in pixels, even.
    pub width: u32,
    /// Height of a tile in pixels, even.
    pub height: u32,
}

impl Storyboard {
    /// The storyboard of a video: a tile a second, farther apart where that would be too many.
    pub fn of(plan: &Plan) -> Self {
        let size = plan.source.video.as_ref().map_or((2, 2), VideoTrack::display_size);
        Self::new(plan.duration_us(), size)
    }

    fn new(duration_us: u64, size: (u32, u32)) -> Self {
        let duration_us = duration_us.max(1);
        // Whole seconds, for cues that people can read.
        let seconds = duration_us.div_ceil(u64::from(MAX_TILES) * 1_000_000);
        let (width, height) = contained(size, TILE_SIDE);
        Self { duration_us, interval_us: seconds * 1_000_000, width, height }
    }

    /// From one tile to the next, in microseconds.
    pub fn interval_us(&self) -> u64 {
        self.interval_us
    }

    /// Segments of a rung that show what the tiles should.
    pub fn segments(&self) -> BTreeSet<u32> {
        (0..self.tiles()).map(|tile| grid::segment_at(self.moment_of(tile))).collect()
    }

    /// How many tiles there are, at least 1.
    pub fn tiles(&self) -> u32 {
        u32::try_from(self.duration_us.div_ceil(self.interval_us)).unwrap_or(MAX_TILES)
    }

    /// What tile number `tile` (from 0) stands for, in microseconds.
    pub fn time_of(&self, tile: u32) -> Range<u64> {
        let start = u64::from(tile) * self.interval_us;
        start..(start + self.interval_us).min(self.duration_us)
    }

    /// The moment that a tile should show: the middle of its time.
    pub fn moment_of(&self, tile: u32) -> u64 {
        let time = self.time_of(tile);
        time.start.midpoint(time.end)
    }

    /// How many sheets there are, at least 1.
    pub fn sheets(&self) -> u32 {
        self.tiles().div_ceil(COLUMNS * ROWS)
    }

    /// Tiles of sheet number `sheet` (from 1).
    pub fn tiles_of(&self, sheet: u32) -> Range<u32> {
        let end = (sheet * COLUMNS * ROWS).min(self.tiles());
        (sheet.saturating_sub(1) * COLUMNS * ROWS).min(end)..end
    }

    /// Width and height of a sheet in pixels: the last one is as high as its tiles need.
    pub fn sheet_size(&self, sheet: u32) -> (u32, u32) {
        let tiles = self.tiles_of(sheet).len();
        let tiles = u32::try_from(tiles).unwrap_or(COLUMNS * ROWS).max(1);
        let (cell_width, cell_height) = self.cell();
        (cell_width * tiles.min(COLUMNS), cell_height * tiles.div_ceil(COLUMNS))
    }

    /// The sheet (from 1) that a tile lies on, and its left and upper edge there.
    pub fn place_of(&self, tile: u32) -> (u32, u32, u32) {
        let on_sheet = tile % (COLUMNS * ROWS);
        let (width, height) = self.cell();
        (tile / (COLUMNS * ROWS) + 1, on_sheet % COLUMNS * width, on_sheet / COLUMNS * height)
    }

    /// What a tile takes up: itself and what is missing to a whole block.
    pub fn cell(&self) -> (u32, u32) {
        (self.width.next_multiple_of(BLOCK), self.height.next_multiple_of(BLOCK))
    }
}

/// The size at which a picture fits into a square: aspect kept, sides even, never blown up.
pub(crate) fn contained((width, height): (u32, u32), most: u32) -> (u32, u32) {
    let longest = u64::from(width.max(height).max(1));
    let side = |side: u32| {
        let scaled = (u64::from(side) * u64::from(most).min(longest) + longest) / (2 * longest) * 2;
        u32::try_from(scaled).unwrap_or(most).max(2)
    };
    (side(width), side(height))
}

/// Name of sheet number `sheet` (from 1), beside `storyboard.vtt`.
pub fn sheet_file(sheet: u32) -> String {
    format!("storyboard-{sheet}.jpg")
}

/// WebVTT whose cues are spatial media fragments (W3C Media Fragments 1.0, 4.2.2).
impl fmt::Display for Storyboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "WEBVTT")?;
        for tile in 0..self.tiles() {
            let time = self.time_of(tile);
            let (sheet, x, y) = self.place_of(tile);
            writeln!(f, "\n{} --> {}", Timestamp(time.start), Timestamp(time.end))?;
            let (width, height) = (self.width, self.height);
            writeln!(f, "{}#xywh={x},{y},{width},{height}", sheet_file(sheet))?;
        }
        Ok(())
    }
}

/// Microseconds as WebVTT writes them; rounded up, so that the last cue ends behind the video.
struct Timestamp(u64);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.div_ceil(1000);
        let (seconds, ms) = (ms / 1000, ms % 1000);
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        write!(f, "{:02}:{:02}:{seconds:02}.{ms:03}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn of(seconds: u64) -> Storyboard {
        Storyboard::new(seconds * SECOND, (1920, 1080))
    }

    #[test]
    fn a_tile_a_second_and_never_more_than_150() {
        let shape = |seconds| (of(seconds).tiles(), of(seconds).interval_us / SECOND);
        assert_eq!(shape(1), (1, 1));
        assert_eq!(shape(7), (7, 1));
        assert_eq!(shape(150), (150, 1));
        assert_eq!(shape(151), (76, 2));
        assert_eq!(shape(596), (149, 4));
        assert_eq!(shape(12 * 3600), (150, 288));
    }

    #[test]
    fn tiles_keep_the_shape_of_the_picture_and_are_not_blown_up() {
        let size = |width, height| contained((width, height), TILE_SIDE);
        assert_eq!(size(1920, 1080), (192, 108));
        assert_eq!(size(1080, 1920), (108, 192));
        assert_eq!(size(1920, 800), (192, 80));
        assert_eq!(size(640, 480), (192, 144));
        assert_eq!(size(160, 90), (160, 90));
        assert_eq!(size(8000, 2), (192, 2));
    }

    #[test]
    fn sheets_hold_all_tiles_and_no_more() {
        let storyboard = of(31);
        assert_eq!((storyboard.tiles(), storyboard.sheets()), (31, 2));
        assert_eq!((storyboard.tiles_of(1), storyboard.tiles_of(2)), (0..25, 25..31));
        assert_eq!(storyboard.sheet_size(1), (960, 560), "108 lines in cells of 112");
        assert_eq!(storyboard.sheet_size(2), (960, 224));
        assert_eq!(of(3).sheet_size(1), (576, 112));
        for tile in 0..31 {
            let (sheet, x, y) = storyboard.place_of(tile);
            let (width, height) = storyboard.sheet_size(sheet);
            assert!(storyboard.tiles_of(sheet).contains(&tile));
            assert!(x + storyboard.width <= width && y + storyboard.height <= height, "{tile}");
            assert_eq!((x % 8, y % 8), (0, 0));
        }
    }

    #[test]
    fn cues_cover_the_whole_video() {
        let storyboard = Storyboard::new(2 * SECOND + 500_100, (1920, 1080));
        assert_eq!(
            storyboard.to_string(),
            "WEBVTT\n\
             \n00:00:00.000 --> 00:00:01.000\nstoryboard-1.jpg#xywh=0,0,192,108\n\
             \n00:00:01.000 --> 00:00:02.000\nstoryboard-1.jpg#xywh=192,0,192,108\n\
             \n00:00:02.000 --> 00:00:02.501\nstoryboard-1.jpg#xywh=384,0,192,108\n"
        );
        assert_eq!(storyboard.moment_of(0), 500_000);
        assert_eq!(storyboard.segments(), BTreeSet::from([1, 2]));
        assert!(of(12 * 3600).segments().len() == 150, "one a tile at most");
        assert!(of(12 * 3600).to_string().contains("11:55:12.000 --> 12:00:00.000"));
    }
}
