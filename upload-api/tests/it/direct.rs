//! Uploads in parts, straight to the bucket.

mod listed;

use std::{net::SocketAddr, time::Duration};

use domain::{VideoId, keys};
use futures::future::join_all;
use serde_json::{Value, json};
use upload_api::sweeper::sweep_once;

use crate::{
    fixture::{Fixture, with_app, with_settings},
    http::{self, Reply},
};

const MIB: usize = 1 << 20;
const LATER: u64 = 4_000_000_000;

fn pattern(len: usize) -> Vec<u8> {
    // A prime: no part begins like another.
    (0..251).cycle().take(len).collect()
}

async fn begin(fixture: &Fixture, more: &Value) -> Value {
    let mut new = json!({"filename": "clip.mp4"});
    new.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let reply = fixture.post("/api/uploads", &new).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let upload = reply.json();
    let path = path(&upload, "");
    assert_eq!(reply.header("location"), Some(path.as_str()));
    upload
}

fn path(upload: &Value, more: &str) -> String {
    format!("/api/uploads/{}{more}", upload["id"].as_str().unwrap())
}

fn id(upload: &Value) -> VideoId {
    upload["video_id"].as_str().unwrap().parse().unwrap()
}

/// URLs of parts, in that order.
async fn sign(fixture: &Fixture, upload: &Value, wanted: &Value) -> Vec<Value> {
    let reply = fixture.post(&path(upload, "/parts"), wanted).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["parts"].as_array().unwrap().clone()
}

