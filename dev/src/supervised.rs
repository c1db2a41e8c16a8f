//! A part and the process that is it at the moment.

use crate::{
    http,
    logs::{LogFile, Logs},
    parts::{Kind, Part},
    ports::loopback,
    process::{self, OrphanSignal},
    restart::Backoff,
};
use anyhow::{Context, Result};
use rustix::process::Signal;
use std::{
    io, iter,
    net::TcpStream,
    process::{Child, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

#[derive(PartialEq, Eq)]
pub enum Life {
    Goes,
    Died,
}

/// Started, watched, and started again after it died.
pub struct Supervised {
    pub part: Part,
    log: LogFile,
    pub child: Option<Child>,
    started: Instant,
    start_at: Instant,
    backoff: Backoff,
    /// Processes so far; the probe compares it, so that no readiness outlives its process.
    life: Arc<AtomicU32>,
    ready_life: Arc<AtomicU32>,
}

impl Supervised {
    pub fn new(part: Part, logs: &Logs) -> Result<Self> {
        let (life, ready_life) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        probe(&part, Arc::clone(&life), Arc::clone(&ready_life));
        let log = logs.file(&part.name)?;
        let now = Instant::now();
        Ok(Self {
            part,
            log,
            child: None,
            started: now,
            start_at: now,
            backoff: Backoff::default(),
            life,
            ready_life,
        })
    }

    /// Notices a death, and starts the part when it is time.
    pub fn keep_alive(&mut self, logs: &Logs) -> Result<Life> {
        if let Some(child) = &mut self.child {
            let Some(exit) = child.try_wait()? else { return Ok(Life::Goes) };
            process::signal_group(child, Signal::KILL); // What it left behind.
            self.child = None;
            self.ready_life.store(0, Ordering::Release);
            let wait = self.backoff.after_death(self.started.elapsed());
            self.start_at = Instant::now() + wait;
            logs.say(&format!("{} ended ({exit}); again in {} s", self.part.name, wait.as_secs()));
            return Ok(Life::Died);
        }
        if Instant::now() >= self.start_at {
            self.start(logs)?;
        }
        Ok(Life::Goes)
    }

    fn start(&mut self, logs: &Logs) -> Result<()> {
        let orphan =
            if self.part.grace.is_some() { OrphanSignal::Term } else { OrphanSignal::Kill };
        let mut command = process::own_group(&self.part.program, orphan);
        command.args(&self.part.args).stdin(Stdio::null());
        self.part.env.apply(&mut command);
        let (reader, writer) = io::pipe()?;
        command.stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn().with_context(|| format!("cannot start {}", self.part.name))?;
        logs.follow(&self.part.name, reader, self.log.clone(), self.part.minor());
        self.child = Some(child);
        self.started = Instant::now();
        self.life.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    pub fn is_ready(&self) -> bool {
        self.child.is_some()
            && self.ready_life.load(Ordering::Acquire) == self.life.load(Ordering::Acquire)
    }

    pub fn status(&self) -> serde_json::Value {
        let state = match (&self.child, self.is_ready()) {
            (None, _) => "waiting",
            (Some(_), false) => "starting",
            (Some(_), true) => "ready",
        };
        serde_json::json!({
            "name": self.part.name,
            "pid": self.child.as_ref().map(Child::id),
            "state": state,
            "restarts": self.life.load(Ordering::Acquire).saturating_sub(1),
            "port": self.part.port,
        })
    }
}

/// Asks from a thread of its own, often until the part is ready and now and then afterwards.
fn probe(part: &Part, life: Arc<AtomicU32>, ready_life: Arc<AtomicU32>) {
    let (kind, port) = (part.kind, part.port);
    thread::spawn(move || {
        for waited in iter::successors(Some(0_u64), |waited| Some(waited + 1)) {
            thread::sleep(Duration::from_millis(100));
            let asked = life.load(Ordering::Acquire);
            if ready_life.load(Ordering::Acquire) == asked && waited % 20 != 0 {
                continue;
            }
            let ready = match kind {
                Kind::StandIn => {
                    TcpStream::connect_timeout(&loopback(port), Duration::from_secs(1)).is_ok()
                }
                Kind::Service => http::get(loopback(port), "/readyz", Duration::from_secs(5))
                    .is_ok_and(|answer| answer.status == 200),
            };
            ready_life.store(if ready { asked } else { 0 }, Ordering::Release);
        }
    });
}
