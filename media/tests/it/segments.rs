//! A segment is a pure function of source, plan, rendition and index.

use domain::SegmentGrid;
use media::VideoSpan;

use crate::clips::{Dir, Made, encode_video, ffprobe, plan, video, whole};

/// Moving picture with B frames and sparse key frames, as phones and editors make it.
const CLIP: &str = "-f lavfi -i testsrc2=s=320x180:r=30:d=9.04 -c:v libx264 -g 75 -pix_fmt yuv420p";

#[test]
fn one_by_one_backwards_and_in_one_go_are_the_same_bytes() {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let plan = plan(&clip);
    let together = whole(&clip, &plan, "480p");
    assert_eq!(together.segments.len(), 4);
    for index in (1..=4).rev() {
        let alone = video(&clip, &plan, &["480p"], index..index + 1);
        assert_eq!(alone.inits, together.inits, "init of segment {index}");
        assert!(alone.segment("480p", index) == together.segment("480p", index), "{index}");
    }
}

#[test]
fn rungs_made_together_are_the_same_as_alone() {
    let dir = Dir::new();
    let args = "-f lavfi -i testsrc2=s=960x540:r=30:d=3 -c:v libx264 -preset ultrafast";
    let clip = dir.clip("clip.mp4", args);
    let plan = plan(&clip);
    let together = video(&clip, &plan, &["480p", "720p"], 1..3);
    assert_eq!(together.frames, 180, "progress counts all rungs");
    for rung in ["480p", "720p"] {
        let alone = video(&clip, &plan, &[rung], 1..3);
        assert!(alone.track(rung) == together.track(rung), "{rung}");
    }
}

#[test]
fn where_decoding_begins_does_not_matter() {
    let dir = Dir::new();
    // Containers that seek in different ways, codecs that refer back in different ways.
    let cases = [
        ("gop.mp4", "libx264 -x264-params open-gop=1:keyint=50:bframes=4"),
        ("gop.mkv", "libx264 -x264-params open-gop=1:keyint=50:bframes=4"),
        ("gop.ts", "libx264 -x264-params open-gop=1:keyint=50:bframes=4"),
        ("frag.mp4", "libx264 -g 50 -movflags frag_keyframe+empty_moov"),
        ("refresh.mp4", "libx264 -x264-params intra-refresh=1:keyint=40"),
        ("phone.mov", "libx265 -x265-params log-level=none:open-gop=1:keyint=50"),
        ("packed.avi", "mpeg4 -bf 2 -g 40 -q:v 3"),
        ("web.webm", "libvpx-vp9 -deadline realtime -cpu-used 8 -auto-alt-ref 1 -g 60"),
        ("disc.mpg", "mpeg2video -bf 2 -g 15 -q:v 3"),
        ("old.flv", "flv -g 50 -q:v 3"),
        ("old.wmv", "wmv2 -g 50 -q:v 3"),
        ("new.mp4", "libsvtav1 -preset 12 -g 50"),
        ("edit.mov", "prores_ks -profile:v 0"),
    ];
    for (name, codec) in cases {
        let args = format!(
            "-f lavfi -i testsrc2=s=160x96:r=25:d=9.04 -pix_fmt {} -c:v {codec}",
            if name == "edit.mov" { "yuv422p10le" } else { "yuv420p" }
        );
        let clip = dir.quiet_clip(name, &args);
        let plan = plan(&clip);
        assert_eq!(plan.frames, 226, "{name}");
        let whole = whole(&clip, &plan, "480p");
        for index in [4, 3, 2] {
            let alone = video(&clip, &plan, &["480p"], index..index + 1);
            assert_eq!(alone.inits, whole.inits, "{name}");
            assert!(alone.segment("480p", index) == whole.segment("480p", index), "{name} {index}");
        }
    }
}

#[test]
fn a_late_segment_does_not_cost_the_ones_before() {
    let dir = Dir::new();
    for name in ["clip.mp4", "clip.mkv", "clip.ts", "clip.flv", "frag.mp4"] {
        let flags = if name == "frag.mp4" { "-movflags frag_keyframe+empty_moov" } else { "" };
        let args = "-f lavfi -i testsrc2=s=160x96:r=25:d=30 -c:v libx264 -g 50";
        let clip = dir.clip(name, &format!("{args} {flags}"));
        let plan = plan(&clip);
        let span = VideoSpan { plan, renditions: vec!["480p".into()], segments: 9..10 };
        let stats = encode_video(&clip, &span, &mut Made::default()).unwrap();
        assert_eq!(stats.encoded, 50, "28 s to 30 s");
        assert!(stats.decoded < 250, "{name}: {} pictures decoded", stats.decoded);
    }
}

