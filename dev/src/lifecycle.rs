//! Starting and stopping a product: in this terminal, or in the background with a way to find it again.

use crate::{
    fleets::FleetsArgs, home::Home, logs::Logs, ports::Ports, process, setup, status, supervise,
};
use anyhow::{Result, bail};
use clap::Args;
use serde_json::Value;
use std::{
    fs::{self, File},
    io::Write,
    process::{ExitCode, Stdio},
    sync::{Arc, atomic::AtomicBool},
    thread,
    time::{Duration, Instant},
};

/// A product whose parts are all built is ready in seconds; this is for a machine that does other things, too.
const PATIENCE: Duration = Duration::from_secs(180);
/// What died so often before it was ready for the first time will not live.
const HOPELESS_RESTARTS: u64 = 3;

#[derive(Args)]
pub struct UpArgs {
    /// Return as soon as everything is ready; `cargo dev down` stops it
    #[arg(long)]
    detach: bool,
    #[command(flatten)]
    fleets: FleetsArgs,
    /// Start what is built already
    #[arg(long, hide = true)]
    no_setup: bool,
    /// We are the process in the background
    #[arg(long, hide = true)]
    background: bool,
}

#[derive(Args)]
pub struct StandinsArgs {
    /// Return as soon as they are ready; `cargo dev down` stops them
    #[arg(long)]
    detach: bool,
    #[command(flatten)]
    fleets: FleetsArgs,
    #[arg(long, hide = true)]
    background: bool,
}

pub fn up(home: &Home, args: &UpArgs) -> Result<ExitCode> {
    if already_running(home) {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.background {
        args.fleets.save(home)?;
    }
    let ports = free_ports(home, true)?;
    if !args.no_setup && !args.background {
        setup::for_up(home)?;
    }
    if args.detach {
        return start_in_background(home, &["up", "--background"]);
    }
    supervise_here(home, &ports, false, args.background)
}

pub fn standins(home: &Home, args: &StandinsArgs) -> Result<ExitCode> {
    if already_running(home) {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.background {
        args.fleets.save(home)?;
    }
    let ports = free_ports(home, false)?;
    if args.detach {
        setup::python(home)?;
        return start_in_background(home, &["standins", "--background"]);
    }
    supervise_here(home, &ports, true, args.background)
}

pub fn down(home: &Home) -> Result<ExitCode> {
    let Some(pid) = status::supervisor(home) else {
        println!("nothing runs here");
        return Ok(ExitCode::SUCCESS);
    };
    if !process::terminate(pid) {
        bail!("process {pid} is another user's and cannot be stopped");
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    while status::supervisor(home) == Some(pid) {
        if Instant::now() > deadline {
            bail!("process {pid} does not stop; {} may say why", home.logs().display());
        }
        thread::sleep(Duration::from_millis(50));
    }
    println!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn already_running(home: &Home) -> bool {
    let Some(pid) = status::supervisor(home) else { return false };
    let what = status::read(home).and_then(|status| Some(status["url"].as_str()?.to_owned()));
    println!(
        "already running (process {pid}): {}",
        what.unwrap_or("only the stand-ins, which `cargo dev down` stops".into())
    );
    true
}

/// The product's ports, all free. What was killed a moment ago may need a few seconds to let go of them.
fn free_ports(home: &Home, with_api: bool) -> Result<Ports> {
    let ports = Ports::load(home)?;
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match ports.ensure_free(home, with_api) {
            Err(_) if Instant::now() < deadline => thread::sleep(Duration::from_millis(200)),
            result => return result.map(|()| ports),
        }
    }
}

fn supervise_here(
    home: &Home,
    ports: &Ports,
    only_standins: bool,
    background: bool,
) -> Result<ExitCode> {
    if background {
        // No terminal's Ctrl-C or hang-up reaches a session of its own.
        rustix::process::setsid()?;
    } else {
        setup::python(home)?;
    }
    let lock = File::options().create(true).truncate(false).write(true).open(home.lock_file())?;
    if lock.try_lock().is_err() {
        bail!("another `cargo dev` has just started the same product");
    }
    lock.set_len(0)?;
    writeln!(&lock, "{}", std::process::id())?;
    let stop = stop_on_signals()?;
    let logs = Logs::open(&home.logs(), !background)?;
    supervise::run(home, ports, &logs, only_standins, &stop)?;
    Ok(ExitCode::SUCCESS)
}

/// Becomes true with Ctrl-C, SIGTERM or the terminal's end.
pub fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// Starts ourselves again without a terminal, and waits until everything is ready.
fn start_in_background(home: &Home, arguments: &[&str]) -> Result<ExitCode> {
    let errors = home.logs().join("supervisor.log");
    let mut child = process::ourselves()
        .args(arguments)
        .env("FANTAIL_HOME", &home.state)
        .current_dir(&home.root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&errors)?)
        .spawn()?;
    let started = Instant::now();
    loop {
        let status = status::read(home).filter(|status| status["pid"] == child.id());
        if let Some(status) = &status
            && status["ready"] == true
        {
            println!("{}", status["url"].as_str().unwrap_or(&home.env_file().to_string_lossy()));
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(exit) = child.try_wait()? {
            let said = fs::read_to_string(&errors).unwrap_or_default();
            bail!(
                "{}",
                if said.is_empty() {
                    format!("ended with {exit}")
                } else {
                    said.trim().replace("cargo dev: ", "")
                }
            );
        }
        let late = || parts(status.as_ref()).filter(|part| part["state"] != "ready");
        let broken = late().find(|part| part["restarts"].as_u64() >= Some(HOPELESS_RESTARTS));
        if broken.is_some() || started.elapsed() > PATIENCE {
            let names = broken.map_or_else(
                || late().map(name).collect::<Vec<_>>().join(", "),
                |part| name(part).to_owned(),
            );
            down(home)?;
            bail!("no readiness from {names}: the logs in {} say why", home.logs().display());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn parts(status: Option<&Value>) -> impl Iterator<Item = &Value> {
    status.and_then(|status| status["parts"].as_array()).into_iter().flatten()
}

fn name(part: &Value) -> &str {
    part["name"].as_str().unwrap_or("a part")
}
