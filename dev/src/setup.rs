//! Brings a bare Debian to where everything builds and runs. What is there already costs a look, no command.

use crate::{
    commands::{self, is_installed, output, run},
    home::Home,
    web,
};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    process::{Command, Stdio},
};

/// libav to build against, what its bindings are generated with, and ffmpeg to check our results with.
const PACKAGES: [&str; 11] = [
    "libavcodec-dev",
    "libavformat-dev",
    "libavutil-dev",
    "libavfilter-dev",
    "libswscale-dev",
    "libswresample-dev",
    "pkg-config",
    "clang",
    "libclang-dev",
    "ffmpeg",
    "util-linux",
];
const GIB: u64 = 1 << 30;

/// Everything that `up` needs: packages, stand-ins, web page, services.
pub fn for_up(home: &Home) -> Result<()> {
    disk_space(home)?;
    system_packages(&[])?;
    python(home)?;
    web::build(home)?;
    services(home)
}

/// What linters and unit tests need: no stand-ins.
pub fn for_checks(home: &Home) -> Result<()> {
    disk_space(home)?;
    system_packages(&[])?;
    web::install(home)
}

/// Everything that `up` needs, and a browser.
pub fn for_tests(home: &Home) -> Result<()> {
    disk_space(home)?;
    system_packages(if is_installed("chromium") { &[] } else { &["chromium"] })?;
    python(home)?;
    web::build(home)?;
    services(home)
}

/// The services, by cargo with its own progress display.
///
/// No linker is chosen: since 1.90 rustc brings lld for x86-64 Linux and uses it.
fn services(home: &Home) -> Result<()> {
    let mut cargo = commands::cargo(&home.root);
    cargo.args(["build", "--release", "-p", "upload-api", "-p", "transcoder", "-p", "thumbnailer"]);
    run(&mut cargo, "building the services")
}

/// A first build, what checks `infra/` and the clips of tests take 6 GiB; later ones little.
fn disk_space(home: &Home) -> Result<()> {
    let free = rustix::fs::statvfs(&home.root).map(|disk| disk.f_bavail * disk.f_frsize)?;
    let needed = if home.service_bin("upload-api").exists() { GIB } else { 7 * GIB };
    enough_space(free, needed)
        .with_context(|| format!("the disk of {} is nearly full", home.root.display()))
}

fn enough_space(free: u64, needed: u64) -> Result<()> {
    if free < needed {
        bail!("{} MiB are free, {} MiB are needed", free >> 20, needed >> 20);
    }
    Ok(())
}

fn system_packages(more: &[&str]) -> Result<()> {
    let mut wanted: Vec<&str> = PACKAGES.into_iter().chain(more.iter().copied()).collect();
    // Debian's python3 cannot make a venv without it; others bring it along.
    if output(Command::new("python3").args(["-c", "import ensurepip"])).is_none() {
        wanted.push("python3-venv");
    }
    if !is_installed("dpkg-query") {
        eprintln!("This is no Debian: make sure that you have {}", wanted.join(" "));
        return Ok(());
    }
    let missing = missing_packages(&wanted);
    if missing.is_empty() {
        return Ok(());
    }
    let sudo = !rustix::process::geteuid().is_root();
    if sudo && !is_installed("sudo") {
        bail!(
            "no sudo here: as root, install what is missing by `apt-get install {}`",
            missing.join(" ")
        );
    }
    println!("Installing with apt: {}", missing.join(" "));
    apt(sudo, &["update"])?;
    apt(sudo, &[&["install", "--yes", "--no-install-recommends"], missing.as_slice()].concat())
}

fn missing_packages<'a>(wanted: &[&'a str]) -> Vec<&'a str> {
    let query = Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Abbrev} ${Package}\n"])
        .args(wanted)
        .stderr(Stdio::null())
        .output();
    // It fails when one is unknown, and still lists the others.
    let listed = query
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let installed: Vec<_> = listed.lines().filter_map(|line| line.strip_prefix("ii  ")).collect();
    wanted.iter().copied().filter(|package| !installed.contains(package)).collect()
}

fn apt(sudo: bool, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new(if sudo { "sudo" } else { "apt-get" });
    if sudo {
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q").args(arguments);
    run(&mut command, "installing packages (is there a network?)")
}

/// The venv with the stand-ins, the deployer's SDK and two checkers, as dev/requirements.txt pins them.
pub fn python(home: &Home) -> Result<()> {
    venv(home, "venv", "requirements.txt", "the stand-ins for AWS")
}

/// What checks `infra/`, in a venv of its own: checkov pins another SDK than the deployer uses.
pub fn infra_checkers(home: &Home) -> Result<()> {
    venv(home, "checks", "checks.txt", "what checks infra/")
}

/// LocalStack, which pins what others have newer.
pub fn localstack(home: &Home) -> Result<()> {
    venv(home, "localstack", "localstack.txt", "LocalStack")
}

/// A venv of the tools, installed anew when its file in `dev/` has changed.
fn venv(home: &Home, name: &str, requirements: &str, what: &str) -> Result<()> {
    let requirements = home.root.join("dev").join(requirements);
    let wanted = fs::read_to_string(&requirements)?;
    let venv = home.tools.join(name);
    let stamp = venv.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("Installing {what} into {}", venv.display());
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv), "making a Python venv")?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(&requirements);
    run(&mut pip, &format!("installing {what} (is there a network?)"))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_in_numbers() {
        assert!(enough_space(GIB, GIB).is_ok());
        let error = enough_space(GIB / 2, 5 * GIB).unwrap_err();
        assert_eq!(error.to_string(), "512 MiB are free, 5120 MiB are needed");
    }

    #[test]
    fn only_what_is_missing_is_installed() {
        assert_eq!(
            missing_packages(&["dpkg", "no-such-package-anywhere"]),
            ["no-such-package-anywhere"]
        );
    }
}
