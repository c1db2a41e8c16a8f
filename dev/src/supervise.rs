//! Keeps all parts of a product alive until told to stop, as ECS would: what dies is started again, with backoff.

use crate::{
    cloud::Cloud,
    deploy,
    home::Home,
    logs::{LogFile, Logs},
    parts::{self, Kind},
    ports::Ports,
    process,
    restart::Backoff,
    stack::Environment,
    status,
    supervised::{Life, Supervised},
};
use anyhow::{Result, bail};
use rustix::process::Signal;
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

const TICK: Duration = Duration::from_millis(50);
/// A first deployment that fails so often will not work later either.
const FIRST_DEPLOYMENTS: u32 = 3;

/// Runs a product until `stop` holds; with `only_standins` without our services.
pub fn run(
    home: &Home,
    ports: &Ports,
    logs: &Logs,
    only_standins: bool,
    stop: &AtomicBool,
) -> Result<()> {
    let mut product = Product::new(home, ports, logs, only_standins)?;
    let ended = product.keep_alive(stop);
    product.stop(stop);
    ended
}

struct Product<'a> {
    cloud: Cloud,
    home: &'a Home,
    ports: &'a Ports,
    logs: &'a Logs,
    only_standins: bool,
    parts: Vec<Supervised>,
    deployment: Deployment,
    deploy_log: LogFile,
    deploy_backoff: Backoff,
    announced: bool,
    written_status: Option<serde_json::Value>,
}

enum Deployment {
    /// Due as soon as all stand-ins are there, but not before this moment.
    Due(Instant),
    /// `stale` once a stand-in died meanwhile.
    Running {
        result: mpsc::Receiver<Result<Environment>>,
        stale: bool,
    },
    Done,
}

impl<'a> Product<'a> {
    fn new(home: &'a Home, ports: &'a Ports, logs: &'a Logs, only_standins: bool) -> Result<Self> {
        let cloud = Cloud::from_env()?;
        let standins = parts::standins(&cloud, home, ports)?;
        let mut product = Self {
            cloud,
            home,
            ports,
            logs,
            only_standins,
            parts: vec![],
            deployment: Deployment::Due(Instant::now()),
            deploy_log: logs.file("deploy")?,
            deploy_backoff: Backoff::default(),
            announced: false,
            written_status: None,
        };
        for part in standins {
            product.parts.push(Supervised::new(part, logs)?);
        }
        Ok(product)
    }

    fn keep_alive(&mut self, stop: &AtomicBool) -> Result<()> {
        let mut failed_deployments = 0;
        while !stop.load(Ordering::Relaxed) {
            for part in &mut self.parts {
                if part.keep_alive(self.logs)? == Life::Died && part.part.kind == Kind::StandIn {
                    self.deployment.expire();
                }
            }
            if let Err(error) = self.keep_deployed() {
                failed_deployments += 1;
                if self.services().next().is_none() && failed_deployments >= FIRST_DEPLOYMENTS {
                    return Err(error);
                }
                let wait = self.deploy_backoff.after_death(Duration::ZERO);
                self.logs.say(&format!("{error:#}; again in {} s", wait.as_secs()));
                self.deployment = Deployment::Due(Instant::now() + wait);
            }
            self.tell();
            thread::sleep(TICK);
        }
        Ok(())
    }

    /// Starts a deployment when one is due and takes the result of one that ended.
    fn keep_deployed(&mut self) -> Result<()> {
        match &self.deployment {
            Deployment::Due(from)
                if Instant::now() >= *from && self.standins().all(Supervised::is_ready) =>
            {
                let (sender, result) = mpsc::channel();
                let (cloud, home, ports, logs) =
                    (self.cloud.clone(), self.home.clone(), self.ports.clone(), self.logs.clone());
                let file = self.deploy_log.clone();
                thread::spawn(move || {
                    sender.send(deploy::deploy(&cloud, &home, &ports, &logs, file))
                });
                self.deployment = Deployment::Running { result, stale: false };
            }
            Deployment::Running { result, stale } => match result.try_recv() {
                Ok(product) => {
                    let stale = *stale;
                    self.deployment =
                        if stale { Deployment::Due(Instant::now()) } else { Deployment::Done };
                    self.deployed(&product?)?;
                }
                Err(mpsc::TryRecvError::Empty) => {}
                Err(mpsc::TryRecvError::Disconnected) => {
                    bail!("the deployment ended without a result")
                }
            },
            Deployment::Due(_) | Deployment::Done => {}
        }
        Ok(())
    }

