//! Requests to strangers, against one that misbehaves.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect},
    routing::{get, post},
};
use platform::outbound::{Outbound, OutboundAnswer, OutboundArgs, OutboundError, OutboundRequest};
use tokio::{net::TcpListener, time::sleep};

/// A stranger's server, and how many connections it has seen.
async fn stranger() -> (SocketAddr, Arc<AtomicUsize>) {
    let echo = async |headers: HeaderMap, body: String| {
        let told = headers.get("x-told").map_or("", |told| told.to_str().unwrap()).to_owned();
        (StatusCode::ACCEPTED, [("retry-after", "7")], format!("{told} {body}"))
    };
    let endless = async || {
        let bytes = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b'x'; 1000]));
        Body::from_stream(bytes).into_response()
    };
    let slow = async || {
        sleep(Duration::from_secs(30)).await;
        "late"
    };
    let router = Router::new()
        .route("/echo", post(echo))
        .route("/endless", get(endless))
        .route("/slow", get(slow))
        .route("/away", get(async || Redirect::temporary("/endless")));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let listener = axum::serve::ListenerExt::tap_io(listener, move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    tokio::spawn(axum::serve(listener, router).into_future());
    (addr, connections)
}

fn trusting() -> Outbound {
    let outbound_networks = vec!["127.0.0.0/8".parse().unwrap()];
    Outbound::new(OutboundArgs { outbound_http: true, outbound_networks })
}

async fn get_from(outbound: &Outbound, url: &str) -> Result<OutboundAnswer, OutboundError> {
    let request = OutboundRequest {
        method: "GET",
        url,
        headers: &[],
        body: String::new(),
        patience: Duration::from_secs(2),
        longest_answer: 1500,
    };
    outbound.send(request).await
}

#[tokio::test]
async fn a_request_arrives_as_it_was_sent() {
    let (addr, _) = stranger().await;
    let request = OutboundRequest {
        method: "POST",
        url: &format!("http://{addr}/echo"),
        headers: &[("x-told", "this")],
        body: "and that".into(),
        patience: Duration::from_secs(10),
        longest_answer: 100,
    };
    let answer = trusting().send(request).await.unwrap();
    assert_eq!((answer.status, answer.retry_after), (202, Some(7)));
    assert_eq!((answer.body.as_slice(), answer.is_cut), (&b"this and that"[..], false));
}

#[tokio::test]
async fn answers_are_bounded_and_redirects_are_answers() {
    let (addr, _) = stranger().await;
    let endless = get_from(&trusting(), &format!("http://{addr}/endless")).await.unwrap();
    assert_eq!((endless.body.len(), endless.is_cut), (1500, true));
    let slow = get_from(&trusting(), &format!("http://{addr}/slow")).await;
    assert!(matches!(slow, Err(OutboundError::TimedOut)), "{slow:?}");
    let away = get_from(&trusting(), &format!("http://{addr}/away")).await.unwrap();
    assert_eq!(away.status, 307);
}

#[tokio::test]
async fn nothing_connects_to_what_is_not_public() {
    let (addr, connections) = stranger().await;
    let only_http = OutboundArgs { outbound_http: true, ..OutboundArgs::default() };
    let outbound = Outbound::new(only_http);
    // A name is checked by what it means when it is asked; the last two are no addresses to us, but
    // are to the system's resolver.
    for host in ["127.0.0.1", "localhost", "127.1", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"] {
        let refused = get_from(&outbound, &format!("http://{host}:{}/slow", addr.port())).await;
        assert!(matches!(refused, Err(OutboundError::NotAllowed(_))), "{host}: {refused:?}");
    }
    assert_eq!(connections.load(Ordering::Relaxed), 0);
    let by_name = get_from(&trusting(), &format!("http://localhost:{}/away", addr.port())).await;
    assert_eq!(by_name.unwrap().status, 307, "where it is allowed, a name is as good");
    let unknown = get_from(&trusting(), "http://no-such-name.invalid/").await;
    assert!(matches!(unknown, Err(OutboundError::Failed(_))), "{unknown:?}");
}
