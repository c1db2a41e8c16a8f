//! A keeper against inmates that lie, hang and leave.

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use domain::Reason;

use super::*;

const LIMITS: Limits = Limits {
    memory_bytes: 1 << 30,
    cpu_seconds: 10,
    silence: Duration::from_secs(20),
    stall: Duration::from_secs(20),
    wall: Duration::from_secs(20),
};

/// A program that is no inmate of ours, kept as one.
fn kept(limits: Limits, program: &[&str]) -> Result<Answer, MediaError> {
    let mut command = Command::new(program[0]);
    command.args(&program[1..]);
    let mut source: Box<dyn Source> = Box::new(Cursor::new(b"0123456789"));
    let inputs = vec![Input::File(&mut *source, 10)];
    let mut take = |_, _| Ok(());
    keep_in(command, limits, Request::Probe, inputs, &mut take, &Stop::default())
}

/// What becomes of an inmate that says these bytes and then sleeps.
fn after_saying(bytes: &[u8]) -> Result<Answer, MediaError> {
    let name = format!("cage-{}-{:?}", std::process::id(), thread::current().id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, bytes).unwrap();
    let script = format!("cat '{}' >&0; exec sleep 60", path.display());
    let began = Instant::now();
    let kept = kept(LIMITS, &["/bin/sh", "-c", &script]);
    assert!(began.elapsed() < Duration::from_secs(10), "its sleep is not waited for");
    std::fs::remove_file(&path).unwrap();
    kept
}

fn words(words: &[Word]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in words {
        frame::send(&mut bytes, word, b"").unwrap();
    }
    bytes
}

fn crash(kept: Result<Answer, MediaError>) -> String {
    match kept {
        Err(MediaError::Crashed(how)) => how,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_way_it_ends_tells_the_cause() {
    let shell = |script| kept(LIMITS, &["/bin/sh", "-c", script]);
    assert!(crash(shell("kill -SEGV $$")).contains("memory"));
    assert!(crash(shell("kill -ABRT $$")).contains("out of memory"));
    assert!(crash(shell("kill -SYS $$")).contains("system call"));
    assert!(crash(shell("exit 3")).contains("exit status: 3"));
    assert!(crash(shell("exec 0<&-; exec sleep 60")).contains("lived on"));
    match shell("kill -XCPU $$") {
        Err(MediaError::Hung(after)) => assert_eq!(after, Duration::from_secs(10)),
        other => panic!("{other:?}"),
    }
    let killed = shell("kill -KILL $$");
    assert!(matches!(killed, Err(MediaError::Internal(_))), "not the file's fault: {killed:?}");
    let missing = kept(LIMITS, &["/no/such/program"]);
    assert!(matches!(missing, Err(MediaError::Internal(_))), "{missing:?}");
}

#[test]
fn silence_and_lateness_are_ended() {
    let short = Duration::from_millis(300);
    for limits in [
        Limits { silence: short, ..LIMITS },
        Limits { stall: short, ..LIMITS },
        Limits { wall: short, ..LIMITS },
    ] {
        let began = Instant::now();
        match kept(limits, &["/bin/sleep", "60"]) {
            Err(MediaError::Hung(after)) => assert_eq!(after, short),
            other => panic!("{other:?}"),
        }
        assert!((short..Duration::from_secs(10)).contains(&began.elapsed()));
    }
}

#[test]
fn an_inmate_that_does_not_listen_is_silent() {
    // More answers than a socket holds, and nobody to read them.
    let read = || Word::Read { input: 0, offset: Some(0), length: 10 };
    let many: Vec<Word> = std::iter::repeat_with(read).take(20_000).collect();
    let name = format!("cage-deaf-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, words(&many)).unwrap();
    let script = format!("cat '{}' >&0; exec sleep 60", path.display());
    let limits = Limits { silence: Duration::from_millis(500), ..LIMITS };
    let deaf = kept(limits, &["/bin/sh", "-c", &script]);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(deaf, Err(MediaError::Hung(_))), "{deaf:?}");
}

#[test]
fn nothing_is_given_that_was_not_granted() {
    for (input, offset, length) in [
        (1, Some(0), 1),
        (0, None, 1),
        (0, Some(10), 1),
        (0, Some(u64::MAX), 1),
        (0, Some(0), u32::MAX),
    ] {
        let asked = after_saying(&words(&[Word::Read { input, offset, length }]));
        assert!(crash(asked).contains("not given"), "{input} {offset:?} {length}");
    }
    let nonsense = after_saying(b"I am free! I am free!");
    assert!(crash(nonsense).contains("nonsense"));
}

#[test]
fn the_last_word_counts() {
    let rejected = Fault::Rejected(Reason::new("unreadable", "x".repeat(10_000)));
    match after_saying(&words(&[Word::Done(Err(rejected))])) {
        Err(MediaError::Rejected(reason)) => assert_eq!(reason.message.len(), 400),
        other => panic!("{other:?}"),
    }
    let blames_us = after_saying(&words(&[Word::Done(Err(Fault::Source))]));
    assert!(crash(blames_us).contains("blames us"));
    let done = after_saying(&words(&[Word::Done(Ok(Answer::Nothing))]));
    assert!(matches!(done, Ok(Answer::Nothing)), "{done:?}");
}
