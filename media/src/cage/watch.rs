//! Ends an inmate that nobody wants any more, that is silent for too long or takes too much time.

use std::{
    net::Shutdown,
    os::unix::net::UnixStream,
    process::Child,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

use super::Limits;
use crate::{MediaError, Stop};

/// How often it looks.
const INTERVAL: Duration = Duration::from_millis(100);

/// Over one inmate, from its start to its last word.
pub(super) struct Watch {
    inmate: Pid,
    limits: Limits,
    began: Instant,
    state: Mutex<State>,
}

struct State {
    /// Since when the inmate is expected to do something; `None` while it waits for us.
    quiet_since: Option<Instant>,
    /// When it last got ahead.
    progress_at: Instant,
    killed: Option<Killed>,
}

#[derive(Clone, Copy)]
enum Killed {
    Stopped,
    Silent,
    Stalled,
    Late,
}

impl Watch {
    pub(super) fn over(child: &Child, limits: Limits) -> Self {
        let began = Instant::now();
        let state =
            Mutex::new(State { quiet_since: Some(began), progress_at: began, killed: None });
        Self { inmate: Pid::from_child(child), limits, began, state }
    }

    /// It is the inmate's turn: from now on its silence counts.
    pub(super) fn its_turn(&self) {
        self.state().quiet_since = Some(Instant::now());
    }

    /// It is we who keep it waiting.
    pub(super) fn our_turn(&self) {
        self.state().quiet_since = None;
    }

    /// It has handed something out, and we have taken it.
    pub(super) fn progressed(&self) {
        self.state().progress_at = Instant::now();
    }

    /// Stands until the other end of `ended` is dropped, or kills and hangs up. The child must not
    /// be waited for before this returns: its number could be another's by then.
    pub(super) fn stand(&self, socket: &UnixStream, stop: &Stop, ended: &mpsc::Receiver<()>) {
        while ended.recv_timeout(INTERVAL) == Err(mpsc::RecvTimeoutError::Timeout) {
            let mut state = self.state();
            let Some(why) = self.cause(&state, stop) else { continue };
            state.killed = Some(why);
            drop(state);
            // It may have ended by itself in between; either way it is over.
            let _ = kill_process_group(self.inmate, Signal::KILL);
            let _ = socket.shutdown(Shutdown::Both);
            return;
        }
    }

    fn cause(&self, state: &State, stop: &Stop) -> Option<Killed> {
        let Limits { silence, stall, wall, .. } = self.limits;
        // What we take to answer is not held against it.
        let is_silent = state.quiet_since.is_some_and(|since| since.elapsed() > silence);
        let is_stalled = state.quiet_since.is_some() && state.progress_at.elapsed() > stall;
        [
            (stop.is_stopped(), Killed::Stopped),
            (is_silent, Killed::Silent),
            (is_stalled, Killed::Stalled),
            (self.began.elapsed() > wall, Killed::Late),
        ]
        .into_iter()
        .find_map(|(is_so, killed)| is_so.then_some(killed))
    }

    /// Why the inmate was killed, if it was.
    pub(super) fn verdict(&self) -> Option<MediaError> {
        Some(match self.state().killed? {
            Killed::Stopped => MediaError::Stopped,
            Killed::Silent => MediaError::Hung(self.limits.silence),
            Killed::Stalled => MediaError::Hung(self.limits.stall),
            Killed::Late => MediaError::Hung(self.limits.wall),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
