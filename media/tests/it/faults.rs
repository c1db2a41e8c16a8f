//! Bad input is the uploader's fault, bad reading is ours, and neither is mistaken for the other.

use std::{
    fs,
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::Path,
};

use domain::{RenditionName, SourceInfo};
use media::{MediaError, SpanOutput, Stop, VideoSpan};

use crate::clips::{Dir, Made, encode_video, open, plan, probe};

fn code(result: Result<SourceInfo, MediaError>) -> String {
    match result {
        Err(MediaError::Rejected(reason)) => reason.code,
        other => panic!("{other:?}"),
    }
}

const CLIP: &str = "-f lavfi -i testsrc2=s=160x90:r=25:d=8 -f lavfi -i sine=d=8 -c:v libx264 -g 25";

#[test]
fn what_is_no_video_says_so() {
    let dir = Dir::new();
    let text = dir.file("text.mp4", b"This is a letter, not a video.\n".repeat(100).as_slice());
    assert_eq!(code(probe(&text)), "unreadable");
    let empty = dir.file("empty.mp4", b"");
    assert_eq!(code(probe(&empty)), "unreadable");
    let playlist =
        b"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    assert_eq!(code(probe(&dir.file("list.mp4", playlist))), "unreadable");
    let concat = b"ffconcat version 1.0\nfile /etc/hostname\n";
    assert_eq!(code(probe(&dir.file("concat.mkv", concat))), "unreadable");
    let theora = dir.clip("theora.ogg", "-f lavfi -i testsrc2=s=160x90:d=0.2 -c:v libtheora");
    assert_eq!(code(probe(&theora)), "unsupported_codec");
    let sound = dir.clip("sound.mp4", "-f lavfi -i sine=d=1");
    assert_eq!(probe(&sound).unwrap().video, None);
}

#[test]
fn a_file_that_ends_early_says_so() {
    let dir = Dir::new();
    for flags in ["", "-movflags faststart", "-movflags frag_keyframe+empty_moov"] {
        let bytes = fs::read(dir.clip("whole.mp4", &format!("{CLIP} {flags}"))).unwrap();
        for part in [10, 50, 99] {
            let cut = dir.file("cut.mp4", &bytes[..bytes.len() * part / 100]);
            assert_eq!(code(probe(&cut)), "truncated", "{flags} {part} %");
        }
    }
    // Matroska plays up to where it ends: found out while encoding.
    let bytes = fs::read(dir.clip("whole.mkv", CLIP)).unwrap();
    let cut = dir.file("cut.mkv", &bytes[..bytes.len() / 2]);
    let plan = plan(&dir.path("whole.mkv"));
    let span = VideoSpan { plan, renditions: vec!["480p".into()], segments: 1..5 };
    match encode_video(&cut, &span, &mut Made::default()) {
        Err(MediaError::Rejected(reason)) => assert_eq!(reason.code, "truncated"),
        other => panic!("{other:?}"),
    }
}

/// A file whose reads fail from the `good`th byte on.
struct Failing {
    file: Cursor<Vec<u8>>,
    good: u64,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.file.position() + buffer.len() as u64 > self.good {
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, "the bucket is gone"));
        }
        self.file.read(buffer)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn failing(path: &Path, part: u64) -> Box<Failing> {
    let bytes = fs::read(path).unwrap();
    let good = bytes.len() as u64 * part / 100;
    Box::new(Failing { file: Cursor::new(bytes), good })
}

#[test]
fn a_failing_source_is_not_a_bad_file() {
    let dir = Dir::new();
    for name in ["clip.mp4", "clip.mkv", "clip.ts"] {
        let clip = dir.clip(name, CLIP);
        let size = fs::metadata(&clip).unwrap().len();
        let plan = plan(&clip);
        let probed = media::probe(failing(&clip, 0), size);
        assert!(matches!(probed, Err(MediaError::Source(_))), "{name}: {probed:?}");
        // MP4 files begin with what they need last: let it be read, and fail in mid-stream.
        let span = VideoSpan { plan, renditions: vec!["480p".into()], segments: 1..5 };
        let sink = &mut |_: SpanOutput| Ok(());
        let part = if name == "clip.mp4" { 0 } else { 60 };
        let source = failing(&clip, part);
        let encoded = media::encode_video(source, &span, sink, &Stop::default());
        match encoded {
            Err(MediaError::Source(error)) => {
                assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_failing_sink_and_a_pulled_cord_end_the_span() {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let plan = plan(&clip);
    let renditions = vec![RenditionName::from("480p")];
    let span = VideoSpan { plan, renditions, segments: 1..5 };
    let full = &mut |_: SpanOutput| Err(io::ErrorKind::StorageFull.into());
    let result = media::encode_video(open(&clip), &span, full, &Stop::default());
    assert!(matches!(result, Err(MediaError::Sink(_))), "{result:?}");
    let stop = Stop::default();
    let cord = stop.clone();
    let sink = &mut |_: SpanOutput| {
        cord.stop();
        Ok(())
    };
    let result = media::encode_video(open(&clip), &span, sink, &stop);
    assert!(matches!(result, Err(MediaError::Stopped)), "{result:?}");
}

#[test]
fn a_film_that_would_stand_still_is_damaged() {
    let dir = Dir::new();
    let mut bytes = fs::read(dir.clip("clip.mp4", CLIP)).unwrap();
    let at = bytes.windows(4).position(|kind| kind == b"mdat").unwrap();
    let end = bytes.windows(4).rposition(|kind| kind == b"moov").unwrap();
    let samples = end - at;
    bytes[at + samples / 10..at + samples * 9 / 10].fill(0x55);
    let clip = dir.file("frozen.mp4", &bytes);
    let plan = plan(&clip);
    let span = VideoSpan { plan, renditions: vec!["480p".into()], segments: 1..5 };
    match encode_video(&clip, &span, &mut Made::default()) {
        Err(MediaError::Rejected(reason)) => assert_eq!(reason.code, "damaged"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cut_recording_in_matroska_says_so_at_once() {
    let dir = Dir::new();
    let whole = dir.clip("whole.mkv", CLIP);
    let bytes = fs::read(&whole).unwrap();
    let cut = dir.file("short.mkv", &bytes[..bytes.len() - 100]);
    assert_eq!(code(probe(&cut)), "truncated");
    // Stopped in mid-film: nothing was promised.
    let args = format!("-i {} -c copy -f matroska pipe:1", whole.display());
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    let piped = crate::clips::run(ffmpeg.args(["-v", "error"]).args(args.split_whitespace()));
    let stopped = dir.file("stopped.mkv", &piped[..piped.len() / 2]);
    let seconds = probe(&stopped).unwrap().video.unwrap().duration_us / 1_000_000;
    assert!((2..8).contains(&seconds), "{seconds} s");
}

#[test]
fn scattered_damage_is_shown_not_refused() {
    let dir = Dir::new();
    let mut bytes = fs::read(dir.clip("clip.ts", CLIP)).unwrap();
    for at in (20_000..bytes.len()).step_by(40_000) {
        bytes[at..at + 100].fill(0x55);
    }
    let clip = dir.file("damaged.ts", &bytes);
    let plan = plan(&clip);
    let span = VideoSpan { plan: plan.clone(), renditions: vec!["480p".into()], segments: 1..5 };
    let mut made = Made::default();
    let stats = encode_video(&clip, &span, &mut made).unwrap();
    assert_eq!(stats.encoded, plan.frames);
}
