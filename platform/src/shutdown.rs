//! One token that fires when the process is asked to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Fires at the first SIGTERM or SIGINT. A second one ends the process at once, with exit code
/// 143 or 130 as a shell would report it: whoever asks twice does not want to wait.
///
/// From the moment this returns, neither signal kills the process by itself.
///
/// # Panics
/// If called outside a runtime, or if the kernel refuses a signal handler.
#[must_use]
pub fn on_signal() -> CancellationToken {
    let mut terminate = listen(SignalKind::terminate());
    let mut interrupt = listen(SignalKind::interrupt());
    let token = CancellationToken::new();
    let fired = token.clone();
    tokio::spawn(async move {
        let (name, _) = either(&mut terminate, &mut interrupt).await;
        info!(signal = name, "asked to stop");
        fired.cancel();
        let (name, code) = either(&mut terminate, &mut interrupt).await;
        warn!(signal = name, "asked to stop again; leaving at once");
        std::process::exit(code);
    });
    token
}

fn listen(kind: SignalKind) -> Signal {
    signal(kind).expect("SIGTERM and SIGINT may be handled by any process")
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) -> (&'static str, i32) {
    tokio::select! {
        _ = terminate.recv() => ("SIGTERM", 128 + 15),
        _ = interrupt.recv() => ("SIGINT", 128 + 2),
    }
}
