//! Keeps a busy worker from being scaled in, and stops one whose instance is about to go. All of it
//! is off unless asked for: a worker that is killed loses seconds.

mod activity;
mod ec2;
mod ecs;
mod metadata;
mod notices;
mod protection;

use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub use self::activity::Counted;
use self::{ec2::AutoScaling, ecs::EcsAgent, metadata::Metadata, notices::Notices};
use crate::aws::Aws;

/// How a worker and those who take machines away get on.
#[derive(Args, Clone, Debug, Default)]
pub struct ScaleInArgs {
    /// Who is told that this worker is busy, so that scale-in takes idle ones first.
    #[arg(long, env, value_enum, default_value_t)]
    pub scale_in_protection: Protection,

    /// Minutes after which ECS ends the protection of a task by itself; more than twice what a job
    /// may take. Renewed by the next job.
    #[arg(long, env, default_value = "40", value_parser = clap::value_parser!(u32).range(2..=2880))]
    pub protection_minutes: u32,

    /// The instance's Auto Scaling group, for `ec2`.
    #[arg(long, env, required_if_eq("scale_in_protection", "ec2"))]
    pub auto_scaling_group: Option<String>,

    /// Which notices of the instance stop the worker as SIGTERM would. A worker that starts on such
    /// an instance takes no jobs.
    #[arg(long, env, value_enum, default_value_t)]
    pub instance_notices: NoticeKinds,

    /// ECS's agent, which sets this by itself in a task.
    #[arg(long, env)]
    pub ecs_agent_uri: Option<String>,

    /// The instance's metadata service, if not where it is on every instance. From a container it
    /// takes a hop limit of 2.
    #[arg(long, env = "AWS_EC2_METADATA_SERVICE_ENDPOINT")]
    pub metadata_endpoint: Option<String>,

    /// Auto Scaling, if not where it is in the region.
    #[arg(long, env = "AWS_ENDPOINT_URL_AUTO_SCALING")]
    pub auto_scaling_endpoint: Option<String>,
}

/// Who protects a busy worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Protection {
    /// Nobody.
    #[default]
    Off,
    /// ECS: the task. Also holds up deployments. Needs ecs:UpdateTaskProtection.
    Ecs,
    /// EC2 Auto Scaling: the instance, with one worker on each. Needs
    /// autoscaling:SetInstanceProtection.
    Ec2,
}

/// Which notices are heeded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum NoticeKinds {
    /// None.
    #[default]
    Off,
    /// That a spot instance ends in two minutes.
    Interruption,
    /// Also that it is likely to: only where capacity rebalancing brings another one for it.
    Rebalance,
}

/// What a worker asks of its surroundings.
#[derive(Debug)]
pub struct ScaleIn {
    shield: Option<Shield>,
    notices: Option<Notices>,
}

/// What a busy worker holds up.
#[derive(Debug)]
enum Shield {
    Ecs(EcsAgent),
    Ec2(AutoScaling),
}

impl Shield {
    async fn set(&self, protected: bool) -> anyhow::Result<()> {
        match self {
            Self::Ecs(agent) => agent.set(protected).await,
            Self::Ec2(group) => group.set(protected).await,
        }
    }

    /// Half of what ECS gives; an instance stays protected until it is told otherwise.
    fn renew_after(&self) -> Duration {
        match self {
            Self::Ecs(agent) => Duration::from_secs(u64::from(agent.minutes) * 30),
            Self::Ec2(_) => Duration::MAX,
        }
    }
}

impl ScaleIn {
    /// As configured; asks nobody yet.
    ///
    /// # Errors
    /// If something that is asked for lacks a setting.
    pub fn new(args: &ScaleInArgs, aws: &Aws) -> anyhow::Result<Self> {
        let metadata = || Metadata::new(args.metadata_endpoint.as_deref(), aws);
        let shield = match args.scale_in_protection {
            Protection::Off => None,
            Protection::Ecs => {
                let uri = args.ecs_agent_uri.as_deref();
                let uri = uri.context("ECS_AGENT_URI is not set: is this a task of ECS?")?;
                Some(Shield::Ecs(EcsAgent::new(uri, args.protection_minutes)))
            }
            Protection::Ec2 => {
                let group = args.auto_scaling_group.as_deref();
                let group = group.context("AUTO_SCALING_GROUP is not set")?;
                let endpoint = args.auto_scaling_endpoint.as_deref();
                Some(Shield::Ec2(AutoScaling::new(group, endpoint, metadata()?, aws)?))
            }
        };
        let notices = match args.instance_notices {
            NoticeKinds::Off => None,
            kinds => Some(Notices::new(metadata()?, kinds)),
        };
        Ok(Self { shield, notices })
    }

    /// Whether the instance is about to go, so that there is no use in beginning anything.
    pub async fn is_ending(&self) -> bool {
        match &self.notices {
            Some(notices) => notices.noticed().await,
            None => false,
        }
    }

    /// Protects while one of `jobs` runs, and cancels `shutdown` on a notice, until `done`; then
    /// takes the protection back.
    pub async fn watch(
        self,
        jobs: watch::Receiver<usize>,
        shutdown: CancellationToken,
        done: CancellationToken,
    ) {
        let protecting = async {
            if let Some(shield) = &self.shield {
                protection::keep(shield, jobs.clone(), &done).await;
            }
        };
        let noticing = async {
            if let Some(notices) = &self.notices {
                tokio::select! {
                    () = notices.watch(jobs.clone(), &shutdown) => {}
                    () = done.cancelled() => {}
                }
            }
        };
        tokio::join!(protecting, noticing);
    }
}
