//! Redirects into the bucket, and names that lead nowhere.

use domain::{CaptionsName, Happening, captions::CaptionsState, message::PosterCandidate};
use serde_json::json;

use crate::{
    fixture::with_app,
    http::{self, Reply},
    sample::{complete, event, mp4, segments, started},
};

/// Follows a redirect as a player would, with nothing but the URL.
async fn follow(reply: &Reply) -> Reply {
    assert_eq!(reply.status, 302, "{}", reply.text());
    assert_eq!(reply.header("cache-control"), Some("private, max-age=240"));
    let url = reply.header("location").unwrap();
    assert!(url.contains("X-Amz-Expires=300"), "{url}");
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let headers = [("Host", host)];
    http::ask_with(host.parse().unwrap(), "GET", &format!("/{path}"), &headers, b"").await
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_come_from_the_bucket() {
    with_app(async |fixture| {
        let video = fixture.upload("?title=Stra%C3%9Fe", b"x").await;
        let id = video["id"].as_str().unwrap().to_owned();
        let path = |rest: &str| format!("/v/{id}/{rest}");
        fixture.get(&path("480p/init.mp4")).await.assert_problem(404, "not_playable_yet");
        fixture.get(&path("poster.jpg")).await.assert_problem(404, "poster_not_ready");

        let report = async |happening| fixture.standins.report(&event(&id, happening)).await;
        for happening in [
            started("480p"),
            segments("480p", 1),
            complete("480p"),
            mp4("480p"),
            Happening::ThumbnailsComplete,
        ] {
            report(happening).await;
        }
        fixture
            .video_when(&id, |video| {
                !video["poster_url"].is_null() && video["renditions"][1]["mp4_state"] == "complete"
            })
            .await;
        let run = event(&id, Happening::ThumbnailsComplete).run;
        let rung = "480p".into();
        let media = &fixture.app.media;
        media.put(&run.init(&rung), "header", "video/mp4").await.unwrap();
        media.put(&run.segment(&rung, 9), "pictures", "video/mp4").await.unwrap();
        media.put(&run.mp4(&rung), "all of it", "video/mp4").await.unwrap();
        media.put(&run.poster(), "a still", "image/jpeg").await.unwrap();

        assert_eq!(follow(&fixture.get(&path("480p/init.mp4")).await).await.text(), "header");
        assert_eq!(follow(&fixture.get(&path("480p/00009.m4s")).await).await.text(), "pictures");
        let poster = follow(&fixture.get(&path("poster.jpg")).await).await;
        assert_eq!((poster.text(), poster.header("content-type")), ("a still", Some("image/jpeg")));
        let download = follow(&fixture.get(&path("480p.mp4")).await).await;
        assert_eq!(download.text(), "all of it");
        assert_eq!(download.header("content-type"), Some("video/mp4"));
        assert_eq!(
            download.header("content-disposition"),
            Some(
                "attachment; filename=\"Stra_e (480p).mp4\"; \
                 filename*=UTF-8''Stra%C3%9Fe%20%28480p%29.mp4"
            )
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn captions_are_listed_once_they_are_made() {
    with_app(async |fixture| {
        let video = fixture.upload("", b"x").await;
        let id = video["id"].as_str().unwrap().to_owned();
        let path = |rest: &str| format!("/v/{id}/{rest}");
        let report = async |happening| fixture.standins.report(&event(&id, happening)).await;
        for happening in [started("480p"), complete("audio"), complete("480p")] {
            report(happening).await;
        }
        fixture.video_when(&id, |video| video["state"] == "playable").await;
        for file in ["cc1.m3u8", "cc1.vtt", "subtitles-1.vtt"] {
            fixture.get(&path(file)).await.assert_problem(404, "captions_not_ready");
        }
        let (name, state) = (CaptionsName::closed(0), CaptionsState::Complete);
        report(Happening::Captions { name: name.clone(), state, reason: None }).await;
        let video = fixture.video_when(&id, |video| video["captions"] != json!([])).await;
        assert_eq!(
            video["captions"],
            json!([{
                "name": "cc1", "title": "CC1", "language": null, "state": "complete",
                "reason": null, "vtt_url": path("cc1.vtt"),
            }])
        );
        let master = fixture.get(&path("master.m3u8")).await;
        assert!(master.text().contains("TYPE=SUBTITLES"), "{}", master.text());
        let playlist = fixture.get(&path("cc1.m3u8")).await;
        assert!(playlist.text().contains("\ncc1.vtt\n"), "{}", playlist.text());
        let key = event(&id, Happening::ThumbnailsComplete).run.captions(&name);
        fixture.app.media.put(&key, "WEBVTT", "text/vtt; charset=utf-8").await.unwrap();
        let file = follow(&fixture.get(&path("cc1.vtt")).await).await;
        assert_eq!(
            (file.text(), file.header("content-type")),
            ("WEBVTT", Some("text/vtt; charset=utf-8"))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thumbnails_are_served_as_they_come() {
    with_app(async |fixture| {
        let video = fixture.upload("", b"x").await;
        let id = video["id"].as_str().unwrap().to_owned();
        let path = |rest: &str| format!("/v/{id}/{rest}");
        let report = async |happening| fixture.standins.report(&event(&id, happening)).await;
        report(started("480p")).await;
        let at = |at_ms| PosterCandidate { at_ms, score: 625 };
        report(Happening::PosterComplete { candidates: vec![at(9000), at(3000)] }).await;
        let video = fixture.video_when(&id, |video| !video["poster_url"].is_null()).await;
        let second = json!({"url": path("poster-2.jpg"), "at_seconds": 3.0, "score": 0.625});
        assert_eq!(video["thumbnails"]["posters"][1], second);
        assert_eq!(video["storyboard_url"], json!(null));
        fixture.get(&path("storyboard.vtt")).await.assert_problem(404, "storyboard_not_ready");
        fixture.get(&path("storyboard-1.jpg")).await.assert_problem(404, "storyboard_not_ready");
        fixture.get(&path("preview.mp4")).await.assert_problem(404, "preview_not_ready");
        fixture.get(&path("poster-3.jpg")).await.assert_problem(404, "not_found");

        report(Happening::StoryboardComplete).await;
        report(Happening::PreviewComplete { size_bytes: 70_000 }).await;
        let video = fixture
            .video_when(&id, |video| {
                !video["preview_url"].is_null() && !video["storyboard_url"].is_null()
            })
            .await;
        assert_eq!(video["thumbnails"]["preview"]["size_bytes"], 70_000);
        let run = event(&id, Happening::StoryboardComplete).run;
        let media = &fixture.app.media;
        media.put(&run.poster_candidate(2), "another still", "image/jpeg").await.unwrap();
        media.put(&run.storyboard_sheet(2), "small stills", "image/jpeg").await.unwrap();
        media.put(&run.preview(), "a loop", "video/mp4").await.unwrap();
        let bytes = async |file| follow(&fixture.get(&path(file)).await).await.text().to_owned();
        assert_eq!(bytes("poster-2.jpg").await, "another still");
        assert_eq!(bytes("preview.mp4").await, "a loop");

        let storyboard = fixture.get(video["storyboard_url"].as_str().unwrap()).await;
        assert_eq!(storyboard.header("content-type"), Some("text/vtt; charset=utf-8"));
        let cue = "00:00:29.000 --> 00:00:30.000\nstoryboard-2.jpg#xywh=768,0,192,108\n";
        assert!(storyboard.text().ends_with(cue), "{}", storyboard.text());
        assert_eq!(bytes("storyboard-2.jpg").await, "small stills");
        fixture.get(&path("storyboard-3.jpg")).await.assert_problem(404, "not_found");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_plan_has_is_signed() {
    with_app(async |fixture| {
        let video = fixture.upload("", b"x").await;
        let id = video["id"].as_str().unwrap().to_owned();
        fixture.standins.report(&event(&id, started("480p"))).await;
        fixture.video_when(&id, |video| video["state"] == "processing").await;
        for name in [
            "480p/00010.m4s",
            "480p/00000.m4s",
            "480p/1.m4s",
            "480p/index.json",
            "480p/video.mp4",
            "1080p/00001.m4s",
            "1080p/init.mp4",
            "..%2F480p/init.mp4",
            "thumbnails/00001.m4s",
            "plan.json",
            "480p/00001.cc",
            "captions/cc1.vtt",
        ] {
            let reply = fixture.get(&format!("/v/{id}/{name}")).await;
            reply.assert_problem(404, "not_found");
        }
        fixture.get(&format!("/v/{id}/480p.mp4")).await.assert_problem(404, "mp4_not_ready");
        let other = "01890a5d-ac96-774b-bcce-b302099a80f7";
        for id in [other, "x"] {
            let reply = fixture.get(&format!("/v/{id}/480p/00001.m4s")).await;
            reply.assert_problem(404, "video_not_found");
        }
    })
    .await;
}
