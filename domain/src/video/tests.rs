//! A video's life, told in order, out of order and twice.

mod playing;
mod retrying;
mod superseding;
mod waiting;

use super::*;
use crate::{
    CaptionsName, Happening, ProgressEvent, captions::CaptionsState, message::PosterCandidate,
    plan::tests::plan_of, source::tests::clip,
};

pub(super) fn uploaded_video() -> Video {
    let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
    let mut video = Video::begin(
        id,
        OwnerId::local(),
        "Clip".into(),
        "2026-01-01T00:00:00Z".into(),
        "abcd1234".into(),
    );
    video.uploaded(SourceObject { key: "k".into(), size_bytes: 1, etag: "e".into() });
    video
}

fn event(video: &Video, happening: Happening) -> ProgressEvent {
    ProgressEvent { version: 1, run: video.run(), happening }
}

pub(super) fn tell(video: &mut Video, happening: Happening) -> bool {
    let event = event(video, happening);
    video.apply(&event)
}

fn started(name: &str) -> Happening {
    Happening::Started { renditions: vec![name.into()], plan: Box::new(plan_of(clip(1280, 720))) }
}

pub(super) fn segments(name: &str, segments: u32) -> Happening {
    Happening::Segments { rendition: name.into(), chunk: 0, segments }
}

pub(super) fn complete(name: &str) -> Happening {
    Happening::Complete {
        rendition: name.into(),
        size_bytes: 1000,
        peak_bps: 900_000,
        average_bps: 500_000,
        loudness: None,
    }
}

pub(super) fn mp4(name: &str) -> Happening {
    Happening::Mp4Complete { rendition: name.into(), size_bytes: 9 }
}

pub(super) fn failed(name: &str) -> Happening {
    Happening::Failed { rendition: name.into(), reason: Reason::gave_up(5) }
}

fn whole_life() -> Vec<Happening> {
    vec![
        started("audio"),
        started("480p"),
        started("720p"),
        segments("audio", 1),
        segments("480p", 1),
        segments("480p", 4),
        segments("720p", 2),
        Happening::PosterComplete { candidates: vec![PosterCandidate { at_ms: 900, score: 500 }] },
        Happening::ThumbnailsAwait { rendition: "480p".into() },
        complete("audio"),
        complete("480p"),
        Happening::StoryboardComplete,
        Happening::PreviewComplete { size_bytes: 70_000 },
        complete("720p"),
        mp4("480p"),
        mp4("720p"),
    ]
}

#[test]
fn a_life_in_order() {
    let mut video = uploaded_video();
    let mut states = vec![video.record.state];
    for happening in whole_life() {
        assert!(tell(&mut video, happening));
        if states.last() != Some(&video.record.state) {
            states.push(video.record.state);
        }
    }
    use VideoState::{Playable, Processing, Ready, Uploaded};
    assert_eq!(states, [Uploaded, Processing, Playable, Ready]);
    let skipped = video.rendition(&"1080p".into()).unwrap();
    assert_eq!(skipped.state, RenditionState::Skipped);
    assert_eq!(skipped.reason.as_ref().unwrap().code, "source_too_small");
}

#[test]
fn order_and_duplicates_do_not_matter() {
    let mut reference = uploaded_video();
    for happening in whole_life() {
        tell(&mut reference, happening);
    }
    // A small generator of permutations that is the same on every run.
    let mut seed = 7_u64;
    for _ in 0..500 {
        let mut shuffled = [whole_life(), whole_life()].concat();
        for at in (1..shuffled.len()).rev() {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, (seed >> 33) as usize % (at + 1));
        }
        let mut video = uploaded_video();
        for happening in shuffled.clone() {
            tell(&mut video, happening);
        }
        reference.record.version = video.record.version;
        assert_eq!(video, reference, "after {shuffled:?}");
    }
}

#[test]
fn a_second_telling_changes_nothing() {
    let mut video = uploaded_video();
    assert!(tell(&mut video, started("480p")));
    let version = video.record.version;
    assert!(!tell(&mut video, started("480p")));
    assert_eq!(video.record.version, version);
}

