//! Stills are upright.

use media::StillsRequest;

use crate::clips::{Dir, open, plan, raw};

/// Red, green / blue, white; upright.
const QUADRANTS: &str = "color=red:s=160x90,drawbox=c=0x00ff00:t=fill:x=80:w=80:h=45,\
    drawbox=c=blue:t=fill:y=45:w=80:h=45,drawbox=c=white:t=fill:x=80:y=45:w=80:h=45";
const UPRIGHT: &str = "rg/bw";

/// Letters of the colours in the middle of each quarter, top to bottom.
fn quarters(rgb: &[u8], width: usize, height: usize) -> String {
    let letter = |x: usize, y: usize| {
        let at = (y * width + x) * 3;
        let [r, g, b] = [rgb[at], rgb[at + 1], rgb[at + 2]].map(|value| value > 128);
        match (r, g, b) {
            (true, false, false) => 'r',
            (false, true, false) => 'g',
            (false, false, true) => 'b',
            (true, true, true) => 'w',
            _ => '?',
        }
    };
    let (left, right) = (width / 4, width * 3 / 4);
    let (top, bottom) = (height / 4, height * 3 / 4);
    format!(
        "{}{}/{}{}",
        letter(left, top),
        letter(right, top),
        letter(left, bottom),
        letter(right, bottom)
    )
}

#[test]
fn stills_of_all_eight_ways_to_hold_a_phone_are_upright() {
    let dir = Dir::new();
    for (degrees, undo) in
        [(0, "null"), (90, "transpose=cclock"), (180, "hflip,vflip"), (270, "transpose=clock")]
    {
        for mirrored in [false, true] {
            // Stored so that obeying the matrix (mirror, then turn) gives the upright picture.
            let stored = if mirrored { format!("{undo},hflip") } else { undo.to_owned() };
            let args =
                format!("-f lavfi -i {QUADRANTS},{stored},format=yuv420p -t 0.4 -c:v libx264");
            let mut bytes = std::fs::read(dir.clip("lying.mp4", &args)).unwrap();
            set_matrix(&mut bytes, degrees, mirrored);
            let clip = dir.file("clip.mp4", &bytes);
            let case = format!("{degrees}° mirrored: {mirrored}");
            let oracle = raw(&clip, "rgb24", "-frames:v 1");
            assert_eq!(quarters(&oracle, 160, 90), UPRIGHT, "ffmpeg itself, {case}");

            let request = StillsRequest { plan: plan(&clip), positions: vec![500], max_width: 80 };
            let still = &media::stills(open(&clip), &request).unwrap()[0];
            let (width, height) = (still.width as usize, still.height as usize);
            assert_eq!((width, height), (80, 46));
            assert_eq!(quarters(&still.rgb, width, height), UPRIGHT, "still, {case}");
        }
    }
}

/// Writes the display matrix into the only track header (ISO 14496-12 8.3.2, version 0).
fn set_matrix(mp4: &mut [u8], degrees: i32, mirrored: bool) {
    let (cos, sin) = match degrees {
        0 => (1, 0),
        90 => (0, 1),
        180 => (-1, 0),
        _ => (0, -1),
    };
    let side = if mirrored { -1 } else { 1 };
    let cells = [side * cos, side * sin, 0, -sin, cos, 0, 0, 0].map(|cell: i32| cell << 16);
    let at = mp4.windows(4).position(|kind| kind == b"tkhd").unwrap() + 44;
    for (place, cell) in cells.into_iter().enumerate() {
        mp4[at + place * 4..][..4].copy_from_slice(&cell.to_be_bytes());
    }
}