#[test]
fn the_last_picture_lasts_as_long_as_the_sound() {
    let dir = Dir::new();
    for name in ["clip.mp4", "clip.mkv", "clip.ts"] {
        let args =
            "-f lavfi -i testsrc2=s=160x96:r=25:d=5 -f lavfi -i sine=d=17 -c:v libx264 -g 50";
        let clip = dir.clip(name, args);
        let plan = plan(&clip);
        assert!((424..=427).contains(&plan.frames), "{name}: {}", plan.frames);
        let whole = whole(&clip, &plan, "480p");
        for index in [5, 6] {
            let alone = video(&clip, &plan, &["480p"], index..index + 1);
            assert!(alone.segment("480p", index) == whole.segment("480p", index), "{name} {index}");
        }
    }
}

#[test]
fn the_last_segment_may_be_a_single_frame() {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let mut plan = plan(&clip);
    for frames in [121, 122, 123] {
        plan.frames = frames;
        let first = video(&clip, &plan, &["480p"], 1..2);
        let last = video(&clip, &plan, &["480p"], 3..4);
        assert_eq!(first.inits, last.inits, "{frames} frames");
    }
}

#[test]
fn times_are_the_grids() {
    let dir = Dir::new();
    for rate in ["30", "24000/1001", "60000/1001", "12.5"] {
        let clip = dir.clip(
            "rate.mp4",
            &format!("-f lavfi -i testsrc2=s=160x90:r={rate}:d=5 -c:v libx264 -pix_fmt yuv420p"),
        );
        let plan = plan(&clip);
        let grid = plan.grid(&"480p".into()).unwrap();
        let made = whole(&clip, &plan, "480p");
        for index in 1..=grid.segments() {
            let (start, length) = times(made.segment("480p", index));
            assert_eq!(start, grid.start_ticks(index), "tfdt of {index} at {rate}");
            assert_eq!(length, grid.duration_ticks(index), "length of {index} at {rate}");
        }
        let joined = dir.file("joined.mp4", &made.track("480p"));
        let SegmentGrid::Video { frames, rate: plan_rate } = grid else { unreachable!() };
        let pts = ffprobe(&joined, "-show_entries frame=pts -select_streams v");
        assert_eq!(pts.len() as u64, frames, "{rate}");
        for (n, pts) in pts.iter().enumerate() {
            assert_eq!(pts.parse::<u64>().unwrap(), n as u64 * plan_rate.frame_ticks(), "{rate}");
        }
    }
}

/// `tfdt` and the sum of sample durations of a segment.
fn times(segment: &[u8]) -> (u64, u64) {
    let find = |bytes: &[u8], kind: &[u8]| bytes.windows(4).position(|w| w == kind).unwrap();
    let u32_at = |at: usize| u32::from_be_bytes(segment[at..at + 4].try_into().unwrap());
    let tfdt = find(segment, b"tfdt") + 4;
    let start = match segment[tfdt] {
        1 => u64::from_be_bytes(segment[tfdt + 4..tfdt + 12].try_into().unwrap()),
        _ => u64::from(u32_at(tfdt + 4)),
    };
    let tfhd = find(segment, b"tfhd") + 4;
    let flags = u32_at(tfhd) & 0xff_ffff;
    let mut at = tfhd + 8;
    at += if flags & 1 != 0 { 8 } else { 0 };
    at += if flags & 2 != 0 { 4 } else { 0 };
    let default = if flags & 8 != 0 { u32_at(at) } else { 0 };
    let trun = find(segment, b"trun") + 4;
    let flags = u32_at(trun) & 0xff_ffff;
    let count = u32_at(trun + 4);
    let mut at = trun + 8;
    at += if flags & 1 != 0 { 4 } else { 0 };
    at += if flags & 4 != 0 { 4 } else { 0 };
    let mut length = 0;
    for _ in 0..count {
        length += u64::from(if flags & 0x100 != 0 { u32_at(at) } else { default });
        let fields = [0x100, 0x200, 0x400, 0x800];
        at += fields.iter().filter(|&&field| flags & field != 0).count() * 4;
    }
    assert_eq!(segment.windows(4).filter(|w| w == b"moof").count(), 1, "one fragment");
    (start, length)
}
