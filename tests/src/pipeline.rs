//! A pipeline beside the product's: topics, queues and buckets of its own, and workers that are
//! started when they are wanted.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use domain::{VideoJob, message};
use platform::{
    aws::{self, AwsArgs},
    objects::Objects,
    topic::Topic,
};
use serde_json::Value;

/// Deployed to the AWS of the environment; gone, with all that is in it, when it is dropped.
pub struct Pipeline {
    prefix: String,
    outputs: Value,
    /// Uploaded files.
    pub raw: Objects,
    /// What the workers make.
    pub media: Objects,
    uploaded: Topic,
    workers: Vec<Child>,
}

impl Pipeline {
    /// Deploys one with this fleet and without workers. A fleet is called like what it makes.
    ///
    /// # Errors
    /// If that fails.
    pub async fn deploy(prefix: &str, fleet: &str) -> anyhow::Result<Self> {
        let file = crate::clip::folder()?.join(format!("{prefix}.json"));
        let outputs = file.to_str().context("a path that is no text")?;
        run_deploy(prefix, &["--fleets", fleet, "--outputs", outputs])?;
        let outputs: Value = serde_json::from_slice(&fs::read(&file)?)?;
        let aws = aws::load(&AwsArgs { s3_path_style: true }).await;
        let bucket = |name| anyhow::Ok(Objects::new(aws.s3.clone(), text(&outputs, name)?));
        Ok(Self {
            prefix: prefix.to_owned(),
            raw: bucket("RawBucketName")?,
            media: bucket("MediaBucketName")?,
            uploaded: Topic::new(aws.sns.clone(), text(&outputs, "VideoUploadedTopicArn")?),
            workers: Vec::new(),
            outputs,
        })
    }

    /// Starts a transcoder that reads uploads from `raw_bucket`, with more settings as they are
    /// wanted; on one core only, if that is said.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(
        &mut self,
        renditions: &str,
        raw_bucket: &str,
        core: Option<usize>,
    ) -> anyhow::Result<u32> {
        let queue = text(&self.outputs, "FleetQueues")?.split_once('=').context("no queue")?.1;
        let program = root().join("target/release/transcoder");
        let mut command = match core {
            Some(core) => {
                let mut pinned = Command::new("taskset");
                pinned.args(["-c", &core.to_string()]).arg(&program).env("SPANS", "1");
                pinned
            }
            None => Command::new(&program),
        };
        let worker = command
            .env("RENDITIONS", renditions)
            .env("QUEUE_URL", queue)
            .env("RAW_BUCKET", raw_bucket)
            .env("MEDIA_BUCKET", self.media.bucket())
            .env("VIDEO_UPLOADED_TOPIC_ARN", text(&self.outputs, "VideoUploadedTopicArn")?)
            .env("VIDEO_PROGRESS_TOPIC_ARN", text(&self.outputs, "VideoProgressTopicArn")?)
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let pid = worker.id();
        self.workers.push(worker);
        Ok(pid)
    }

    /// Ends all workers at once.
    pub fn stop(&mut self) {
        for mut worker in self.workers.drain(..) {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }

    /// Sends a job to those whom it concerns: a rendition's name, or all.
    ///
    /// # Errors
    /// If the topic does not take it.
    pub async fn publish(&self, job: &VideoJob, audience: &str) -> anyhow::Result<()> {
        let attributes = [(message::RENDITION_ATTRIBUTE, audience)];
        self.uploaded.publish(job, &attributes, None).await
    }

    /// Waits until there is such an object in `media`.
    ///
    /// # Errors
    /// If that takes longer than `patience`.
    pub async fn when_there(&self, key: &str, patience: Duration) -> anyhow::Result<()> {
        let began = Instant::now();
        while self.media.find(key).await?.is_none() {
            ensure!(began.elapsed() < patience, "{key} is not made within {patience:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop();
        if let Err(error) = run_deploy(&self.prefix, &["--destroy-everything"]) {
            eprintln!("something of {} is left: {error:#}", self.prefix);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn run_deploy(prefix: &str, options: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new(root().join(".fantail/venv/bin/python"));
    command.arg(root().join("infra/deploy.py")).args(["--prefix", prefix]).args(options);
    crate::run(&mut command).map(drop)
}

fn text<'a>(outputs: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    outputs[name].as_str().with_context(|| format!("no {name} in {outputs}"))
}
