//! The gremlin: signals to real processes, by the plan.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use super::{
    costs,
    plan::{Mischief, Plan},
    stage::Stage,
};

/// How long a victim is waited for: it may just be starting, or have nothing to decode.
const PATIENCE: Duration = Duration::from_secs(4);
const LOOK: Duration = Duration::from_millis(20);

/// What was done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deeds {
    /// How often, by kind and victim.
    pub(crate) done: BTreeMap<String, u32>,
    pub(crate) kills: u32,
    /// Of those, the ones that met a process in the middle of decoding and encoding.
    pub(crate) kills_in_work: u32,
    /// CPU seconds of the killed processes that decoded and encoded: all they had done, also what
    /// they had handed over already.
    pub(crate) cpu_in_hand: f64,
    /// CPU seconds of workers that are gone, and their children.
    cpu_of_the_dead: f64,
    /// Strikes that found nobody.
    pub(crate) missed: u32,
}

/// It strikes until told otherwise.
pub(crate) struct Gremlin<'a> {
    pub(crate) plan: Plan,
    pub(crate) stage: &'a Stage,
    /// For whoever wants to know how far it is.
    pub(crate) kills: AtomicU32,
    deeds: Mutex<Deeds>,
}

impl<'a> Gremlin<'a> {
    pub(crate) fn new(plan: Plan, stage: &'a Stage) -> Self {
        Self { plan, stage, kills: AtomicU32::new(0), deeds: Mutex::default() }
    }

    pub(crate) fn deeds(&self) -> Deeds {
        self.deeds.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// CPU seconds of all workers, dead and alive, since the product was started.
    pub(crate) fn cpu_of_workers(&self) -> f64 {
        let alive = self.stage.pids().into_iter().filter(|(name, _)| is_worker(name));
        let alive: f64 = alive.map(|(_, pid)| costs::all_seconds(pid)).sum();
        self.deeds().cpu_of_the_dead + alive
    }

    /// Strikes by the plan until so many were killed, or it is `until`.
    pub(crate) async fn strike(&self, kills: u32, until: Instant) {
        for number in 0.. {
            if self.kills.load(Relaxed) >= kills || Instant::now() >= until {
                return;
            }
            let strike = self.plan.strike(number);
            sleep(strike.after).await;
            let met = match &strike.what {
                Mischief::Kill(name) => self.end(name, Signal::KILL).await,
                Mischief::Stop(name) => self.end(name, Signal::TERM).await,
                Mischief::Pause(name, time) => self.pause(name, *time).await,
                Mischief::KillChild(name) => self.kill_a_child(name).await,
            };
            let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
            if !met {
                deeds.missed += 1;
                continue;
            }
            *deeds.done.entry(told(&strike.what)).or_default() += 1;
            if strike.what.is_kill() {
                deeds.kills += 1;
                self.kills.store(deeds.kills, Relaxed);
            }
        }
    }

    async fn victim(&self, name: &str) -> Option<u32> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(pid) = self.stage.pids().get(name) {
                return Some(*pid);
            }
            sleep(LOOK).await;
        }
        None
    }

    async fn end(&self, name: &str, signal: Signal) -> bool {
        let Some(pid) = self.victim(name).await else { return false };
        let in_hand: Vec<_> = costs::children(pid).into_iter().map(costs::own_seconds).collect();
        let all = costs::all_seconds(pid);
        let met = send(pid, signal);
        if met && is_worker(name) {
            let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
            deeds.cpu_of_the_dead += all;
            if signal == Signal::KILL && !in_hand.is_empty() {
                deeds.kills_in_work += 1;
                deeds.cpu_in_hand += in_hand.iter().sum::<f64>();
            }
        }
        met
    }

    /// Of this worker if it decodes anything, or else of the first that does.
    async fn kill_a_child(&self, name: &str) -> bool {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let pids = self.stage.pids();
            let others = pids.iter().filter(|(name, _)| is_worker(name)).map(|(_, pid)| pid);
            let workers = pids.get(name).into_iter().chain(others);
            if let Some(child) = workers.flat_map(|worker| costs::children(*worker)).next() {
                let in_hand = costs::own_seconds(child);
                if send(child, Signal::KILL) {
                    let mut deeds = self.deeds.lock().unwrap_or_else(PoisonError::into_inner);
                    deeds.kills_in_work += 1;
                    deeds.cpu_in_hand += in_hand;
                    return true;
                }
            }
            sleep(LOOK).await;
        }
        false
    }

    /// The process alone: what it decodes in goes on until nobody takes what it hands out.
    async fn pause(&self, name: &str, time: Duration) -> bool {
        let Some(pid) = self.victim(name).await else { return false };
        let met = send(pid, Signal::STOP);
        sleep(time).await;
        send(pid, Signal::CONT);
        met
    }
}

fn is_worker(name: &str) -> bool {
    name.starts_with("transcoder") || name.starts_with("thumbnailer")
}

fn send(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
}

fn told(what: &Mischief) -> String {
    match what {
        Mischief::Kill(name) => format!("kill -9 {name}"),
        Mischief::KillChild(_) => "kill -9 a decoding child".into(),
        Mischief::Pause(name, _) => format!("pause {name} past its lease"),
        Mischief::Stop(name) => format!("SIGTERM {name}"),
    }
}
