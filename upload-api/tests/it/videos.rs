//! Lists, reads, edits, deletes.

use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, with_app},
    http::{self, Reply},
};

async fn patch(fixture: &Fixture, id: &str, body: &Value) -> Reply {
    fixture.patch(&format!("/api/videos/{id}"), body).await
}

fn titles(page: &Value) -> Vec<&str> {
    page["videos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|video| video["title"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_pages_newest_first() {
    with_app(async |fixture| {
        let empty = fixture.get("/api/videos").await.json();
        assert_eq!(empty, json!({"videos": [], "next_cursor": null}));
        for title in ["a", "b", "c", "d", "e"] {
            fixture.upload(&format!("?title={title}"), b"x").await;
        }
        let first = fixture.get("/api/videos?limit=2").await.json();
        assert_eq!(titles(&first), ["e", "d"]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = fixture.get(&format!("/api/videos?limit=2&cursor={cursor}")).await.json();
        assert_eq!(titles(&second), ["c", "b"]);
        let cursor = second["next_cursor"].as_str().unwrap();
        let last = fixture.get(&format!("/api/videos?limit=2&cursor={cursor}")).await.json();
        assert_eq!(titles(&last), ["a"]);
        assert_eq!(last["next_cursor"], Value::Null);
        let exactly = fixture.get("/api/videos?limit=5").await.json();
        assert_eq!(titles(&exactly).len(), 5);
        assert_eq!(exactly["next_cursor"], Value::Null, "no empty last page");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_pages_are_refused() {
    with_app(async |fixture| {
        for limit in ["0", "101", "-1", "many", ""] {
            let reply = fixture.get(&format!("/api/videos?limit={limit}")).await;
            reply.assert_problem(400, "invalid_limit");
        }
        let reply = fixture.get("/api/videos?cursor=../x").await;
        reply.assert_problem(400, "invalid_cursor");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_can_be_edited() {
    with_app(async |fixture| {
        let video = fixture.upload("?title=Before", b"x").await;
        let id = video["id"].as_str().unwrap();
        let edit = json!({"title": " After ", "visibility": "unlisted"});
        let edited = patch(fixture, id, &edit).await;
        assert_eq!(edited.status, 200, "{}", edited.text());
        let edited = edited.json();
        assert_eq!(
            (&edited["title"], &edited["visibility"]),
            (&json!("After"), &json!("unlisted"))
        );
        assert_eq!(edited["version"].as_u64(), video["version"].as_u64().map(|v| v + 1));
        assert_eq!(fixture.video(id).await, edited);
        assert_eq!(patch(fixture, id, &edit).await.json(), edited, "nothing changed");

        let long = json!({"title": "x".repeat(201)});
        patch(fixture, id, &long).await.assert_problem(400, "title_too_long");
        patch(fixture, id, &json!({"titel": "x"})).await.assert_problem(422, "invalid_body");
        let odd = json!({"visibility": "secret"});
        patch(fixture, id, &odd).await.assert_problem(422, "invalid_body");
        let path = format!("/api/videos/{id}");
        let form = http::ask_with(fixture.addr, "PATCH", &path, &[], b"title=x").await;
        form.assert_problem(415, "json_expected");
        assert_eq!(fixture.video(id).await, edited);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_videos_are_not_found() {
    with_app(async |fixture| {
        for id in ["01890a5d-ac96-774b-bcce-b302099a80f7", "x", "%2e%2e", "%ff"] {
            let path = format!("/api/videos/{id}");
            fixture.get(&path).await.assert_problem(404, "video_not_found");
            let events = fixture.get(&format!("{path}/events")).await;
            events.assert_problem(404, "video_not_found");
            let deleted = http::ask(fixture.addr, "DELETE", &path).await;
            deleted.assert_problem(404, "video_not_found");
            let edited = patch(fixture, id, &json!({"title": "x"})).await;
            edited.assert_problem(404, "video_not_found");
        }
    })
    .await;
}
