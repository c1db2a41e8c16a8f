//! A product of our own: real processes under the supervisor of `cargo dev`, whose services reach
//! the stand-ins through the proxy only.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::time::sleep;

use super::proxy::{self, Sky};
use crate::run;

/// Where the product lies and what it was told.
pub(crate) struct Stage {
    pub(crate) home: PathBuf,
    pub(crate) url: String,
    outputs: BTreeMap<String, String>,
}

impl Stage {
    /// Starts everything. `cargo dev chaos` has made the place and stops what is left.
    ///
    /// # Errors
    /// If it does not get ready; the supervisor's logs say why.
    pub(crate) async fn start(sky: &Arc<Sky>, lease: Duration) -> anyhow::Result<Self> {
        let home = PathBuf::from(env("FANTAIL_HOME")?);
        let (s3, others) = (env("AWS_ENDPOINT_URL_S3")?, env("AWS_ENDPOINT_URL")?);
        let overrides = [
            ("AWS_ENDPOINT_URL_S3", proxy::listen(sky.clone(), &s3).await?),
            ("AWS_ENDPOINT_URL", proxy::listen(sky.clone(), &others).await?),
            ("S3_PUBLIC_ENDPOINT", s3),
            ("LEASE_SECONDS", lease.as_secs().to_string()),
        ];
        let lines: String = overrides.map(|(name, value)| format!("{name}={value}\n")).concat();
        fs::write(home.join("services.env"), lines)?;
        let dev = env("FANTAIL_DEV")?;
        let up = tokio::task::spawn_blocking(move || {
            let mut up = Command::new(dev);
            up.args(["up", "--no-setup", "--detach"]);
            // As ECS does: what is killed is replaced at once, however often.
            run(up.env("FANTAIL_WORKERS", "2").env("FANTAIL_RESTART_SECONDS", "2"))
        });
        let url = String::from_utf8(up.await??)?.trim().to_owned();
        ensure!(url.starts_with("http"), "the product has no URL but {url}");
        let outputs =
            fs::read_to_string(home.join("env")).context("reading the product's names")?;
        let pairs = outputs.lines().filter_map(|line| line.split_once('='));
        let outputs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { home, url, outputs })
    }

    /// What the deployment called it.
    pub(crate) fn name(&self, output: &str) -> anyhow::Result<&str> {
        let name = self.outputs.get(output).with_context(|| format!("no {output} is deployed"))?;
        Ok(name)
    }

    /// Every output whose name begins so.
    pub(crate) fn names<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let found = self.outputs.iter().filter(move |(name, _)| name.starts_with(prefix));
        found.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn status(&self) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.home.join("status.json")).ok()?).ok()
    }

    /// Process ids of all parts that have one, by name.
    pub(crate) fn pids(&self) -> BTreeMap<String, u32> {
        let status = self.status().unwrap_or_default();
        let parts = status["parts"].as_array().cloned().unwrap_or_default();
        let pid = |part: &Value| {
            let pid = u32::try_from(part["pid"].as_u64()?).ok()?;
            Some((part["name"].as_str()?.to_owned(), pid))
        };
        parts.iter().filter_map(pid).collect()
    }

    /// Returns when all parts are ready.
    ///
    /// # Errors
    /// If they are not within `patience`.
    pub(crate) async fn ready(&self, patience: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.status().is_none_or(|status| status["ready"] != true) {
            ensure!(began.elapsed() < patience, "the product does not get ready again");
            sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }
}

fn env(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("no {name}: start it by `cargo dev chaos`"))
}
