//! Counts how often shares are opened: in memory, and into the table every few seconds, so that a
//! link that goes round the world is one write per replica and pause.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::VideoId;
use tokio::time::sleep;
use tracing::warn;

use crate::App;

const PAUSE: Duration = Duration::from_secs(5);

/// Views that the table does not know yet; a replica that is killed forgets seconds of them.
#[derive(Debug, Default)]
pub struct Views(Mutex<HashMap<(VideoId, String), u64>>);

impl Views {
    pub(super) fn count(&self, video: VideoId, share: &str) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counted.entry((video, share.to_owned())).or_default() += 1;
    }

    /// Writes down what was counted.
    pub async fn write_down(&self, app: &App) {
        let counted = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((video, share), views) in counted {
            if let Err(error) = app.catalogue.add_views(video, &share, views).await {
                let error = format!("{:#}", anyhow::Error::from(error));
                warn!(%video, views, error, "views are lost");
            }
        }
    }
}

/// Writes views down until the app's `shutdown` fires, and once more then.
pub(crate) async fn keep_writing(app: Arc<App>) {
    loop {
        let is_over = tokio::select! {
            () = sleep(PAUSE) => false,
            () = app.shutdown.cancelled() => true,
        };
        app.views.write_down(&app).await;
        if is_over {
            break;
        }
    }
}
