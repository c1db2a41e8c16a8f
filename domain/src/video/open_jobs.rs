//! What a video still waits for: a job behind everything that is not final, the fleet that owes it,
//! and since when nothing is heard of it.
//!
//! Time comes in as a value, and so does what somebody found in the fleet's queue.

use serde::{Deserialize, Serialize};

use super::{Mp4State, RenditionState, ThumbnailsState, Video, VideoState, retry::all_renditions};
use crate::{Happening, Reason, RenditionName, Task, captions::CaptionsState, message::THUMBNAILS};

/// Seconds without a word after which somebody looks where a job has got to.
pub const PATIENCE: u64 = 300;

/// A job whose outcome a video waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenJob {
    /// What is to be done.
    pub task: Task,
    /// Whose it is: a rendition's name, or `thumbnails`.
    pub fleet: RenditionName,
}

/// What is known of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// When it last got ahead, or was sent: Unix seconds. Its deadline runs from here.
    pub since: u64,
    /// Why nothing is heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// Where a job that nothing is heard of may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Its queue is long.
    Queued,
    /// Its queue is long, and nobody works on it.
    Unattended,
    /// A worker may have it, or news of it may be on the way.
    InHand,
    /// Nowhere.
    Lost,
}

impl OpenJob {
    fn make(fleet: &RenditionName) -> Self {
        Self { task: Task::Make, fleet: fleet.clone() }
    }

    /// Tells it from the others of its video.
    pub fn key(&self) -> String {
        match &self.task {
            Task::Close { .. } => format!("{}/close", self.fleet),
            Task::ThumbnailsFrom { rendition } => format!("{}/{rendition}", self.fleet),
            Task::Make | Task::Chunk { .. } => self.fleet.to_string(),
        }
    }
}

impl Video {
    /// The jobs whose outcomes it waits for. None while its bytes arrive or it waits for its turn,
    /// and none once nothing more will happen by itself.
    pub fn open_jobs(&self) -> Vec<OpenJob> {
        if !self.is_working() {
            return Vec::new();
        }
        if self.record.plan.is_none() {
            return self.unplanned();
        }
        let mut open = Vec::new();
        let sound = self.rendition(&RenditionName::audio());
        let sound_is_over = sound.is_none_or(|sound| sound.state.is_final());
        for status in &self.renditions {
            let name = &status.name;
            let text_is_missing = name.is_audio() && !self.captions_are_settled();
            if !status.state.is_final() || text_is_missing {
                open.push(OpenJob::make(name));
            } else if status.state == RenditionState::Complete
                && status.mp4_state == Mp4State::Pending
                && sound_is_over
                && !self.sound_failed()
            {
                let task = Task::Close { rendition: name.clone() };
                open.push(OpenJob { task, fleet: name.clone() });
            }
        }
        open.extend(self.open_thumbnails());
        open
    }

    /// As long as the plan does not say what there is to do, every fleet that has not failed owes it.
    fn unplanned(&self) -> Vec<OpenJob> {
        let failed = |name: &RenditionName| {
            self.rendition(name).is_some_and(|status| status.state == RenditionState::Failed)
        };
        let all = all_renditions();
        let owed = all.iter().filter(|name| !failed(name));
        let mut open: Vec<_> = owed.map(OpenJob::make).collect();
        if self.record.thumbnails.state != ThumbnailsState::Failed {
            open.push(OpenJob::make(&THUMBNAILS.into()));
        }
        open
    }

    fn open_thumbnails(&self) -> Option<OpenJob> {
        let fleet = RenditionName::from(THUMBNAILS);
        if self.thumbnails_are_settled() {
            return None;
        }
        let thumbnails = &self.record.thumbnails;
        match &thumbnails.awaits {
            Some(rung) if thumbnails.state != ThumbnailsState::Pending => {
                // Whoever completes the rung sends the job.
                let is_complete = |rung| self.is_complete(rung);
                let task = Task::ThumbnailsFrom { rendition: rung.clone() };
                is_complete(rung).then_some(OpenJob { task, fleet })
            }
            _ => Some(OpenJob { task: Task::Make, fleet }),
        }
    }

    /// Keeps the list of open jobs after a change: what got ahead has its time anew. Every write of
    /// a video goes through here. True if what people read has changed.
    pub fn track(&mut self, before: &Self, now: u64) -> bool {
        let known = std::mem::take(&mut self.record.open_jobs);
        for job in self.open_jobs() {
            let standing = known.get(&job.key()).cloned();
            let standing = match standing {
                Some(standing) if !self.has_moved(&job.fleet, before) => standing,
                _ => Standing { since: now, reason: None },
            };
            self.record.open_jobs.insert(job.key(), standing);
        }
        self.settle()
    }

    fn has_moved(&self, fleet: &RenditionName, before: &Self) -> bool {
        if fleet.0 == THUMBNAILS {
            return self.record.thumbnails != before.record.thumbnails;
        }
        self.rendition(fleet) != before.rendition(fleet)
            || (fleet.is_audio() && self.record.captions != before.record.captions)
    }

