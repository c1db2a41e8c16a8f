//! From an uploaded video to the message that every fleet gets.

use std::collections::BTreeSet;

use anyhow::Context;
use domain::{
    RenditionName, Task, Video, VideoId, VideoJob, VideoState, message::RENDITION_ATTRIBUTE,
};
use tracing::warn;

use crate::{
    App, admission,
    catalogue::{Due, Entry, Owed},
    clock,
};

/// How long publishing may take before a sweeper thinks that whoever wanted to is dead, in seconds.
const PATIENCE: u64 = 30;

/// What is owed to a video from the moment it is uploaded until it is published.
pub fn publish_due() -> Due {
    Due { owed: Owed::Publish, at: clock::unix_now() + PATIENCE }
}

/// Publishes what a video owes, unless it waits for its turn.
///
/// # Errors
/// If the topic or the catalogue does not answer; the job stays owed.
pub async fn publish(app: &App, video: &Video) -> anyhow::Result<()> {
    let is_new = video.record.state == VideoState::Uploaded && !video.is_working();
    if is_new && !admission::admit(app, video).await? {
        return Ok(());
    }
    send(app, video).await
}

/// Publishes what an admitted video owes, or says why that is left to the sweeper.
pub(crate) async fn send_or_warn(app: &App, id: VideoId) {
    let sent = async {
        match app.catalogue.find(id).await? {
            Some(video) => send(app, &video).await,
            None => Ok(()), // deleted
        }
    };
    if let Err(error) = sent.await {
        warn!(%id, error = format!("{error:#}"), "cannot publish; left to the sweeper");
    }
}

/// Publishes the job of an upload or those of retries, then writes down that nothing is owed any
/// more. Done twice it costs the fleets a look at what they have made already.
async fn send(app: &App, video: &Video) -> anyhow::Result<()> {
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
    app.catalogue.update(video.record.id, |entry| settle(entry, &published)).await?;
    Ok(())
}

/// The job of the upload is on its way, or those of these fleets.
pub(crate) fn settle(entry: &mut Entry, fleets: &BTreeSet<RenditionName>) {
    entry.video.retries_published(fleets);
    if entry.video.record.retries.is_empty() {
        entry.due = entry.due.filter(|due| due.owed != Owed::Publish);
    }
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
