//! From an uploaded video to the message that every fleet gets.

use std::collections::BTreeSet;

use anyhow::Context;
use domain::{OwnerId, Task, Video, VideoJob, message::RENDITION_ATTRIBUTE};
use sha2::{Digest, Sha256};

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
    let group = turn(&job.owner_id);
    let retries = video.owed_retries();
    if retries.is_empty() {
        let attributes = [(RENDITION_ATTRIBUTE, job.task.audience())];
        app.jobs.publish(&job, &attributes, Some(&group)).await?;
    }
    for (task, fleet) in &retries {
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

/// Whose turn it is in fair queues: a hash, because SQS takes few characters and should not know.
fn turn(owner: &OwnerId) -> String {
    let digest = Sha256::digest(&owner.0);
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
