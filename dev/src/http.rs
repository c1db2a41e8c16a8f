//! As much HTTP as `dev` needs on the loopback: readiness probes, small JSON answers, one upload.

use anyhow::{Context, Result, bail};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// A status code and the body.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.body).with_context(|| format!("no JSON: {}", self.body))
    }
}

/// `GET path`, all within about `timeout`.
pub fn get(address: SocketAddr, path: &str, timeout: Duration) -> Result<Answer> {
    let mut stream = connect(address, timeout)?;
    // HTTP/1.0: one answer, not chunked, and its end is the end of the stream.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    read_answer(stream)
}

/// `POST path` with a body of known length.
pub fn post(address: SocketAddr, path: &str, body: impl Read, length: u64) -> Result<Answer> {
    let mut stream = connect(address, Duration::from_secs(120))?;
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/octet-stream\r\nContent-Length: {length}\r\n\r\n"
    )?;
    let sent = std::io::copy(&mut body.take(length), &mut stream);
    // Who is refused early finds the reason in the answer, not in the broken pipe.
    read_answer(stream).or_else(|error| sent.map_err(Into::into).and(Err(error)))
}

fn connect(address: SocketAddr, timeout: Duration) -> Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    Ok(stream)
}

fn read_answer(mut stream: TcpStream) -> Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse_answer(&String::from_utf8_lossy(&bytes))
}

fn parse_answer(text: &str) -> Result<Answer> {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { bail!("no HTTP answer: {text:?}") };
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Ok(Answer { status: status.context("no HTTP status")?, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_status_and_body() {
        let answer = parse_answer("HTTP/1.0 201 Created\r\nA: b\r\n\r\n{\"id\":1}").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (201, "{\"id\":1}"));
        assert_eq!(answer.json().unwrap()["id"], 1);
    }

    #[test]
    fn a_cut_answer_is_an_error() {
        assert!(parse_answer("HTTP/1.1 200 OK\r\n").is_err());
        assert!(parse_answer("").is_err());
    }
}
