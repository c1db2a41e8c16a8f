//! The app in this process, on a port and stand-ins of its own.

use std::{net::SocketAddr, panic::AssertUnwindSafe, path::Path, sync::Arc, time::Duration};

use futures::FutureExt;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use upload_api::{App, PartsArgs, Web, router, serve};

use crate::{
    http::{self, Reply},
    issuer::TestIssuer,
    standins::Standins,
};

/// A running app.
pub struct Fixture {
    pub standins: Standins,
    pub app: Arc<App>,
    pub addr: SocketAddr,
}

/// Another replica of it, on the same stand-ins.
pub struct Replica {
    pub app: Arc<App>,
    pub addr: SocketAddr,
    shutdown: CancellationToken,
    serving: JoinHandle<anyhow::Result<()>>,
}

/// Runs a test against a fresh app and removes everything afterwards, also when it fails.
pub async fn with_app(test: impl AsyncFnOnce(&Fixture)) {
    with_app_and_page(None, test).await;
}

/// The same with an issuer by which people sign in.
pub async fn with_issuer(test: impl AsyncFnOnce(&Fixture, &TestIssuer)) {
    let issuer = TestIssuer::start().await;
    let mut standins = Standins::new().await;
    standins.args.auth = issuer.args();
    standins.args.uploads.owner_open_uploads = 10_000; // tests begin many videos and end none
    with_app_of(standins, None, async |fixture| test(fixture, &issuer).await).await;
}

/// The same with a web page.
pub async fn with_app_and_page(web_dir: Option<&Path>, test: impl AsyncFnOnce(&Fixture)) {
    with_app_of(Standins::new().await, web_dir, test).await;
}

/// The same with settings of its own.
pub async fn with_settings(change: impl FnOnce(&mut PartsArgs), test: impl AsyncFnOnce(&Fixture)) {
    let mut standins = Standins::new().await;
    change(&mut standins.args);
    with_app_of(standins, None, test).await;
}

async fn with_app_of(standins: Standins, web_dir: Option<&Path>, test: impl AsyncFnOnce(&Fixture)) {
    let replica = start(&standins, web_dir).await;
    let fixture = Fixture { standins, app: replica.app.clone(), addr: replica.addr };
    let outcome = AssertUnwindSafe(test(&fixture)).catch_unwind().await;
    let stopped = AssertUnwindSafe(replica.stop()).catch_unwind().await;
    fixture.standins.remove().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
    stopped.unwrap();
}

async fn start(standins: &Standins, web_dir: Option<&Path>) -> Replica {
    let shutdown = CancellationToken::new();
    let app = Arc::new(App::new(&standins.args, &standins.aws, shutdown.clone()).unwrap());
    let web = Web::new(web_dir, [&app.raw, &app.media], "*").await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = tokio::spawn(serve(app.clone(), router(app.clone(), &web), listener));
    Replica { app, addr, shutdown, serving }
}

impl Replica {
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.serving.await.unwrap().unwrap();
    }
}

impl Fixture {
    /// Starts another replica.
    pub async fn replica(&self) -> Replica {
        start(&self.standins, None).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        http::ask(self.addr, "GET", path).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, body).await
    }

    /// Patches with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send("PATCH", path, body).await
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        let headers = [("Content-Type", "application/json")];
        http::ask_with(self.addr, method, path, &headers, body.to_string().as_bytes()).await
    }

    /// Uploads a body and returns the video's JSON.
    pub async fn upload(&self, query: &str, body: &[u8]) -> Value {
        let path = format!("/api/videos{query}");
        let reply = http::ask_with(self.addr, "POST", &path, &[], body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    pub async fn video(&self, id: &str) -> Value {
        let reply = self.get(&format!("/api/videos/{id}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// Waits until a video is as it should be.
    pub async fn video_when(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        eventually("the video is as expected", async || {
            let video = self.video(id).await;
            is_so(&video).then_some(video)
        })
        .await
    }
}

/// Asks again until there is an answer.
pub async fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < until, "not within 20 s: {what}");
        sleep(Duration::from_millis(100)).await;
    }
}
