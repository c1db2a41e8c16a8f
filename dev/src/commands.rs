//! Running other programs, with errors that say what was going on.

use anyhow::{Context, Result, bail};
use std::{
    env,
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

/// Runs a command with our terminal; an error says what it was for.
pub fn run(command: &mut Command, purpose: &str) -> Result<()> {
    let status =
        command.status().with_context(|| format!("{purpose}: cannot start {}", name(command)))?;
    if !status.success() {
        bail!("{purpose}: {} failed ({status})", name(command));
    }
    Ok(())
}

/// What a command prints, if it succeeds.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

pub fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// cargo in the repository, without what `cargo run` told us about ourselves: build scripts would take it for news.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    for (key, _) in env::vars_os() {
        let own = key
            .to_str()
            .is_some_and(|key| key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_"));
        if own {
            command.env_remove(key);
        }
    }
    command.env_remove("LD_LIBRARY_PATH").current_dir(root);
    command
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).take(4).collect::<Vec<_>>().join(" ")
}