    /// The open jobs of which nothing was heard for [`PATIENCE`], and for how many seconds.
    pub fn overdue(&self, now: u64) -> Vec<(OpenJob, u64)> {
        let silence = |job: OpenJob| {
            let since = self.record.open_jobs.get(&job.key())?.since;
            Some((job, now.saturating_sub(since)))
        };
        let all = self.open_jobs().into_iter().filter_map(silence);
        all.filter(|(_, silence)| PATIENCE <= *silence).collect()
    }

    /// A job is past its deadline, and somebody has looked where it is. What waits keeps its state
    /// and says so. What is lost is owed once more, and fails the second time; should it be done
    /// after all, that counts.
    pub fn look_into(&mut self, job: &OpenJob, finding: Finding, now: u64) {
        let Some(mut standing) = self.record.open_jobs.get(&job.key()).cloned() else { return };
        let told = standing.reason.clone();
        let was_sent_again = self.record.sent_again.contains(&job.key());
        standing.reason = match finding {
            Finding::Queued => Some(Reason::waiting()),
            Finding::Unattended => Some(Reason::unattended()),
            Finding::InHand => standing.reason.filter(|_| was_sent_again),
            Finding::Lost if was_sent_again => {
                standing.since = now;
                self.lose(job);
                Some(Reason::lost())
            }
            Finding::Lost => {
                standing.since = now;
                self.record.sent_again.insert(job.key());
                self.record.retries.insert(job.fleet.clone());
                Some(Reason::sent_again())
            }
        };
        let has_news = standing.reason != told;
        self.record.open_jobs.insert(job.key(), standing);
        let open: Vec<_> = self.open_jobs().iter().map(OpenJob::key).collect();
        self.record.open_jobs.retain(|key, _| open.contains(key));
        if self.settle() || has_news {
            self.record.version += 1;
        }
    }

    fn lose(&mut self, job: &OpenJob) {
        let reason = Reason::lost();
        let rendition = job.fleet.clone();
        match &job.task {
            Task::Close { .. } => self.take(&Happening::Mp4Failed { rendition, reason }),
            Task::ThumbnailsFrom { .. } => {
                let storyboard = Happening::StoryboardFailed { reason: reason.clone() };
                self.take(&storyboard) | self.take(&Happening::PreviewFailed { reason })
            }
            _ if job.fleet.0 == THUMBNAILS => self.take(&Happening::ThumbnailsFailed { reason }),
            _ => {
                let text = job.fleet.is_audio() && self.fail_captions(&reason);
                self.take(&Happening::Failed { rendition, reason }) | text
            }
        };
    }

    /// Text tracks that nobody will make any more.
    pub(super) fn fail_captions(&mut self, reason: &Reason) -> bool {
        let pending = self.record.captions.iter_mut();
        let mut moved = false;
        for status in pending.filter(|status| status.state == CaptionsState::Pending) {
            (status.state, status.reason) = (CaptionsState::Failed, Some(reason.clone()));
            moved = true;
        }
        moved
    }

    /// The owner wants a fleet's job tried anew, with all that belongs to a first try.
    pub(super) fn forget_sent_again(&mut self, fleet: &RenditionName) {
        let is_theirs = |key: &str| key.split('/').next() == Some(&*fleet.0);
        self.record.sent_again.retain(|key| !is_theirs(key));
    }

    /// What is known of the job that makes `name`, or of the one that closes it.
    pub fn standing(&self, name: &RenditionName) -> Option<&Standing> {
        let open = self.open_jobs().into_iter().find(|job| job.fleet == *name)?;
        self.record.open_jobs.get(&open.key())
    }

    /// Why it is not further, if there is a reason.
    pub(super) fn open_reason(&self) -> Option<Reason> {
        if self.waits_for_its_turn() {
            return Some(Reason::not_its_turn());
        }
        let standing = |job: OpenJob| self.record.open_jobs.get(&job.key());
        let mut all = self.open_jobs().into_iter().filter_map(standing);
        all.find_map(|standing| standing.reason.clone())
    }

    /// Whether the fleets have been told of it, and are not done with it.
    pub fn is_working(&self) -> bool {
        match self.record.state {
            VideoState::Uploaded => self.record.admission == Admission::Admitted,
            state => !state.is_final() && state != VideoState::Uploading,
        }
    }

    /// Whether others of its owner come first.
    pub fn waits_for_its_turn(&self) -> bool {
        self.record.state == VideoState::Uploaded && self.record.admission == Admission::Waiting
    }

    /// Its turn has come, or has not; nothing happens once it has. True if it has.
    pub fn admit(&mut self, has_come: bool) -> bool {
        let record = &mut self.record;
        if record.state == VideoState::Uploaded && record.admission != Admission::Admitted {
            record.admission = if has_come { Admission::Admitted } else { Admission::Waiting };
            if self.settle() {
                self.record.version += 1;
            }
        }
        self.is_working()
    }
}

/// Whether an uploaded video's turn has come: of one owner only so many are with the fleets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Nobody has decided.
    #[default]
    Undecided,
    /// Others of its owner come first.
    Waiting,
    /// It has.
    Admitted,
}
