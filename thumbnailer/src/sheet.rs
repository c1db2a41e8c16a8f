//! Tiles packed into a sheet.

use domain::Storyboard;
use image::ImageError;

/// Sheet number `number` (from 1) as a JPEG; `tiles` are all tiles of the storyboard, packed RGB.
///
/// # Errors
/// If a tile is missing or not of its size.
pub(crate) fn jpeg(
    storyboard: &Storyboard,
    number: u32,
    tiles: &[Vec<u8>],
) -> Result<Vec<u8>, ImageError> {
    let (width, height) = storyboard.sheet_size(number);
    crate::jpeg::jpeg(width, height, packed(storyboard, number, tiles).unwrap_or_default())
}

fn packed(storyboard: &Storyboard, number: u32, tiles: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (width, height) = storyboard.sheet_size(number);
    let mut sheet = vec![0; (width * height * 3) as usize];
    let (cell_width, cell_height) = storyboard.cell();
    for tile in storyboard.tiles_of(number) {
        let (_, left, top) = storyboard.place_of(tile);
        let rgb = tiles.get(tile as usize)?;
        for y in 0..cell_height {
            for x in 0..cell_width {
                // What a tile lacks to whole blocks repeats its edge, which costs next to nothing.
                let (from_x, from_y) = (x.min(storyboard.width - 1), y.min(storyboard.height - 1));
                let from = (from_y * storyboard.width + from_x) as usize * 3;
                let to = ((top + y) * width + left + x) as usize * 3;
                sheet.get_mut(to..to + 3)?.copy_from_slice(rgb.get(from..from + 3)?);
            }
        }
    }
    Some(sheet)
}

#[cfg(test)]
mod tests {
    use domain::{
        FrameRate, Plan, Recipe, SourceInfo,
        source::{Color, Orientation, VideoTrack},
    };

    use super::*;

    /// 30 s of 1920×1080.
    fn storyboard() -> Storyboard {
        let rate = Some(FrameRate::new(30, 1));
        let track = VideoTrack {
            stream: 0,
            codec: "h264".into(),
            width: 1920,
            height: 1080,
            sample_aspect_ratio: (1, 1),
            orientation: Orientation::default(),
            average_rate: rate,
            base_rate: rate,
            start_us: 0,
            late_us: 0,
            cuttable: true,
            duration_us: 30_000_000,
            bitrate_bps: None,
            interlaced: false,
            pixel_format: "yuv420p".into(),
            color: Color::default(),
        };
        let container = "mov".into();
        let source = SourceInfo {
            container,
            size_bytes: 9,
            video: Some(track),
            audio: None,
            refused_audio: None,
            captions: Vec::new(),
        };
        Storyboard::of(&Plan::new(source, Recipe::standard()).unwrap())
    }

    #[test]
    fn every_tile_is_where_its_cue_says() {
        let storyboard = storyboard();
        let area = (storyboard.width * storyboard.height) as usize;
        let shade = |tile: u32| u8::try_from(tile * 8).unwrap();
        let tiles: Vec<_> = (0..30).map(|tile| vec![shade(tile); area * 3]).collect();
        for number in 1..=storyboard.sheets() {
            let sheet = jpeg(&storyboard, number, &tiles).unwrap();
            let sheet = image::load_from_memory(&sheet).unwrap().into_rgb8();
            assert_eq!(sheet.dimensions(), storyboard.sheet_size(number));
            for tile in storyboard.tiles_of(number) {
                let (_, left, top) = storyboard.place_of(tile);
                let (right, bottom) = (left + storyboard.width - 1, top + storyboard.height - 1);
                for (x, y) in [(left, top), (right, top), (left, bottom), (right, bottom)] {
                    let seen = sheet.get_pixel(x, y).0[0];
                    assert!(seen.abs_diff(shade(tile)) < 4, "tile {tile} at {x},{y}: {seen}");
                }
            }
        }
    }

    #[test]
    fn a_missing_tile_is_an_error() {
        let storyboard = storyboard();
        assert!(jpeg(&storyboard, 2, &vec![vec![0; 192 * 108 * 3]; 26]).is_err());
        assert!(jpeg(&storyboard, 1, &vec![vec![0; 7]; 30]).is_err());
    }
}
