//! Who may claim what.

use domain::{OwnerId, SourceObject};

use super::*;
use crate::catalogue::Due;

fn owing(owed: Owed, is_uploaded: bool) -> Entry {
    let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
    let created_at = "2026-01-01T00:00:00Z".to_owned();
    let mut video = Video::begin(id, OwnerId::local(), "Clip".into(), created_at, "r".into());
    if is_uploaded {
        video.uploaded(SourceObject { key: "k".into(), size_bytes: 1, etag: "e".into() });
    }
    Entry { due: Some(Due { owed, at: 100 }), ..Entry::new(video) }
}

#[test]
fn a_claim_keeps_others_off_for_a_while() {
    let mut entry = owing(Owed::Publish, true);
    assert_eq!(claim(&mut entry, 99, None), None, "not due yet");
    assert_eq!(claim(&mut entry, 100, None), Some(Errand::Publish));
    assert_eq!(claim(&mut entry, 100, None), None, "claimed");
    assert!(entry.due.unwrap().at > clock::unix_now(), "still owed until it is done");
}

#[test]
fn an_upload_expires_once() {
    let mut entry = owing(Owed::Expire, false);
    let version = entry.video.record.version;
    assert_eq!(claim(&mut entry, 100, None), Some(Errand::Discard));
    assert_eq!(entry.video.record.state, VideoState::Expired);
    assert_eq!(entry.video.record.version, version + 1);
    assert_eq!(claim(&mut entry, 100, None), None, "somebody is at it");
    assert_eq!(
        claim(&mut entry, 100 + uploads::expiry::PATIENCE, None),
        Some(Errand::Discard),
        "and may have died"
    );
    assert_eq!(entry.video.record.version, version + 1);
}

#[test]
fn what_is_not_owed_any_more_is_forgotten() {
    for mut entry in [owing(Owed::Expire, true), owing(Owed::Publish, false)] {
        let video = entry.video.clone();
        assert_eq!(claim(&mut entry, 100, None), None);
        assert_eq!(entry, Entry::new(video));
    }
}

/// A video of which nothing is heard since its fleets were told.
fn told_at_zero() -> Entry {
    let before = owing(Owed::Publish, true);
    let mut entry = before.clone();
    entry.video.admit(true);
    entry.due = None;
    entry.keep(&before, 0);
    assert_eq!(entry.due, Some(Due { owed: Owed::Watch, at: PATIENCE }));
    entry
}

/// What sweeps do at each minute of a quarter of an hour.
fn sweep_for_minutes(entry: &mut Entry, backlogs: Option<&Backlogs>) -> Vec<Errand> {
    let minutes = (0..=15).filter_map(|minute| {
        let before = entry.clone();
        let errand = claim(entry, minute * 60, backlogs);
        entry.keep(&before, minute * 60);
        errand
    });
    minutes.collect()
}

#[test]
fn a_dependency_that_is_away_for_fifteen_minutes_fails_no_video() {
    let all = |waiting, in_flight, news| {
        let fleets = ["audio", "480p", "720p", "1080p", "thumbnails"];
        let fleets = fleets.map(|name| (name, waiting, in_flight));
        Backlogs::of(&[&fleets[..], &[("catalog", news, 0)]].concat())
    };
    for (away, backlogs) in [
        ("S3 or SNS: the workers keep their jobs and take no more", Some(all(9, 1, 0))),
        ("S3 or SNS, and the workers have all there is", Some(all(0, 1, 0))),
        ("DynamoDB: what is done waits to be told", Some(all(0, 0, 5))),
        ("SQS: nobody can say", None),
    ] {
        let mut entry = told_at_zero();
        assert_eq!(sweep_for_minutes(&mut entry, backlogs.as_ref()), [], "{away}");
        assert_eq!(entry.video.record.state, VideoState::Uploaded, "{away}");
        assert!(entry.video.record.sent_again.is_empty(), "{away}");
        assert!(entry.due.is_some_and(|due| due.owed == Owed::Watch), "{away}: it is looked after");
    }
    let mut lost = told_at_zero();
    let errands = sweep_for_minutes(&mut lost, Some(&all(0, 0, 0)));
    assert_eq!(errands.first(), Some(&Errand::Publish), "but what is lost is found");
}

#[test]
fn who_waits_for_a_turn_is_not_published() {
    let mut entry = owing(Owed::Publish, true);
    admission::take_turn(&mut entry, false, 0);
    assert_eq!(claim(&mut entry, PATIENCE - 1, None), None);
    assert_eq!(claim(&mut entry, PATIENCE, None), Some(Errand::MoveUp));
    assert!(admission::take_turn(&mut entry, true, 0));
    assert_eq!(entry.due.unwrap().owed, Owed::Publish);
}
