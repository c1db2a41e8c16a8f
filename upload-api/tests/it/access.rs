//! Every route, asked by everybody: who may, who may not, and who is not even told that it is there.

use domain::{OwnerId, Video, VideoId, video::Visibility};
use serde_json::json;
use upload_api::{
    auth::{RULES, Rule, Scope},
    catalogue::Entry,
};
use uuid::Uuid;

use crate::{
    fixture::{Fixture, with_issuer},
    http,
    issuer::TestIssuer,
};

/// Problems that say that somebody may not.
const DENIED: [&str; 6] = [
    "not_signed_in",
    "invalid_token",
    "scope_missing",
    "key_not_allowed",
    "not_an_operator",
    "video_not_found",
];

/// Who asks, each with a header of their own.
struct Actors {
    stranger: String,
    owner: String,
    operator: String,
    /// May read, and nothing else.
    reader: String,
    /// May upload and manage, but not read.
    manager: String,
    operating_key: String,
}

impl Actors {
    async fn new(fixture: &Fixture, issuer: &TestIssuer) -> Self {
        let bearer = |token: String| format!("Bearer {token}");
        let owner = bearer(issuer.token("ada"));
        let operator = bearer(issuer.operator_token());
        let key = async |maker: &str, scopes: &[&str]| {
            let headers = [("Authorization", maker), ("Content-Type", "application/json")];
            let body = json!({"name": "a key", "scopes": scopes}).to_string();
            let made =
                http::ask_with(fixture.addr, "POST", "/api/keys", &headers, body.as_bytes()).await;
            bearer(made.json()["secret"].as_str().unwrap().to_owned())
        };
        Self {
            stranger: bearer(issuer.token("eve")),
            reader: key(&owner, &["read"]).await,
            manager: key(&owner, &["upload", "manage"]).await,
            operating_key: key(&operator, &["operate"]).await,
            owner,
            operator,
        }
    }
}

/// A video of Ada's that nobody else has asked for yet.
async fn video(fixture: &Fixture, visibility: Visibility) -> String {
    let id = VideoId(Uuid::now_v7());
    let recipe = fixture.app.recipe.id();
    let created_at = "2026-11-26T00:00:00Z".to_owned();
    let mut video = Video::begin(id, OwnerId::from("ada"), "Ada's".into(), created_at, recipe);
    video.record.visibility = visibility;
    fixture.app.catalogue.create(&Entry::new(video)).await.unwrap();
    id.to_string()
}

/// What somebody gets: the code of the problem if there is one.
async fn outcome(fixture: &Fixture, method: &str, path: &str, actor: Option<&str>) -> String {
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(actor.map(|actor| ("Authorization", actor)));
    let body: &[u8] = if matches!(method, "POST" | "PATCH" | "PUT") { b"{}" } else { b"" };
    let reply = http::ask_with(fixture.addr, method, path, &headers, body).await;
    assert!(reply.status < 500, "{method} {path}: {}", reply.text());
    assert_ne!(reply.status, 405, "{method} {path}");
    match reply.header("content-type") {
        Some("application/problem+json") => reply.json()["code"].as_str().unwrap().to_owned(),
        // Of pages the status must do.
        _ if reply.status == 404 => "share_not_found".to_owned(),
        _ => String::new(),
    }
}

/// How they are denied; "" if they are not.
async fn denied(fixture: &Fixture, method: &str, path: &str, actor: Option<&str>) -> String {
    let code = outcome(fixture, method, path, actor).await;
    if DENIED.contains(&code.as_str()) { code } else { String::new() }
}

/// The route's address for a video.
fn address(path: &str, video: &str) -> String {
    let is_video = path.starts_with("/api/videos/") || path.starts_with("/v/");
    path.replace("{id}", if is_video { video } else { "0123" })
        .replace("{token}", "0123")
        .replace("{share}", "0123")
        .replace("{file}", "master.m3u8")
        .replace("{rendition}", "480p")
        .replace("{piece}", "init.mp4")
        .replace("{name}", "480p")
}

