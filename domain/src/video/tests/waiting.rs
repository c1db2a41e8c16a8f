//! Deadlines: what is merely queued waits, what is lost is sent again once, and late results count.

use super::*;
use crate::{Task, captions::CaptionsStatus};

const NOW: u64 = 1_000_000;

fn admitted() -> Video {
    let mut video = uploaded_video();
    let before = video.clone();
    assert!(video.admit(true));
    video.track(&before, NOW);
    video
}

/// As the catalogue does it.
fn tell_at(video: &mut Video, happening: Happening, now: u64) {
    let before = video.clone();
    tell(video, happening);
    video.track(&before, now);
}

fn open(video: &Video) -> Vec<String> {
    video.open_jobs().iter().map(OpenJob::key).collect()
}

fn overdue(video: &Video, now: u64) -> Vec<String> {
    video.overdue(now).iter().map(|(job, _)| job.key()).collect()
}

fn find_all(video: &mut Video, finding: Finding, now: u64) {
    for (job, _) in video.overdue(now) {
        let before = video.clone();
        video.look_into(&job, finding, now);
        video.track(&before, now);
    }
}

#[test]
fn whoever_owes_something_is_known_at_every_step() {
    let mut video = uploaded_video();
    assert!(open(&video).is_empty(), "nobody was told of it");
    video = admitted();
    let all = ["audio", "480p", "720p", "1080p", "thumbnails"];
    assert_eq!(open(&video), all);
    let mut seen = Vec::new();
    for happening in whole_life() {
        tell_at(&mut video, happening, NOW);
        let now_open = open(&video);
        assert!(video.record.open_jobs.keys().eq(now_open.iter().collect::<BTreeSet<_>>()));
        assert_eq!(now_open.is_empty(), video.record.state.is_final());
        if seen.last() != Some(&now_open) {
            seen.push(now_open);
        }
    }
    let names: Vec<_> = seen.iter().map(|keys| keys.join(" ")).collect();
    assert_eq!(
        names,
        [
            "audio 480p 720p thumbnails", // 1080p is skipped
            "audio 480p 720p",            // storyboard and preview wait for 480p
            "480p 720p",
            "480p/close 720p thumbnails/480p",
            "480p/close 720p",
            "480p/close 720p/close",
            "720p/close",
            "",
        ]
    );
}

#[test]
fn deadlines_run_from_the_last_progress() {
    let mut video = admitted();
    tell_at(&mut video, started("480p"), NOW);
    tell_at(&mut video, segments("480p", 1), NOW + 200);
    assert!(overdue(&video, NOW + PATIENCE - 1).is_empty());
    assert_eq!(overdue(&video, NOW + PATIENCE), ["audio", "720p", "thumbnails"]);
    tell_at(&mut video, segments("480p", 1), NOW + 400); // told twice is no progress
    assert!(overdue(&video, NOW + 200 + PATIENCE).contains(&"480p".into()));
}

#[test]
fn what_is_in_a_long_queue_waits_however_long() {
    let mut video = admitted();
    for hours in 1..100 {
        find_all(&mut video, Finding::Queued, NOW + hours * 3600);
    }
    assert_eq!(video.record.state, VideoState::Uploaded, "it keeps its state");
    assert_eq!(video.record.reason, Some(Reason::waiting()));
    assert!(video.record.retries.is_empty(), "nothing is sent again");
    assert_eq!(video.standing(&"720p".into()).unwrap().reason, Some(Reason::waiting()));
    tell_at(&mut video, started("480p"), NOW + 360_000);
    assert_eq!(video.record.state, VideoState::Processing);
    for (happening, at) in whole_life().into_iter().zip(NOW + 360_001..) {
        tell_at(&mut video, happening, at);
    }
    assert_eq!((video.record.state, video.record.reason), (VideoState::Ready, None));
}

#[test]
fn a_reason_tells_whether_anybody_works_and_goes_with_progress() {
    let mut video = admitted();
    tell_at(&mut video, started("480p"), NOW);
    let version = video.record.version;
    find_all(&mut video, Finding::Unattended, NOW + 300);
    assert_eq!(video.record.reason, Some(Reason::unattended()));
    assert!(video.record.version > version, "whoever looks on is told");
    for (name, at) in [("480p", 400), ("audio", 401), ("720p", 402)] {
        tell_at(&mut video, segments(name, 1), NOW + at);
        assert_eq!(video.standing(&name.into()).unwrap().reason, None);
        assert!(video.record.reason.is_some(), "others still wait");
    }
    tell_at(&mut video, Happening::ThumbnailsComplete, NOW + 403);
    assert_eq!(video.record.reason, None);
}

