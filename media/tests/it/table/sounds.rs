//! Sound: codecs, channels, rates, tracks, and where it lies against the pictures.

use std::{path::PathBuf, process::Command};

use super::rows;
use crate::clips::{Dir, run};

rows! {
    none {
        args: "{V}{709} {h264}",
        planned: |plan| assert!(!plan.has_audio()),
    }
    mono { args: "{V}{709} {A} {h264} -c:a aac -ac 1" }
    five_point_one {
        args: "{V}{709} -f lavfi -i aevalsrc=0|0|{T}|0|0|0:c=5.1:s=48000:d=3 {h264} -c:a ac3",
        planned: |plan| assert_eq!(plan.source.audio.as_ref().unwrap().channels, 6),
    }
    rate_44_100 { args: "{V}{709} {A} {h264} -c:a aac -ar 44100" }
    rate_22_050 { file: "old.mkv", args: "{V}{709} {A} {h264} -c:a mp3 -ar 22050" }
    the_default_of_several {
        args: "{V}{709} -f lavfi -i anullsrc=d=3 {A} -map 0 -map 1 -map 2 {h264} -c:a aac \
            -disposition:a:0 0 -disposition:a:1 default",
    }
    longer_than_the_picture {
        args: "{V}{709} {A},apad=pad_dur=1.5 {h264} -c:a aac",
        frames: Some(113),
        shows: |n| Some(n.min(74)),
    }
    shorter_than_the_picture {
        args: "{V}{709} {A},atrim=end=1.9 {h264} -c:a aac",
        beeps: &[0.5, 1.5],
    }
    late { args: "{V}{709} {A} -af atrim=start=1.2 {h264} -c:a aac", beeps: &[1.5, 2.5] }
    late_mkv {
        file: "late.mkv",
        args: "{V}{709} {A} -af atrim=start=1.2 {h264} -c:a aac",
        beeps: &[1.5, 2.5],
    }
    late_picture {
        args: "{V}{709} {A} -vf trim=start=1 {h264} -c:a aac",
        shows: |n| Some(n.max(25)),
        beeps: &[1.5, 2.5],
    }
    mp2 { file: "tv.ts", args: "{V}{709} {A} {h264} -c:a mp2" }
    mp3_mkv { file: "film.mkv", args: "{V}{709} {A} {h264} -c:a mp3" }
    wma1 { file: "old.asf", args: "{V}{709} {A} {h264} -c:a wmav1" }

    alac { file: "phone.mov", args: "{V}{709} {A} {h264} -c:a alac" }
    flac { file: "film.mkv", args: "{V}{709} {A} {h264} -c:a flac" }
    opus_mp4 { args: "{V}{709} {A} {h264} -c:a libopus" }
    eac3 { file: "film.mkv", args: "{V}{709} {A} {h264} -c:a eac3" }
    dts { file: "film.mkv", args: "{V}{709} {A} {h264} -c:a dca -strict -2" }
    latm { file: "tv.ts", args: "{V}{709} {A} {h264} -c:a aac -mpegts_flags latm" }
    adpcm { file: "camera.avi", args: "{V}{709} {A} {h264} -c:a adpcm_ima_wav" }
    adpcm_quicktime { file: "camera.mov", args: "{V}{709} {A} {h264} -c:a adpcm_ima_qt" }
    mulaw { file: "camera.avi", args: "{V}{709} {A} {h264} -c:a pcm_mulaw -ar 8000" }
    amr {
        args: "{V}{709} {h264}",
        patch: with_amr,
        planned: |plan| assert_eq!(plan.source.audio.as_ref().unwrap().codec, "amr_nb"),
    }
    of_a_refused_codec {
        file: "film.mkv",
        args: "{V}{709} {A} {h264} -c:a truehd -strict -2",
        planned: |plan| assert!(!plan.has_audio()),
    }
}

/// Adds AMR sound, for which there is no encoder at hand: pieces of 20 ms (RFC 4867 5), silence
/// and, where the beeps belong, the noise of a random excitation.
fn with_amr(dir: &Dir, path: PathBuf) -> PathBuf {
    let mut amr = b"#!AMR\n".to_vec();
    for n in 0_u32..150 {
        // The header says which mode: 12.2 kb/s in 31 bytes, or 4.75 kb/s in 12.
        match (n % 100).checked_sub(26) {
            Some(loud @ 0..10) => {
                amr.push(7 << 3 | 4);
                // One of few that begin as loud as they go on.
                let noise = |at: u32| ((530 + loud) * 31 + at).wrapping_mul(2_654_435_761);
                amr.extend((0..31).map(|at| noise(at).to_be_bytes()[0]));
            }
            _ => amr.extend([4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        }
    }
    let sound = dir.file("sound.amr", &amr);
    let out = dir.path("phone.3gp");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(path).arg("-i").arg(sound);
    run(command.args(["-c", "copy"]).arg(&out));
    out
}
