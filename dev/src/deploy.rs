//! Runs infra/deploy.py against the stand-ins and reads what it made.

use crate::{
    home::Home,
    logs::{LogFile, Logs},
    ports::Ports,
    process::{self, OrphanSignal},
    stack,
};
use anyhow::{Context, Result, bail};
use std::{collections::BTreeMap, fs, io, process::Stdio};

/// Applies all three templates, waiting up to 30 s for stand-ins that opened their port a moment ago.
pub fn deploy(
    home: &Home,
    ports: &Ports,
    logs: &Logs,
    file: LogFile,
) -> Result<stack::Environment> {
    let outputs = home.state.join("outputs.json");
    let mut command = process::own_group(&home.venv_bin("python"), OrphanSignal::Term);
    command
        .arg(home.root.join("infra/deploy.py"))
        .args(["--wait", "30", "--replace-lost", "--outputs"])
        .arg(&outputs)
        .stdin(Stdio::null());
    stack::aws(ports).apply(&mut command);
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().context("cannot start infra/deploy.py")?;
    drop(command); // It holds the pipe's other end.
    logs.follow("deploy", reader, file, |_| false);
    if !child.wait()?.success() {
        bail!(
            "the deployment to the stand-ins failed; {} says why",
            home.logs().join("deploy.log").display()
        );
    }
    let outputs: BTreeMap<String, String> = serde_json::from_slice(&fs::read(&outputs)?)?;
    stack::product(ports, &outputs)
}
