//! Hundreds of hostile files through the calls that workers make. Each ends, within its limits,
//! as a good output or with a reason; none reads a file, calls anybody or outlives its call.
//!
//! Arguments are parts of names: only those files. `HOSTILE_FLIPS` is how many damaged copies of
//! each valid file there are, `HOSTILE_KEEP` a folder for those that end badly.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
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
    collections::BTreeMap,
    fs, process,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use corpus::{Case, Expect};
use media::{Cage, Limits};
use run::Verdict;
use watch::Watch;

/// Tight, so that those who use them up do not take long: CPU time above all, for the machine may
/// be busy.
const LIMITS: Limits = Limits {
    memory_bytes: 2 << 30,
    cpu_seconds: 2,
    silence: Duration::from_secs(30),
    stall: Duration::from_secs(60),
    wall: Duration::from_secs(120),
};
/// Damaged copies of each valid file.
const FLIPS: u64 = 1;

/// One file's end.
struct Ended<'a> {
    case: &'a Case,
    took: Duration,
    verdict: Verdict,
}

fn main() {
    media::cage::enter_if_asked();
    let watch = Watch::new();
    watch.assert_awake();
    let flips = std::env::var("HOSTILE_FLIPS").map_or(FLIPS, |count| count.parse().unwrap());
    let names: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let wanted = |case: &Case| names.is_empty() || names.iter().any(|n| case.name.contains(n));
    let cases = corpus::all(&watch, flips);
    assert!(cases.len() >= 200);
    let cases: Vec<_> = cases.into_iter().filter(wanted).collect();
    let ended = all(&cases);
    report(&ended);
    let bad: Vec<_> = ended.iter().filter(|ended| !is_right(ended)).collect();
    for Ended { case, verdict, .. } in &bad {
        println!("WRONG {}: {verdict:?}, expected {:?}", case.name, case.expect);
        if let Ok(folder) = std::env::var("HOSTILE_KEEP") {
            fs::write(format!("{folder}/{}", case.name.replace('/', "_")), &case.bytes).unwrap();
        }
    }
    assert!(bad.is_empty(), "{} of {} files ended wrongly", bad.len(), cases.len());
    assert_eq!(watch.touched(), None);
    assert_eq!(children(), Vec::<String>::new(), "outlived their calls");
}

/// Every file through the cage, two at a time; what lures also without it: the allow lists must
/// hold by themselves.
fn all(cases: &[Case]) -> Vec<Ended<'_>> {
    let (next, ended) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    let mut verdict = run::through(Cage::Locked(LIMITS), &case.bytes);
                    if case.lures {
                        let open = run::through(Cage::Open, &case.bytes);
                        if open != verdict {
                            verdict = Verdict::Fault(format!("{verdict:?}, in the open {open:?}"));
                        }
                    }
                    ended.lock().unwrap().push(Ended { case, took: begun.elapsed(), verdict });
                }
            });
        }
    });
    ended.into_inner().unwrap()
}

fn is_right(ended: &Ended) -> bool {
    match (&ended.verdict, ended.case.expect) {
        (Verdict::Fault(_), _) => false,
        (Verdict::Refused(code), Expect::Refused(codes)) => codes.contains(&code.as_str()),
        (_, Expect::AnyEnd) | (Verdict::Made, Expect::Made) => true,
        _ => false,
    }
}

/// How many ended how, and what took longest.
fn report(ended: &[Ended]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for Ended { verdict, .. } in ended {
        *counts.entry(format!("{verdict:?}").chars().take(60).collect()).or_default() += 1;
    }
    println!("{} files: {counts:?}", ended.len());
    let mut slowest: Vec<_> = ended.iter().collect();
    slowest.sort_by_key(|ended| std::cmp::Reverse(ended.took));
    for Ended { case, took, verdict } in slowest.iter().take(8) {
        println!("{took:.1?} {} {verdict:?}", case.name);
    }
}

/// Our child processes, by what the kernel calls them.
fn children() -> Vec<String> {
    let ours = process::id().to_string();
    let stat = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("stat")).ok();
    let processes = fs::read_dir("/proc").unwrap().flatten().filter_map(stat);
    // pid (name) state parent …
    let is_ours = |stat: &String| {
        stat.rsplit_once(')').is_some_and(|(_, rest)| rest.split(' ').nth(2) == Some(&ours))
    };
    processes.filter(is_ours).collect()
}
