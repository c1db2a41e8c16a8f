//! What an inmate's end means: its own fault, the file's, or somebody else's.

use std::{
    io,
    os::unix::process::ExitStatusExt,
    process::{Child, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use domain::Reason;

use super::{Limits, words::Fault};
use crate::MediaError;

/// How long an inmate that has hung up may take to be gone.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest words that are passed on, in characters.
const LONGEST: usize = 400;

/// Waits for the child and says what its end means if it had no last word. One that is on its own
/// way out is left the time, so that its status tells the cause; any other is killed.
pub(super) fn end_of(child: &mut Child, on_its_way: bool, limits: Limits) -> MediaError {
    let hung_up = Instant::now();
    while on_its_way && hung_up.elapsed() < PATIENCE {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Ok(Some(status)) => return meaning(status, limits),
            Err(_) => break,
        }
    }
    // It may be gone by now; then there is only its status left to fetch.
    let _ = child.kill();
    match child.wait() {
        Ok(_) if on_its_way => misbehaved("it hung up and lived on"),
        Ok(status) => meaning(status, limits),
        Err(error) => lost(&error),
    }
}

fn meaning(status: ExitStatus, limits: Limits) -> MediaError {
    let cause = match status.signal() {
        Some(libc::SIGXCPU) => return MediaError::Hung(Duration::from_secs(limits.cpu_seconds)),
        // Nothing that a decoder does to itself: the kernel is short of memory, or a person.
        Some(signal @ (libc::SIGKILL | libc::SIGTERM | libc::SIGINT | libc::SIGHUP)) => {
            return MediaError::Internal(format!(
                "a cage was killed from outside by signal {signal}; is memory short?"
            ));
        }
        Some(libc::SIGSYS) => "a system call that is not allowed",
        Some(libc::SIGABRT) => "aborted, probably out of memory",
        Some(libc::SIGSEGV | libc::SIGBUS) => "a wild access to memory",
        _ => "ended without a word",
    };
    MediaError::Crashed(format!("{cause} ({status})"))
}

fn lost(error: &io::Error) -> MediaError {
    MediaError::Internal(format!("a cage was lost: {error}"))
}

/// The inmate does not keep to the protocol: the file may have taken it over.
pub(super) fn misbehaved(how: &str) -> MediaError {
    MediaError::Crashed(format!("the inmate misbehaves: {how}"))
}

/// What the inmate says of its failure, as far as we believe it.
pub(super) fn refusal(fault: Fault) -> MediaError {
    match fault {
        Fault::Rejected(Reason { code, message }) => {
            MediaError::Rejected(Reason::new(short(code), short(message)))
        }
        Fault::Internal(words) => MediaError::Internal(short(words)),
        Fault::Source | Fault::Sink => misbehaved("it blames us for what did not happen"),
    }
}

fn short(words: String) -> String {
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => words[..end].to_owned(),
        None => words,
    }
}
