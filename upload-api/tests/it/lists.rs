//! Filters, orders and pages of lists, and the public feed.

use domain::{
    OwnerId, Recipe, Video, VideoId,
    video::{VideoState, Visibility},
};
use serde_json::Value;
use upload_api::catalogue::{Due, Entry, Owed};
use uuid::Uuid;

use crate::fixture::{Fixture, with_app};

fn video(title: &str, state: VideoState, visibility: Visibility) -> Video {
    let id = VideoId(Uuid::now_v7());
    let (created_at, recipe) = ("2026-01-01T00:00:00Z".to_owned(), Recipe::standard().id());
    let mut video = Video::begin(id, OwnerId::local(), title.to_owned(), created_at, recipe);
    (video.record.state, video.record.visibility) = (state, visibility);
    video
}

async fn create(fixture: &Fixture, videos: &[Video]) {
    for video in videos {
        fixture.app.catalogue.create(&Entry::new(video.clone())).await.unwrap();
    }
}

/// The titles of all pages, and how many pages there were.
async fn all(fixture: &Fixture, path: &str) -> (Vec<String>, usize) {
    let (mut titles, mut cursor) = (Vec::new(), String::new());
    for pages in 1.. {
        let reply = fixture.get(&format!("{path}{cursor}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let page = reply.json();
        for video in page["videos"].as_array().unwrap() {
            titles.push(video["title"].as_str().unwrap().to_owned());
        }
        match &page["next_cursor"] {
            Value::String(next) => cursor = format!("&cursor={next}"),
            _ => return (titles, pages),
        }
        assert!(pages < 100, "pages without end");
    }
    unreachable!("the last page returns")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_filtered_and_turned_around() {
    with_app(async |fixture| {
        use VideoState::{Failed, Partial, Ready};
        use Visibility::{Private, Public};
        create(
            fixture,
            &[
                video("Summer in Kiel", Ready, Private),
                video("Winter", Failed, Public),
                video("SUMMER again", Partial, Public),
                video("Straße", Ready, Public),
                video("late summer", Ready, Private),
            ],
        )
        .await;
        for (query, expected) in [
            ("state=ready", vec!["late summer", "Straße", "Summer in Kiel"]),
            ("state=partial,failed", vec!["SUMMER again", "Winter"]),
            ("visibility=public", vec!["Straße", "SUMMER again", "Winter"]),
            ("visibility=public&state=ready", vec!["Straße"]),
            ("title=summer", vec!["late summer", "SUMMER again", "Summer in Kiel"]),
            ("title=STRA%C3%9FE", vec!["Straße"]),
            ("title=summer&sort=oldest", vec!["Summer in Kiel", "SUMMER again", "late summer"]),
            ("title=autumn", vec![]),
            ("title=", vec!["late summer", "Straße", "SUMMER again", "Winter", "Summer in Kiel"]),
        ] {
            let (titles, _) = all(fixture, &format!("/api/videos?{query}")).await;
            assert_eq!(titles, expected, "{query}");
            let (titles, pages) = all(fixture, &format!("/api/videos?limit=1&{query}")).await;
            assert_eq!(titles, expected, "{query}, one by one");
            assert_eq!(pages, expected.len().max(1), "{query}: no empty last page");
        }
        for (query, code) in [
            ("state=done", "invalid_state"),
            ("state=", "invalid_state"),
            ("visibility=mine", "invalid_visibility"),
            ("sort=title", "invalid_sort"),
        ] {
            fixture.get(&format!("/api/videos?{query}")).await.assert_problem(400, code);
        }
        let long = format!("/api/videos?title={}", "x".repeat(201));
        fixture.get(&long).await.assert_problem(400, "invalid_title");
        let page = fixture.get("/api/videos?limit=1").await.json();
        let cursor = page["next_cursor"].as_str().unwrap();
        let turned = fixture.get(&format!("/api/videos?sort=oldest&cursor={cursor}")).await;
        turned.assert_problem(400, "invalid_cursor");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_is_of_what_everybody_may_play_newest_first() {
    with_app(async |fixture| {
        let titles: Vec<_> = (0..20).map(|number| number.to_string()).collect();
        for title in &titles {
            let mut public = video(title, VideoState::Ready, Visibility::Public);
            public.record.owner_id = OwnerId(format!("owner-{title}"));
            create(fixture, &[public]).await;
        }
        create(
            fixture,
            &[
                video("unlisted", VideoState::Ready, Visibility::Unlisted),
                video("private", VideoState::Ready, Visibility::Private),
                video("not yet", VideoState::Processing, Visibility::Public),
            ],
        )
        .await;
        let gone = video("deleted", VideoState::Ready, Visibility::Public);
        let due = Some(Due { owed: Owed::Erase, at: 4_000_000_000 });
        fixture.app.catalogue.create(&Entry { due, ..Entry::new(gone) }).await.unwrap();

        let newest_first: Vec<_> = titles.iter().rev().cloned().collect();
        for (limit, pages) in [(100, 1), (20, 1), (7, 3), (1, 20)] {
            let feed = all(fixture, &format!("/api/feed?limit={limit}")).await;
            assert_eq!(feed, (newest_first.clone(), pages), "{limit} at once");
        }
        fixture.get("/api/feed?cursor=x").await.assert_problem(400, "invalid_cursor");

        // Each change of its visibility moves it.
        let mine = video("mine", VideoState::Partial, Visibility::Private);
        let path = format!("/api/videos/{}", mine.record.id);
        create(fixture, &[mine]).await;
        for (visibility, first) in [("public", "mine"), ("unlisted", "19"), ("public", "mine")] {
            fixture.patch(&path, &serde_json::json!({ "visibility": visibility })).await;
            let feed = fixture.get("/api/feed?limit=1").await.json();
            assert_eq!(feed["videos"][0]["title"], first, "{visibility}");
        }
    })
    .await;
}
