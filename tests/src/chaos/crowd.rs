//! People who upload, wait and delete, and who try again when nobody answers.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use domain::VideoId;
use tokio::time::sleep;

use super::{
    clips::Kind,
    ledger::{Claim, Promise},
    plan::Plan,
};
use crate::product::Product;

/// Between two looks at a video.
const LOOK: Duration = Duration::from_millis(1_500);
/// Between two tries of what nobody answered.
const AGAIN: Duration = Duration::from_millis(700);

/// All of them.
pub(crate) struct Crowd {
    pub(crate) plan: Plan,
    pub(crate) product: Product,
    pub(crate) clips: PathBuf,
    /// How many have begun.
    pub(crate) begun: AtomicU32,
    claims: Mutex<Vec<Claim>>,
}

impl Crowd {
    pub(crate) fn new(plan: Plan, product: Product, clips: PathBuf) -> Arc<Self> {
        let (begun, claims) = (AtomicU32::new(0), Mutex::default());
        Arc::new(Self { plan, product, clips, begun, claims })
    }

    /// What each was told, so far.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn claim(&self, title: String, kind: Kind, promise: Promise) {
        let claim = Claim { title, kind, promise };
        self.claims.lock().unwrap_or_else(PoisonError::into_inner).push(claim);
    }

    /// One person: uploads until somebody says yes, then deletes it or waits for its end.
    pub(crate) async fn walk(self: Arc<Self>, number: u32, until: Instant) {
        self.begun.fetch_add(1, Relaxed);
        let planned = self.plan.video(number);
        let Some((title, id)) = self.clone().upload(number, planned.kind, until).await else {
            return;
        };
        if let Some(delay) = planned.deleted_after {
            sleep(delay).await;
            let is_deleted = self.clone().delete(id, until).await;
            let promise = if is_deleted { Promise::Deleted(id) } else { Promise::Unclear(id) };
            return self.claim(title, planned.kind, promise);
        }
        self.claim(title, planned.kind, Promise::Taken(id));
        while Instant::now() < until && !self.clone().is_settled(id).await {
            sleep(LOOK).await;
        }
    }

    /// The title says what it is, also where nobody has learnt the id.
    async fn upload(
        self: Arc<Self>,
        number: u32,
        kind: Kind,
        until: Instant,
    ) -> Option<(String, VideoId)> {
        let file = self.clips.join(if kind == Kind::Matroska {
            format!("{}.mkv", kind.name())
        } else {
            format!("{}.mp4", kind.name())
        });
        for attempt in 1.. {
            if Instant::now() >= until {
                return None;
            }
            let title = format!("{} {number} {attempt}", kind.name());
            let query = format!("title={}&filename=clip.mp4", title.replace(' ', "%20"));
            let (crowd, file) = (self.clone(), file.clone());
            let uploading = move || crowd.product.upload(&file, &query);
            let answer = tokio::task::spawn_blocking(uploading).await;
            match answer.ok().and_then(Result::ok).and_then(|id| id.parse().ok()) {
                Some(id) => return Some((title, id)),
                // It may be there none the less.
                None => self.claim(title, kind, Promise::Unanswered),
            }
            sleep(AGAIN).await;
        }
        None
    }

    async fn delete(self: Arc<Self>, id: VideoId, until: Instant) -> bool {
        while Instant::now() < until {
            let crowd = self.clone();
            let deleting = move || crowd.product.call("DELETE", &format!("/api/videos/{id}"));
            if let Ok(Ok(answer)) = tokio::task::spawn_blocking(deleting).await
                // The answer to an earlier try may have got lost.
                && matches!(answer.status().as_u16(), 204 | 404)
            {
                return true;
            }
            sleep(AGAIN).await;
        }
        false
    }

    async fn is_settled(self: Arc<Self>, id: VideoId) -> bool {
        let looking = move || self.product.video(&id.to_string());
        let video = tokio::task::spawn_blocking(looking).await;
        let state = video.ok().and_then(Result::ok).map(|video| video["state"].clone());
        let ends = ["ready", "partial", "failed", "rejected"];
        state.is_some_and(|state| ends.iter().any(|end| state == *end))
    }
}
