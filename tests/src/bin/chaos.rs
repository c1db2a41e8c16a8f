//! The gremlin and its ledger; `cargo dev chaos` starts it with a place of its own.

use std::process::ExitCode;

use clap::Parser;
use tests::chaos::{ChaosArgs, run};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    run(&ChaosArgs::parse()).await
}