#[test]
fn lost_work_is_sent_again_once_and_then_fails_with_a_reason() {
    let mut video = admitted();
    tell_at(&mut video, started("480p"), NOW);
    for happening in [complete("audio"), complete("480p"), mp4("480p")] {
        tell_at(&mut video, happening, NOW);
    }
    find_all(&mut video, Finding::Lost, NOW + 300);
    let owed: Vec<_> =
        video.owed_retries().into_iter().map(|(task, name)| (task, name.0)).collect();
    assert_eq!(owed, [(Task::Make, "720p".into()), (Task::Make, "thumbnails".into())]);
    assert_eq!(video.record.reason, Some(Reason::sent_again()));
    video.retries_published(&["720p".into(), "thumbnails".into()].into());

    tell_at(&mut video, segments("720p", 1), NOW + 400); // and lost once more
    find_all(&mut video, Finding::InHand, NOW + 800);
    assert!(overdue(&video, NOW + 800).contains(&"720p".into()), "somebody may be at it");
    find_all(&mut video, Finding::Lost, NOW + 1000);
    assert!(video.record.retries.is_empty(), "not again");
    assert_eq!(video.record.state, VideoState::Partial);
    assert_eq!(video.record.reason, Some(Reason::lost()));

    let candidates = vec![PosterCandidate { at_ms: 900, score: 500 }];
    for happening in [
        Happening::PosterComplete { candidates },
        Happening::StoryboardComplete,
        Happening::PreviewComplete { size_bytes: 70_000 },
        complete("720p"),
        mp4("720p"),
    ] {
        tell_at(&mut video, happening, NOW + 5000);
    }
    assert_eq!(video.record.state, VideoState::Ready, "a late result wins");
}

#[test]
fn a_job_for_an_mp4_or_the_captions_can_be_lost_too() {
    let mut video = admitted();
    for happening in whole_life() {
        if !matches!(happening, Happening::Mp4Complete { .. }) {
            tell_at(&mut video, happening, NOW);
        }
    }
    let name = CaptionsName::text(0);
    video.record.captions =
        vec![CaptionsStatus { name, state: CaptionsState::Pending, reason: None }];
    let before = video.clone();
    video.track(&before, NOW);
    assert_eq!(overdue(&video, NOW + 300), ["audio", "480p/close", "720p/close"]);
    find_all(&mut video, Finding::Lost, NOW + 300);
    let owed: Vec<_> = video.owed_retries().into_iter().map(|(task, _)| task).collect();
    let close = |name: &str| Task::Close { rendition: name.into() };
    assert_eq!(owed, [close("480p"), close("720p"), Task::Make]);
    find_all(&mut video, Finding::Lost, NOW + 600);
    assert_eq!(video.record.state, VideoState::Partial);
    assert_eq!(video.record.captions[0].state, CaptionsState::Failed);
    assert_eq!(video.rendition(&"480p".into()).unwrap().mp4_state, Mp4State::Failed);
}

#[test]
fn a_video_nobody_ever_took_fails_in_the_end() {
    let mut video = admitted();
    find_all(&mut video, Finding::Lost, NOW + 300);
    assert_eq!((video.record.state, video.record.retries.len()), (VideoState::Uploaded, 5));
    video.record.retries.clear();
    find_all(&mut video, Finding::Lost, NOW + 600);
    assert_eq!(video.record.state, VideoState::Failed);
    assert_eq!(video.record.reason, Some(Reason::lost()));
}

#[test]
fn others_of_its_owner_come_first_and_then_it_does() {
    let mut video = uploaded_video();
    assert!(!video.admit(false));
    assert_eq!(video.record.reason, Some(Reason::not_its_turn()));
    assert!(video.waits_for_its_turn() && !video.is_working());
    let version = video.record.version;
    video.admit(false);
    assert_eq!(video.record.version, version, "no news");
    assert!(video.admit(true));
    assert_eq!(video.record.reason, None);
    assert!(video.admit(false), "once its turn has come it stays so");
}
