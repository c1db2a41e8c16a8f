//! Sound joins without a click, sits where the picture expects it, and lasts as long.

use std::f64::consts::TAU;

use crate::clips::{Dir, all_audio, audio, ffprobe, plan, samples};

const PICTURE: &str = "-f lavfi -i testsrc2=s=64x36:r=5";

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
