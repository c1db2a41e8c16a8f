//! Bodies that arrive, and bodies that do not.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::{
    fixture::{Fixture, eventually, with_app},
    http,
};

const MIB: usize = 1024 * 1024;

/// Neither a record nor an object nor a part of one.
async fn nothing_is_left(fixture: &Fixture) {
    eventually("nothing is left of the upload", async || {
        let standins = &fixture.standins;
        (standins.items().await == 0
            && standins.open_uploads().await == 0
            && standins.raw_keys().await.is_empty())
        .then_some(())
    })
    .await;
}

/// The video's record is there and the store has parts of its file.
async fn is_under_way(fixture: &Fixture) {
    eventually("the upload is under way", async || {
        let standins = &fixture.standins;
        (standins.items().await == 1 && standins.open_uploads().await == 1).then_some(())
    })
    .await;
}

fn pattern(len: usize) -> Vec<u8> {
    // A prime: no part begins like another.
    (0..251).cycle().take(len).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_arrive_whole() {
    with_app(async |fixture| {
        let body = pattern(20 * MIB + 17);
        let video = fixture.upload("?title=Large", &body).await;
        assert_eq!(video["source"]["size_bytes"], body.len());
        let key = domain::keys::source(video["id"].as_str().unwrap().parse().unwrap());
        assert!(fixture.app.raw.bytes(&key).await.unwrap() == body);
        assert_eq!(fixture.standins.open_uploads().await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chunked_bodies_arrive_whole() {
    with_app(async |fixture| {
        let headers =
            [("Host", "localhost"), ("Transfer-Encoding", "chunked"), ("Connection", "close")];
        let path = "/api/videos?filename=stream.ts";
        let mut connection = http::open(fixture.addr, "POST", path, &headers).await;
        let body = pattern(9 * MIB);
        for chunk in body.chunks(700_000) {
            connection.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
            connection.write_all(chunk).await.unwrap();
            connection.write_all(b"\r\n").await.unwrap();
        }
        connection.write_all(b"0\r\n\r\n").await.unwrap();
        let reply = http::reply(connection).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let video = reply.json();
        let id = video["id"].as_str().unwrap();
        assert_eq!(reply.header("location"), Some(format!("/api/videos/{id}").as_str()));
        assert_eq!(video["title"], "stream");
        let key = domain::keys::source(id.parse().unwrap());
        assert!(fixture.app.raw.bytes(&key).await.unwrap() == body);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_bodies_are_refused() {
    with_app(async |fixture| {
        let post = async |headers: &[(&str, &str)], body: &[u8]| {
            http::ask_with(fixture.addr, "POST", "/api/videos", headers, body).await
        };
        post(&[], b"").await.assert_problem(400, "empty_body");
        post(&[("Content-Length", "0")], b"").await.assert_problem(400, "empty_body");
        let headers =
            [("Host", "localhost"), ("Transfer-Encoding", "chunked"), ("Connection", "close")];
        let mut chunked = http::open(fixture.addr, "POST", "/api/videos", &headers).await;
        chunked.write_all(b"0\r\n\r\n").await.unwrap();
        http::reply(chunked).await.assert_problem(400, "empty_body");
        nothing_is_left(fixture).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_shorter_than_announced_leaves_nothing() {
    with_app(async |fixture| {
        let length = (30 * MIB).to_string();
        let headers = [("Host", "localhost"), ("Content-Length", &length), ("Connection", "close")];
        let mut connection = http::open(fixture.addr, "POST", "/api/videos", &headers).await;
        connection.write_all(&pattern(18 * MIB)).await.unwrap();
        is_under_way(fixture).await;
        connection.shutdown().await.unwrap();
        nothing_is_left(fixture).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_connection_leaves_nothing() {
    with_app(async |fixture| {
        let chunked = [("Host", "localhost"), ("Transfer-Encoding", "chunked")];
        let length = (30 * MIB).to_string();
        let announced = [("Host", "localhost"), ("Content-Length", length.as_str())];
        let body = pattern(18 * MIB);
        let size = format!("{:x}\r\n", body.len());
        for (headers, size) in [(chunked, size.as_str()), (announced, "")] {
            let mut connection = http::open(fixture.addr, "POST", "/api/videos", &headers).await;
            connection.write_all(size.as_bytes()).await.unwrap();
            connection.write_all(&body).await.unwrap();
            connection.write_all(if size.is_empty() { b"" } else { b"\r\n" }).await.unwrap();
            is_under_way(fixture).await;
            connection.set_zero_linger().unwrap();
            drop(connection);
            nothing_is_left(fixture).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_uploads_cleanly() {
    with_app(async |fixture| {
        let length = (30 * MIB).to_string();
        let headers = [("Host", "localhost"), ("Content-Length", &length), ("Connection", "close")];
        let mut connection = http::open(fixture.addr, "POST", "/api/videos", &headers).await;
        connection.write_all(&pattern(18 * MIB)).await.unwrap();
        is_under_way(fixture).await;
        fixture.app.last_call.cancel();
        http::reply(connection).await.assert_problem(503, "stopping");
        nothing_is_left(fixture).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_wrong_is_refused() {
    with_app(async |fixture| {
        let post = async |query: &str, headers: &[(&str, &str)]| {
            let path = format!("/api/videos{query}");
            http::ask_with(fixture.addr, "POST", &path, headers, b"some bytes").await
        };
        let long = "x".repeat(201);
        post(&format!("?title={long}"), &[]).await.assert_problem(400, "title_too_long");
        post("?title=a%0Ab", &[]).await.assert_problem(400, "title_invalid");
        let long = "x".repeat(256);
        post(&format!("?filename={long}"), &[]).await.assert_problem(400, "filename_too_long");
        post("?title=a&title=b", &[]).await.assert_problem(400, "invalid_query");
        let form = [("Content-Type", "multipart/form-data; boundary=x")];
        post("", &form).await.assert_problem(415, "multipart_not_supported");
        let huge = [("Content-Length", "5497558138881"), ("Expect", "100-continue")];
        post("", &huge).await.assert_problem(413, "file_too_large");
        nothing_is_left(fixture).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_body_does_not_hide_the_answer() {
    with_app(async |fixture| {
        let path = format!("/api/videos?title={}", "x".repeat(201));
        let body = pattern(10 * MIB);
        let reply = http::ask_with(fixture.addr, "POST", &path, &[], &body).await;
        reply.assert_problem(400, "title_too_long");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn file_names_are_no_paths() {
    with_app(async |fixture| {
        let video = fixture.upload("?filename=..%2F..%2Fetc%2Fpasswd.mp4", b"x").await;
        assert_eq!(video["source"]["filename"], "passwd.mp4");
        assert_eq!(video["title"], "passwd");
        let id = video["id"].as_str().unwrap();
        let key = domain::keys::source(id.parse().unwrap());
        assert_eq!(fixture.standins.raw_keys().await, [key], "a key has nothing of the name");
        let video = fixture.upload("?filename=..", b"x").await;
        assert_eq!(video["source"]["filename"], serde_json::Value::Null);
        assert_eq!(video["title"], "Untitled");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_that_asks_first_gets_its_answer() {
    with_app(async |fixture| {
        let headers = [
            ("Host", "localhost"),
            ("Content-Length", "3"),
            ("Expect", "100-continue"),
            ("Connection", "close"),
        ];
        let mut connection = http::open(fixture.addr, "POST", "/api/videos", &headers).await;
        let mut interim = [0; 25];
        let read = tokio::io::AsyncReadExt::read_exact(&mut connection, &mut interim);
        tokio::time::timeout(Duration::from_secs(10), read).await.unwrap().unwrap();
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        connection.write_all(b"abc").await.unwrap();
        assert_eq!(http::reply(connection).await.status, 201);
    })
    .await;
}
