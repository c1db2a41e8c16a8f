//! From the catalogue to the buckets: what is promised and not there.

use domain::{
    Happening, ProgressEvent, Reason, RenditionState, Task, Video, VideoId, VideoJob, VideoState,
    message::THUMBNAILS,
    video::{Mp4State, failures},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{FindingKind, Round};
use crate::{
    catalogue::{Catalogue, Entry},
    jobs,
};

/// Records that are read at a time.
const PAGE: usize = 100;
/// Objects that are looked for at the same time.
const AT_ONCE: usize = 16;

/// Compares every record with the buckets.
pub(super) async fn compare(round: &mut Round<'_>) -> anyhow::Result<()> {
    for listing in Catalogue::listings() {
        let mut after = None;
        loop {
            let ids = round.app.catalogue.listed_in(&listing, after, PAGE, true).await?;
            let Some(last) = ids.last() else { break };
            after = Some(*last);
            for id in ids {
                // One that is deleted is its sweeper's.
                let Some(video) = round.app.catalogue.find(id).await? else { continue };
                round.summary.records += 1;
                compare_video(round, &video).await?;
            }
        }
    }
    Ok(())
}

async fn compare_video(round: &mut Round<'_>, video: &Video) -> anyhow::Result<()> {
    let id = video.record.id;
    let source = match &video.record.source {
        Some(source) => round.app.raw.find(&source.key).await?.is_some(),
        None => false,
    };
    let is_being_made =
        !video.record.state.is_final() && video.record.state != VideoState::Uploading;
    if is_being_made && !source {
        let is_repaired = round.args.repair && fail(round, id).await?;
        let key = video.record.source.as_ref().map_or_else(String::new, |s| s.key.clone());
        let place = format!("{}/{key}", round.app.raw.bucket());
        round.found(FindingKind::SourceMissing, Some(id), place, is_repaired);
        return Ok(());
    }
    let media = &round.app.media;
    let missing: Vec<_> = stream::iter(promised(video))
        .map(|key| async move {
            let found = media.find(&key).await?;
            anyhow::Ok(found.is_none().then_some(key))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let Some(first) = missing.into_iter().flatten().next() else { return Ok(()) };
    let is_repaired = round.args.repair && source && make_anew(round, id).await?;
    let place = format!("{}/{first}", round.app.media.bucket());
    round.found(FindingKind::OutputMissing, Some(id), place, is_repaired);
    Ok(())
}

/// What is said to be there, by the objects that are written last.
fn promised(video: &Video) -> Vec<String> {
    let run = video.run();
    let mut promised = Vec::new();
    for status in &video.renditions {
        if status.state == RenditionState::Complete {
            promised.extend([run.init(&status.name), run.index(&status.name)]);
        }
        if status.mp4_state == Mp4State::Complete {
            promised.push(run.mp4(&status.name));
        }
    }
    promised
}

/// Everything that is not settled fails, for nobody can make it.
async fn fail(round: &Round<'_>, id: VideoId) -> anyhow::Result<bool> {
    let reason = Reason::new("source_missing", "The uploaded file is lost. Upload it again.");
    change(round, id, |video| {
        let Some(source) = video.record.source.clone() else { return false };
        let job = VideoJob {
            version: 1,
            run: video.run(),
            owner_id: video.record.owner_id.clone(),
            source,
            attempt: 1,
            task: Task::Make,
        };
        let mut changed = false;
        // As a fleet of everything would report it, and that of the thumbnails.
        for queue in ["", THUMBNAILS] {
            for happening in failures(&job, queue, &reason) {
                changed |= tell(video, happening);
            }
        }
        changed
    })
    .await
}

async fn make_anew(round: &Round<'_>, id: VideoId) -> anyhow::Result<bool> {
    let reason = Reason::new("output_missing", "A part of it was lost. It is made again.");
    change(round, id, |video| tell(video, Happening::Superseded { reason: reason.clone() })).await
}

fn tell(video: &mut Video, happening: Happening) -> bool {
    video.apply(&ProgressEvent { version: 1, run: video.run(), happening })
}

/// Changes a video as an event would; a new generation is owed a publish.
async fn change(
    round: &Round<'_>,
    id: VideoId,
    change: impl Fn(&mut Video) -> bool,
) -> anyhow::Result<bool> {
    let updated = round.app.catalogue.update(id, |entry: &mut Entry| {
        let generation = entry.video.record.generation;
        let changed = change(&mut entry.video);
        if entry.video.record.generation != generation {
            entry.due = Some(jobs::publish_due());
        }
        changed
    });
    Ok(updated.await?.is_some_and(|updated| updated.answer))
}
