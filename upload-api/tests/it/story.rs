//! One video from its upload to its deletion, as a client sees it.

use std::time::Duration;

use domain::{Happening, ProgressEvent, keys};
use serde_json::{Value, json};

use crate::{
    fixture::{eventually, with_app},
    http,
    sample::{complete, event, mp4, segments, started},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_video_walks_the_whole_way() {
    with_app(async |fixture| {
        let standins = &fixture.standins;
        let video = fixture.upload("?title=My%20clip&filename=clip.mp4", b"not a real clip").await;
        let id = video["id"].as_str().unwrap().to_owned();
        assert_eq!(video["state"], "uploaded");
        assert_eq!(video["title"], "My clip");
        assert_eq!(video["owner_id"], "local");
        assert_eq!(video["source"]["filename"], "clip.mp4");
        assert_eq!(video["source"]["size_bytes"], 15);
        assert_eq!(video["renditions"], json!([]));
        assert_eq!(video["playlist_url"], json!(null));

        let job = standins.next_job(Duration::from_secs(10)).await.expect("a job is published");
        assert_eq!(job["task"], "make");
        assert_eq!(job["video_id"], id.as_str());
        assert_eq!(job["source"]["size_bytes"], 15);
        let key = job["source"]["key"].as_str().unwrap();
        let object = fixture.app.raw.head(key).await.unwrap();
        assert_eq!(job["source"]["etag"], object.etag.as_str());

        let master = format!("/v/{id}/master.m3u8");
        fixture.get(&master).await.assert_problem(404, "not_playable_yet");

        let report = async |happening| standins.report(&event(&id, happening)).await;
        report(started("audio")).await;
        report(started("480p")).await;
        let video = fixture.video_when(&id, |video| video["state"] == "processing").await;
        assert_eq!(video["duration_seconds"], 30.0);
        assert_eq!(video["source"]["video_codec"], "h264");
        assert_eq!(video["source"]["frame_rate"], 30.0);
        let names: Vec<_> = video["renditions"].as_array().unwrap().iter().collect();
        let names: Vec<_> = names.iter().map(|r| r["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["audio", "480p", "720p", "1080p"], "in the ladder's order");
        let skipped = &video["renditions"][3];
        assert_eq!(skipped["state"], "skipped");
        assert_eq!(skipped["reason"]["code"], "source_too_small");

        report(segments("480p", 2)).await;
        report(segments("audio", 4)).await;
        let video = fixture.video_when(&id, |video| video["state"] == "playable").await;
        assert_eq!(video["playlist_url"], master.as_str());
        let reply = fixture.get(&master).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/vnd.apple.mpegurl"));
        assert_eq!(reply.header("cache-control"), Some("no-cache"));
        assert!(reply.text().contains("\n480p.m3u8\n"), "{}", reply.text());
        let playlist = fixture.get(&format!("/v/{id}/480p.m3u8")).await;
        assert!(playlist.text().ends_with("480p/00002.m4s\n"), "{}", playlist.text());
        assert!(!playlist.text().contains("ENDLIST"));
        let manifest = format!("/v/{id}/manifest.mpd");
        fixture.get(&manifest).await.assert_problem(404, "manifest_not_ready");

        for happening in [
            complete("audio"),
            complete("480p"),
            complete("720p"),
            mp4("480p"),
            mp4("720p"),
            Happening::ThumbnailsComplete,
        ] {
            report(happening).await;
        }
        let video = fixture.video_when(&id, |video| video["state"] == "ready").await;
        assert_eq!(video["renditions"][1]["mp4_url"], format!("/v/{id}/480p.mp4"));
        assert_eq!(video["renditions"][1]["mp4_size_bytes"], 9999);
        assert_eq!(video["poster_url"], format!("/v/{id}/poster.jpg"));
        let playlist = fixture.get(&format!("/v/{id}/480p.m3u8")).await;
        assert!(playlist.text().ends_with("480p/00009.m4s\n#EXT-X-ENDLIST\n"));
        assert_eq!(playlist.header("cache-control"), Some("private, max-age=60"));
        let manifest = fixture.get(&manifest).await;
        assert_eq!(manifest.header("content-type"), Some("application/dash+xml"));
        assert!(manifest.text().contains("mediaPresentationDuration=\"PT30.000S\""));

        let run = event(&id, Happening::ThumbnailsComplete).run;
        fixture.app.media.put(&run.poster(), "a poster", "image/jpeg").await.unwrap();
        let deleted = http::ask(fixture.addr, "DELETE", &format!("/api/videos/{id}")).await;
        assert_eq!((deleted.status, deleted.body.len()), (204, 0));
        fixture.get(&format!("/api/videos/{id}")).await.assert_problem(404, "video_not_found");
        // What was owed to those who listen is told to nobody, and goes.
        eventually("no item is left", async || (standins.items().await == 0).then_some(())).await;
        assert_eq!(standins.raw_keys().await, Vec::<String>::new());
        let left = fixture.app.media.list("").await.unwrap();
        let left: Vec<_> = left.into_iter().map(|object| object.key).collect();
        assert_eq!(left, [keys::tombstone(id.parse().unwrap())], "nothing but the tombstone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_file_says_why() {
    with_app(async |fixture| {
        let video = fixture.upload("?filename=letter.txt", b"Dear Sirs").await;
        let id = video["id"].as_str().unwrap().to_owned();
        assert_eq!(video["title"], "letter");
        let reason = domain::Reason::unreadable();
        fixture.standins.report(&event(&id, Happening::Rejected { reason })).await;
        let video = fixture.video_when(&id, |video| video["state"] == "rejected").await;
        assert_eq!(video["reason"]["code"], "unreadable");
        assert!(!video["reason"]["message"].as_str().unwrap().is_empty());
        let reply = fixture.get(&format!("/v/{id}/master.m3u8")).await;
        reply.assert_problem(404, "not_playable");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_rung_leaves_a_partial_video() {
    with_app(async |fixture| {
        let video = fixture.upload("", b"bytes").await;
        let id = video["id"].as_str().unwrap().to_owned();
        let failed =
            Happening::Failed { rendition: "720p".into(), reason: domain::Reason::gave_up(5) };
        for happening in [
            started("480p"),
            complete("audio"),
            complete("480p"),
            mp4("480p"),
            failed,
            Happening::ThumbnailsFailed { reason: domain::Reason::gave_up(5) },
        ] {
            fixture.standins.report(&event(&id, happening)).await;
        }
        let video = fixture.video_when(&id, |video| video["state"] == "partial").await;
        assert_eq!(video["reason"]["code"], "gave_up");
        let failed = &video["renditions"][2];
        assert_eq!((&failed["name"], &failed["state"]), (&json!("720p"), &json!("failed")));
        assert_eq!(failed["mp4_state"], "skipped", "without its rung there is no MP4");
        assert_eq!(failed["playlist_url"], json!(null));
        assert_eq!(video["poster_url"], json!(null));
        let master = fixture.get(&format!("/v/{id}/master.m3u8")).await;
        assert!(!master.text().contains("720p"), "{}", master.text());
        fixture.get(&format!("/v/{id}/720p.m3u8")).await.assert_problem(404, "not_made");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_events_do_not_stop_the_others() {
    with_app(async |fixture| {
        let standins = &fixture.standins;
        let video = fixture.upload("", b"bytes").await;
        let id = video["id"].as_str().unwrap().to_owned();
        standins.report_text("{\"no\": \"event\"}").await;
        let unknown = "01890a5d-ac96-774b-bcce-b302099a80f7";
        standins.report(&event(unknown, started("480p"))).await;
        let mut older: ProgressEvent = event(&id, Happening::ThumbnailsComplete);
        older.run.generation = 0;
        standins.report(&older).await;
        standins.report(&event(&id, started("480p"))).await;
        standins.report(&event(&id, started("480p"))).await;

        let video = fixture.video_when(&id, |video| video["state"] == "processing").await;
        assert_eq!(video["thumbnails"]["state"], "pending", "an older making is ignored");
        fixture.get(&format!("/api/videos/{unknown}")).await.assert_problem(404, "video_not_found");
        let letter = eventually("a letter", async || {
            let list = fixture.get("/api/pipeline/dead-letters?queue=catalog").await.json();
            list["letters"].get(0).cloned()
        })
        .await;
        assert_eq!((&letter["task"], &letter["video_id"]), (&Value::Null, &Value::Null));
        assert_eq!(letter["reason"]["code"], "unreadable_message");
    })
    .await;
}
