//! Differences between the table and the buckets are found, told, and mended if that is wanted.

use std::collections::BTreeSet;

use domain::{OwnerId, Recipe, SourceObject, Video, VideoId, VideoState, keys};
use upload_api::{
    catalogue::Entry,
    reconcile::{Finding, FindingKind, ReconcileArgs, Summary, reconcile},
};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, with_app},
    sample::{complete, event, mp4, started},
};

async fn compare(fixture: &Fixture, repair: bool) -> (Vec<Finding>, Summary) {
    let args = ReconcileArgs { repair, older_than_hours: 0 };
    let mut found = Vec::new();
    let mut tell = |finding: &Finding| found.push(finding.clone());
    let summary = reconcile(&fixture.app, args, &mut tell).await.unwrap();
    (found, summary)
}

/// A video with a file, if it is to have one.
async fn uploaded(fixture: &Fixture, has_file: bool) -> Video {
    let id = VideoId(Uuid::now_v7());
    let (created_at, recipe) = ("2026-01-01T00:00:00Z".to_owned(), Recipe::standard().id());
    let mut video = Video::begin(id, OwnerId::local(), String::new(), created_at, recipe);
    video.uploaded(SourceObject { key: keys::source(id), size_bytes: 1, etag: "\"e\"".into() });
    if has_file {
        fixture.app.raw.put(&keys::source(id), "x", "video/mp4").await.unwrap();
    }
    video
}

async fn create(fixture: &Fixture, video: &Video) {
    fixture.app.catalogue.create(&Entry::new(video.clone())).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_differs_is_found_and_mended() {
    with_app(async |fixture| {
        let (raw, media) = (&fixture.app.raw, &fixture.app.media);
        // As it should be: one that is made, one that is whole, a tombstone.
        create(fixture, &uploaded(fixture, true).await).await;
        let mut whole = uploaded(fixture, true).await;
        let (id, run) = (whole.record.id.to_string(), whole.run());
        for happening in [started("480p"), complete("480p"), mp4("480p")] {
            whole.apply(&event(&id, happening));
        }
        let name = "480p".into();
        for key in [run.init(&name), run.index(&name), run.mp4(&name)] {
            media.put(&key, "x", "video/mp4").await.unwrap();
        }
        create(fixture, &whole).await;
        media.put(&keys::tombstone(VideoId(Uuid::now_v7())), "", "text/plain").await.unwrap();
        let (found, summary) = compare(fixture, false).await;
        assert_eq!(found, [], "nothing differs");
        assert!(summary.is_clean());
        assert_eq!((summary.records, summary.prefixes), (2, 3));

        let stranger = VideoId(Uuid::now_v7());
        for number in 0..3 {
            let key = format!("{}r-1/480p/{number:05}.m4s", keys::video_prefix(stranger));
            media.put(&key, "x", "video/mp4").await.unwrap();
        }
        raw.put(&keys::source(stranger), "x", "video/mp4").await.unwrap();
        raw.put("readme.txt", "x", "text/plain").await.unwrap();
        let lost = uploaded(fixture, false).await;
        create(fixture, &lost).await;
        let mut hollow = uploaded(fixture, true).await;
        for happening in [started("720p"), complete("720p")] {
            hollow.apply(&event(&hollow.record.id.to_string(), happening));
        }
        create(fixture, &hollow).await;
        let unknown = keys::source(VideoId(Uuid::now_v7()));
        let begin = fixture.standins.aws.s3.create_multipart_upload().bucket(raw.bucket());
        begin.key(&unknown).send().await.unwrap();

        let expected = [
            (FindingKind::ObjectsWithoutRecord, Some(stranger)),
            (FindingKind::ForeignObject, None),
            (FindingKind::SourceMissing, Some(lost.record.id)),
            (FindingKind::OutputMissing, Some(hollow.record.id)),
            (FindingKind::UnknownUpload, keys_owner(&unknown)),
        ];
        let (found, summary) = compare(fixture, false).await;
        let kinds: BTreeSet<_> = found.iter().map(|found| (found.kind, found.video_id)).collect();
        assert_eq!(kinds, BTreeSet::from(expected), "{found:#?}");
        assert!(found.iter().all(|finding| !finding.is_repaired) && !summary.is_clean());
        assert_eq!(summary.found[&FindingKind::ObjectsWithoutRecord], (2, 0), "both buckets");
        assert_eq!(compare(fixture, false).await.0, found, "nothing was touched");

        let (found, summary) = compare(fixture, true).await;
        assert!(
            found
                .iter()
                .all(|finding| finding.is_repaired || finding.kind == FindingKind::ForeignObject),
            "{found:#?}"
        );
        assert!(summary.is_clean());
        assert_eq!(media.list(&keys::video_prefix(stranger)).await.unwrap(), []);
        assert_eq!(fixture.standins.open_uploads().await, 0);
        let lost = fixture.video(&lost.record.id.to_string()).await;
        assert_eq!(
            (&lost["state"], &lost["reason"]["code"]),
            (&"failed".into(), &"source_missing".into())
        );
        let hollow = fixture.app.catalogue.find(hollow.record.id).await.unwrap().unwrap();
        assert_eq!((hollow.record.generation, hollow.record.state), (2, VideoState::Uploaded));
        let (found, _) = compare(fixture, false).await;
        let left: Vec<_> = found.iter().map(|finding| finding.kind).collect();
        assert_eq!(left, [FindingKind::ForeignObject], "whose it is, nobody can say");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_young_is_left_alone() {
    with_app(async |fixture| {
        let key = keys::source(VideoId(Uuid::now_v7()));
        fixture.app.raw.put(&key, "x", "video/mp4").await.unwrap();
        let args = ReconcileArgs { repair: true, older_than_hours: 1 };
        let summary = reconcile(&fixture.app, args, &mut |_| ()).await.unwrap();
        assert!(summary.is_clean() && summary.found.is_empty());
        assert!(fixture.app.raw.find(&key).await.unwrap().is_some());
    })
    .await;
}

fn keys_owner(key: &str) -> Option<VideoId> {
    key.split('/').nth(1)?.parse().ok()
}
