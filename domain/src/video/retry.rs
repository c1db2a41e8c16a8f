//! Trying again what failed.

use std::collections::BTreeSet;

use super::{Mp4State, RenditionState, Video, VideoState};
use crate::{Happening, Reason, Recipe, RenditionName, Task, VideoJob, message::THUMBNAILS};

/// Why there is nothing to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRetryable {
    /// The video has no rendition of this name.
    Unknown,
    /// The file itself is at fault: no attempt can succeed.
    InputAtFault,
    /// It has not failed.
    NotFailed,
}

impl Video {
    /// Takes a failure back, of a rendition, of its MP4 or of the `thumbnails`, and notes that its
    /// job is owed. The bucket keeps what was made; the next attempt makes the rest.
    ///
    /// # Errors
    /// If nothing of this name has failed, or must not be tried again.
    pub fn retry(&mut self, name: &RenditionName) -> Result<(), NotRetryable> {
        self.reopen(name)?;
        self.record.retries.insert(name.clone());
        Ok(())
    }

    /// The same for whoever sends the job anyway.
    ///
    /// # Errors
    /// As in [`Self::retry`].
    pub fn reopen(&mut self, name: &RenditionName) -> Result<(), NotRetryable> {
        match self.record.state {
            VideoState::Rejected => return Err(NotRetryable::InputAtFault),
            VideoState::Uploading | VideoState::Expired => return Err(NotRetryable::NotFailed),
            _ => {}
        }
        if name.0 == THUMBNAILS {
            self.reopen_thumbnails()?;
        } else {
            self.reopen_rendition(name)?;
        }
        self.forget_sent_again(name);
        self.settle();
        self.record.version += 1;
        Ok(())
    }

    fn reopen_thumbnails(&mut self) -> Result<(), NotRetryable> {
        let reopened = self.record.thumbnails.reopen();
        reopened.then_some(()).ok_or(NotRetryable::NotFailed)
    }

    fn reopen_rendition(&mut self, name: &RenditionName) -> Result<(), NotRetryable> {
        let mut all = self.renditions.iter_mut();
        let status = all.find(|status| status.name == *name).ok_or(NotRetryable::Unknown)?;
        if status.state == RenditionState::Failed {
            (status.state, status.reason) = (RenditionState::Pending, None);
        } else if status.mp4_state == Mp4State::Failed {
            (status.mp4_state, status.mp4_reason) = (Mp4State::Pending, None);
        } else {
            return Err(NotRetryable::NotFailed);
        }
        Ok(())
    }

    /// The jobs that retries still owe: what is to be done, and which fleet hears of it.
    pub fn owed_retries(&self) -> Vec<(Task, RenditionName)> {
        // Sound that is complete and owed none the less lacks its captions.
        let task = |name: &RenditionName| match self.is_complete(name) && !name.is_audio() {
            true => Task::Close { rendition: name.clone() },
            false => Task::Make,
        };
        self.record.retries.iter().map(|name| (task(name), name.clone())).collect()
    }

    pub(super) fn is_complete(&self, name: &RenditionName) -> bool {
        self.rendition(name).is_some_and(|status| status.state == RenditionState::Complete)
    }

    /// The jobs of these retries are on their way.
    pub fn retries_published(&mut self, names: &BTreeSet<RenditionName>) {
        self.record.retries.retain(|name| !names.contains(name));
    }
}

/// What of its video a job of this queue makes: renditions, or the `thumbnails`. A queue is called
/// like what its fleet makes, several joined by hyphens (`480p-720p`); one of any other name feeds a
/// fleet that makes every rendition.
pub fn made_by(job: &VideoJob, queue: &str) -> Vec<RenditionName> {
    match &job.task {
        Task::Close { rendition } => return vec![rendition.clone()],
        Task::ThumbnailsFrom { .. } => return vec![RenditionName::from(THUMBNAILS)],
        Task::Make | Task::Chunk { .. } => {}
    }
    fed_by(queue)
}

/// Whether jobs of `fleet` lie in this queue, if `fleet` has none that is called like it.
pub fn feeds(queue: &str, fleet: &RenditionName) -> bool {
    fed_by(queue).contains(fleet)
}

/// What the fleet of a queue makes.
fn fed_by(queue: &str) -> Vec<RenditionName> {
    let all = all_renditions();
    let named: Vec<_> = queue.split('-').map(RenditionName::from).collect();
    let is_known = |name: &RenditionName| name.0 == THUMBNAILS || all.contains(name);
    if named.iter().all(is_known) { named } else { all }
}

/// Sound first, then small to large.
pub(super) fn all_renditions() -> Vec<RenditionName> {
    let rungs = Recipe::standard().ladder.rungs.into_iter().map(|rung| rung.name);
    std::iter::once(RenditionName::audio()).chain(rungs).collect()
}

/// What it means for its video that a job of this queue will not be done.
pub fn failures(job: &VideoJob, queue: &str, reason: &Reason) -> Vec<Happening> {
    let failure = |name: RenditionName| {
        let reason = reason.clone();
        match job.task {
            Task::Close { .. } => Happening::Mp4Failed { rendition: name, reason },
            _ if name.0 == THUMBNAILS => Happening::ThumbnailsFailed { reason },
            _ => Happening::Failed { rendition: name, reason },
        }
    };
    made_by(job, queue).into_iter().map(failure).collect()
}
