//! Takes letters out of the dead-letter queues into the catalogue. Every replica does.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use domain::{ProgressEvent, video};
use futures::future::join_all;
use platform::queue::{Delivery, Queue, SqsQueue};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{info, warn};

use super::{Content, content, received};
use crate::{App, catalogue::Letter, fleets::PipelineQueue};

/// How long a letter is ours while we take it in.
const LEASE: Duration = Duration::from_secs(60);
/// Pause after something did not answer.
const PAUSE: Duration = Duration::from_secs(15);

/// Watches every queue's letters until the app's `shutdown` fires.
pub async fn watch(app: Arc<App>) {
    let all = app.pipeline.queues().iter().map(|queue| watch_one(&app, queue));
    tokio::select! {
        _ = join_all(all) => {}
        () = app.shutdown.cancelled() => {}
    }
}

async fn watch_one(app: &App, queue: &PipelineQueue) {
    loop {
        if let Err(error) = take_in_all(app, queue).await {
            let error = format!("{error:#}");
            warn!(queue = queue.name, error, "cannot look for dead letters");
        }
        sleep(PAUSE).await;
    }
}

/// Until something fails.
async fn take_in_all(app: &App, queue: &PipelineQueue) -> anyhow::Result<()> {
    let letters = queue.queue.dead_letters().await?;
    loop {
        let asked_at = Instant::now();
        for delivery in letters.receive(10, LEASE).await? {
            // Longer than that it is not ours to delete; then it comes again.
            let taken = take_in(app, &queue.name, &letters, &delivery);
            timeout_at(asked_at + LEASE, taken).await.context("taking a letter in")??;
        }
    }
}

/// In an order in which every step may be the last: what is not deleted comes again.
async fn take_in(
    app: &App,
    queue: &str,
    letters: &SqsQueue,
    delivery: &Delivery,
) -> anyhow::Result<()> {
    let letter = received(queue, delivery);
    show_failure(app, &letter).await?;
    app.catalogue.keep_letter(&letter).await?;
    letters.delete(&delivery.receipt).await?;
    let (id, code) = (&letter.letter_id, &letter.reason.code);
    warn!(queue, letter = id, reason = code, "a dead letter; it can be sent again");
    Ok(())
}

/// Whoever gave up has said so already; those who died did not.
async fn show_failure(app: &App, letter: &Letter) -> anyhow::Result<()> {
    let Content::Job(job) = content(letter) else { return Ok(()) };
    let happenings = video::failures(&job, &letter.queue, &letter.reason);
    let events = happenings.into_iter().map(|happening| ProgressEvent {
        version: 1,
        run: job.run.clone(),
        happening,
    });
    let events: Vec<_> = events.collect();
    let id = job.run.video_id;
    let apply = |entry: &mut crate::catalogue::Entry| {
        events.iter().filter(|event| entry.video.apply(event)).count() > 0
    };
    let updated = app.catalogue.update(id, apply).await?;
    if updated.is_some_and(|updated| updated.answer) {
        info!(%id, queue = letter.queue, "a job that died is a failure of its video");
    }
    Ok(())
}
