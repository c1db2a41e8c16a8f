//! What failed is tried again, and the video follows.

use super::*;
use crate::{Task, VideoJob};

fn refused(video: &mut Video, name: &str) -> Option<NotRetryable> {
    video.retry(&name.into()).err()
}

fn owed(video: &Video) -> Vec<(Task, String)> {
    video.owed_retries().into_iter().map(|(task, name)| (task, name.0)).collect()
}

/// Everything of 480p and the sound is there, 720p failed, and so did what is named besides.
fn partial(besides: Happening) -> Video {
    let mut video = uploaded_video();
    for happening in whole_life() {
        let told = match (&happening, &besides) {
            (Happening::Complete { rendition, .. }, _) if rendition.0 == "720p" => failed("720p"),
            (Happening::Mp4Complete { rendition, .. }, _) if rendition.0 == "720p" => continue,
            (Happening::Mp4Complete { .. }, Happening::Mp4Failed { .. })
            | (Happening::PosterComplete { .. }, Happening::ThumbnailsFailed { .. }) => {
                besides.clone()
            }
            (
                Happening::StoryboardComplete | Happening::PreviewComplete { .. },
                Happening::ThumbnailsFailed { .. },
            ) => continue,
            _ => happening,
        };
        tell(&mut video, told);
    }
    assert_eq!(video.record.state, VideoState::Partial);
    video
}

#[test]
fn a_failed_rendition_is_made_in_the_next_attempt() {
    let mut video = partial(Happening::ThumbnailsComplete);
    let version = video.record.version;
    assert_eq!(video.retry(&"720p".into()), Ok(()));
    let status = video.rendition(&"720p".into()).unwrap();
    assert_eq!((status.state, &status.reason), (RenditionState::Pending, &None));
    assert_eq!(status.chunks[&0], 2, "what was made is there");
    assert_eq!((video.record.state, video.record.version), (VideoState::Playable, version + 1));
    assert_eq!(video.record.reason, None);
    assert_eq!(owed(&video), [(Task::Make, "720p".into())]);
    assert_eq!(refused(&mut video, "720p"), Some(NotRetryable::NotFailed), "asked for twice");

    video.retries_published(&["720p".into()].into());
    assert!(owed(&video).is_empty());
    tell(&mut video, complete("720p"));
    tell(&mut video, mp4("720p"));
    assert_eq!(video.record.state, VideoState::Ready);
}

#[test]
fn a_retry_that_fails_is_a_failure_again() {
    let mut video = partial(Happening::ThumbnailsComplete);
    video.retry(&"720p".into()).unwrap();
    assert!(tell(&mut video, failed("720p")));
    assert_eq!(video.record.state, VideoState::Partial);
}

#[test]
fn an_mp4_and_thumbnails_can_be_tried_again_too() {
    let reason = Reason::gave_up(5);
    let rendition = "480p".into();
    let mut video = partial(Happening::Mp4Failed { rendition, reason: reason.clone() });
    video.retry(&"480p".into()).unwrap();
    assert_eq!(owed(&video), [(Task::Close { rendition: "480p".into() }, "480p".into())]);

    let mut video = partial(Happening::ThumbnailsFailed { reason });
    video.retry(&"thumbnails".into()).unwrap();
    let awaits = Some("480p".into());
    assert_eq!(video.record.thumbnails, ThumbnailsStatus { awaits, ..Default::default() });
    assert_eq!(owed(&video), [(Task::Make, "thumbnails".into())]);
}

#[test]
fn what_has_not_failed_is_not_tried_again() {
    let mut video = partial(Happening::ThumbnailsComplete);
    assert_eq!(refused(&mut video, "480p"), Some(NotRetryable::NotFailed));
    assert_eq!(refused(&mut video, "thumbnails"), Some(NotRetryable::NotFailed));
    assert_eq!(refused(&mut video, "481p"), Some(NotRetryable::Unknown));
    let mut rejected = uploaded_video();
    tell(&mut rejected, Happening::Rejected { reason: Reason::unreadable() });
    assert_eq!(refused(&mut rejected, "480p"), Some(NotRetryable::InputAtFault));
}

#[test]
fn sound_that_fails_leaves_no_mp4_waiting_for_it() {
    let mut video = uploaded_video();
    for happening in whole_life() {
        let told = match &happening {
            Happening::Complete { rendition, .. } if rendition.is_audio() => failed("audio"),
            Happening::Mp4Complete { .. } => continue,
            _ => happening,
        };
        tell(&mut video, told);
    }
    assert_eq!(video.record.state, VideoState::Partial);
    video.retry(&"audio".into()).unwrap();
    assert_eq!(video.record.state, VideoState::Processing, "no sound yet");
    for happening in [complete("audio"), mp4("480p"), mp4("720p")] {
        tell(&mut video, happening);
    }
    assert_eq!(video.record.state, VideoState::Ready);
}

fn job_of(video: &Video) -> VideoJob {
    VideoJob {
        version: 1,
        run: video.run(),
        owner_id: OwnerId::local(),
        source: video.record.source.clone().unwrap(),
        attempt: 1,
        task: Task::Make,
    }
}

#[test]
fn a_queue_is_called_like_what_its_fleet_makes() {
    let job = job_of(&uploaded_video());
    let made = |queue| made_by(&job, queue).into_iter().map(|name| name.0).collect::<Vec<_>>();
    assert_eq!(made("480p"), ["480p"]);
    assert_eq!(made("thumbnails"), ["thumbnails"]);
    assert_eq!(made("audio-480p"), ["audio", "480p"]);
    assert_eq!(made("consolidated"), ["audio", "480p", "720p", "1080p"]);
    assert_eq!(made("480p-2"), made("consolidated"), "whatever that is, no failure stays unseen");
}

#[test]
fn a_video_whose_workers_all_died_before_its_plan_has_failed() {
    let mut video = uploaded_video();
    let job = job_of(&video);
    let reason = Reason::worker_died();
    for queue in ["audio", "480p", "720p", "1080p", "thumbnails"] {
        assert_ne!(video.record.state, VideoState::Failed, "{queue} may still make it");
        for failure in failures(&job, queue, &reason) {
            assert!(tell(&mut video, failure));
        }
    }
    assert_eq!((video.record.state, &video.record.reason), (VideoState::Failed, &Some(reason)));
    for queue in ["all", "thumbnails"] {
        for name in made_by(&job, queue) {
            video.reopen(&name).unwrap();
        }
    }
    assert_eq!(video.record.state, VideoState::Processing);
    assert!(owed(&video).is_empty(), "whoever reopens sends the job");
}
