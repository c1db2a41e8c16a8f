//! What the catalogue promises, asked of the table itself.

use domain::{OwnerId, Recipe, Video, VideoId, VideoState};
use upload_api::catalogue::{Catalogue, CatalogueError, Due, Entry, Owed, Wanted};
use uuid::Uuid;

use crate::{
    sample::{event, segments, started},
    standins::Standins,
};

fn entry(title: &str) -> Entry {
    let id = VideoId(Uuid::now_v7());
    let (created_at, recipe) = ("2026-01-01T00:00:00Z".to_owned(), Recipe::standard().id());
    Entry::new(Video::begin(id, OwnerId::local(), title.to_owned(), created_at, recipe))
}

/// As another replica of the service would have it.
fn replica(standins: &Standins) -> Catalogue {
    Catalogue::new(&standins.aws, standins.args.catalog_table.as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_comes_back_as_it_was_written() {
    let standins = Standins::new().await;
    let catalogue = replica(&standins);
    let mut entry = entry("Straße");
    entry.video.record.state = VideoState::Uploaded;
    let id = entry.video.record.id;
    for happening in [started("480p"), segments("480p", 3), segments("audio", 9)] {
        entry.video.apply(&event(&id.to_string(), happening));
    }
    catalogue.create(&entry).await.unwrap();
    assert_eq!(catalogue.find(id).await.unwrap().unwrap(), entry.video);
    assert!(matches!(catalogue.create(&entry).await, Err(CatalogueError::Contended)));

    let all = Wanted::default();
    let listed = catalogue.list(&OwnerId::local(), &all, None, 10).await.unwrap();
    assert_eq!(listed.videos, [entry.video], "one entry of the index per video");
    assert!(catalogue.list(&"other".into(), &all, None, 10).await.unwrap().videos.is_empty());

    assert!(catalogue.remove(id).await.unwrap());
    assert!(!catalogue.remove(id).await.unwrap());
    assert_eq!(standins.items().await, 0);
    let update = catalogue.update(id, |_| ()).await.unwrap();
    assert!(update.is_none(), "what is deleted does not come back");
    standins.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_is_found_when_it_is_due() {
    let standins = Standins::new().await;
    let catalogue = replica(&standins);
    let mut ids = Vec::new();
    for at in [100, 200] {
        let mut entry = entry("");
        entry.due = Some(Due { owed: Owed::Publish, at });
        ids.push(entry.video.record.id);
        catalogue.create(&entry).await.unwrap();
    }
    assert!(catalogue.due(99, 10).await.unwrap().is_empty());
    assert_eq!(catalogue.due(100, 10).await.unwrap(), [ids[0]]);
    assert_eq!(catalogue.due(200, 10).await.unwrap().len(), 2);
    catalogue.update(ids[0], |entry| entry.due = None).await.unwrap();
    assert_eq!(catalogue.due(200, 10).await.unwrap(), [ids[1]]);
    standins.remove().await;
}
