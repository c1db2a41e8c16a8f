//! What runs: written by the supervisor as JSON, read by people, scripts and tests.

use crate::{home::Home, process};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;
use std::{
    fs::{self, File},
    process::ExitCode,
};

#[derive(Args)]
pub struct StatusArgs {
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

/// Replaces the status file in one step, so that no reader sees half of one.
pub fn write(home: &Home, status: &Value) -> Result<()> {
    let file = home.status_file();
    let partial = file.with_extension("partial");
    fs::write(&partial, format!("{status:#}\n"))
        .context("cannot write the status: is the disk full?")?;
    fs::rename(partial, file)?;
    Ok(())
}

/// The running supervisor's status; none when no supervisor runs.
pub fn read(home: &Home) -> Option<Value> {
    supervisor(home)?;
    serde_json::from_slice(&fs::read(home.status_file()).ok()?).ok()
}

/// The process id of the supervisor, which holds a lock for as long as it lives.
pub fn supervisor(home: &Home) -> Option<u32> {
    let file = File::open(home.lock_file()).ok()?;
    match file.try_lock_shared() {
        Ok(()) => None,
        Err(_) => fs::read_to_string(home.lock_file()).ok()?.trim().parse().ok(),
    }
}

/// Exit code 0 when everything is ready, 1 otherwise.
pub fn print(home: &Home, args: &StatusArgs) -> Result<ExitCode> {
    let Some(mut status) = read(home) else {
        println!("{}", if args.json { "{\"ready\": false, \"parts\": []}" } else { "not running" });
        return Ok(ExitCode::FAILURE);
    };
    for part in status["parts"].as_array_mut().into_iter().flatten() {
        let pid = part["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        part["memory_bytes"] = pid.map(process::group_memory_bytes).into();
    }
    if args.json {
        println!("{status:#}");
    } else {
        print!("{}", table(&status));
    }
    Ok(if status["ready"] == true { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(status: &Value) -> String {
    let mut lines = row(["PART", "PID", "STATE", "RESTARTS", "MIB", "PORT"].map(String::from));
    for part in status["parts"].as_array().into_iter().flatten() {
        let text = |key: &str| match &part[key] {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mib =
            part["memory_bytes"].as_u64().map_or("-".into(), |bytes| (bytes >> 20).to_string());
        lines +=
            &row([text("name"), text("pid"), text("state"), text("restarts"), mib, text("port")]);
    }
    if let Some(url) = status["url"].as_str() {
        lines +=
            &format!("\n{url}{}\n", if status["ready"] == true { "" } else { " (not ready yet)" });
    }
    lines
}

fn row([name, pid, state, restarts, mib, port]: [String; 6]) -> String {
    format!("{name:18}{pid:>8}  {state:9}{restarts:>8}{mib:>7}{port:>7}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_for_people() {
        let part = |name: &str, pid: Option<u32>, state: &str| serde_json::json!({"name": name, "pid": pid, "state": state, "restarts": 2, "memory_bytes": pid.map(|_| 3 << 20), "port": 20001});
        let parts =
            [part("ministack", Some(71), "ready"), part("transcoder-480p", None, "waiting")];
        let status =
            serde_json::json!({"ready": false, "url": "http://127.0.0.1:8080", "parts": parts});
        assert_eq!(
            table(&status),
            "PART                   PID  STATE    RESTARTS    MIB   PORT\n\
             ministack               71  ready           2      3  20001\n\
             transcoder-480p          -  waiting         2      -  20001\n\
             \nhttp://127.0.0.1:8080 (not ready yet)\n"
        );
    }
}
