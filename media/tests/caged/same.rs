//! The same bytes come out, caged or not.

use std::{
    fs,
    io::{Cursor, Read},
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use domain::{Plan, Recipe, StoredPlan};
use media::{
    AudioSpan, Cage, Limits, MediaError, Mp4Request, SpanOutput, StillsRequest, Stop, VideoSpan,
};

use crate::{
    Test,
    clips::{Dir, open},
};

pub(crate) const LOCKED: Cage = Cage::Locked(LIMITS);
const LIMITS: Limits = Limits {
    memory_bytes: 2 << 30,
    cpu_seconds: 60,
    silence: std::time::Duration::from_secs(30),
    stall: std::time::Duration::from_secs(60),
    wall: std::time::Duration::from_secs(120),
};
pub(crate) const CLIP: &str = "-f lavfi -i testsrc2=s=320x180:r=25:d=5 -f lavfi -i sine=d=5 \
     -c:v libx264 -preset ultrafast -g 50 -c:a aac";

pub(crate) fn trials() -> Vec<Test> {
    vec![
        ("same::everything_comes_out_the_same", everything_comes_out_the_same),
        ("same::four_at_once", four_at_once),
        ("same::faults_are_told_apart", faults_are_told_apart),
        ("same::this_kernel_has_the_locks", this_kernel_has_the_locks),
    ]
}

pub(crate) fn plan(cage: Cage, clip: &Path) -> Plan {
    let size = fs::metadata(clip).unwrap().len();
    match cage.plan(open(clip), size, Recipe::standard()).unwrap() {
        StoredPlan::Accepted(plan) => *plan,
        StoredPlan::Rejected(reason) => panic!("{reason}"),
    }
}

fn video(cage: Cage, clip: &Path, span: &VideoSpan) -> Vec<SpanOutput> {
    let mut made = Vec::new();
    let mut out = |output| {
        made.push(output);
        Ok(())
    };
    cage.encode_video(open(clip), span, &mut out, &Stop::default()).unwrap();
    // The order of different rungs' outputs is a matter of threads.
    made.retain(|output| !matches!(output, SpanOutput::Progress { .. }));
    made.sort_by_key(|output| match output {
        SpanOutput::Init { rendition, .. } => (rendition.clone(), 0),
        SpanOutput::Segment { rendition, index, .. } => (rendition.clone(), *index),
        other => unreachable!("not of these clips: {other:?}"),
    });
    made
}

fn audio(cage: Cage, clip: &Path, plan: &Plan) -> Vec<SpanOutput> {
    let mut made = Vec::new();
    let mut out = |output| {
        made.push(output);
        Ok(())
    };
    let span = AudioSpan { plan: plan.clone(), chunk: 0 };
    cage.encode_audio(open(clip), &span, &mut out, &Stop::default()).unwrap();
    made
}

/// A file in memory that can be looked at when it is written.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Cursor<Vec<u8>>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::io::Seek for Shared {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.lock().unwrap().seek(to)
    }
}

fn mp4(cage: Cage, plan: &Plan, tracks: &[&[SpanOutput]]) -> Vec<u8> {
    let track = |outputs: &[SpanOutput]| -> Box<dyn Read + Send> {
        let bytes = outputs.iter().filter_map(|output| match output {
            SpanOutput::Init { bytes, .. } | SpanOutput::Segment { bytes, .. } => Some(bytes),
            _ => None,
        });
        Box::new(Cursor::new(bytes.flatten().copied().collect::<Vec<u8>>()))
    };
    let request = Mp4Request { plan: plan.clone(), rendition: "480p".into() };
    let file = Shared::default();
    let (video, audio) = (track(tracks[0]), track(tracks[1]));
    let size = cage.mux_mp4(video, Some(audio), &request, file.clone()).unwrap();
    let bytes = file.0.lock().unwrap().get_ref().clone();
    assert_eq!(size, bytes.len() as u64);
    bytes
}

fn everything_comes_out_the_same() {
    let dir = Dir::new();
    // Large enough for two rungs, so that two encoders talk at once.
    let clip = dir.clip("clip.mp4", &CLIP.replace("320x180", "960x540"));
    let plan = {
        let (locked, free) = (plan(LOCKED, &clip), plan(Cage::Open, &clip));
        assert_eq!(locked, free);
        free
    };
    let renditions = vec!["480p".into(), "720p".into()];
    let both = VideoSpan { plan: plan.clone(), renditions, segments: 1..4 };
    let (locked, free) = (video(LOCKED, &clip, &both), video(Cage::Open, &clip, &both));
    assert_eq!((locked.len(), locked == free), (8, true));
    let sound = audio(LOCKED, &clip, &plan);
    assert!(sound == audio(Cage::Open, &clip, &plan));
    let tracks = [&locked[..4], &sound];
    assert!(mp4(LOCKED, &plan, &tracks) == mp4(Cage::Open, &plan, &tracks));
    let request = StillsRequest { plan, positions: vec![100, 500], max_width: 200 };
    let stills = LOCKED.stills(open(&clip), &request).unwrap();
    assert_eq!(stills.len(), 2);
    assert!(stills == Cage::Open.stills(open(&clip), &request).unwrap());
}

fn four_at_once() {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let plan = plan(LOCKED, &clip);
    let span =
        |segments| VideoSpan { plan: plan.clone(), renditions: vec!["480p".into()], segments };
    let alone = video(LOCKED, &clip, &span(1..4));
    thread::scope(|scope| {
        let make = || video(LOCKED, &clip, &span(1..4));
        let all: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
        assert!(all.into_iter().all(|made| made.join().unwrap() == alone));
    });
}

fn faults_are_told_apart() {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let plan = plan(LOCKED, &clip);
    let span = VideoSpan { plan, renditions: vec!["480p".into()], segments: 1..4 };
    let full = &mut |_: SpanOutput| Err(std::io::ErrorKind::StorageFull.into());
    match LOCKED.encode_video(open(&clip), &span, full, &Stop::default()) {
        Err(MediaError::Sink(error)) => assert_eq!(error.kind(), std::io::ErrorKind::StorageFull),
        other => panic!("{other:?}"),
    }
    let stop = Stop::default();
    let cord = stop.clone();
    let pull = &mut |_: SpanOutput| {
        cord.stop();
        Ok(())
    };
    let stopped = LOCKED.encode_video(open(&clip), &span, pull, &stop);
    assert!(matches!(stopped, Err(MediaError::Stopped)), "{stopped:?}");
    // A folder can be opened and not read.
    let unreadable = Box::new(fs::File::open(dir.path(".")).unwrap());
    match LOCKED.probe(unreadable, 1000) {
        Err(MediaError::Source(error)) => {
            assert_eq!(error.kind(), std::io::ErrorKind::IsADirectory);
        }
        other => panic!("{other:?}"),
    }
    let letter = dir.file("letter.mp4", b"This is a letter, not a video.\n");
    match LOCKED.plan(open(&letter), 31, Recipe::standard()) {
        Ok(StoredPlan::Rejected(reason)) => assert_eq!(reason.code, "unreadable"),
        other => panic!("{other:?}"),
    }
}

fn this_kernel_has_the_locks() {
    LOCKED.check().unwrap();
    Cage::Open.check().unwrap();
    assert_eq!("off".parse(), Ok(Cage::Open));
    assert_eq!("on".parse(), Ok(Cage::Locked(Limits::default())));
    assert!("maybe".parse::<Cage>().is_err());
}
