//! The probes, asked like an orchestrator would.

use std::{
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use anyhow::ensure;
use futures::FutureExt;
use platform::health;
use tokio_util::sync::CancellationToken;

use crate::http;

#[tokio::test]
async fn readiness_follows_the_dependencies_and_says_nothing_about_them() {
    let up = Arc::new(AtomicBool::new(false));
    let addr = free_addr();
    let shutdown = CancellationToken::new();
    let asked = up.clone();
    let ready = move || {
        let up = asked.load(SeqCst);
        async move {
            ensure!(up, "the password of the bucket is wrong");
            Ok(())
        }
        .boxed()
    };
    let server = tokio::spawn(health::serve(addr, ready, shutdown.clone()));
    while tokio::net::TcpStream::connect(addr).await.is_err() {
        tokio::task::yield_now().await;
    }

    assert_eq!(http::get(&format!("http://{addr}/healthz")).await.0, 200);
    let (status, _, body) = http::get(&format!("http://{addr}/readyz")).await;
    assert_eq!((status, body.as_slice()), (503, &b"not ready\n"[..]));
    up.store(true, SeqCst);
    assert_eq!(http::get(&format!("http://{addr}/readyz")).await.0, 200);

    shutdown.cancel();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_taken_address_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let ready = || async { Ok(()) }.boxed();
    let error = health::serve(addr, ready, CancellationToken::new()).await.unwrap_err();
    assert!(error.to_string().contains(&addr.to_string()), "{error}");
}

fn free_addr() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
