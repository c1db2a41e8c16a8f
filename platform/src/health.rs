//! The two questions an orchestrator asks a process: does it live, can it work.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, extract::State, http::StatusCode, routing::get};
use futures::future::BoxFuture;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// A dependency that takes longer than this to answer is not up.
const PATIENCE: Duration = Duration::from_secs(5);

type Ready = Arc<dyn Fn() -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync>;

/// Serves `/healthz` and `/readyz` on `addr` until `shutdown` fires.
///
/// # Errors
/// If the address cannot be bound.
pub async fn serve(
    addr: SocketAddr,
    ready: impl Fn() -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync + 'static,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let listener = TcpListener::bind(addr).await.with_context(|| format!("listening on {addr}"))?;
    info!(addr = %listener.local_addr()?, "answering health checks");
    axum::serve(listener, routes(ready))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
        .context("answering health checks")
}

/// `/healthz`: 200 while the process lives. `/readyz`: 200 while `ready` says so within five
/// seconds, else 503; why not is in the log and tells the outside nothing.
pub fn routes<S: Clone + Send + Sync + 'static>(
    ready: impl Fn() -> BoxFuture<'static, anyhow::Result<()>> + Send + Sync + 'static,
) -> Router<S> {
    let ready: Ready = Arc::new(ready);
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .with_state(ready)
}

async fn readyz(State(ready): State<Ready>) -> (StatusCode, &'static str) {
    let error = match timeout(PATIENCE, ready()).await {
        Ok(Ok(())) => return (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => error,
        Err(late) => anyhow::Error::new(late).context("asking the dependencies"),
    };
    warn!(error = format!("{error:#}"), "not ready");
    (StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
}