#[test]
fn news_of_a_complete_rendition_is_none() {
    let mut video = uploaded_video();
    for happening in [started("480p"), segments("480p", 1), complete("480p")] {
        assert!(tell(&mut video, happening));
    }
    assert!(!tell(&mut video, segments("480p", 9)), "told late");
    assert!(!tell(&mut video, complete("480p")), "told twice");
}

#[test]
fn another_making_is_ignored() {
    let mut video = uploaded_video();
    let mut old = event(&video, started("480p"));
    old.run.generation = 0;
    assert!(!video.apply(&old));
    assert_eq!(video.record.state, VideoState::Uploaded);
}

#[test]
fn sound_must_be_there_before_it_plays() {
    let mut video = uploaded_video();
    tell(&mut video, started("480p"));
    tell(&mut video, segments("480p", 3));
    assert_eq!(video.record.state, VideoState::Processing);
    tell(&mut video, segments("audio", 1));
    assert_eq!(video.record.state, VideoState::Playable);
}

#[test]
fn a_failed_rung_leaves_a_partial_video() {
    let mut video = uploaded_video();
    for happening in whole_life() {
        let about_720p = matches!(
            &happening,
            Happening::Complete { rendition, .. } | Happening::Mp4Complete { rendition, .. }
            if rendition.0 == "720p"
        );
        tell(&mut video, if about_720p { failed("720p") } else { happening });
    }
    assert_eq!(video.record.state, VideoState::Partial);
    assert_eq!(video.record.reason.as_ref().unwrap().code, "gave_up");
    // A late success mends it.
    tell(&mut video, complete("720p"));
    tell(&mut video, mp4("720p"));
    assert_eq!(video.record.state, VideoState::Ready);
    assert_eq!(video.record.reason, None);
}

#[test]
fn nothing_made_is_a_failure() {
    let mut video = uploaded_video();
    tell(&mut video, started("480p"));
    for name in ["audio", "480p", "720p"] {
        tell(&mut video, failed(name));
    }
    tell(&mut video, Happening::ThumbnailsFailed { reason: Reason::gave_up(5) });
    assert_eq!(video.record.state, VideoState::Failed);
}

#[test]
fn a_rejection_is_final() {
    let mut video = uploaded_video();
    tell(&mut video, Happening::Rejected { reason: Reason::unreadable() });
    assert_eq!(video.record.state, VideoState::Rejected);
    assert_eq!(video.record.reason, Some(Reason::unreadable()));
    let version = video.record.version;
    assert!(!tell(&mut video, Happening::Rejected { reason: Reason::unreadable() }));
    assert_eq!((video.record.state, video.record.version), (VideoState::Rejected, version));
}

fn captioned() -> Box<Plan> {
    let track = crate::source::CaptionTrack {
        stream: 2,
        codec: "subrip".into(),
        language: Some("en".into()),
        title: None,
        forced: false,
    };
    let mut source = clip(640, 360);
    source.captions = vec![track.clone(), track];
    Box::new(plan_of(source))
}

fn captions(name: &str, state: CaptionsState) -> Happening {
    let reason = (state == CaptionsState::Failed).then(|| Reason::gave_up(5));
    Happening::Captions { name: CaptionsName::parse(name).unwrap(), state, reason }
}

#[test]
fn captions_never_make_a_video_fail() {
    let mut video = uploaded_video();
    let plan = captioned();
    tell(&mut video, Happening::Started { renditions: Vec::new(), plan });
    for happening in
        [complete("audio"), complete("480p"), mp4("480p"), Happening::ThumbnailsComplete]
    {
        tell(&mut video, happening);
    }
    assert_eq!(video.record.state, VideoState::Playable, "captions are still being made");
    tell(&mut video, captions("subtitles-1", CaptionsState::Complete));
    tell(&mut video, captions("subtitles-2", CaptionsState::Failed));
    assert_eq!((video.record.state, &video.record.reason), (VideoState::Ready, &None));
    assert!(!tell(&mut video, captions("subtitles-3", CaptionsState::Complete)), "not in the plan");
    assert!(!tell(&mut video, captions("subtitles-1", CaptionsState::Failed)), "told late");
    tell(&mut video, captions("cc1", CaptionsState::Complete));
    let listed = video.multivariant_playlist().unwrap().captions;
    let listed: Vec<_> =
        listed.iter().map(|label| (label.name.as_str(), label.title.as_str())).collect();
    assert_eq!(listed, [("subtitles-1", "en"), ("cc1", "CC1")]);
    assert!(video.captions_playlist(&CaptionsName::text(1)).is_none());
    tell(&mut video, captions("subtitles-2", CaptionsState::Complete));
    assert!(video.captions_playlist(&CaptionsName::text(1)).is_some(), "mended");
}

