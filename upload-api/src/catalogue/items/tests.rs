//! Entries become items and come back.

use domain::{
    FrameRate, Happening, OwnerId, Plan, ProgressEvent, Recipe, SourceInfo, SourceObject,
    source::{Color, Orientation, VideoTrack},
};

use super::*;

fn plan() -> Plan {
    let track = VideoTrack {
        stream: 0,
        codec: "h264".into(),
        width: 640,
        height: 360,
        sample_aspect_ratio: (1, 1),
        orientation: Orientation::default(),
        average_rate: Some(FrameRate::new(25, 1)),
        base_rate: None,
        start_us: -40_000,
        late_us: 0,
        duration_us: 200_000_000,
        bitrate_bps: None,
        interlaced: false,
        pixel_format: "yuv420p".into(),
        color: Color::default(),
        cuttable: true,
    };
    let source = SourceInfo {
        container: "mov".into(),
        size_bytes: 9,
        video: Some(track),
        audio: None,
        refused_audio: None,
        captions: Vec::new(),
    };
    Plan::new(source, Recipe::standard()).unwrap()
}

fn running() -> Stored {
    let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
    let recipe = Recipe::standard().id();
    let created_at = "2026-01-01T00:00:00Z".to_owned();
    let mut video = Video::begin(id, OwnerId::local(), "Clip".into(), created_at, recipe);
    video.uploaded(SourceObject { key: "k".into(), size_bytes: 9, etag: "\"e\"".into() });
    let rendition = || "480p".into();
    for happening in [
        Happening::Started { renditions: vec![rendition()], plan: Box::new(plan()) },
        Happening::Segments { rendition: rendition(), chunk: 0, segments: 16 },
        Happening::Segments { rendition: rendition(), chunk: 1, segments: 3 },
    ] {
        tell(&mut video, happening);
    }
    Stored { entry: Entry::new(video), revision: 7 }
}

fn tell(video: &mut Video, happening: Happening) {
    assert!(video.apply(&ProgressEvent { version: 1, run: video.run(), happening }));
}

fn sort_keys(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item["sk"].as_s().unwrap().as_str()).collect()
}

#[test]
fn an_entry_comes_back_whatever_the_order() {
    let mut stored = running();
    stored.entry.due = Some(Due { owed: Owed::Publish, at: 1_700_000_000 });
    let mut items = all(&stored.entry, stored.revision).unwrap();
    assert_eq!(
        sort_keys(&items),
        [
            "video",
            "plan",
            "rendition#audio",
            "rendition#480p",
            "rendition#720p",
            "rendition#1080p",
            "working#01890a5d-ac96-774b-bcce-b302099a80f7"
        ]
    );
    items.reverse();
    let back = assemble(items).unwrap().unwrap();
    assert_eq!((back.entry, back.revision), (stored.entry, 7));
    assert!(assemble(Vec::new()).unwrap().is_none());
}

#[test]
fn only_the_video_itself_is_in_the_indexes() {
    let mut stored = running();
    stored.entry.due = Some(Due { owed: Owed::Expire, at: 5 });
    let items = all(&stored.entry, 1).unwrap();
    assert_eq!(items[0]["owner_id"], text("local"));
    assert_eq!(items[0]["id"], text("01890a5d-ac96-774b-bcce-b302099a80f7"));
    assert_eq!(items[0]["due_shard"], text("3"), "f7 modulo 4");
    for item in &items[1..] {
        for key in ["owner_id", "id", "due_shard", "due_at"] {
            assert!(!item.contains_key(key), "{key} in {item:?}");
        }
    }
    stored.entry.due = None;
    assert!(!all(&stored.entry, 1).unwrap()[0].contains_key("due_at"));
}

#[test]
fn only_what_changed_is_written() {
    let before = running();
    assert!(changes(&before, &before.entry).unwrap().is_empty());
    let mut after = before.entry.clone();
    let rendition = "480p".into();
    tell(&mut after.video, Happening::Segments { rendition, chunk: 1, segments: 4 });
    let changes = changes(&before, &after).unwrap();
    assert_eq!(sort_keys(&changes.put), ["video", "rendition#480p"]);
    assert_eq!(changes.put[0]["revision"], whole(8));
    assert!(changes.delete.is_empty());
}

#[test]
fn what_is_gone_is_deleted() {
    let before = running();
    let mut after = before.entry.clone();
    after.video.renditions.clear();
    let changes = changes(&before, &after).unwrap();
    assert_eq!(changes.delete.len(), 4);
    assert_eq!(changes.delete[0].len(), 2, "keys and nothing else");
}
