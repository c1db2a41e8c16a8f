//! Where heartbeats run: beside the jobs, never behind them.

use std::{io, thread};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};
use tracing::warn;

/// A runtime for heartbeats alone. Jobs that saturate or block their own runtime's threads cannot
/// starve it.
#[derive(Debug)]
pub(super) struct Heart {
    pub(super) runtime: Handle,
    /// Dropped, it ends the thread.
    _alive: Option<oneshot::Sender<()>>,
}

impl Heart {
    /// A thread and a runtime of its own; the jobs' one if the kernel gives no more threads.
    pub(super) fn beside_the_jobs() -> Self {
        Self::of_its_own().unwrap_or_else(|error| {
            warn!(%error, "no thread for the heartbeats; they share the jobs' ones");
            Self::among_the_jobs()
        })
    }

    /// The jobs' own runtime: what tests with paused time need.
    pub(super) fn among_the_jobs() -> Self {
        Self { runtime: Handle::current(), _alive: None }
    }

    fn of_its_own() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (alive, dropped) = oneshot::channel::<()>();
        let live = move || drop(runtime.block_on(dropped));
        thread::Builder::new().name("heartbeat".into()).spawn(live)?;
        Ok(Self { runtime: handle, _alive: Some(alive) })
    }
}
