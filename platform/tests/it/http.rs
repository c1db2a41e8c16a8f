//! As much of HTTP as a test needs to play the browser.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Gets a plain `http:` URL and returns the status, the lower-cased head and the body.
pub(crate) async fn get(url: &str) -> (u16, String, Vec<u8>) {
    let rest = url.strip_prefix("http://").expect("a plain URL").to_owned();
    tokio::task::spawn_blocking(move || {
        let (host, path) = rest.split_once('/').unwrap_or((&rest, ""));
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let split = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..split]).to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, answer.split_off(split + 4))
    })
    .await
    .unwrap()
}
