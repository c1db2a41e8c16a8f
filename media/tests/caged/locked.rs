//! Nothing gets out of a locked process.

use std::{
    env,
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus, Stdio},
};

use crate::{
    Test,
    attempts::{REFUSED, SUCCEEDED},
};

pub(crate) fn trials() -> Vec<Test> {
    vec![
        ("locked::files_are_refused", files_are_refused),
        ("locked::sockets_and_programs_are_death", sockets_and_programs_are_death),
        ("locked::memory_and_time_are_bounded", memory_and_time_are_bounded),
        ("locked::work_goes_on", work_goes_on),
    ]
}

fn attempt(what: &str) -> ExitStatus {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["attempt", what]).stderr(Stdio::null()).status().unwrap()
}

fn files_are_refused() {
    for what in ["read a file", "write a file", "look at itself", "list a folder"] {
        assert_eq!(attempt(what).code(), Some(REFUSED), "{what}");
    }
    assert_eq!(attempt("ask for a file's facts").code(), Some(REFUSED));
}

fn sockets_and_programs_are_death() {
    for what in [
        "remove a file",
        "connect by TCP",
        "send by UDP",
        "listen",
        "pair sockets",
        "start a program",
        "become a program",
        "kill its keeper",
        "kill everyone",
        "raise its limits",
    ] {
        assert_eq!(attempt(what).signal(), Some(libc::SIGSYS), "{what}");
    }
}

fn memory_and_time_are_bounded() {
    assert_eq!(attempt("take memory").signal(), Some(libc::SIGABRT));
    assert_eq!(attempt("take time").signal(), Some(libc::SIGXCPU));
}

fn work_goes_on() {
    for what in ["start a thread", "sleep", "use what it holds"] {
        assert_eq!(attempt(what).code(), Some(SUCCEEDED), "{what}");
    }
}
