//! Asks the table for what somebody watches: once a second however many watch it, and not at all
//! once the last one has gone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use domain::{OwnerId, Video, VideoId};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

use super::{
    news::{Seen, Snapshot},
    places::{Places, StreamLimits},
};
use crate::{
    catalogue::{Catalogue, CatalogueError},
    view::VideoView,
};

const PERIOD: Duration = Duration::from_secs(1);
/// Videos of an owner that are watched: the newest.
pub(super) const NEWEST: usize = 50;

/// What can be watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Video(VideoId),
    Owner(OwnerId),
}

type Registry = Mutex<HashMap<Subject, Weak<Watched>>>;

/// Everything that is being watched in this process.
#[derive(Clone, Debug)]
pub struct Watchers {
    catalogue: Catalogue,
    registry: Arc<Registry>,
    pub(super) places: Arc<Places>,
}

/// Something being watched; asking ends when the last one who holds it lets go.
#[derive(Debug)]
pub(super) struct Watched {
    subject: Subject,
    snapshots: watch::Receiver<Option<Arc<Snapshot>>>,
    registry: Arc<Registry>,
    _asking: AbortOnDropHandle<()>,
}

impl Watchers {
    /// Watches videos in this catalogue.
    pub fn new(catalogue: Catalogue, limits: StreamLimits) -> Self {
        Self { catalogue, registry: Arc::default(), places: Arc::new(Places::new(limits)) }
    }

    /// How many streams are open.
    pub fn streams(&self) -> usize {
        self.places.taken()
    }

    /// How many different videos and owners are being watched.
    pub fn subjects(&self) -> usize {
        locked(&self.registry).len()
    }

    /// Joins those who watch it already, or begins to.
    pub(super) fn watch(&self, subject: Subject) -> Arc<Watched> {
        let mut registry = locked(&self.registry);
        if let Some(watched) = registry.get(&subject).and_then(Weak::upgrade) {
            return watched;
        }
        let (sender, snapshots) = watch::channel(None);
        let asking = tokio::spawn(ask(self.catalogue.clone(), subject.clone(), sender));
        let watched = Arc::new(Watched {
            subject: subject.clone(),
            snapshots,
            registry: self.registry.clone(),
            _asking: AbortOnDropHandle::new(asking),
        });
        registry.insert(subject, Arc::downgrade(&watched));
        watched
    }
}

impl Watched {
    /// What there is now and from now on; `None` until the table has been asked for the first time.
    pub(super) fn snapshots(&self) -> watch::Receiver<Option<Arc<Snapshot>>> {
        self.snapshots.clone()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut registry = locked(&self.registry);
        // Somebody else may have begun to watch the same in the meantime.
        if registry.get(&self.subject).is_some_and(|watched| watched.strong_count() == 0) {
            registry.remove(&self.subject);
        }
    }
}

fn locked(registry: &Registry) -> MutexGuard<'_, HashMap<Subject, Weak<Watched>>> {
    // A map is whole between any two of our calls.
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn ask(catalogue: Catalogue, subject: Subject, sender: watch::Sender<Option<Arc<Snapshot>>>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = Arc::new(Snapshot::default());
    let mut is_silent = false;
    loop {
        ticks.tick().await;
        match snapshot(&catalogue, &subject, &before).await {
            Ok(now) => {
                if is_silent {
                    info!(?subject, "the table answers again");
                }
                is_silent = false;
                before = Arc::new(now);
                sender.send_replace(Some(before.clone()));
            }
            Err(error) => {
                if !is_silent {
                    let error = format!("{:#}", anyhow::Error::from(error));
                    warn!(?subject, error, "cannot watch");
                }
                is_silent = true;
            }
        }
    }
}

async fn snapshot(
    catalogue: &Catalogue,
    subject: &Subject,
    before: &Snapshot,
) -> Result<Snapshot, CatalogueError> {
    let mut now = Snapshot::default();
    match subject {
        Subject::Video(id) => {
            if let Some(video) = catalogue.find(*id).await? {
                now.videos.insert(*id, seen(video, before));
            }
        }
        Subject::Owner(owner) => {
            let newest = catalogue.versions(owner, NEWEST + 1).await?;
            now.is_cut = newest.len() > NEWEST;
            for listed in newest.into_iter().take(NEWEST) {
                let known = before.videos.get(&listed.id);
                // The index lags behind the table: what we know may be newer.
                if let Some(known) = known.filter(|known| known.version() >= listed.version) {
                    now.videos.insert(listed.id, known.clone());
                } else if let Some(video) = catalogue.find(listed.id).await? {
                    now.videos.insert(listed.id, seen(video, before));
                }
            }
        }
    }
    Ok(now)
}

fn seen(video: Video, before: &Snapshot) -> Arc<Seen> {
    let version = video.record.version;
    let known = before.videos.get(&video.record.id).filter(|known| known.version() == version);
    known.cloned().unwrap_or_else(|| {
        let json = serde_json::to_string(&VideoView::from(&video));
        Arc::new(Seen { video, json: json.expect("a view is plain data") })
    })
}
