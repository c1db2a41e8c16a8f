//! Private videos by links: they play without a cookie, and end when they should.

use std::{env, fs, sync::Arc};

use domain::{Happening, message::PosterCandidate};
use serde_json::{Value, json};
use upload_api::catalogue::Share;
use uuid::Uuid;

use crate::{
    fixture::{Fixture, eventually, with_app_and_page, with_issuer},
    http::{self, Reply},
    sample::{complete, event, segments, started},
};

async fn share(fixture: &Fixture, id: &str, headers: &[(&str, &str)], share: Value) -> Value {
    let headers = [headers, &[("Content-Type", "application/json")]].concat();
    let path = format!("/api/videos/{id}/shares");
    let body = share.to_string();
    let made = http::ask_with(fixture.addr, "POST", &path, &headers, body.as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

fn token(share: &Value) -> &str {
    share["url"].as_str().unwrap().strip_prefix("/s/").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_video_plays_by_its_link_until_it_is_revoked() {
    with_issuer(async |fixture, issuer| {
        let ada = format!("Bearer {}", issuer.token("ada"));
        let ada = [("Authorization", ada.as_str())];
        let path = "/api/videos?title=Stra%C3%9Fe&filename=a%22b.mov";
        let video = http::ask_with(fixture.addr, "POST", path, &ada, b"x").await.json();
        let id = video["id"].as_str().unwrap().to_owned();
        let candidate = PosterCandidate { at_ms: 9000, score: 625 };
        for happening in [
            started("480p"),
            segments("audio", 4),
            segments("480p", 2),
            complete("480p"),
            complete("audio"),
            Happening::PosterComplete { candidates: vec![candidate] },
            Happening::StoryboardComplete,
        ] {
            fixture.standins.report(&event(&id, happening)).await;
        }
        let by_ada = async |method: &str, path: &str| {
            http::ask_with(fixture.addr, method, path, &ada, b"").await
        };
        eventually("it plays", async || {
            let video = by_ada("GET", &format!("/api/videos/{id}")).await.json();
            (video["state"] == "playable" && !video["storyboard_url"].is_null()).then_some(())
        })
        .await;

        let made = share(fixture, &id, &ada, json!({"name": "for Bob"})).await;
        let token = token(&made).to_owned();
        let seen = fixture.get(&format!("/api/shares/{token}")).await.json();
        let base = format!("/v/{id}/t/{token}");
        assert_eq!(seen["video"]["playlist_url"], format!("{base}/master.m3u8"));
        assert_eq!(seen["video"]["poster_url"], format!("{base}/poster.jpg"));
        assert_eq!((&seen["video"]["owner_id"], &seen["expires_at"]), (&json!(""), &json!(null)));
        assert!(!seen.to_string().contains("a\\\"b.mov"), "{seen}");

        // As a player walks: only relative URIs, so all of it keeps the token.
        let master = fixture.get(&format!("{base}/master.m3u8")).await;
        assert_eq!(master.header("access-control-allow-origin"), Some("*"));
        let uris = |playlist: &Reply| -> Vec<String> {
            let lines = playlist.text().lines().filter(|line| !line.starts_with('#'));
            lines.map(str::to_owned).collect()
        };
        assert_eq!(uris(&master), ["480p.m3u8"]);
        let rung = fixture.get(&format!("{base}/480p.m3u8")).await;
        let segment = uris(&rung)[0].clone();
        assert!(!rung.text().contains("://") && !rung.text().contains("\"/"), "{}", rung.text());
        for piece in [segment.as_str(), "480p/init.mp4", "poster.jpg", "storyboard-1.jpg"] {
            let reply = fixture.get(&format!("{base}/{piece}")).await;
            assert_eq!(reply.status, 302, "{piece}: {}", reply.text());
            assert!(reply.header("location").unwrap().contains("X-Amz-Expires=300"));
        }
        assert_eq!(fixture.get(&format!("{base}/storyboard.vtt")).await.status, 200);
        fixture.get(&format!("/v/{id}/master.m3u8")).await.assert_problem(404, "video_not_found");

        for _ in 0..3 {
            fixture.get(&format!("/s/{token}")).await;
        }
        fixture.get(&format!("/embed/{id}/t/{token}")).await;
        fixture.app.views.write_down(&fixture.app).await;
        let list = by_ada("GET", &format!("/api/videos/{id}/shares")).await.json();
        let listed = &list["shares"][0];
        assert_eq!((&listed["views"], &listed["name"]), (&json!(4), &json!("for Bob")));
        assert!(!list.to_string().contains(&token), "it was shown once");

        let tokens = format!("/api/videos/{id}/playback-tokens");
        let device = by_ada("POST", &tokens).await.json();
        let device = device["playlist_url"].as_str().unwrap();
        assert_eq!(fixture.get(device).await.status, 200, "the owner's TV plays, too");

        let shared = format!("/api/videos/{id}/shares/{}", made["share"]["id"].as_str().unwrap());
        assert_eq!(by_ada("DELETE", &shared).await.status, 204);
        by_ada("DELETE", &shared).await.assert_problem(404, "share_not_found");
        for gone in [format!("{base}/{segment}"), format!("/api/shares/{token}")] {
            fixture.get(&gone).await.assert_problem(404, "share_not_found");
        }
        assert_eq!(fixture.get(&format!("/s/{token}")).await.status, 404);
        assert_eq!(fixture.get(device).await.status, 200, "that was not by the share");

        let original = by_ada("GET", &format!("/v/{id}/original")).await;
        let url = original.header("location").unwrap().strip_prefix("http://").unwrap();
        let (host, path) = url.split_once('/').unwrap();
        let (path, headers) = (format!("/{path}"), [("Host", host)]);
        let file = http::ask_with(host.parse().unwrap(), "GET", &path, &headers, b"").await;
        assert_eq!(
            (file.text(), file.header("content-disposition")),
            ("x", Some("attachment; filename=\"a_b.mov\"; filename*=UTF-8''a%22b.mov"))
        );

        share(fixture, &id, &ada, json!({"expires_in_seconds": 60, "password": "12345678"})).await;
        assert_eq!(by_ada("DELETE", &format!("/api/videos/{id}")).await.status, 204);
        fixture.get(device).await.assert_problem(404, "share_not_found");
        assert_eq!(fixture.standins.items().await, 0, "the shares went with the video");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_link_opens_nothing() {
    with_issuer(async |fixture, issuer| {
        let ada = format!("Bearer {}", issuer.token("ada"));
        let ada = [("Authorization", ada.as_str())];
        let video = http::ask_with(fixture.addr, "POST", "/api/videos", &ada, b"x").await.json();
        let id = video["id"].as_str().unwrap();
        let made = share(fixture, id, &ada, json!({"expires_in_seconds": 3600})).await;
        let token = token(&made);
        let open = async || fixture.get(&format!("/api/shares/{token}")).await;
        assert_eq!(open().await.json()["expires_at"], made["share"]["expires_at"]);
        let (catalogue, video_id) = (&fixture.app.catalogue, id.parse().unwrap());
        let share_id = made["share"]["id"].as_str().unwrap();
        let stored = catalogue.share(video_id, share_id).await.unwrap().unwrap();
        catalogue.remove_share(video_id, share_id).await.unwrap();
        let over = Share { valid_until: Some(1), ..stored };
        catalogue.create_share(video_id, &over).await.unwrap();
        open().await.assert_problem(404, "share_not_found");
        for (body, code) in [
            (json!({"expires_in_seconds": 59}), "invalid_expiry"),
            (json!({"password": "1234567"}), "invalid_password"),
            (json!({"name": "a\nb"}), "title_invalid"),
            (json!({"passwort": "12345678"}), "invalid_body"),
        ] {
            let headers = [ada[0], ("Content-Type", "application/json")];
            let path = format!("/api/videos/{id}/shares");
            let body = body.to_string();
            let made = http::ask_with(fixture.addr, "POST", &path, &headers, body.as_bytes()).await;
            assert_eq!(made.json()["code"], code);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_and_cannot_be_guessed() {
    let dir = env::temp_dir().join(format!("fantail-page-{}", Uuid::now_v7()));
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("index.html"), "<!doctype html>page").unwrap();
    fs::write(dir.join("embed.html"), "<!doctype html>player").unwrap();
    with_app_and_page(Some(&dir), async |fixture| {
        let video = fixture.upload("", b"x").await;
        let id = video["id"].as_str().unwrap();
        let made = share(fixture, id, &[], json!({"password": "correct horse"})).await;
        let token = token(&made);
        let path = format!("/s/{token}");
        let form = fixture.get(&path).await;
        assert!(form.text().contains("type=\"password\"") && !form.text().contains("<script"));
        let policy = form.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        let closed = fixture.get(&format!("/api/shares/{token}")).await;
        closed.assert_problem(403, "password_required");
        let closed = fixture.get(&format!("/v/{id}/t/{token}/master.m3u8")).await;
        closed.assert_problem(403, "password_required");

        let enter = async |password: &str| {
            let headers = [("Content-Type", "application/x-www-form-urlencoded")];
            let body = format!("password={password}");
            http::ask_with(fixture.addr, "POST", &path, &headers, body.as_bytes()).await
        };
        let wrong = enter("correct+horsf").await;
        assert!(wrong.status == 403 && wrong.text().contains("not the password"));
        let right = enter("correct+horse").await;
        assert_eq!(right.status, 303, "{}", right.text());
        let open = right.header("location").unwrap();
        assert_ne!(open, path);
        let page = fixture.get(open).await;
        assert_eq!(page.text(), "<!doctype html>player");
        let pass = open.strip_prefix("/s/").unwrap();
        assert_eq!(fixture.get(&format!("/api/shares/{pass}")).await.status, 200);
        let master = fixture.get(&format!("/v/{id}/t/{pass}/master.m3u8")).await;
        master.assert_problem(404, "not_playable_yet");

        let mut tries = 0;
        let refused = loop {
            let reply = enter("wrong+again").await;
            tries += 1;
            if reply.status == 429 || tries > 25 {
                break reply;
            }
        };
        assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));

        let framed = |reply: &Reply| {
            let policy = reply.header("content-security-policy").unwrap();
            policy.rsplit_once("frame-ancestors ").unwrap().1.to_owned()
        };
        assert_eq!(framed(&page), "'none'");
        assert_eq!(framed(&fixture.get("/").await), "'none'");
        for path in [format!("/embed/{id}"), format!("/embed/{id}/t/{pass}")] {
            let embed = fixture.get(&path).await;
            assert_eq!((embed.text(), framed(&embed)), ("<!doctype html>player", "*".to_owned()));
        }
        let shared = format!("/api/videos/{id}/shares/{}", made["share"]["id"].as_str().unwrap());
        http::ask(fixture.addr, "DELETE", &shared).await;
        let dead = fixture.get(&format!("/v/{id}/t/{pass}/master.m3u8")).await;
        dead.assert_problem(404, "share_not_found");
        let app: &Arc<_> = &fixture.app;
        app.views.write_down(app).await; // of a share that is gone: nothing comes back
        assert_eq!(
            fixture.get(&format!("/api/videos/{id}/shares")).await.json()["shares"],
            json!([])
        );
    })
    .await;
    fs::remove_dir_all(&dir).unwrap();
}
