//! The catalogue of videos in DynamoDB. Together with `platform` the only place that knows AWS, and
//! the only door to the table: another store could stand behind it.

mod deliveries;
mod feed;
mod items;
mod letters;
mod listing;
mod outbox;
mod refusals;
mod store;
mod webhooks;
mod writing;

use domain::{Video, VideoId};

pub use self::{
    deliveries::{Delivered, Delivery, DeliveryKey, DeliveryState, LastAnswer},
    letters::Letter,
    listing::{Page, Wanted},
    outbox::Announced,
    store::Catalogue,
    webhooks::{MAX_WEBHOOKS, PreviousSecret, Secret, Webhook},
};

/// A video and what is owed to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The video.
    pub video: Video,
    /// What has to be done later, whoever began it may be dead by then.
    pub due: Option<Due>,
}

impl Entry {
    /// Nothing is owed.
    pub fn new(video: Video) -> Self {
        Self { video, due: None }
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
    /// An upload that never ended is to be marked so.
    Expire,
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
    /// The table does not answer, or refuses us.
    #[error("the catalogue does not answer")]
    Unavailable(#[source] anyhow::Error),
    /// What lies in the table is none of ours.
    #[error("an item of the catalogue cannot be read")]
    Corrupt(#[source] anyhow::Error),
}
