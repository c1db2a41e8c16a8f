//! A making that cannot be carried on is begun anew.

use super::*;

#[test]
fn a_superseded_making_begins_anew() {
    let mut video = uploaded_video();
    let late = event(&video, complete("480p"));
    for happening in [started("480p"), segments("480p", 3)] {
        tell(&mut video, happening);
    }
    let superseded = event(&video, Happening::Superseded { reason: Reason::encoders_differ() });
    assert!(video.apply(&superseded));
    assert_eq!((video.record.generation, video.record.state), (2, VideoState::Uploaded));
    assert!(video.renditions.is_empty());
    assert!(!video.apply(&superseded), "told twice it counts once");
    assert!(!video.apply(&late), "the old making has no say any more");
    for happening in whole_life() {
        tell(&mut video, happening);
    }
    assert_eq!(video.record.state, VideoState::Ready);
}

#[test]
fn a_mixed_fleet_ends_in_a_failure_that_says_so() {
    let mut video = uploaded_video();
    for _ in 0..10 {
        tell(&mut video, started("480p"));
        tell(&mut video, Happening::Superseded { reason: Reason::encoders_differ() });
    }
    tell(&mut video, Happening::ThumbnailsComplete);
    assert_eq!(video.record.generation, 5);
    assert_eq!(video.record.state, VideoState::Failed);
    assert_eq!(video.record.reason, Some(Reason::encoders_differ()));
}
