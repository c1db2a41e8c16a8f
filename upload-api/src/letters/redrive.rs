//! Sends letters again. SQS could move them back itself, had we not taken them out to show them.

use anyhow::Context;
use domain::{VideoJob, video::made_by};
use tracing::{info, warn};

use super::{Content, content};
use crate::{
    App,
    catalogue::{CatalogueError, Entry, Letter},
    clock,
};

/// How long sending may take before a sweeper thinks that whoever wanted to is dead, in seconds.
const PATIENCE: u64 = 30;
/// What a sweep sends at most.
const AT_ONCE: i32 = 50;

/// What became of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// It is in its queue again.
    Sent,
    /// It is taken, and will be sent as soon as what is needed for it answers.
    Owed,
    /// Nothing is to be sent: somebody else did, or its video is deleted or was made anew.
    Gone,
}

/// Takes a letter and sends it. Two who do it at once send it once; who dies at it leaves it to the
/// sweeper.
///
/// # Errors
/// If the catalogue does not answer; then nothing has happened.
pub async fn redrive(app: &App, letter: &Letter, now: u64) -> Result<Redriven, CatalogueError> {
    if !app.catalogue.claim_letter(letter, now, clock::unix_now().max(now) + PATIENCE).await? {
        return Ok(Redriven::Gone);
    }
    match send(app, letter).await {
        Ok(true) => {
            info!(queue = letter.queue, letter = letter.letter_id, "a letter was sent again");
            Ok(Redriven::Sent)
        }
        Ok(false) => Ok(Redriven::Gone),
        Err(error) => {
            let error = format!("{error:#}");
            warn!(queue = letter.queue, letter = letter.letter_id, error, "a letter stays owed");
            Ok(Redriven::Owed)
        }
    }
}

/// Sends what others took and did not live to send, at `now` (Unix seconds).
///
/// # Errors
/// If the catalogue does not answer.
pub async fn sweep(app: &App, now: u64) -> Result<(), CatalogueError> {
    for letter in app.catalogue.due_letters(now, AT_ONCE).await? {
        redrive(app, &letter, now).await?;
    }
    Ok(())
}

/// First the video forgets its failure, then the job goes out, then the letter goes: a crash in
/// between is a job sent twice, which does no harm. False if there is nothing to send any more.
async fn send(app: &App, letter: &Letter) -> anyhow::Result<bool> {
    let body = match content(letter) {
        Content::Job(job) if !reopen(app, letter, &job).await? => None,
        Content::Job(job) => {
            let job = VideoJob { attempt: 1, ..*job };
            Some(serde_json::to_string(&job).context("writing a job as JSON")?)
        }
        Content::Event(_) | Content::Unreadable => Some(letter.body.clone()),
    };
    if let Some(body) = &body {
        let queue = app.pipeline.queue(&letter.queue);
        let queue = queue.with_context(|| format!("no queue {} is configured", letter.queue))?;
        queue.queue.send_text(body, letter.message_group.as_deref()).await?;
    }
    app.catalogue.remove_letter(letter).await?;
    Ok(body.is_some())
}

/// False if the job's video is deleted, or is made anew meanwhile.
async fn reopen(app: &App, letter: &Letter, job: &VideoJob) -> anyhow::Result<bool> {
    let reopen = |entry: &mut Entry| {
        let is_current = entry.video.run() == job.run;
        if is_current {
            for name in made_by(job, &letter.queue) {
                let _not_failed = entry.video.reopen(&name);
            }
        }
        is_current
    };
    let updated = app.catalogue.update(job.run.video_id, reopen).await?;
    Ok(updated.is_some_and(|updated| updated.answer))
}
