//! The environment of one product: where its parts are and what the deployment named.

use crate::{
    cloud::{Cloud, Place},
    fleets,
    home::Home,
    ports::Ports,
};
use anyhow::{Context, Result};
use std::{collections::BTreeMap, fs, process::Command};

/// Environment variables in a stable order.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    pub fn of(pairs: &[(&str, &str)]) -> Self {
        Self::default().with(pairs)
    }

    pub fn with(&self, pairs: &[(&str, &str)]) -> Self {
        let mut all = self.clone();
        all.0.extend(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        all
    }

    /// The value, or an empty text.
    pub fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// Gives a command these variables, and none of the caller's AWS account.
    pub fn apply(&self, command: &mut Command) {
        for (key, _) in std::env::vars_os() {
            if key.to_str().is_some_and(|key| key.starts_with("AWS_")) {
                command.env_remove(key);
            }
        }
        command.envs(&self.0);
    }

    /// As `KEY=VALUE` lines.
    pub fn save(&self, home: &Home) -> Result<()> {
        let lines: String = self.0.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        fs::write(home.env_file(), lines).context("cannot write the env file")
    }

    pub fn load(home: &Home) -> Result<Self> {
        let file = home.env_file();
        let text = fs::read_to_string(&file).with_context(|| format!("no {}", file.display()))?;
        Ok(Self::default().read(&text))
    }

    /// With what whoever starts the product wants its services to have, if anything.
    pub fn overridden(&self, home: &Home) -> Self {
        self.read(&fs::read_to_string(home.overrides_file()).unwrap_or_default())
    }

    fn read(&self, text: &str) -> Self {
        let pairs: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).collect();
        self.with(&pairs)
    }
}

/// How to reach the stand-ins, whose keys are no secret, or whatever else the caller asked for with keys of their own.
pub fn aws(cloud: &Cloud, ports: &Ports) -> Environment {
    let base = if cloud.is_foreign() { callers_own() } else { standins_keys() };
    let style = if cloud.s3 == Place::Aws { "false" } else { "true" };
    let endpoints = cloud.endpoints(ports);
    let endpoints: Vec<_> = endpoints.iter().map(|(name, url)| (*name, url.as_str())).collect();
    base.with(&endpoints).with(&[("S3_PATH_STYLE", style)])
}

fn standins_keys() -> Environment {
    Environment::of(&[
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        // A developer's own profile must not reach into a product that runs on stand-ins, nor a proxy.
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
        ("NO_PROXY", "127.0.0.1,localhost"),
    ])
}

/// Keys, profile and region; endpoints are said on the command line.
fn callers_own() -> Environment {
    let own = std::env::vars()
        .filter(|(key, _)| key.starts_with("AWS_") && !key.starts_with("AWS_ENDPOINT_URL"));
    Environment(own.collect()).with(&[("NO_PROXY", "127.0.0.1,localhost")])
}

/// Everything a service needs, from the outputs of the three templates.
pub fn product(
    cloud: &Cloud,
    ports: &Ports,
    outputs: &BTreeMap<String, String>,
) -> Result<Environment> {
    let output = |name: &str| {
        outputs.get(name).with_context(|| format!("the templates have no output {name}"))
    };
    let mut product = aws(cloud, ports).with(&[
        ("RAW_BUCKET", output("RawBucketName")?),
        ("MEDIA_BUCKET", output("MediaBucketName")?),
        ("CATALOG_TABLE", output("CatalogTableName")?),
        ("CATALOG_QUEUE_URL", output("CatalogQueueUrl")?),
        ("VIDEO_UPLOADED_TOPIC_ARN", output("VideoUploadedTopicArn")?),
        ("VIDEO_PROGRESS_TOPIC_ARN", output("VideoProgressTopicArn")?),
    ]);
    let queues = output("FleetQueues")?;
    product = product.with(&[("FLEET_QUEUES", queues)]);
    let urls = queues.split(',').filter_map(|pair| Some(pair.split_once('=')?.1));
    for (fleet, url) in fleets::of(&product).iter().zip(urls) {
        product = product.with(&[(&fleet.queue_variable(), url)]);
    }
    Ok(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_missing_is_named() {
        let outputs = BTreeMap::from([("RawBucketName".to_owned(), "raw".to_owned())]);
        let error = product(&Cloud::default(), &Ports::example(), &outputs).unwrap_err();
        assert_eq!(error.to_string(), "the templates have no output MediaBucketName");
    }

    #[test]
    fn the_callers_account_stays_outside() {
        let mut command = Command::new("true");
        aws(&Cloud::default(), &Ports::example()).apply(&mut command);
        let set = |key: &str| {
            let mut all = command.get_envs();
            all.find(|(name, _)| *name == key)?.1?.to_str().map(str::to_owned)
        };
        assert_eq!(set("AWS_ACCESS_KEY_ID").as_deref(), Some("test"));
        assert_eq!(set("AWS_ENDPOINT_URL_S3").as_deref(), Some("http://127.0.0.1:20001"));
        assert_eq!(set("AWS_CONFIG_FILE").as_deref(), Some("/dev/null"));
    }
}
