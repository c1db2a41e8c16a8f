//! Sound that was encoded chunk by chunk against the same sound in one piece: samples and loudness.

use std::{ops::Range, path::Path, process::Command};

use domain::{Loudness, SegmentGrid};

use crate::clips::{Dir, all_audio, plan, run};

/// Two and a bit chunks: a sweep up on the left, one down on the right, swelling and fading.
const SWEEPS: &str = "-f lavfi -i testsrc2=s=64x36:r=5:d=130 \
    -f lavfi -i aevalsrc=(0.25-0.24*cos(t/3))*sin(2*PI*(100*t+45*t*t))|\
(0.25-0.24*cos(t/3))*sin(2*PI*(12000*t-45*t*t)):s=48000:d=130 \
    -c:v libx264 -preset ultrafast -c:a pcm_f32le";
/// AAC frames on either side of a join in which a click would lie.
const NEAR: usize = 4;
/// AAC frames on either side that a join is compared with: two seconds.
const AROUND: usize = 94;

/// Decoded samples of both channels, interleaved.
fn samples(path: &Path) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(path);
    let bytes = run(command.args(["-map", "0:a", "-f", "f32le", "-"]));
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// Largest difference in each AAC frame.
fn errors(decoded: &[f32], source: &[f32]) -> Vec<f32> {
    let frame = |(a, b): (&[f32], &[f32])| most(a.iter().zip(b).map(|(a, b)| (a - b).abs()));
    decoded.chunks(2048).zip(source.chunks(2048)).map(frame).collect()
}

fn most(errors: impl Iterator<Item = f32>) -> f32 {
    errors.fold(0.0, f32::max)
}

fn encode_in_one_piece(clip: &Path, to: &Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(clip);
    run(command.args(["-map", "0:a", "-c:a", "aac", "-b:a", "128k"]).arg(to));
}

/// What the command line's meter says: LUFS, LU, dBTP.
fn measured_by_ffmpeg(clip: &Path) -> [f64; 3] {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(clip);
    let filters = "ebur128=metadata=1:peak=true,ametadata=mode=print:file=-";
    let text = run(command.args(["-map", "0:a", "-af", filters, "-f", "null", "-"]));
    let text = String::from_utf8(text).unwrap();
    let last = |key: &str| -> f64 {
        let value = text.lines().filter_map(|line| line.strip_prefix(key)).next_back();
        value.unwrap().parse().unwrap()
    };
    let peak = 20.0 * last("lavfi.r128.true_peak=").log10();
    [last("lavfi.r128.I="), last("lavfi.r128.LRA="), peak]
}

#[test]
fn chunks_sound_as_if_made_in_one_piece() {
    let dir = Dir::new();
    let clip = dir.clip("sweep.mov", SWEEPS);
    let plan = plan(&clip);
    let made = all_audio(&clip, &plan);
    let chunked = samples(&dir.file("chunked.mp4", &made.track("audio")));
    assert_eq!(chunked.len(), 6094 * 2048, "130 s in whole AAC frames, nothing lost or doubled");

    let one = dir.path("one.mp4");
    encode_in_one_piece(&clip, &one);
    let source = samples(&clip);
    let (chunked, one) = (errors(&chunked, &source), errors(&samples(&one), &source));
    let grid = SegmentGrid::Audio { aac_frames: 6094 };
    for chunk in [1, 2] {
        let first = grid.chunk_segments(chunk).start;
        let join = grid.units_of(first).start as usize;
        let worst = |range: Range<usize>| most(chunked[range].iter().copied());
        let at_join = worst(join - NEAR..join + NEAR);
        let elsewhere = worst(join - AROUND..join - NEAR).max(worst(join + NEAR..join + AROUND));
        assert!(at_join <= elsewhere, "chunk {chunk}: {at_join} at the join, {elsewhere} around");
    }
    // The very first frame has nothing to overlap with; the last one ends in silence.
    let mean = |errors: &[f32]| errors[1..6090].iter().sum::<f32>() / 6089.0;
    let (chunked, one) = (mean(&chunked), mean(&one));
    assert!(chunked <= one * 1.2, "{chunked} off in chunks, {one} in one piece");

    let loudness = Loudness::of(&made.loudness).unwrap();
    let [integrated, range, peak] = measured_by_ffmpeg(&clip);
    assert!((loudness.integrated_lufs - integrated).abs() <= 0.1, "{loudness:?} not {integrated}");
    assert!((loudness.range_lu - range).abs() <= 0.1, "{loudness:?} not {range} LU");
    // EBU Tech 3341 allows +0.3 and -0.4 dB.
    let off = loudness.true_peak_dbtp - peak;
    assert!((-0.4..=0.3).contains(&off), "{loudness:?} not {peak} dBTP");
}
