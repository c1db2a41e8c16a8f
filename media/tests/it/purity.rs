//! However a rendition is put together, in one go, in any order or after a kill, its bytes are the
//! same.

use std::{collections::BTreeMap, ops::Range, path::Path};

use domain::{Ladder, Plan, Recipe, RenditionName, Rung};
use media::{AudioSpan, MediaError, SpanOutput, Stop, VideoSpan};

use crate::clips::{Dir, open, probe};

/// Init segments (0) and segments by rendition and index.
type Bytes = BTreeMap<(RenditionName, u32), Vec<u8>>;

/// Stores what is made as the bucket does: the first one stays, and the next must be the same.
fn store(stored: &mut Bytes, output: SpanOutput) {
    let (key, bytes) = match output {
        SpanOutput::Init { rendition, bytes } => ((rendition, 0), bytes),
        SpanOutput::Segment { rendition, index, bytes } => ((rendition, index), bytes),
        _ => return,
    };
    let (name, index) = key.clone();
    let first = stored.entry(key).or_insert_with(|| bytes.clone());
    assert!(*first == bytes, "{name} {index} was made twice, and differs");
}

/// Encodes a span; pulls the cord as soon as `last` is made.
fn video(
    clip: &Path,
    plan: &Plan,
    rungs: &[&str],
    segments: Range<u32>,
    (stored, last): (&mut Bytes, Option<u32>),
) -> Result<(), MediaError> {
    let renditions = rungs.iter().map(|&name| name.into()).collect();
    let span = VideoSpan { plan: plan.clone(), renditions, segments };
    let stop = Stop::default();
    let mut out = |output| {
        if matches!(&output, SpanOutput::Segment { index, .. } if Some(*index) == last) {
            stop.stop();
        }
        store(stored, output);
        Ok(())
    };
    media::encode_video(open(clip), &span, &mut out, &stop).map(drop)
}

/// A permutation that is the same on every run (Knuth's LCG drives Fisher and Yates' shuffle).
fn shuffled<T>(mut items: Vec<T>) -> Vec<T> {
    let mut state = 2026_u64;
    for i in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        items.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
    }
    items
}

/// Two small rungs, cheap to make many times.
fn small_plan(clip: &Path) -> Plan {
    let rung = |name: &str, long_side, short_side| Rung {
        name: name.into(),
        long_side,
        short_side,
        ..Ladder::standard().rungs[0].clone()
    };
    let ladder = Ladder { rungs: vec![rung("small", 160, 90), rung("large", 256, 144)] };
    Plan::new(probe(clip).unwrap(), Recipe { ladder, ..Recipe::standard() }).unwrap()
}

#[test]
fn pictures() {
    let dir = Dir::new();
    // Sparse key frames, B frames, and noise that keeps the VBV busy.
    let args = "-f lavfi -i testsrc2=s=256x144:r=25:d=13,noise=alls=40:allf=t -c:v libx264 -g 110";
    let clip = dir.clip("clip.mp4", args);
    let mut plan = small_plan(&clip);
    for planned in &mut plan.renditions {
        if let domain::plan::Outcome::Video(encode) = &mut planned.outcome {
            encode.maxrate_bps = 200_000;
        }
    }
    let rungs = ["small", "large"];
    let mut together = Bytes::new();
    video(&clip, &plan, &rungs, 1..6, (&mut together, None)).unwrap();
    assert_eq!(together.len(), 2 * (1 + 5), "two rungs of an init and five segments each");

    let mut one_by_one = Bytes::new();
    for index in 1..6 {
        video(&clip, &plan, &rungs, index..index + 1, (&mut one_by_one, None)).unwrap();
    }
    assert!(one_by_one == together, "one by one");

    let mut any_order = Bytes::new();
    let each = rungs.iter().flat_map(|rung| (1..6).map(move |index| (*rung, index))).collect();
    for (rung, index) in shuffled(each) {
        video(&clip, &plan, &[rung], index..index + 1, (&mut any_order, None)).unwrap();
    }
    assert!(any_order == together, "in any order, each rung alone");

    // Killed in mid-span; the next worker lists what is there and makes the rest.
    let mut resumed = Bytes::new();
    let killed = video(&clip, &plan, &rungs, 1..6, (&mut resumed, Some(2)));
    assert!(matches!(killed, Err(MediaError::Stopped)), "{killed:?}");
    let missing = |made: &Bytes, rung: &str| {
        (1..6).find(|index| !made.contains_key(&(rung.into(), *index))).unwrap()
    };
    for rung in rungs {
        let next = missing(&resumed, rung);
        assert!((2..6).contains(&next), "{rung} was killed before segment {next}");
        video(&clip, &plan, &[rung], next..6, (&mut resumed, None)).unwrap();
    }
    assert!(resumed == together, "after a kill");
}

fn audio(
    clip: &Path,
    plan: &Plan,
    chunk: u32,
    (stored, last): (&mut Bytes, Option<u32>),
) -> Result<(), MediaError> {
    let (span, stop) = (AudioSpan { plan: plan.clone(), chunk }, Stop::default());
    let mut out = |output| {
        if matches!(&output, SpanOutput::Segment { index, .. } if Some(*index) == last) {
            stop.stop();
        }
        store(stored, output);
        Ok(())
    };
    media::encode_audio(open(clip), &span, &mut out, &stop).map(drop)
}

#[test]
fn sound() {
    let dir = Dir::new();
    let args = "-f lavfi -i testsrc2=s=64x36:r=5:d=125 -f lavfi -i \
                aevalsrc=0.4*sin(2*PI*t*(200+8*t))+0.1*random(0):s=44100:d=125 \
                -c:v libx264 -preset ultrafast -c:a aac";
    let clip = dir.clip("clip.mp4", args);
    let plan = small_plan(&clip);
    let mut together = Bytes::new();
    for chunk in 0..3 {
        audio(&clip, &plan, chunk, (&mut together, None)).unwrap();
    }
    assert_eq!(together.len(), 1 + 33);

    let mut any_order = Bytes::new();
    for chunk in [2, 0, 1] {
        audio(&clip, &plan, chunk, (&mut any_order, None)).unwrap();
    }
    assert!(any_order == together, "in any order");

    let mut resumed = Bytes::new();
    let killed = audio(&clip, &plan, 1, (&mut resumed, Some(20)));
    assert!(matches!(killed, Err(MediaError::Stopped)), "{killed:?}");
    assert_eq!(resumed.len(), 1 + 4, "segments 17 to 20");
    for chunk in 0..3 {
        audio(&clip, &plan, chunk, (&mut resumed, None)).unwrap();
    }
    assert!(resumed == together, "after a kill");
}