    /// Queues and buckets are there: the services can start, once.
    fn deployed(&mut self, product: &Environment) -> Result<()> {
        self.deploy_backoff = Backoff::default();
        if self.only_standins {
            return product.save(self.home);
        }
        product.with(&[("FANTAIL_URL", &self.ports.url("upload-api"))]).save(self.home)?;
        if self.services().next().is_none() {
            for part in parts::services(self.home, self.ports, product) {
                self.parts.push(Supervised::new(part, self.logs)?);
            }
        }
        Ok(())
    }

    fn standins(&self) -> impl Iterator<Item = &Supervised> {
        self.parts.iter().filter(|part| part.part.kind == Kind::StandIn)
    }

    fn services(&self) -> impl Iterator<Item = &Supervised> {
        self.parts.iter().filter(|part| part.part.kind == Kind::Service)
    }

    fn is_ready(&self) -> bool {
        let started = self.only_standins || self.services().next().is_some();
        matches!(self.deployment, Deployment::Done)
            && started
            && self.parts.iter().all(Supervised::is_ready)
    }

    /// Writes the status when it changed, and the URL when everything is ready for the first time.
    fn tell(&mut self) {
        let ready = self.is_ready();
        let parts: Vec<_> = self.parts.iter().map(Supervised::status).collect();
        let url = (!self.only_standins).then(|| self.ports.url("upload-api"));
        let status = serde_json::json!({
            "pid": std::process::id(),
            "ready": ready,
            "url": url,
            "env_file": self.home.env_file(),
            "parts": parts,
        });
        if self.written_status.as_ref() != Some(&status) {
            // A full disk is no reason to stop what works.
            if let Err(error) = status::write(self.home, &status) {
                self.logs.say(&format!("{error:#}"));
            }
            self.written_status = Some(status);
        }
        if ready && !self.announced {
            self.announced = true;
            self.logs.say(&match url {
                Some(url) => format!("Fantail is ready: {url}"),
                None => format!("the stand-ins are ready: {}", self.home.env_file().display()),
            });
        }
    }

    /// Services first, so that they can hand back what they hold; a second signal ends the patience.
    fn stop(&mut self, stop: &AtomicBool) {
        self.logs.say("stopping");
        stop.store(false, Ordering::Relaxed);
        for kind in [Kind::Service, Kind::StandIn] {
            let parts = self.parts.iter_mut().filter(|part| part.part.kind == kind);
            let mut running: Vec<_> = parts
                .filter_map(|part| {
                    Some((part.child.take()?, part.part.grace.map(|grace| Instant::now() + grace)))
                })
                .collect();
            // As ECS does: only the process itself is asked; what it started is its own business.
            for (child, _) in &running {
                process::terminate(child.id());
            }
            while !running.is_empty() {
                running.retain_mut(|(child, deadline)| {
                    if deadline.is_none_or(|deadline| Instant::now() > deadline)
                        || stop.load(Ordering::Relaxed)
                    {
                        process::signal_group(child, Signal::KILL);
                    }
                    matches!(child.try_wait(), Ok(None))
                });
                thread::sleep(TICK);
            }
        }
        self.logs.say("stopped");
    }
}

impl Deployment {
    /// A stand-in died and may come back without its memory.
    fn expire(&mut self) {
        match self {
            Self::Running { stale, .. } => *stale = true,
            Self::Done => *self = Self::Due(Instant::now()),
            Self::Due(_) => {}
        }
    }
}
