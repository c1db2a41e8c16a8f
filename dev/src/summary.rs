//! Runs the steps of a check one after the other, counts the tests they ran, and says at the end how it went.

use anyhow::{Context, Result};
use std::{
    io::{self, BufRead, BufReader, IsTerminal},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

/// Tests, as their runners count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

struct Step {
    name: &'static str,
    took: Duration,
    counts: Counts,
    trouble: Option<String>,
}

#[derive(Default)]
pub struct Summary {
    steps: Vec<Step>,
    notes: Vec<String>,
}

impl Summary {
    /// Runs a command as a step, shows what it says, and counts its tests.
    pub fn command(&mut self, name: &'static str, command: &mut Command) -> bool {
        self.step(name, || {
            let (reader, writer) = io::pipe()?;
            if io::stdout().is_terminal() {
                command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
            }
            let mut child =
                command.stdout(writer.try_clone()?).stderr(writer).spawn().with_context(|| {
                    format!("cannot start {}", command.get_program().to_string_lossy())
                })?;
            // They hold the pipe's other end, whose closing is the end of what there is to read.
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            let mut counts = Counts::default();
            for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                counts.add(counted(&line));
            }
            let status = child.wait()?;
            let trouble = (!status.success()).then(|| status.to_string());
            Ok((counts, trouble))
        })
    }

    /// Runs something of our own as a step.
    pub fn action(&mut self, name: &'static str, action: impl FnOnce() -> Result<()>) -> bool {
        self.step(name, || action().map(|()| (Counts::default(), None)))
    }

    fn step(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(Counts, Option<String>)>,
    ) -> bool {
        println!("\n── {name}");
        let started = Instant::now();
        let (counts, trouble) = work().unwrap_or_else(|error| {
            eprintln!("{error:#}");
            (Counts::default(), Some(format!("{error:#}")))
        });
        let good = trouble.is_none();
        self.steps.push(Step { name, took: started.elapsed(), counts, trouble });
        good
    }

    /// Something that a reader of the last screen must not overlook.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Prints a line per step and the totals as the last line; fails if anything failed.
    pub fn finish(self) -> ExitCode {
        let totals = self.totals();
        println!("\n{}", self.text());
        println!("{} passed, {} failed", totals.passed, totals.failed);
        if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn text(&self) -> String {
        let mut lines = String::new();
        for Step { name, took, counts, trouble } in &self.steps {
            let outcome =
                trouble.as_deref().map_or("ok".into(), |trouble| format!("FAILED: {trouble}"));
            let tests = match counts {
                Counts { passed: 0, failed: 0 } => String::new(),
                Counts { passed, failed: 0 } => format!("{passed} tests  "),
                Counts { passed, failed } => format!("{passed} tests, {failed} failed  "),
            };
            lines += &format!("{:7.1} s  {name:34} {tests}{outcome}\n", took.as_secs_f64());
        }
        self.notes.iter().for_each(|note| lines += &format!("   NOTE    {note}\n"));
        lines
    }

    /// A step that failed without a failed test (a lint, a crash of a runner) counts as one.
    fn totals(&self) -> Counts {
        let mut totals = Counts::default();
        for step in &self.steps {
            totals.add(step.counts);
            totals.failed += u64::from(step.trouble.is_some() && step.counts.failed == 0);
        }
        totals
    }
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// The tests in a line that sums up a run of cargo test or vitest.
fn counted(line: &str) -> Counts {
    let plain = without_colours(line);
    let plain = plain.trim_start();
    if !plain.starts_with("test result:") && !plain.starts_with("Tests  ") {
        return Counts::default();
    }
    let words: Vec<_> = plain.split([' ', ';', '|']).filter(|word| !word.is_empty()).collect();
    let before = |what: &str| {
        let at = words.iter().position(|word| *word == what)?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    };
    Counts { passed: before("passed").unwrap_or(0), failed: before("failed").unwrap_or(0) }
}

fn without_colours(line: &str) -> String {
    let mut rest = line.split('\x1b');
    let first = rest.next().unwrap_or_default().to_owned();
    // CSI sequences that colour text end with an m (ECMA-48 8.3.117).
    rest.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, after)| after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_runners_say() {
        let counts = |passed, failed| Counts { passed, failed };
        assert_eq!(
            counted(
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s"
            ),
            counts(12, 0)
        );
        assert_eq!(counted("test result: FAILED. 3 passed; 2 failed; 0 ignored"), counts(3, 2));
        assert_eq!(counted("      Tests  1 failed | 11 passed (12)"), counts(11, 1));
        assert_eq!(
            counted(
                "\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[32m7 passed\x1b[39m\x1b[22m\x1b[90m (7)\x1b[39m"
            ),
            counts(7, 0)
        );
        assert_eq!(counted(" Test Files  2 passed (2)"), counts(0, 0));
        assert_eq!(counted("Tests  2 skipped (2)"), counts(0, 0));
        assert_eq!(counted("5 passed, and more prose"), counts(0, 0));
    }

    #[test]
    fn a_failed_step_without_tests_is_one_failure() {
        let mut summary = Summary::default();
        assert!(!summary.command("lint", Command::new("false").arg("x")));
        assert!(
            summary.command(
                "tests",
                Command::new("echo").arg("test result: FAILED. 3 passed; 0 failed")
            )
        );
        assert!(!summary.action("start", || anyhow::bail!("no port")));
        assert_eq!(summary.totals(), Counts { passed: 3, failed: 2 });
        assert!(summary.text().contains("FAILED: no port"), "{}", summary.text());
    }

    #[test]
    fn failed_tests_are_not_counted_twice() {
        let mut summary = Summary::default();
        let script = "echo 'test result: FAILED. 3 passed; 2 failed'; exit 101";
        assert!(!summary.command("tests", Command::new("sh").args(["-c", script])));
        assert_eq!(summary.totals(), Counts { passed: 3, failed: 2 });
    }
}
