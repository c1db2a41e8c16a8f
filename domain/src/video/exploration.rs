//! Every order in which a video's events can arrive, with duplicates: no stuck state, no illegal
//! one, no result lost.

use std::collections::{HashMap, VecDeque};

use super::{
    tests::{complete, failed, mp4, segments, tell, uploaded_video},
    *,
};
use crate::{Happening, plan::tests::plan_of, source::tests::clip};

/// Of a video with one rung.
fn started(name: &str) -> Happening {
    Happening::Started { renditions: vec![name.into()], plan: Box::new(plan_of(clip(640, 360))) }
}

/// What two fleets and the thumbnailer report of a small video, and failures that turn out to be
/// none: a worker that was thought dead finished after all.
fn events() -> Vec<Happening> {
    vec![
        started("audio"),
        started("480p"),
        segments("audio", 1),
        segments("480p", 1),
        segments("480p", 3),
        complete("audio"),
        complete("480p"),
        mp4("480p"),
        failed("480p"),
        Happening::Mp4Failed { rendition: "480p".into(), reason: Reason::gave_up(5) },
        Happening::ThumbnailsComplete,
    ]
}

/// Without what makes it a good end: the rung is never complete.
fn without_completion() -> Vec<Happening> {
    let lost = [complete("480p"), mp4("480p")];
    events().into_iter().filter(|event| !lost.contains(event)).collect()
}

/// Walks through all states that can be reached, each with the set of events told so far, and
/// hands every step to `check`. Returns the states in which all have been told.
fn explore(events: &[Happening], check: impl Fn(&Video, &Video)) -> Vec<Video> {
    let all = (1_u32 << events.len()) - 1;
    let mut seen: HashMap<u32, Vec<Video>> = HashMap::new();
    let mut queue = VecDeque::from([(0, small_video())]);
    while let Some((told, video)) = queue.pop_front() {
        for (bit, happening) in events.iter().enumerate() {
            let mut next = video.clone();
            let changed = tell(&mut next, happening.clone());
            next.record.version = 0; // how many changes it took depends on the order
            let unchanged = next
                == Video {
                    record: VideoRecord { version: 0, ..video.record.clone() },
                    ..video.clone()
                };
            assert_eq!(changed, !unchanged, "{happening:?} told {video:?}");
            check(&video, &next);
            let told = told | 1 << bit;
            let known = seen.entry(told).or_default();
            if !known.contains(&next) {
                known.push(next.clone());
                queue.push_back((told, next));
            }
        }
    }
    seen.remove(&all).unwrap_or_default()
}

fn small_video() -> Video {
    let mut video = uploaded_video();
    video.record.version = 0;
    video
}

/// How far a video has come; it never goes back.
fn rank(state: VideoState) -> u8 {
    match state {
        VideoState::Uploading | VideoState::Uploaded => 0,
        VideoState::Processing => 1,
        VideoState::Failed => 2,
        VideoState::Playable => 3,
        VideoState::Partial => 4,
        VideoState::Ready => 5,
        VideoState::Rejected | VideoState::Expired => 6,
    }
}

fn only_forward(before: &Video, after: &Video) {
    let (from, to) = (before.record.state, after.record.state);
    // A failure that was told too early is taken back by what was made after all.
    assert!(rank(from) <= rank(to) || from == VideoState::Playable, "{from:?} → {to:?}");
    let has_reason = after.record.reason.is_some();
    let needs_reason = matches!(to, VideoState::Partial | VideoState::Failed);
    assert_eq!(has_reason, needs_reason, "{to:?}: {:?}", after.record.reason);
    for status in &before.renditions {
        let now = after.rendition(&status.name).map(|now| now.state.rank());
        assert!(now >= Some(status.state.rank()), "{} went back", status.name);
    }
}

#[test]
fn whatever_the_order_a_video_that_was_made_is_ready() {
    let ends = explore(&events(), only_forward);
    assert!(!ends.is_empty());
    for end in &ends {
        assert_eq!(end.record.state, VideoState::Ready, "{end:?}");
        assert_eq!(end, &ends[0], "the order leaves no trace");
    }
}

#[test]
fn whatever_the_order_a_video_that_failed_says_so() {
    let ends = explore(&without_completion(), only_forward);
    assert!(!ends.is_empty());
    for end in &ends {
        assert_eq!(end.record.state, VideoState::Failed, "{end:?}");
    }
}
