//! A player's buffer: no join of two segments asks for more than maxrate delivers.

use domain::plan::Outcome;

use crate::clips::{Dir, ffprobe, plan, whole};

/// How full a buffer of `maxrate` bits is at its emptiest, from -∞ to 1: it begins half full and
/// gains `maxrate` bits a second, and each picture is taken out at once when it is due
/// (ISO 14496-10 annex C).
fn emptiest(sizes: &[u64], maxrate_bps: u64, fps: f64) -> f64 {
    let size = maxrate_bps as f64;
    let (mut level, mut least) = (size / 2.0, size);
    for bytes in sizes {
        level -= *bytes as f64 * 8.0;
        least = least.min(level);
        level = (level + size / fps).min(size);
    }
    least / size
}

#[test]
fn holds_over_joins() {
    let dir = Dir::new();
    // As hard as it gets: noise that cannot be predicted, and noise that comes and goes, so that
    // segments begin when the buffer is at its emptiest.
    let always = "noise=alls=60:allf=t";
    let before_joins = "noise=alls=90:allf=t:enable='gt(mod(t,4),2.5)'";
    for (hard, noise) in [("always", always), ("before joins", before_joins)] {
        let args = format!(
            "-f lavfi -i testsrc2=s=192x108:r=25:d=16,{noise} -c:v libx264 -preset ultrafast -crf 12"
        );
        let clip = dir.clip("clip.mp4", &args);
        let mut plan = plan(&clip);
        let (maxrate_bps, x264) = (300_000, plan.recipe.x264.clone());
        for planned in &mut plan.renditions {
            if let Outcome::Video(encode) = &mut planned.outcome {
                encode.maxrate_bps = maxrate_bps;
                encode.aim_bps = maxrate_bps * u64::from(x264.aim_percent) / 100;
                encode.buffer_bits = maxrate_bps * u64::from(x264.buffer_ms) / 1000;
            }
        }
        let joined = dir.file("joined.mp4", &whole(&clip, &plan, "480p").track("480p"));
        let sizes = ffprobe(&joined, "-select_streams v -show_entries packet=size");
        let sizes: Vec<u64> = sizes.iter().map(|size| size.parse().unwrap()).collect();
        assert_eq!(sizes.len(), 400);
        let least = emptiest(&sizes, maxrate_bps, 25.0);
        let rate = sizes.iter().sum::<u64>() as f64 * 8.0 / 16.0;
        println!("{hard}: at least {least:.3} full, mean {rate:.0} b/s");
        assert!(least >= 0.0, "{hard}: the buffer runs dry by {least}");
        assert!(emptiest(&sizes, maxrate_bps / 3, 25.0) < 0.0, "the clip is hard: {rate} b/s");
    }
}