#[test]
fn captions_may_be_told_before_the_plan() {
    let happenings = [
        Happening::Started { renditions: Vec::new(), plan: captioned() },
        captions("cc3", CaptionsState::Complete),
        captions("subtitles-2", CaptionsState::Skipped),
        captions("subtitles-9", CaptionsState::Complete),
    ];
    let told = |order: [usize; 4]| {
        let mut video = uploaded_video();
        for at in order {
            tell(&mut video, happenings[at].clone());
        }
        video.record.captions
    };
    assert_eq!(told([0, 1, 2, 3]), told([3, 2, 1, 0]));
    let names: Vec<_> =
        told([1, 0, 2, 3]).into_iter().map(|status| status.name.to_string()).collect();
    assert_eq!(names, ["subtitles-1", "subtitles-2", "cc3"]);
}

fn without_thumbnails() -> Vec<Happening> {
    let of_renditions = |happening: &Happening| {
        !matches!(
            happening,
            Happening::PosterComplete { .. }
                | Happening::ThumbnailsAwait { .. }
                | Happening::StoryboardComplete
                | Happening::PreviewComplete { .. }
        )
    };
    whole_life().into_iter().filter(of_renditions).collect()
}

#[test]
fn a_poster_alone_was_all_there_once_was() {
    let mut video = uploaded_video();
    for happening in without_thumbnails() {
        tell(&mut video, happening);
    }
    assert_eq!(video.record.state, VideoState::Playable);
    tell(&mut video, Happening::ThumbnailsComplete);
    assert_eq!(video.record.state, VideoState::Ready);
    assert_eq!(video.storyboard().state, ThumbnailsState::Skipped);
    let stored = serde_json::json!({"state": "complete", "reason": null});
    let status: ThumbnailsStatus = serde_json::from_value(stored).unwrap();
    assert_eq!(status.preview.state, ThumbnailsState::Skipped, "an item of an earlier version");
    // Made after all.
    tell(&mut video, Happening::StoryboardComplete);
    assert_eq!(video.storyboard().state, ThumbnailsState::Complete);
}

#[test]
fn a_failed_storyboard_leaves_the_poster() {
    let mut video = uploaded_video();
    for happening in without_thumbnails() {
        tell(&mut video, happening);
    }
    tell(&mut video, Happening::PosterComplete { candidates: Vec::new() });
    tell(&mut video, Happening::PreviewComplete { size_bytes: 1 });
    tell(&mut video, Happening::StoryboardFailed { reason: Reason::unreadable() });
    assert_eq!(video.record.thumbnails.state, ThumbnailsState::Complete);
    assert_eq!(video.preview().state, ThumbnailsState::Complete);
    assert_eq!(video.storyboard().reason, Some(Reason::unreadable()));
    assert_eq!(video.record.state, VideoState::Partial);
    tell(&mut video, Happening::ThumbnailsFailed { reason: Reason::gave_up(5) });
    assert_eq!(video.record.thumbnails.state, ThumbnailsState::Complete, "what is there stays");
}

#[test]
fn what_waits_for_a_rung_fails_with_it() {
    let mut video = uploaded_video();
    tell(&mut video, started("480p"));
    tell(&mut video, Happening::PosterComplete { candidates: Vec::new() });
    tell(&mut video, failed("480p"));
    assert_eq!(video.preview().state, ThumbnailsState::Pending, "it may come from the source");
    tell(&mut video, Happening::ThumbnailsAwait { rendition: "480p".into() });
    assert_eq!(video.preview().reason, Some(Reason::gave_up(5)));
    for happening in [complete("audio"), complete("720p"), mp4("720p")] {
        tell(&mut video, happening);
    }
    assert_eq!(video.record.state, VideoState::Partial, "nothing is waited for in vain");
    tell(&mut video, complete("480p"));
    assert_eq!(video.preview().state, ThumbnailsState::Pending, "a late rung is one");
}
