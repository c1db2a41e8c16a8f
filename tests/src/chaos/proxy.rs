//! A proxy in front of the stand-ins that passes requests on as they come, streaming, unless the
//! weather has something else in mind for them.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, BodyStream, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::{Body as _, Frame, Incoming},
    header::{self, HeaderValue},
    http::request::Parts,
    service::service_fn,
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use tokio::{net::TcpListener, time::sleep};

use super::faults::{Fault, Service, Weather};

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// No request to a queue or table is larger; objects are not held.
const MOST_BYTES: usize = 4 << 20;
/// How often a delayed message is sent to a stand-in that is away.
const TRIES: u32 = 120;

/// What both lines share.
pub(crate) struct Sky {
    seed: u64,
    weather: Mutex<Weather>,
    asked: [AtomicU64; 4],
    counted: Mutex<Counts>,
}

/// What was seen on the way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Faults by service and name.
    pub(crate) faults: BTreeMap<(Service, &'static str), u64>,
    /// Segments that were made although they were stored already.
    pub(crate) made_twice: Vec<String>,
}

impl Sky {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self {
            seed,
            weather: Mutex::new(Weather::calm()),
            asked: Default::default(),
            counted: Mutex::default(),
        })
    }

    pub(crate) fn set(&self, weather: Weather) {
        *lock(&self.weather) = weather;
    }

    pub(crate) fn counts(&self) -> Counts {
        lock(&self.counted).clone()
    }

    fn fault(&self, service: Service) -> Option<Fault> {
        let number = self.asked[service as usize].fetch_add(1, Relaxed);
        lock(&self.weather).fault(self.seed, service, number)
    }

    fn count(&self, service: Service, fault: Fault) {
        *lock(&self.counted).faults.entry((service, fault.name())).or_default() += 1;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One listener and what lies behind it.
struct Line {
    sky: Arc<Sky>,
    upstream: Uri,
    client: Client<HttpConnector, Body>,
}

/// Listens on loopback in front of `upstream`, for as long as the process lives, and returns the URL.
///
/// # Errors
/// If there is no port, or `upstream` is no URL.
pub(crate) async fn listen(sky: Arc<Sky>, upstream: &str) -> anyhow::Result<String> {
    let upstream: Uri = upstream.parse().context("a stand-in's URL")?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let url = format!("http://{}", listener.local_addr()?);
    // A kept connection would die with a stand-in and take an innocent request along.
    let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http();
    let line = Arc::new(Line { sky, upstream, client });
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let line = line.clone();
            tokio::spawn(async move {
                let answer = service_fn(|request| line.clone().answer(request));
                let server = hyper::server::conn::http1::Builder::new();
                // That connections end badly is the point.
                let _ended = server.serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    });
    Ok(url)
}

impl Line {
    /// An error cuts the connection.
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let service = service_of(request.headers());
        let Some(fault) = self.sky.fault(service) else { return self.pass(request).await };
        // Only these two concern messages, of which most requests are none.
        if !matches!(fault, Fault::Twice(_) | Fault::Late(_)) {
            self.sky.count(service, fault);
        }
        match fault {
            Fault::Refused(status) => refusal(service, status),
            Fault::Slow(by) => {
                sleep(by).await;
                self.pass(request).await
            }
            Fault::Mute(by) => {
                sleep(by).await;
                Err(dead())
            }
            Fault::Unanswered => {
                drain(self.pass(request).await?).await?;
                Err(dead())
            }
            Fault::Denied => {
                drain(self.pass(request).await?).await?;
                refusal(service, 500)
            }
            Fault::Torn => Ok(self.pass(request).await?.map(torn)),
            Fault::Half => {
                let (parts, body) = request.into_parts();
                let half = torn(body.map_err(io::Error::other).boxed_unsync());
                let _ends_badly = self.send(parts, half).await;
                Err(dead())
            }
            Fault::Twice(_) | Fault::Late(_) => self.echo(request, service, fault).await,
        }
    }

    async fn pass(&self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        self.send(parts, body.map_err(io::Error::other).boxed_unsync()).await
    }

    async fn send(&self, mut parts: Parts, body: Body) -> io::Result<Response<Body>> {
        let segment = (parts.method == Method::PUT && parts.uri.path().ends_with(".m4s"))
            .then(|| parts.uri.path().to_owned());
        let mut uri = self.upstream.clone().into_parts();
        uri.path_and_query = parts.uri.path_and_query().cloned();
        parts.uri = Uri::from_parts(uri).map_err(io::Error::other)?;
        parts.headers.remove(header::CONNECTION);
        let answer = self.client.request(Request::from_parts(parts, body)).await;
        let answer = answer.map_err(io::Error::other)?;
        if let Some(path) = segment
            && answer.status() == StatusCode::PRECONDITION_FAILED
        {
            lock(&self.sky.counted).made_twice.push(path);
        }
        Ok(answer.map(|body| body.map_err(io::Error::other).boxed_unsync()))
    }

    /// Doubles or delays what is a message, and passes on what is none.
    async fn echo(
        self: Arc<Self>,
        request: Request<Incoming>,
        service: Service,
        fault: Fault,
    ) -> io::Result<Response<Body>> {
        if !matches!(service, Service::Sns | Service::Sqs) {
            return self.pass(request).await;
        }
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, MOST_BYTES).collect().await.map_err(io::Error::other)?;
        let body = body.to_bytes();
        let target = parts.headers.get("x-amz-target").map(HeaderValue::as_bytes);
        let is_message = body.starts_with(b"Action=Publish&")
            || target.is_some_and(|target| target == b"AmazonSQS.SendMessage");
        if !is_message {
            return self.send(parts, whole(body)).await;
        }
        self.sky.count(service, fault);
        match fault {
            Fault::Late(by) if service == Service::Sns => {
                tokio::spawn(self.send_later(parts, body, by));
                // What SNS answers before it has delivered anything.
                let id = "<MessageId>00000000-0000-0000-0000-000000000000</MessageId>";
                let xml = format!(
                    "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\
                     <PublishResult>{id}</PublishResult></PublishResponse>"
                );
                Response::builder()
                    .header(header::CONTENT_TYPE, "text/xml")
                    .body(whole(xml.into()))
                    .map_err(io::Error::other)
            }
            Fault::Late(by) | Fault::Twice(by) => {
                let now = self.send(parts.clone(), whole(body.clone())).await;
                tokio::spawn(self.send_later(parts, body, by));
                now
            }
            _ => self.send(parts, whole(body)).await,
        }
    }

    /// Until the stand-in takes it.
    async fn send_later(self: Arc<Self>, parts: Parts, body: Bytes, by: Duration) {
        sleep(by).await;
        for _ in 0..TRIES {
            let sent = self.send(parts.clone(), whole(body.clone())).await;
            if sent.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// As the signature's scope names it (`Credential=…/20261126/us-east-1/sqs/aws4_request`).
fn service_of(headers: &hyper::HeaderMap) -> Service {
    let signed = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let scope = signed.and_then(|text| text.split_once("/aws4_request")).map(|(scope, _)| scope);
    match scope.and_then(|scope| scope.rsplit('/').next()) {
        Some("sqs") => Service::Sqs,
        Some("sns") => Service::Sns,
        Some("dynamodb") => Service::DynamoDb,
        _ => Service::S3,
    }
}

fn refusal(service: Service, status: u16) -> io::Result<Response<Body>> {
    let code = if status == 503 { "SlowDown" } else { "InternalError" };
    let (kind, body) = match service {
        Service::S3 => ("application/xml", format!("<Error><Code>{code}</Code></Error>")),
        Service::Sns => (
            "text/xml",
            format!("<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"),
        ),
        _ => ("application/x-amz-json-1.0", format!("{{\"__type\":\"{code}\"}}")),
    };
    let answer = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    answer.body(whole(body.into())).map_err(io::Error::other)
}

fn dead() -> io::Error {
    io::ErrorKind::ConnectionReset.into()
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(io::Error::other).boxed_unsync()
}

/// Waits for the end of an answer that nobody gets: what was asked for is done then.
async fn drain(answer: Response<Body>) -> io::Result<()> {
    let mut body = answer.into_body();
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

/// The first half of a body of known length, or its first piece.
fn torn(body: Body) -> Body {
    let half = body.size_hint().exact().and_then(|all| usize::try_from(all / 2).ok());
    let mut left = half.unwrap_or(usize::MAX);
    let pieces = BodyStream::new(body).map(move |frame| {
        let data = frame?.into_data().map_err(|_| dead())?;
        if left == 0 {
            return Err(dead());
        }
        let piece = data.slice(..data.len().min(left));
        left = if left == usize::MAX { 0 } else { left - piece.len() };
        Ok(Frame::data(piece))
    });
    // However short it is, it ends badly.
    BodyExt::boxed_unsync(StreamBody::new(pieces.chain(stream::once(async { Err(dead()) }))))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn collected(body: Body) -> (Vec<u8>, bool) {
        let (mut body, mut bytes) = (body, Vec::new());
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend(frame.into_data().unwrap()),
                Err(_) => return (bytes, false),
            }
        }
        (bytes, true)
    }

    #[tokio::test]
    async fn a_torn_body_ends_in_the_middle() {
        assert_eq!(collected(whole("whole".into())).await, (b"whole".to_vec(), true));
        assert_eq!(collected(torn(whole("torn into".into()))).await, (b"torn".to_vec(), false));
        assert!(!collected(torn(whole("".into()))).await.1);
    }

    #[test]
    fn the_signature_says_whom_a_request_is_for() {
        let of = |service: &str| {
            let mut headers = hyper::HeaderMap::new();
            let scope = format!(
                "AWS4-HMAC-SHA256 Credential=t/20261126/us-east-1/{service}/aws4_request, Sig"
            );
            headers.insert(header::AUTHORIZATION, scope.parse().unwrap());
            service_of(&headers)
        };
        for service in Service::ALL {
            assert_eq!(of(service.name()), service);
        }
    }
}
