//! Runs infra/deploy.py against the stand-ins and reads what it made.

use crate::{
    cloud::Cloud,
    fleets,
    home::Home,
    logs::{LogFile, Logs},
    ports::Ports,
    process::{self, OrphanSignal},
    stack,
};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    fs, io,
    process::{Command, Stdio},
};

/// First part of every name where others keep things, too.
const FOREIGN_PREFIX: &str = "fantail-test";

/// Removes what a run of tests deployed to somebody else's endpoint.
pub fn destroy(cloud: &Cloud, home: &Home, ports: &Ports) -> Command {
    let mut command = Command::new(home.venv_bin("python"));
    command.arg(home.root.join("infra/deploy.py")).args([
        "--prefix",
        FOREIGN_PREFIX,
        "--destroy-everything",
    ]);
    stack::aws(cloud, ports).apply(&mut command);
    command
}

/// Applies the templates of topics, queues, table and buckets, waiting up to 30 s for stand-ins that opened their port a moment ago.
pub fn deploy(
    cloud: &Cloud,
    home: &Home,
    ports: &Ports,
    logs: &Logs,
    file: LogFile,
) -> Result<stack::Environment> {
    let outputs = home.state.join("outputs.json");
    let names: Vec<_> = fleets::chosen(home)?.into_iter().map(|fleet| fleet.name).collect();
    let mut command = process::own_group(&home.venv_bin("python"), OrphanSignal::Term);
    command
        .arg(home.root.join("infra/deploy.py"))
        .args(["--wait", "30", "--outputs"])
        .arg(&outputs)
        .args(["--fleets", &names.join(",")])
        .args(if cloud.is_foreign() {
            ["--prefix", FOREIGN_PREFIX].as_slice()
        } else {
            &["--replace-lost"]
        })
        .stdin(Stdio::null());
    stack::aws(cloud, ports).apply(&mut command);
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
    stack::product(cloud, ports, &outputs)
}
