//! The catalogue of videos in DynamoDB. Together with `platform` the only place that knows AWS, and
//! the only door to the table: another store could stand behind it.

mod admission;
mod items;
mod keys;
mod letters;
mod listing;
mod plain;
mod sessions;
mod shares;
mod store;
mod uploads;
mod usage;
mod writing;

use domain::{Upload, Video, VideoId, video::PATIENCE};

use self::admission::Freed;
pub use self::{
    keys::ApiKey,
    letters::Letter,
    listing::Page,
    sessions::Session,
    shares::{Pass, PasswordHash, Share},
    store::Catalogue,
    uploads::UploadsPage,
    usage::{Limit, Quota, Usage},
};

/// A video and what is owed to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The video.
    pub video: Video,
    /// What has to be done later, whoever began it may be dead by then.
    pub due: Option<Due>,
    /// How its file comes, if it comes in parts.
    pub upload: Option<Upload>,
}

impl Entry {
    /// Nothing is owed.
    pub fn new(video: Video) -> Self {
        Self { video, due: None, upload: None }
    }

    /// After a change: what is open has its deadline, and somebody who looks at it.
    pub(crate) fn keep(&mut self, before: &Self, now: u64) {
        if self.video.track(&before.video, now) {
            self.video.record.version += 1;
        }
        let is_open = !self.video.record.open_jobs.is_empty();
        match self.due {
            None if is_open => self.due = Some(Due { owed: Owed::Watch, at: now + PATIENCE }),
            // No deadline is nearer than the next look.
            Some(Due { owed: Owed::Watch, .. }) if !is_open => self.due = None,
            _ => {}
        }
    }

    /// Whether it takes one of the places that its owner has.
    fn is_working(&self) -> bool {
        self.video.is_working() && !self.is_deleted()
    }

    /// Whether the video is gone for everybody but those who clear it away.
    pub fn is_deleted(&self) -> bool {
        self.due.is_some_and(|due| due.owed == Owed::Erase)
    }
}

/// Something owed to a video, at a time. A sweeper finds it through the index `due`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// What.
    pub owed: Owed,
    /// When it is to be looked at, in Unix seconds.
    pub at: u64,
}

/// What may be owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owed {
    /// The job of an uploaded video, or of a retry, is to be published.
    Publish,
    /// An upload that never ended is to be marked so, and what has arrived of it to go.
    Expire,
    /// An upload whose parts are all there is to be put together.
    Complete,
    /// Its fleets are at it; somebody is to look whether they are.
    Watch,
    /// A deleted video's objects are to go, then its items; to all but sweepers it is gone already.
    Erase,
}

/// What became of an update.
#[derive(Debug)]
pub struct Updated<T> {
    /// The video as it is now.
    pub video: Video,
    /// What the change answered.
    pub answer: T,
}

/// The newest version of a video that an index knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Which video.
    pub id: VideoId,
    /// Its version.
    pub version: u64,
}

/// Why the catalogue did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Others changed the video in every one of our attempts.
    #[error("the video changed in every attempt to change it")]
    Contended,
    /// It would take more than its owner may have.
    #[error("the owner's limit is reached: {0:?}")]
    OverQuota(Limit),
    /// The table does not answer, or refuses us.
    #[error("the catalogue does not answer")]
    Unavailable(#[source] anyhow::Error),
    /// What lies in the table is none of ours.
    #[error("an item of the catalogue cannot be read")]
    Corrupt(#[source] anyhow::Error),
}
