//! An HTTP/1.1 client that can also misbehave.

use std::{net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// Nothing in these tests takes longer, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All values of a header that may come more than once.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// Checks that this is a problem in the form that RFC 9457 gives it.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["code"], code);
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], "about:blank");
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
}

/// Asks and waits for the whole answer.
pub async fn ask(addr: SocketAddr, method: &str, path: &str) -> Reply {
    ask_with(addr, method, path, &[], b"").await
}

/// The same with headers and a body, whose length is told if it has any.
pub async fn ask_with(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    let length = body.len().to_string();
    let mut all = vec![("Host", "localhost"), ("Connection", "close")];
    if !body.is_empty() {
        all.push(("Content-Length", &length));
    }
    all.retain(|(name, _)| !headers.iter().any(|(own, _)| own == name));
    all.extend_from_slice(headers);
    let mut connection = open(addr, method, path, &all).await;
    // A server that refuses early may have stopped reading.
    let _answered_early = connection.write_all(body).await;
    reply(connection).await
}

/// Sends a head and leaves the rest to the caller.
pub async fn open(
    addr: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> TcpStream {
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += "\r\n";
    let mut connection = TcpStream::connect(addr).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection
}

/// Reads the answer up to its end, which is the connection's.
pub async fn reply(connection: TcpStream) -> Reply {
    let mut reader = BufReader::new(connection);
    let (status, headers) = timeout(PATIENCE, head(&mut reader)).await.expect("an answer in time");
    let mut body = Vec::new();
    if headers.contains(&("content-type".to_owned(), "text/event-stream".to_owned())) {
        return Reply { status, headers, body }; // which has no end
    }
    timeout(PATIENCE, reader.read_to_end(&mut body)).await.expect("all of it").unwrap();
    let mut reply = Reply { status, headers, body };
    if reply.header("transfer-encoding") == Some("chunked") {
        reply.body = unchunked(&reply.body);
    }
    reply
}

async fn head(reader: &mut BufReader<TcpStream>) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    reader.read_line(&mut line).await.unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no status in {line:?}"));
    let status = status.parse().unwrap();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).await.unwrap();
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
            None => return (status, headers),
        }
    }
}

fn unchunked(mut chunked: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunked.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&chunked[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.extend_from_slice(&chunked[end + 2..end + 2 + size]);
        chunked = &chunked[end + 2 + size + 2..];
    }
    body
}

/// A stream of server-sent events.
pub struct EventStream {
    lines: BufReader<TcpStream>,
}

/// One of them.
#[derive(Debug, Default, PartialEq)]
pub struct SentEvent {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

impl EventStream {
    pub async fn open(addr: SocketAddr, path: &str, last_id: Option<&str>) -> Self {
        let mut headers = vec![("Host", "localhost")];
        headers.extend(last_id.map(|id| ("Last-Event-ID", id)));
        let mut lines = BufReader::new(open(addr, "GET", path, &headers).await);
        let (status, headers) = head(&mut lines).await;
        assert_eq!(status, 200);
        let kind = headers.iter().find(|(name, _)| name == "content-type").unwrap();
        assert_eq!(kind.1, "text/event-stream");
        Self { lines }
    }

    /// The next event; `None` when the stream ends or nothing comes in that time.
    pub async fn next(&mut self, patience: Duration) -> Option<SentEvent> {
        timeout(patience, self.read()).await.ok().flatten()
    }

    async fn read(&mut self) -> Option<SentEvent> {
        let mut event = SentEvent::default();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("event", name)) => name.clone_into(&mut event.name),
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                None if line.trim().is_empty() && !event.name.is_empty() => return Some(event),
                _ => {} // sizes of chunks, comments, retry
            }
        }
    }
}