/// A route with a token in its path: what counts is the token, whoever has it.
async fn every_token(fixture: &Fixture, actors: &Actors, method: &str, path: &str) {
    let video_id = video(fixture, Visibility::Private).await;
    let shares = format!("/api/videos/{video_id}/shares");
    let owner = [("Authorization", &*actors.owner), ("Content-Type", "application/json")];
    let share = http::ask_with(fixture.addr, "POST", &shares, &owner, b"{}").await.json();
    let token = share["url"].as_str().unwrap().strip_prefix("/s/").unwrap().to_owned();
    let ask = async |video: &str, token: &str, actor| {
        let path = path.replace("{token}", token).replace("{id}", video);
        outcome(fixture, method, &address(&path, video), actor).await
    };
    for actor in [None, Some(&*actors.stranger), Some(&*actors.manager), Some(&*actors.owner)] {
        let got = ask(&video_id, &token, actor).await;
        assert!(!DENIED.contains(&&*got) && got != "share_not_found", "{method} {path}: {got}");
    }
    let other = video(fixture, Visibility::Private).await;
    if path.contains("{id}") {
        assert_eq!(ask(&other, &token, None).await, "share_not_found", "{method} {path}");
    }
    let mut wrong = token.clone();
    wrong.replace_range(..1, if token.starts_with('A') { "B" } else { "A" });
    let revoke = format!("{shares}/{}", share["share"]["id"].as_str().unwrap());
    let revoked = http::ask_with(fixture.addr, "DELETE", &revoke, &owner, b"").await;
    assert_eq!(revoked.status, 204, "{}", revoked.text());
    for dead in [&token, &wrong] {
        let got = ask(&video_id, dead, Some(&actors.owner)).await;
        assert_eq!(got, "share_not_found", "{method} {path}: the token is dead");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_keeps_its_rule() {
    with_issuer(async |fixture, issuer| {
        let actors = Actors::new(fixture, issuer).await;
        let (stranger, owner) = (Some(actors.stranger.as_str()), Some(actors.owner.as_str()));
        let (reader, manager) = (Some(actors.reader.as_str()), Some(actors.manager.as_str()));
        let operating_key = Some(actors.operating_key.as_str());
        let operator = Some(actors.operator.as_str());
        for (method, path, rule) in RULES {
            // Whoever asks, in what order they may be told what; deleting comes last.
            let expected = match rule {
                Rule::Open => vec![(None, ""), (stranger, ""), (reader, ""), (owner, "")],
                Rule::Token => {
                    every_token(fixture, &actors, method, path).await;
                    continue;
                }
                Rule::See => vec![
                    (None, "video_not_found"),
                    (stranger, "video_not_found"),
                    (manager, "scope_missing"),
                    (reader, ""),
                    (operator, ""),
                    (owner, ""),
                ],
                Rule::Own(scope) => vec![
                    (None, "not_signed_in"),
                    (stranger, "video_not_found"),
                    (if *scope == Scope::Read { manager } else { reader }, "scope_missing"),
                    (if *scope == Scope::Read { reader } else { manager }, ""),
                    (operator, ""),
                    (owner, ""),
                ],
                Rule::Known(scope) => vec![
                    (None, "not_signed_in"),
                    (stranger, ""),
                    (if *scope == Scope::Read { manager } else { reader }, "scope_missing"),
                    (if *scope == Scope::Read { reader } else { manager }, ""),
                    (owner, ""),
                ],
                Rule::Person => vec![
                    (None, "not_signed_in"),
                    (operating_key, "key_not_allowed"),
                    (stranger, ""),
                ],
                Rule::Anyone => vec![(None, "not_signed_in"), (reader, ""), (owner, "")],
                Rule::Operator => vec![
                    (None, "not_signed_in"),
                    (stranger, "not_an_operator"),
                    (owner, "not_an_operator"),
                    (reader, "scope_missing"),
                    (manager, "scope_missing"),
                    (operating_key, ""),
                    (operator, ""),
                ],
            };
            for (actor, code) in expected {
                let path = address(path, &video(fixture, Visibility::Private).await);
                let got = denied(fixture, method, &path, actor).await;
                assert_eq!(got, code, "{method} {path} ({rule:?}) by {actor:?}");
            }
            let link = address(path, &video(fixture, Visibility::Unlisted).await);
            match rule {
                Rule::See => assert_eq!(denied(fixture, method, &link, None).await, ""),
                Rule::Own(_) => {
                    let got = denied(fixture, method, &link, stranger).await;
                    assert_eq!(got, "video_not_found", "{method} {link}: a link is for looking");
                }
                _ => {}
            }
        }
    })
    .await;
}
