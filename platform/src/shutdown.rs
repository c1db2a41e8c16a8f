//! One token that fires when the process is asked to stop, and the end of those that do not.

use std::{thread, time::Duration};

use tokio::{
    runtime::Builder,
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// Fires at the first SIGTERM or SIGINT. A second one, or `grace` after the first, ends the process
/// at once, with exit code 143 or 130 as a shell would report it: whoever asks twice does not want
/// to wait, and whoever asked once will not wait for ever. Nothing is lost by it: what is written
/// is written as a whole, and messages in hand come back when their leases end.
///
/// From the moment this returns, neither signal kills the process by itself. Signals and the time
/// are watched on a thread of their own, which work cannot hold up.
///
/// # Panics
/// If the kernel refuses a thread or a signal handler.
#[must_use]
pub fn on_signal(grace: Duration) -> CancellationToken {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the kernel gives a process its first event queue");
    let (mut terminate, mut interrupt) = {
        let _guard = runtime.enter();
        (listen(SignalKind::terminate()), listen(SignalKind::interrupt()))
    };
    let token = CancellationToken::new();
    let fired = token.clone();
    let watch = async move {
        let (name, code) = either(&mut terminate, &mut interrupt).await;
        info!(signal = name, grace_seconds = grace.as_secs(), "asked to stop");
        fired.cancel();
        tokio::select! {
            (name, code) = either(&mut terminate, &mut interrupt) => {
                warn!(signal = name, "asked to stop again; leaving at once");
                std::process::exit(code)
            }
            () = sleep(grace) => {
                error!("still not stopped when the grace time was over; leaving at once");
                std::process::exit(code)
            }
        }
    };
    let thread = thread::Builder::new().name("signals".into());
    let started = thread.spawn(move || runtime.block_on(watch));
    started.expect("the kernel gives a process its first threads");
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
