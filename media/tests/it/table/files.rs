//! What containers do: indices, edit lists, offsets, tracks that are neither picture nor sound.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::rows;
use crate::clips::{Dir, run};

rows! {
    index_first { args: "{V}{709} {A} {h264} -c:a aac -movflags +faststart" }
    index_last {}
    fragments { args: "{V}{709} {A} {h264} -c:a aac -movflags frag_keyframe+empty_moov" }
    fragments_of_a_recorder {
        args: "{V}{709} {A} {h264} -c:a aac -movflags frag_every_frame+empty_moov+default_base_moof",
    }
    edit_list_that_cuts_the_start {
        patch: |dir, path| again(dir, &path, "-ss 1.36", "-c copy", "cut.mp4"),
        frames: Some(41),
        beeps: &[2.5],
        shows: |n| Some(n + 34),
        look_at: None,
    }
    negative_composition_offsets {
        args: "{V}{709} {A} {h264} -c:a aac -movflags +negative_cts_offsets",
    }
    negative_first_timestamps_mkv {
        patch: |dir, path| {
            again(dir, &path, "-itsoffset -1", "-c copy -avoid_negative_ts disabled", "neg.mkv")
        },
    }
    negative_first_timestamps_and_one_key_frame {
        args: "{V}{709} {A} {h264} -x264-params keyint=999:scenecut=0 -c:a aac",
        patch: |dir, path| {
            again(dir, &path, "-itsoffset -1", "-c copy -avoid_negative_ts disabled", "neg.mkv")
        },
    }
    timestamps_far_from_zero {
        file: "live.ts",
        args: "{V}{709} {A} {h264} -c:a aac -output_ts_offset 90000",
    }
    timestamps_that_wrap {
        file: "live.ts",
        // 2³³ ticks of 90 kHz are 95443.7 s.
        args: "{V}{709} {A} {h264} -c:a aac -output_ts_offset 95440.9",
    }
    attached_cover {
        args: "{V}{709} {A} -f lavfi -i color=red:s=640x640:d=0.04 -map 0 -map 1 -map 2 {h264} -c:a aac \
            -c:v:1 mjpeg -bf:v:1 0 -frames:v:1 1 -disposition:v:1 attached_pic",
    }
    timecode_data_and_subtitles {
        file: "camera.mov",
        args: "{V}{709} {A} -f srt -i data:text/plain,1%0A00:00:00,000%20-->%2000:00:01,000%0AHi%0A \
            -map 0 -map 1 -map 2 {h264} -c:a pcm_s16le -c:s mov_text -timecode 10:00:00:00",
    }
    told_in_many_tongues {
        file: "名前 ü 🎬.mp4",
        args: "{V}{709} {A} {h264} -c:a aac -metadata title=Überraschung·日本·🎬 \
            -metadata artist=Zoë -metadata location=+52.5+13.4/",
    }
    dolby_vision_without_a_base {
        args: "{V},scale=out_color_matrix=bt709,format=yuv420p10le -c:v libx265 \
            -preset ultrafast -x265-params log-level=none -tag:v hvc1",
        seconds: 0.2,
        patch: dolby_vision::<5, 0>,
        refused: Some("unsupported_codec"),
    }
    dolby_vision_over_sdr {
        args: "{V},scale=out_color_matrix=bt709,format=yuv420p10le {A} -c:v libx265 \
            -preset ultrafast -x265-params log-level=none -tag:v hvc1 {tags}",
        patch: dolby_vision::<8, 2>,
    }
}

/// The file copied into another one.
fn again(dir: &Dir, path: &Path, before: &str, after: &str, name: &str) -> PathBuf {
    let other = dir.path(name);
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(before.split_whitespace()).arg("-i").arg(path);
    run(command.args(after.split_whitespace()).arg(&other));
    other
}

/// Writes a Dolby Vision configuration (Dolby Vision Streams Within the ISO Base Media File
/// Format 3.1) over the boxes `pasp` and `btrt`, which end the sample entry.
fn dolby_vision<const PROFILE: u8, const BASE: u8>(dir: &Dir, path: PathBuf) -> PathBuf {
    let mut mp4 = fs::read(path).unwrap();
    let at = mp4.windows(4).position(|kind| kind == b"pasp").unwrap() - 4;
    assert_eq!(&mp4[at + 20..at + 24], b"btrt");
    let mut config = [0; 36];
    config[..8].copy_from_slice(b"\0\0\0\x24dvcC");
    // Version 1.0, level 1, with RPU and base layer, without enhancement layer.
    config[8..13].copy_from_slice(&[1, 0, PROFILE << 1, 1 << 3 | 0b101, BASE << 4]);
    mp4[at..at + 36].copy_from_slice(&config);
    dir.file("dolby.mp4", &mp4)
}