/// Sends bytes to where a part is to go.
async fn put(part: &Value, bytes: &[u8]) -> Reply {
    let url = part["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let (host, path) = url.split_once('/').unwrap();
    let addr: SocketAddr = tokio::net::lookup_host(host).await.unwrap().next().unwrap();
    let mut headers = vec![("Host", host)];
    for (name, value) in part["headers"].as_object().unwrap() {
        headers.push((name, value.as_str().unwrap()));
    }
    http::ask_with(addr, "PUT", &format!("/{path}"), &headers, bytes).await
}

/// Sends these parts of a file.
async fn send(fixture: &Fixture, upload: &Value, file: &[u8], numbers: &[usize]) {
    let size = usize::try_from(upload["part_size_bytes"].as_u64().unwrap()).unwrap();
    for part in sign(fixture, upload, &json!({"numbers": numbers})).await {
        let number = usize::try_from(part["number"].as_u64().unwrap()).unwrap();
        let bytes = file.chunks(size).nth(number - 1).unwrap();
        let reply = put(&part, bytes).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert!(reply.header("etag").is_some());
    }
}

async fn complete(fixture: &Fixture, upload: &Value) -> Reply {
    http::ask(fixture.addr, "POST", &path(upload, "/complete")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_parts_becomes_a_video() {
    with_app(async |fixture| {
        let file = pattern(17 * MIB + 5);
        let upload = begin(
            fixture,
            &json!({
                "size_bytes": file.len(), "content_type": "video/mp4", "fingerprint": "f-1",
                "visibility": "unlisted", "filename": "../a/clip.final.mp4",
            }),
        )
        .await;
        assert_eq!(upload["state"], "open");
        assert_eq!(upload["part_size_bytes"], 8 * MIB);
        assert_eq!(upload["part_count"], 3);
        assert_eq!(upload["filename"], "clip.final.mp4");
        assert_eq!(upload["title"], "clip.final");
        assert_eq!((&upload["fingerprint"], &upload["checksum"]), (&json!("f-1"), &Value::Null));
        let video_id = upload["video_id"].as_str().unwrap();
        assert_eq!(fixture.video(video_id).await["state"], "uploading");
        let open = fixture.get("/api/uploads").await.json();
        assert_eq!(open, json!({"uploads": [upload], "next_cursor": null}));

        // In no order, and after a break: whoever comes back asks what is there.
        send(fixture, &upload, &file, &[3, 1]).await;
        let status = fixture.get(&path(&upload, "")).await.json();
        let parts = status["parts"].as_array().unwrap();
        let sizes: Vec<_> =
            parts.iter().map(|part| (&part["number"], part["size_bytes"].clone())).collect();
        assert_eq!(sizes, [(&json!(1), json!(8 * MIB)), (&json!(3), json!(MIB + 5))]);
        assert_eq!(status["next_cursor"], Value::Null);
        complete(fixture, &upload).await.assert_problem(409, "parts_missing");
        send(fixture, &upload, &file, &[2]).await;

        let first = complete(fixture, &upload).await;
        assert_eq!(first.status, 200, "{}", first.text());
        assert_eq!(first.json()["state"], "complete");
        let again = complete(fixture, &upload).await;
        assert_eq!(again.text(), first.text(), "the same answer");
        let video = fixture.video(video_id).await;
        assert_eq!(video["state"], "uploaded");
        assert_eq!(video["visibility"], "unlisted");
        assert_eq!(video["source"]["size_bytes"], file.len());
        let job = fixture.standins.next_job(Duration::from_secs(10)).await.expect("a job");
        assert_eq!(job["video_id"], video_id);
        assert_eq!(fixture.standins.next_job(Duration::from_secs(1)).await, None, "one job");
        assert!(fixture.app.raw.bytes(&keys::source(id(&upload))).await.unwrap() == file);
        assert_eq!(fixture.standins.open_uploads().await, 0);
        let open = fixture.get("/api/uploads").await.json();
        assert_eq!(open["uploads"], json!([]), "not open any more");
        let status = fixture.get(&path(&upload, "")).await.json();
        assert_eq!((&status["state"], &status["parts"]), (&json!("complete"), &json!([])));
        let sign = fixture.post(&path(&upload, "/parts"), &json!({"numbers": [1]})).await;
        sign.assert_problem(409, "upload_complete");
        let abort = http::ask(fixture.addr, "DELETE", &path(&upload, "")).await;
        abort.assert_problem(409, "upload_complete");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_complete_at_once_get_one_video() {
    with_app(async |fixture| {
        let file = pattern(8 * MIB + 1);
        let upload = begin(fixture, &json!({"size_bytes": file.len()})).await;
        send(fixture, &upload, &file, &[1, 2]).await;
        let replies = join_all((0..4).map(|_| complete(fixture, &upload))).await;
        for reply in &replies {
            assert_eq!((reply.status, reply.text()), (200, replies[0].text()));
        }
        assert!(fixture.standins.next_job(Duration::from_secs(10)).await.is_some());
        assert_eq!(fixture.standins.next_job(Duration::from_secs(1)).await, None, "one job");
        assert!(fixture.app.raw.bytes(&keys::source(id(&upload))).await.unwrap() == file);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_died_in_the_middle_of_completing_is_followed() {
    with_app(async |fixture| {
        // As the store has it when we die before the catalogue hears of it.
        let put_together = async || {
            let upload = begin(fixture, &json!({"size_bytes": 3})).await;
            send(fixture, &upload, b"abc", &[1]).await;
            let entry = fixture.app.catalogue.find_entry(id(&upload)).await.unwrap().unwrap();
            let multipart_id = entry.upload.unwrap().multipart_id;
            let direct = fixture.app.raw.direct(&keys::source(id(&upload)), &multipart_id, None);
            let parts = direct.all_parts().await.unwrap();
            direct.complete(&parts).await.unwrap();
            upload
        };
        let upload = put_together().await;
        let status = fixture.get(&path(&upload, "")).await;
        assert_eq!((status.status, &status.json()["parts"]), (200, &json!([])));
        assert_eq!(complete(fixture, &upload).await.status, 200);
        assert_eq!(fixture.video(upload["id"].as_str().unwrap()).await["state"], "uploaded");

        let upload = put_together().await;
        let claim = |entry: &mut upload_api::catalogue::Entry| {
            entry.upload.as_mut().unwrap().state = domain::UploadState::Completing;
            let owed = upload_api::catalogue::Owed::Complete;
            entry.due = Some(upload_api::catalogue::Due { owed, at: 1 });
        };
        fixture.app.catalogue.update(id(&upload), claim).await.unwrap();
        sweep_once(&fixture.app, 2).await.unwrap();
        assert_eq!(fixture.video(upload["id"].as_str().unwrap()).await["state"], "uploaded");
        let status = fixture.get(&path(&upload, "")).await.json();
        assert_eq!(status["state"], "complete");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_upload_leaves_nothing() {
    with_app(async |fixture| {
        let file = pattern(8 * MIB + 1);
        let upload = begin(fixture, &json!({"size_bytes": file.len()})).await;
        let parts = sign(fixture, &upload, &json!({"numbers": [1, 2]})).await;
        assert_eq!(put(&parts[0], &file[..8 * MIB]).await.status, 200);
        let abort = http::ask(fixture.addr, "DELETE", &path(&upload, "")).await;
        assert_eq!(abort.status, 204, "{}", abort.text());
        let late = put(&parts[1], &file[8 * MIB..]).await;
        assert_eq!(late.status, 404, "{}", late.text());
        for method in ["DELETE", "GET"] {
            let reply = http::ask(fixture.addr, method, &path(&upload, "")).await;
            reply.assert_problem(404, "upload_not_found");
        }
        complete(fixture, &upload).await.assert_problem(404, "upload_not_found");
        assert_eq!(fixture.standins.open_uploads().await, 0);
        assert!(fixture.standins.raw_keys().await.is_empty());
        assert_eq!(fixture.get("/api/videos").await.json()["videos"], json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_completes_expires_with_its_parts() {
    with_app(async |fixture| {
        let upload = begin(fixture, &json!({"size_bytes": 9})).await;
        send(fixture, &upload, b"123456789", &[1]).await;
        sweep_once(&fixture.app, LATER).await.unwrap();
        let status = fixture.get(&path(&upload, "")).await.json();
        assert_eq!(status["state"], "expired");
        let video = fixture.video(upload["id"].as_str().unwrap()).await;
        assert_eq!(
            (&video["state"], &video["reason"]["code"]),
            (&json!("expired"), &json!("upload_expired"))
        );
        assert_eq!(fixture.standins.open_uploads().await, 0);
        assert!(fixture.app.catalogue.due(LATER, 10).await.unwrap().is_empty());
        complete(fixture, &upload).await.assert_problem(410, "upload_expired");
        let sign = fixture.post(&path(&upload, "/parts"), &json!({"numbers": [1]})).await;
        sign.assert_problem(410, "upload_expired");
        assert_eq!(fixture.get("/api/uploads").await.json()["uploads"], json!([]));

        // The bucket's lifecycle rule, or somebody's hand.
        let upload = begin(fixture, &json!({"size_bytes": 9})).await;
        let entry = fixture.app.catalogue.find_entry(id(&upload)).await.unwrap().unwrap();
        let multipart_id = entry.upload.unwrap().multipart_id;
        let key = keys::source(id(&upload));
        fixture.app.raw.direct(&key, &multipart_id, None).abort().await.unwrap();
        complete(fixture, &upload).await.assert_problem(410, "upload_expired");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_takes_its_part_and_nothing_else() {
    with_app(async |fixture| {
        let upload = begin(fixture, &json!({"size_bytes": 10})).await;
        let part = &sign(fixture, &upload, &json!({"numbers": [1]})).await[0];
        assert_eq!((&part["number"], &part["size_bytes"]), (&json!(1), &json!(10)));
        let short = put(part, b"123456789").await;
        assert_eq!(short.status, 403, "another length is not signed: {}", short.text());
        complete(fixture, &upload).await.assert_problem(409, "parts_missing");
        let mut other = part.clone();
        other["url"] = part["url"].as_str().unwrap().replace("partNumber=1", "partNumber=2").into();
        assert_eq!(put(&other, b"1234567890").await.status, 403);
        assert_eq!(put(part, b"1234567890").await.status, 200);
        assert_eq!(put(part, b"0987654321").await.status, 200, "the last try counts");
        assert_eq!(complete(fixture, &upload).await.status, 200);
        let stored = fixture.app.raw.bytes(&keys::source(id(&upload))).await.unwrap();
        assert_eq!(&stored[..], b"0987654321");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn checksums_guard_parts() {
    with_app(async |fixture| {
        // Of "abc".
        for (kind, sum) in
            [("sha256", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="), ("crc32c", "Nks/tw==")]
        {
            let upload = begin(fixture, &json!({"size_bytes": 3, "checksum": kind})).await;
            assert_eq!(upload["checksum"], kind);
            let without = fixture.post(&path(&upload, "/parts"), &json!({"numbers": [1]})).await;
            without.assert_problem(400, "invalid_checksum");
            let wanted = json!({"numbers": [1], "checksums": {"1": sum}});
            let part = &sign(fixture, &upload, &wanted).await[0];
            assert_eq!(part["headers"][format!("x-amz-checksum-{kind}")], sum);
            let damaged = put(part, b"abx").await;
            assert_eq!(damaged.status, 400, "{kind}: {}", damaged.text());
            let reply = put(part, b"abc").await;
            assert_eq!(reply.status, 200, "{kind}: {}", reply.text());
            let mut reply = complete(fixture, &upload).await;
            if reply.status == 409 {
                // Not every store lists what it compares.
                reply.assert_problem(409, "checksums_missing");
                let path = path(&upload, "/complete");
                let wrong = json!({"checksums": {"1": format!("A{}", &sum[1..])}});
                assert_ne!(fixture.post(&path, &wrong).await.status, 200, "{kind}");
                reply = fixture.post(&path, &json!({"checksums": {"1": sum}})).await;
            }
            assert_eq!(reply.status, 200, "{kind}: {}", reply.text());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_evidently_no_video_is_rejected_at_the_door() {
    with_app(async |fixture| {
        let file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        let upload = begin(fixture, &json!({"size_bytes": file.len()})).await;
        send(fixture, &upload, file, &[1]).await;
        assert_eq!(complete(fixture, &upload).await.status, 200);
        let streamed = fixture.upload("", file).await;
        let id = upload["video_id"].as_str().unwrap();
        for video in [streamed, fixture.video(id).await] {
            assert_eq!(video["state"], "rejected");
            assert_eq!(video["reason"]["code"], "unreadable");
        }
        assert_eq!(fixture.standins.next_job(Duration::from_secs(1)).await, None);
        assert!(fixture.app.catalogue.due(LATER, 10).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_wrong_is_refused() {
    let limit = |args: &mut upload_api::PartsArgs| args.uploads.max_file_bytes = 1000;
    with_settings(limit, async |fixture| {
        for (new, status, code) in [
            (json!({"size_bytes": 0}), 400, "empty_file"),
            (json!({"size_bytes": 1001}), 413, "file_too_large"),
            (json!({"size_bytes": -1}), 422, "invalid_body"),
            (json!({}), 422, "invalid_body"),
            (json!({"size_bytes": 1, "titel": "x"}), 422, "invalid_body"),
            (json!({"size_bytes": 1, "checksum": "md5"}), 422, "invalid_body"),
            (json!({"size_bytes": 1, "title": "x".repeat(201)}), 400, "title_too_long"),
            (json!({"size_bytes": 1, "filename": "x".repeat(256)}), 400, "filename_too_long"),
            (json!({"size_bytes": 1, "fingerprint": "x".repeat(201)}), 400, "note_invalid"),
            (json!({"size_bytes": 1, "content_type": "a\nb"}), 400, "note_invalid"),
        ] {
            fixture.post("/api/uploads", &new).await.assert_problem(status, code);
        }
        let upload = begin(fixture, &json!({"size_bytes": 1000})).await;
        for numbers in [json!([]), json!([0]), json!([2]), json!(vec![1; 101])] {
            let wanted = json!({"numbers": numbers});
            let reply = fixture.post(&path(&upload, "/parts"), &wanted).await;
            reply.assert_problem(400, "invalid_part_numbers");
        }
        for id in ["01890a5d-ac96-774b-bcce-b302099a80f7", "x"] {
            fixture
                .get(&format!("/api/uploads/{id}"))
                .await
                .assert_problem(404, "upload_not_found");
        }
        // A streamed upload has no parts to ask for.
        let video = fixture.upload("", b"x").await;
        let reply = fixture.get(&path(&video, "")).await;
        reply.assert_problem(404, "upload_not_found");
        let large = http::ask_with(fixture.addr, "POST", "/api/videos", &[], &[0; 1001]).await;
        large.assert_problem(413, "file_too_large");
    })
    .await;
}
