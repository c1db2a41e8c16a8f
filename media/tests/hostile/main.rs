//! Hundreds of hostile files through the calls that workers make. Each ends, within its limits,
//! as a good output or with a reason; none reads a file, calls anybody or outlives its call.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "hostile files are made of numbers that do not fit"
)]

mod audio;
mod bits;
mod boxes;
mod corpus;
mod fuzz;
mod iso;
mod matroska;
mod pictures;
mod riff;
mod rng;
mod run;
mod seeds;
mod strangers;
mod texts;
mod watch;

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use corpus::{Case, Expect};
use run::Verdict;
use watch::Watch;

fn one() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let set = |what, most| {
        setrlimit(what, Rlimit { current: Some(most), maximum: Some(most) }).unwrap();
    };
    set(Resource::As, 3 << 30);
    set(Resource::Cpu, 20);
    set(Resource::Core, 0);
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).unwrap();
    match run::through(&bytes) {
        Verdict::Refused(code) => println!("refused {code}"),
        Verdict::Failed(code) => println!("failed {code}"),
        Verdict::Made => println!("made"),
        Verdict::Fault(text) => println!("fault {text}"),
    }
}

fn spawn(case: &Case) -> Verdict {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env("HOSTILE_ONE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = case.bytes.clone();
    thread::spawn(move || {
        let _ = stdin.write_all(&bytes);
    });
    let pid = child.id();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let killer = thread::spawn(move || {
        if wait.recv_timeout(Duration::from_secs(40)).is_err() {
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(pid as i32).unwrap(),
                rustix::process::Signal::KILL,
            );
        }
    });
    let output = child.wait_with_output().unwrap();
    let _ = done.send(());
    killer.join().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match text.split_once(' ').unwrap_or((&text, "")) {
        ("refused", code) => Verdict::Refused(code.into()),
        ("failed", code) => Verdict::Failed(code.into()),
        ("made", _) => Verdict::Made,
        ("fault", what) => Verdict::Fault(what.into()),
        _ => {
            Verdict::Fault(format!("{} {}", output.status, String::from_utf8_lossy(&output.stderr)))
        }
    }
}

fn main() {
    if std::env::var_os("HOSTILE_ONE").is_some() {
        return one();
    }
    let filter: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let flips = std::env::var("HOSTILE_FLIPS").map_or(10, |n| n.parse().unwrap());
    let watch = Watch::new();
    watch.assert_awake();
    let begun = Instant::now();
    let cases = corpus::all(&watch, flips);
    println!("{} files, {:?}", cases.len(), begun.elapsed());
    let cases: Vec<_> = cases
        .into_iter()
        .filter(|c| filter.is_empty() || filter.iter().any(|f| c.name.contains(f.as_str())))
        .collect();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    let verdict = spawn(case);
                    let ok = match (&verdict, case.expect) {
                        (Verdict::Fault(_), _) => false,
                        (Verdict::Refused(code), Expect::Refused(codes)) => {
                            codes.contains(&code.as_str())
                        }
                        (_, Expect::AnyEnd) | (Verdict::Made, Expect::Made) => true,
                        _ => false,
                    };
                    if !ok && let Ok(dir) = std::env::var("HOSTILE_KEEP") {
                        std::fs::write(
                            format!("{dir}/{}", case.name.replace('/', "_")),
                            &case.bytes,
                        )
                        .unwrap();
                    }
                    results.lock().unwrap().push((begun.elapsed(), case.name.clone(), verdict, ok));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by(|a, b| a.1.cmp(&b.1));
    for (took, name, verdict, ok) in &results {
        println!("{} {name} {verdict:?} {took:?}", if *ok { "ok" } else { "BAD" });
    }
    results.sort_by_key(|r| std::cmp::Reverse(r.0));
    for (took, name, ..) in results.iter().take(15) {
        println!("slow {took:?} {name}");
    }
    println!("{:?} bad {}", begun.elapsed(), results.iter().filter(|r| !r.3).count());
    println!("touched: {:?}", watch.touched());
}
