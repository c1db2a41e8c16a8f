//! `cargo dev …`: sets a machine up, runs the whole product on it, and runs every check that CI runs.

#![expect(unreachable_pub, reason = "a program has no outside: `pub` is for its other files")]

mod chaos;
mod checks;
mod cloud;
mod commands;
mod deploy;
mod fleets;
mod home;
mod http;
mod lifecycle;
mod logs;
mod parts;
mod ports;
mod process;
mod restart;
mod sample;
mod setup;
mod stack;
mod status;
mod summary;
mod supervise;
mod supervised;
mod test_run;
mod web;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Everything a developer of Fantail needs, in one command.
#[derive(Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Set the machine up, build, and run the whole product until Ctrl-C
    Up(lifecycle::UpArgs),
    /// Stop what `up --detach` or `standins --detach` started
    Down,
    /// List the parts that run: process, state, restarts, memory, port
    Status(status::StatusArgs),
    /// Run only the stand-ins for AWS, with queues, topics, table and buckets deployed
    Standins(lifecycle::StandinsArgs),
    /// Make a realistic 30 s clip, upload it to the running product, and follow it until it is ready
    Sample(sample::SampleArgs),
    /// What the services would be started with, as JSON, given the outputs of a deployment
    #[command(hide = true)]
    Parts(parts::PartsArgs),
    /// Kill, pause, break and repeat while many small videos are made; then account for each of them
    Chaos(chaos::ChaosArgs),
    /// The fast checks: format, lint, unit tests
    Check,
    /// Everything CI runs: all checks, and all tests against a product of their own
    Test(test_run::TestArgs),
}

fn main() -> ExitCode {
    match run(Cli::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cargo dev: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result<ExitCode> {
    let home = home::Home::from_env()?;
    match verb {
        Verb::Up(args) => lifecycle::up(&home, &args),
        Verb::Down => lifecycle::down(&home),
        Verb::Status(args) => status::print(&home, &args),
        Verb::Standins(args) => lifecycle::standins(&home, &args),
        Verb::Sample(args) => sample::run(&home, &args),
        Verb::Parts(args) => parts::print(&home, &args),
        Verb::Chaos(args) => chaos::chaos(&home, &args),
        Verb::Check => checks::check(&home),
        Verb::Test(args) => test_run::test(&home, &args),
    }
}
