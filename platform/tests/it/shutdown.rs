//! Signals, sent to a process of their own: this program again, running only [`asked_to_stop`].

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use platform::shutdown;

const ROLE: &str = "FANTAIL_TEST_STOPS_ON_SIGNAL";
const LONG: &str = "60";

/// Not a test: the process that is asked to stop. It says when it listens and when it was asked,
/// and then takes its time.
#[tokio::test]
async fn asked_to_stop() {
    let Ok(grace) = env::var(ROLE) else { return };
    let token = shutdown::on_signal(Duration::from_secs(grace.parse().unwrap()));
    println!("\nlistening");
    token.cancelled().await;
    println!("\nstopping");
    // Not a task waits: the runtime's only thread is held up.
    thread::sleep(Duration::from_secs(60));
}

struct Asked {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Asked {
    fn start(grace: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["shutdown::asked_to_stop", "--exact", "--nocapture"])
            .env(ROLE, grace)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn wait_for(&mut self, word: &str) {
        assert!(self.lines.by_ref().any(|line| line.unwrap() == word), "no {word}");
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }
}

#[test]
fn the_first_signal_asks_and_the_second_insists() {
    for (first, second, code) in [("TERM", "TERM", 143), ("INT", "INT", 130), ("TERM", "INT", 130)]
    {
        let mut asked = Asked::start(LONG);
        asked.wait_for("listening");
        asked.signal(first);
        asked.wait_for("stopping");
        asked.signal(second);
        assert_eq!(asked.child.wait().unwrap().code(), Some(code), "{first}, {second}");
    }
}

#[test]
fn the_grace_time_ends_what_does_not_end_itself() {
    let mut asked = Asked::start("2");
    asked.wait_for("listening");
    let asked_at = Instant::now();
    asked.signal("TERM");
    assert_eq!(asked.child.wait().unwrap().code(), Some(143));
    assert!(asked_at.elapsed() >= Duration::from_secs(2), "not before its time");
}
