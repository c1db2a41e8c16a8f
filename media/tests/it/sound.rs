//! Sound joins without a click, sits where the picture expects it, and lasts as long.

use std::{f64::consts::TAU, path::Path, process::Command};

use domain::RenditionName;

use crate::clips::{Dir, all_audio, audio, ffprobe, plan, run};

const PICTURE: &str = "-f lavfi -i testsrc2=s=64x36:r=5";

/// Decoded left channel at 48 kHz.
fn samples(path: &Path) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(path);
    let bytes = run(command.args(["-af", "pan=mono|c0=c0", "-f", "f32le", "-"]));
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// Largest distance from `0.5 sin(2π · 441 Hz · t)`.
fn off_tune(samples: &[f32], from: usize) -> (usize, f64) {
    let off = |(n, &sample): (usize, &f32)| {
        let wanted = 0.5 * (TAU * 441.0 * (n + from) as f64 / 48_000.0).sin();
        (n + from, (f64::from(sample) - wanted).abs())
    };
    samples.iter().enumerate().map(off).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

const TONE: &str = "-f lavfi -i aevalsrc=0.5*sin(2*PI*441*t):s=44100:d=130:c=mono";

#[test]
fn chunks_join_without_gap_or_click() {
    let dir = Dir::new();
    for (name, codec) in
        [("pcm.mov", "pcm_s16le"), ("aac.mkv", "aac -b:a 192k"), ("flac.mkv", "flac")]
    {
        let clip = dir.clip(
            name,
            &format!("{PICTURE}:d=130 {TONE} -c:v libx264 -preset ultrafast -c:a {codec}"),
        );
        let plan = plan(&clip);
        let made = all_audio(&clip, &plan);
        assert_eq!(made.inits.len(), 3);
        assert!(made.inits.iter().all(|init| *init == made.inits[0]), "inits differ");
        let joined = dir.file("joined.mp4", &made.track("audio"));
        let pts = ffprobe(&joined, "-show_entries packet=pts");
        for (n, pts) in pts.iter().enumerate() {
            assert_eq!(pts.parse::<usize>().unwrap(), n * 1024, "{name}");
        }
        assert_eq!(pts.len(), 6094, "130 s");
        let decoded = samples(&joined);
        // The first packet fades in (nothing overlaps it); the tone itself ends at 130 s.
        // Matroska rounds to milliseconds, so all may be shifted a little, but by the same.
        let second = &decoded[2048..48_000];
        let shift = (2018..2078).min_by_key(|&from| (off_tune(second, from).1 * 1e6) as u64);
        let (at, off) = off_tune(&decoded[2048..129 * 48_000], shift.unwrap());
        assert!(off < 0.03, "{name}: {off} off at sample {at}");
    }
}

#[test]
fn a_chunk_depends_on_its_number_alone() {
    let dir = Dir::new();
    let args = format!("{PICTURE}:d=70 {TONE} -t 70 -c:v libx264 -preset ultrafast -c:a aac");
    let clip = dir.clip("clip.mp4", &args);
    let plan = plan(&clip);
    assert_eq!(audio(&clip, &plan, 1), audio(&clip, &plan, 1));
    assert_eq!(audio(&clip, &plan, 0).segments.len(), 16);
}

#[test]
fn silence_stands_in_before_and_after() {
    let dir = Dir::new();
    // Sound from 1.5 s to 3.5 s of 6 s.
    let tone = "-itsoffset 1.5 -f lavfi -i aevalsrc=0.5*sin(2*PI*441*t):s=48000:d=2";
    for name in ["late.mp4", "late.mkv"] {
        let args = format!("{PICTURE}:d=6 {tone} -c:v libx264 -preset ultrafast -c:a aac");
        let clip = dir.clip(name, &args);
        let plan = plan(&clip);
        let made = all_audio(&clip, &plan);
        let joined = dir.file("joined.mp4", &made.track("audio"));
        let decoded = samples(&joined);
        assert_eq!(decoded.len(), 282 * 1024, "6 s in whole AAC frames");
        let loud = |from: f64, to: f64| {
            let range = (from * 48_000.0) as usize..(to * 48_000.0) as usize;
            decoded[range].iter().fold(0.0_f32, |most, sample| most.max(sample.abs()))
        };
        assert!(loud(0.0, 1.45) < 0.001 && loud(3.6, 6.0) < 0.001, "{name}");
        assert!(loud(1.53, 1.6) > 0.45 && loud(3.4, 3.47) > 0.45, "{name}");
    }
}

#[test]
fn a_beep_is_heard_when_its_flash_is_seen() {
    let dir = Dir::new();
    // White from 2 s to 3 s, 5.1 sound at 44.1 kHz with a tone in the centre at the same time.
    let sound = "aevalsrc=0|0|0.5*sin(2*PI*441*t)*between(t\\,2\\,3)|0|0|0:c=5.1:s=44100:d=5";
    let args = format!(
        "-f lavfi -i color=black:s=64x36:r=25:d=5,drawbox=c=white:t=fill:enable='between(t,2,2.99)' \
         -f lavfi -i {sound} -c:v libx264 -c:a ac3"
    );
    let clip = dir.clip("sync.ts", &args.replace("\\\\", "\\"));
    let plan = plan(&clip);
    assert_eq!(plan.source.audio.as_ref().unwrap().channels, 6);
    let joined = dir.file("joined.mp4", &all_audio(&clip, &plan).track("audio"));
    let decoded = samples(&joined);
    let beep = decoded.iter().position(|sample| sample.abs() > 0.02).unwrap();
    let seconds = beep as f64 / 48_000.0;
    assert!((seconds - 2.0).abs() < 0.02, "beep at {seconds}");
    let rung = crate::clips::whole(&clip, &plan, "480p");
    let pictures = dir.file("pictures.mp4", &rung.track("480p"));
    let gray = crate::clips::raw(&pictures, "gray", "-vf scale=1:1");
    let flash = gray.iter().position(|&luma| luma > 128).unwrap();
    assert_eq!(flash, 50, "flash at 2 s");
}

#[test]
fn no_sound_is_no_rendition() {
    let dir = Dir::new();
    let clip = dir.clip("mute.mp4", &format!("{PICTURE}:d=1 -c:v libx264"));
    let plan = plan(&clip);
    assert!(plan.rendition(&RenditionName::audio()).is_none());
}
