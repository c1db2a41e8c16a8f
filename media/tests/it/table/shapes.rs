//! Turned, mirrored, odd, stretched, wide and changing pictures.

use std::{fs, path::PathBuf};

use super::{material::COLORS, rows};
use crate::clips::Dir;

rows! {
    upright { patch: held::<0, false> }
    turned_right { args: "{V},transpose=cclock{709} {A} {h264}", patch: held::<90, false> }
    upside_down { args: "{V},hflip,vflip{709} {A} {h264}", patch: held::<180, false> }
    turned_left { args: "{V},transpose=clock{709} {A} {h264}", patch: held::<270, false> }
    mirrored { args: "{V},hflip{709} {A} {h264}", patch: held::<0, true> }
    mirrored_turned_right {
        args: "{V},transpose=cclock,hflip{709} {A} {h264}",
        patch: held::<90, true>,
    }
    mirrored_upside_down {
        args: "{V},hflip,vflip,hflip{709} {A} {h264}",
        patch: held::<180, true>,
    }
    mirrored_turned_left {
        args: "{V},transpose=clock,hflip{709} {A} {h264}",
        patch: held::<270, true>,
    }
    portrait { args: "{V},scale=90:160:flags=neighbor,setsar=1{709} {A} {h264}", size: (90, 160) }
    portrait_held_upright {
        args: "{V},scale=90:160:flags=neighbor,setsar=1,transpose=cclock{709} {A} {h264}",
        patch: held::<90, false>,
        size: (90, 160),
    }
    odd_sides {
        file: "odd.mkv",
        args: "{V},scale=161:91:flags=neighbor,setsar=1{709} {A} {tags} -c:v libvpx-vp9 -deadline realtime",
        size: (162, 92),
    }
    odd_sides_of_full_color {
        args: "{V},scale=161:91:flags=neighbor,setsar=1,scale=out_color_matrix=bt709,format=yuv444p \
            {A} {h264}",
        size: (162, 92),
    }
    wide_pixels { args: "{V}{709},setsar=2/1 {A} {h264}", size: (320, 90) }
    tall_pixels { file: "tall.mkv", args: "{V}{709},setsar=1/2 {A} {h264}", size: (160, 180) }
    wide_pixels_held_upright {
        args: "{V},transpose=cclock{709},setsar=1/2 {A} {h264}",
        patch: held::<90, false>,
        size: (320, 90),
    }
    pal_widescreen {
        file: "pal.ts",
        args: "{V},scale=720:576:flags=neighbor,scale=out_color_matrix=bt601,format=yuv420p,\
            setsar=64/45 {A} -c:v mpeg2video -q:v 3 -bf 2 -c:a mp2",
        seconds: 1.0,
        beeps: &[0.5],
        size: (854, 480),
    }
    cinema {
        args: "{V},scale=1920:800:flags=neighbor,setsar=1{709} {A} {h264}",
        seconds: 1.0,
        beeps: &[0.5],
        size: (854, 356),
        planned: |plan| assert_eq!(plan.made_rungs().count(), 3),
    }
    two_lines_missing {
        args: "{V},scale=1920:1078:flags=neighbor,setsar=1{709} {A} {h264}",
        seconds: 1.0,
        beeps: &[0.5],
        size: (854, 480),
        planned: |plan| {
            let top = plan.video_encode(&"1080p".into()).unwrap();
            assert_eq!((top.width, top.height), (1920, 1078));
        },
    }
    larger_in_mid_stream {
        file: "first.ts",
        args: "{V}{709} {A} -filter_complex [0]split[a][b];[a]trim=end=1.6[first];\
            [b]trim=start=1.6,scale=320:180:flags=neighbor[second];[1]asplit[c][d];\
            [c]atrim=end=1.6[e];[d]atrim=start=1.6[f] \
            -map [second] -map [f] {h264} -output_ts_offset 0.08 {dir}second.ts -map [first] -map [e] {h264}",
        patch: followed,
    }
    another_shape_in_mid_stream {
        file: "first.ts",
        args: "{V}{709} {A} -filter_complex [0]split[a][b];[a]trim=end=1.6[first];\
            [b]trim=start=1.6,scale=90:90:flags=neighbor,setsar=1[second];[1]asplit[c][d];\
            [c]atrim=end=1.6[e];[d]atrim=start=1.6[f] \
            -map [second] -map [f] {h264} -output_ts_offset 0.08 {dir}second.ts \
            -map [first] -map [e] {h264}",
        patch: followed,
        shows: |n| (n < 40).then_some(n),
        // No beep can be told from the numbers of the second half.
        beeps: &[0.5],
        seen: |frames| {
            let pixel = |x: usize, y: usize| &frames[60][(y * 160 + x) * 3..][..3];
            let is = |found: &[u8], wanted: [u8; 3]| {
                assert!(found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 16), "{found:?}");
            };
            is(pixel(56, 20), COLORS[0]);
            is(pixel(101, 20), COLORS[1]);
            is(pixel(56, 60), COLORS[2]);
            is(pixel(101, 60), COLORS[3]);
            is(pixel(12, 40), [0; 3]);
            is(pixel(147, 40), [0; 3]);
        },
    }
}

/// Writes the display matrix into the track header of the pictures, which are the first track
/// (ISO 14496-12 8.3.2, version 0).
fn held<const DEGREES: i32, const MIRRORED: bool>(dir: &Dir, path: PathBuf) -> PathBuf {
    let mut mp4 = fs::read(path).unwrap();
    let (cos, sin) = match DEGREES {
        0 => (1, 0),
        90 => (0, 1),
        180 => (-1, 0),
        _ => (0, -1),
    };
    let side = if MIRRORED { -1 } else { 1 };
    let cells = [side * cos, side * sin, 0, -sin, cos, 0, 0, 0].map(|cell: i32| cell << 16);
    let at = mp4.windows(4).position(|kind| kind == b"tkhd").unwrap() + 44;
    for (place, cell) in cells.into_iter().enumerate() {
        mp4[at + place * 4..][..4].copy_from_slice(&cell.to_be_bytes());
    }
    dir.file("held.mp4", &mp4)
}

/// The clip and behind it the other one that was made.
fn followed(dir: &Dir, first: PathBuf) -> PathBuf {
    let parts = [first, dir.path("second.ts")].map(|part| fs::read(part).unwrap());
    dir.file("both.ts", &parts.concat())
}
