//! The cage from outside: what comes out of it, what cannot get out of it, and what it costs when
//! something goes wrong. The test binary is its own inmate, so it has a `main` of its own.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of clips of a few seconds"
)]

mod attempts;
#[path = "../it/clips.rs"]
#[expect(dead_code, reason = "shared with the other test binary")]
mod clips;
mod locked;
mod same;
mod trouble;

use libtest_mimic::{Arguments, Trial};

fn main() {
    media::cage::enter_if_asked();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [_, "attempt", what] => return attempts::run(what),
        [_, "scene", what, clip] => return trouble::play(what, clip.as_ref()),
        _ => {}
    }
    let trials = [locked::trials(), same::trials(), trouble::trials()].concat();
    let trials = trials.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// A test's name and body.
type Test = (&'static str, fn());
