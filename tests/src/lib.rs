//! What the end-to-end tests share: clips with known contents, the running product as its clients
//! see it, and eyes and ears for what comes out.
//!
//! The tests start nothing: `cargo dev test` brings up the whole product from the real binaries
//! and says by environment where it is.

pub mod chaos;
pub mod clip;
pub mod closed_captions;
pub mod conform;
pub mod look;
pub mod pipeline;
pub mod product;
#[cfg(test)]
mod tidy;

use std::process::Command;

use anyhow::{Context, ensure};

/// Runs a command to its end and returns what it wrote to standard output.
///
/// # Errors
/// If it cannot be started or fails; the message holds what it wrote to standard error.
pub fn run(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command.output().with_context(|| format!("starting {command:?}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {complaint}");
    Ok(output.stdout)
}
