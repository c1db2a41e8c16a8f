//! `cargo dev chaos`: a product of its own, and the gremlin of `tests/` let loose on it.

use crate::{
    cloud::Cloud,
    commands::{self, cargo},
    home::Home,
    lifecycle,
    ports::{self, Ports},
    setup, stack,
};
use anyhow::Result;
use clap::Args;
use std::{
    env, fs,
    process::{Command, ExitCode},
};

/// Kill and pause processes, break connections, repeat messages while many small videos are made; then check each of them
#[derive(Args, Clone, Default)]
pub struct ChaosArgs {
    /// A look in a few minutes: every kind of video, a dozen kills
    #[arg(long)]
    short: bool,
    /// Start what is built already
    #[arg(long, hide = true)]
    no_setup: bool,
    /// For the gremlin: `--seed`, `--videos`, `--kills`, `--minutes`, `--lease-seconds`; `-- --help` explains them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

const SHORT: [&str; 6] = ["--videos", "22", "--kills", "14", "--minutes", "3"];

pub fn chaos(home: &Home, args: &ChaosArgs) -> Result<ExitCode> {
    if !args.no_setup {
        setup::for_up(home)?;
    }
    let own = fresh(home)?;
    let status = gremlin(home, &own, args)?.status();
    lifecycle::down(&own)?;
    Ok(if status?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A place without any memory of the run before.
fn fresh(home: &Home) -> Result<Home> {
    let own = home.for_chaos()?;
    lifecycle::down(&own)?;
    let _ = fs::remove_file(own.ports_file());
    if own.data().exists() {
        fs::remove_dir_all(own.data())?;
    }
    fs::create_dir_all(own.data())?;
    Ok(own)
}

fn gremlin(home: &Home, own: &Home, args: &ChaosArgs) -> Result<Command> {
    if !args.no_setup {
        let mut build = cargo(&home.root);
        // With the services, so that what they share is built as it is for them.
        let services = ["-p", "upload-api", "-p", "transcoder", "-p", "thumbnailer"];
        build
            .args(["build", "--release", "--quiet", "-p", "tests", "--bin", "chaos"])
            .args(services);
        commands::run(&mut build, "building the gremlin")?;
    }
    let mut gremlin = Command::new(home.service_bin("chaos"));
    stack::aws(&Cloud::default(), &Ports::load(own)?).apply(&mut gremlin);
    gremlin
        .env("FANTAIL_HOME", &own.state)
        .env("FANTAIL_PORT", ports::any_free()?.to_string())
        // By its path: `/proc/self/exe` would be the gremlin.
        .env("FANTAIL_DEV", env::current_exe()?);
    if args.short {
        gremlin.args(SHORT);
    }
    gremlin.args(&args.rest).current_dir(&home.root);
    Ok(gremlin)
}
