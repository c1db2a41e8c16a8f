//! All that CI runs: every check, then every test against a product with ports, data and logs of its own.

use crate::{
    checks, commands::cargo, home::Home, lifecycle, ports, process, setup, stack::Environment,
    summary::Summary, web::npm,
};
use anyhow::{Result, bail};
use std::{
    fs::{self, File},
    process::{Command, ExitCode},
    sync::atomic::{AtomicBool, Ordering},
};

pub fn test(home: &Home) -> Result<ExitCode> {
    let own = home.for_tests()?;
    let lock = File::create(own.state.join("test.lock"))?;
    if lock.try_lock().is_err() {
        bail!("another `cargo dev test` runs; both would use {}", own.state.display());
    }
    let stop = lifecycle::stop_on_signals()?;
    let mut summary = Summary::default();
    if !summary.action("set-up", || setup::for_tests(home)) {
        return Ok(summary.finish());
    }
    run_steps(home, &own, &mut summary, &stop);
    if stop.load(Ordering::Relaxed) {
        summary.action("all steps", || bail!("interrupted"));
    }
    Ok(summary.finish())
}

/// Every step, whatever became of those before it, unless somebody wants us to stop.
fn run_steps(home: &Home, own: &Home, summary: &mut Summary, stop: &AtomicBool) {
    let checks: [fn(&Home, &mut Summary); 5] =
        [checks::rust, checks::dependencies, checks::spelling, checks::web, checks::infra];
    for check in checks {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        check(home, summary);
    }
    if stop.load(Ordering::Relaxed) {
        return;
    }
    if start(own, summary) {
        with_product(home, own, summary, stop);
    }
    // Also after a start that was interrupted: the product may have come up behind it.
    summary.command("stop the product", itself(own).arg("down"));
}

/// Starts a product without any memory of the run before.
fn start(own: &Home, summary: &mut Summary) -> bool {
    let fresh = || {
        lifecycle::down(own)?; // What a killed run left.
        let _ = fs::remove_file(own.ports_file());
        if own.data().exists() {
            fs::remove_dir_all(own.data())?;
        }
        fs::create_dir_all(own.data())?;
        Ok(ports::any_free()?.to_string())
    };
    let mut port = String::new();
    summary.action("a place for the product", || fresh().map(|free| port = free))
        && summary.command(
            "start the product",
            itself(own).env("FANTAIL_PORT", &port).args(["up", "--no-setup", "--detach"]),
        )
}

/// Tests in Rust (unit, contract, end to end) and in a browser, told where the product is.
fn with_product(home: &Home, own: &Home, summary: &mut Summary, stop: &AtomicBool) {
    let product = match Environment::load(own) {
        Ok(product) => product.with(&[("FANTAIL_STATUS", &own.status_file().to_string_lossy())]),
        Err(error) => {
            summary.action("the product's environment", || Err(error));
            return;
        }
    };
    let mut tests = cargo(&home.root);
    tests.args(["test", "--release", "--workspace", "--no-fail-fast"]);
    product.apply(&mut tests);
    summary.command("tests: unit, contract, end to end", &mut tests);
    if stop.load(Ordering::Relaxed) {
        return;
    }
    let mut browser = npm(&home.web());
    product.apply(&mut browser);
    summary.command("tests: browser", browser.args(["run", "--silent", "test:browser"]));
}

/// This program again, for the tests' product.
fn itself(own: &Home) -> Command {
    let mut command = process::ourselves();
    command.env("FANTAIL_HOME", &own.state);
    command
}
