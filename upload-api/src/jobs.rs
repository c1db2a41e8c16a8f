//! From an uploaded video to the message that every fleet gets.

use std::collections::BTreeSet;

use anyhow::Context;
use domain::{Task, Video, VideoJob, message::RENDITION_ATTRIBUTE};

use crate::{
    App,
    catalogue::{Due, Entry, Owed},
    clock,
};

/// How long publishing may take before a sweeper thinks that whoever wanted to is dead, in seconds.
const PATIENCE: u64 = 30;

/// What is owed to a video from the moment it is uploaded until it is published.
pub fn publish_due() -> Due {
    Due { owed: Owed::Publish, at: clock::unix_now() + PATIENCE }
}

/// Publishes what a video owes, the job of its upload or those of its retries, then writes down
/// that nothing is owed any more. Done twice it costs the fleets a look at what they have made
/// already.
///
/// # Errors
/// If the topic or the catalogue does not answer; the job stays owed.
pub async fn publish(app: &App, video: &Video) -> anyhow::Result<()> {
    let job = job(video).context("a video without a source has no job")?;
    let group = job.owner_id.message_group();
    let retries = video.owed_retries();
    if retries.is_empty() {
        let attributes = [(RENDITION_ATTRIBUTE, job.task.audience())];
        app.jobs.publish(&job, &attributes, Some(&group)).await?;
    }
    for (task, fleet) in &retries {
        // The chunks that were sent have come to nothing: they are to be sent again.
        app.media.delete(&job.run.spread(fleet)).await?;
        let job = VideoJob { task: task.clone(), ..job.clone() };
        app.jobs.publish(&job, &[(RENDITION_ATTRIBUTE, &fleet.0)], Some(&group)).await?;
    }
    let published: BTreeSet<_> = retries.into_iter().map(|(_, fleet)| fleet).collect();
    let settle = |entry: &mut Entry| {
        entry.video.retries_published(&published);
        if entry.video.record.retries.is_empty() {
            entry.due = entry.due.filter(|due| due.owed != Owed::Publish);
        }
    };
    app.catalogue.update(video.record.id, settle).await?;
    Ok(())
}

fn job(video: &Video) -> Option<VideoJob> {
    Some(VideoJob {
        version: 1,
        run: video.run(),
        owner_id: video.record.owner_id.clone(),
        source: video.record.source.clone()?,
        attempt: 1,
        task: Task::Make,
    })
}
