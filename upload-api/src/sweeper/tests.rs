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
    assert_eq!(claim(&mut entry, 99), None, "not due yet");
    assert_eq!(claim(&mut entry, 100), Some(Owed::Publish));
    assert_eq!(claim(&mut entry, 100), None, "claimed");
    assert!(entry.due.unwrap().at > clock::unix_now(), "still owed until it is done");
}

#[test]
fn an_upload_expires_once() {
    let mut entry = owing(Owed::Expire, false);
    let version = entry.video.record.version;
    assert_eq!(claim(&mut entry, 100), Some(Owed::Expire));
    assert_eq!(entry.video.record.state, VideoState::Expired);
    assert_eq!(entry.video.record.version, version + 1);
    assert_eq!(claim(&mut entry, 100), None, "claimed");
    let expired = entry.video.clone();
    assert_eq!(claim(&mut entry, u64::MAX), Some(Owed::Expire), "its parts may still be there");
    assert_eq!(entry.video, expired);
}

#[test]
fn what_is_not_owed_any_more_is_forgotten() {
    for mut entry in [owing(Owed::Expire, true), owing(Owed::Publish, false)] {
        let video = entry.video.clone();
        assert_eq!(claim(&mut entry, 100), None);
        assert_eq!(entry, Entry::new(video));
    }
}
