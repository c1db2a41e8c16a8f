//! How many jobs run.

use domain::Reason;
use tokio::sync::watch;

use crate::consumer::{JobError, Lease, Worker};

/// A worker that tells how many jobs it is at.
#[derive(Debug)]
pub struct Counted<W> {
    worker: W,
    jobs: watch::Sender<usize>,
}

impl<W> Counted<W> {
    /// Counts the jobs of `worker`; every begin and every end shows in the receiver.
    pub fn new(worker: W) -> (Self, watch::Receiver<usize>) {
        let (jobs, running) = watch::channel(0);
        (Self { worker, jobs }, running)
    }
}

/// One job, until it is dropped.
struct Running<'a>(&'a watch::Sender<usize>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|jobs| *jobs -= 1);
    }
}

impl<W: Worker> Worker for Counted<W> {
    type Job = W::Job;

    async fn run(&self, job: &W::Job, lease: &Lease) -> Result<(), JobError> {
        self.jobs.send_modify(|jobs| *jobs += 1);
        let _running = Running(&self.jobs);
        self.worker.run(job, lease).await
    }

    async fn give_up(&self, job: &W::Job, reason: &Reason) -> anyhow::Result<()> {
        self.worker.give_up(job, reason).await
    }

    async fn ready(&self) -> anyhow::Result<()> {
        self.worker.ready().await
    }
}
