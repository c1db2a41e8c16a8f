//! Many writers of one video: through the table, and through the workers' queue and two replicas.

use domain::{OwnerId, Recipe, Video, VideoId, VideoState};
use futures::future::join_all;
use upload_api::catalogue::{Catalogue, Entry};
use uuid::Uuid;

use crate::{
    fixture::with_app,
    sample::{event, segments, started},
    standins::Standins,
};

fn uploaded() -> Entry {
    let id = VideoId(Uuid::now_v7());
    let (created_at, recipe) = ("2026-01-01T00:00:00Z".to_owned(), Recipe::standard().id());
    let mut video = Video::begin(id, OwnerId::local(), String::new(), created_at, recipe);
    video.record.state = VideoState::Uploaded;
    Entry::new(video)
}

/// As another replica of the service would have it.
fn replica(standins: &Standins) -> Catalogue {
    Catalogue::new(&standins.aws, standins.args.catalog_table.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_writers_lose_nothing() {
    let standins = Standins::new().await;
    let entry = uploaded();
    let id = entry.video.record.id;
    replica(&standins).create(&entry).await.unwrap();
    let plan = event(&id.to_string(), started("480p"));
    replica(&standins).update(id, |entry| entry.video.apply(&plan)).await.unwrap();

    let replicas: Vec<_> = (0..50).map(|_| replica(&standins)).collect();
    let writers = replicas.iter().enumerate().map(|(number, catalogue)| async move {
        // Each adds a letter, so that every loss shows; some move renditions as well.
        let rendition = ["audio", "480p", "720p"][number % 3];
        let report = event(&id.to_string(), segments(rendition, u32::try_from(number).unwrap()));
        let change = |entry: &mut Entry| {
            entry.video.apply(&report);
            entry.video.record.title.push('x');
        };
        catalogue.update(id, change).await.unwrap().unwrap();
    });
    join_all(writers).await;

    let video = replica(&standins).find(id).await.unwrap().unwrap();
    assert_eq!(video.record.title.len(), 50);
    for (rendition, most) in [("audio", 48), ("480p", 49), ("720p", 47)] {
        let status = video.rendition(&rendition.into()).unwrap();
        assert_eq!(status.chunks[&0], most, "{rendition}");
    }
    standins.remove().await;
}

/// How often people rename the video meanwhile.
const EDITS: usize = 10;

/// Each of fifty reports is of another chunk, so that none makes another one superfluous, and people
/// rename the video meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn fifty_reports_through_two_replicas_lose_nothing_while_people_edit() {
    with_app(async |fixture| {
        let other = fixture.replica().await;
        let entry = uploaded();
        let id = entry.video.record.id;
        fixture.app.catalogue.create(&entry).await.unwrap();
        let text = id.to_string();
        fixture.standins.report(&event(&text, started("480p"))).await;
        fixture.video_when(&text, |video| video["state"] == "processing").await;

        let reports = (1..=50).map(|chunk| {
            let rendition = "480p".into();
            let report =
                event(&text, domain::Happening::Segments { rendition, chunk, segments: 1 });
            async move { fixture.standins.report(&report).await }
        });
        let catalogues = [&fixture.app.catalogue, &other.app.catalogue];
        let edits = (0..EDITS).map(|number| {
            let rename = |entry: &mut Entry| entry.video.record.title.push('x');
            async move { catalogues[number % 2].update(id, rename).await.unwrap().unwrap() }
        });
        tokio::join!(join_all(reports), join_all(edits));

        let video = crate::fixture::eventually("all reports are taken in", async || {
            let video = other.app.catalogue.find(id).await.unwrap().unwrap();
            let chunks = &video.rendition(&"480p".into()).unwrap().chunks;
            (chunks.len() == 50).then_some(video)
        })
        .await;
        assert_eq!(video.record.title.len(), EDITS);
        let letters = &fixture.standins.dead_letter_queue_url;
        let none = fixture.standins.next_message(letters, std::time::Duration::from_secs(1)).await;
        assert_eq!(none, None, "no report was given up");
        other.stop().await;
    })
    .await;
}
