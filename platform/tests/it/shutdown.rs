//! Signals, sent to a process of their own: this program again, running only [`asked_to_stop`].

use std::{
    env,
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use platform::shutdown;

const ROLE: &str = "FANTAIL_TEST_STOPS_ON_SIGNAL";

/// Not a test: the process that is asked to stop. It says when it listens and when it was asked,
/// and then takes its time.
#[tokio::test]
async fn asked_to_stop() {
    if env::var_os(ROLE).is_none() {
        return;
    }
    let token = shutdown::on_signal();
    println!("\nlistening");
    token.cancelled().await;
    println!("\nstopping");
    std::future::pending::<()>().await;
}

struct Asked {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Asked {
    fn start() -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["shutdown::asked_to_stop", "--exact", "--nocapture"])
            .env(ROLE, "1")
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
        let mut asked = Asked::start();
        asked.wait_for("listening");
        asked.signal(first);
        asked.wait_for("stopping");
        asked.signal(second);
        assert_eq!(asked.child.wait().unwrap().code(), Some(code), "{first}, {second}");
    }
}
