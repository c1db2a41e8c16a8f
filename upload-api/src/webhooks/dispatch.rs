//! Finds what others are to be told, and tells them. Every replica does; a conditional write decides
//! who of them. What was claimed by one that died is told by another.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{debug, info, warn};
use uuid::Uuid;

use super::{
    bus,
    send::{Attempt, attempt},
};
use crate::{
    App,
    catalogue::{CatalogueError, DeliveryKey},
    clock,
};

/// Pause between two looks at the index, when nothing was written here meanwhile.
const PAUSE: Duration = Duration::from_secs(5);
/// Pause before a look for what was just written, so that one look finds all of it.
const MOMENT: Duration = Duration::from_millis(100);
/// Pause when there was more than could be begun.
const BUSY: Duration = Duration::from_millis(250);
/// How long an attempt may take before others think that whoever makes it is dead, in seconds.
const PATIENCE: u64 = 60;
/// Deliveries that are under way at the same time.
const AT_ONCE: usize = 64;
/// Deliveries to one webhook that are under way at the same time: a slow one must not hold up all
/// the others, and none wants to be flooded.
const PER_WEBHOOK: usize = 4;
/// How long deliveries under way may take to end once we are asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// Tells until the app's `shutdown` fires.
pub async fn dispatch(app: Arc<App>) {
    let mut sending = JoinSet::new();
    let forever = async {
        let mut under_way: HashMap<Uuid, usize> = HashMap::new();
        loop {
            while let Some(done) = sending.try_join_next() {
                let webhook: Uuid = match done {
                    Ok(webhook) => webhook,
                    Err(error) => {
                        warn!(%error, "a delivery ended unexpectedly");
                        continue;
                    }
                };
                under_way.entry(webhook).and_modify(|count| *count -= 1);
            }
            under_way.retain(|_, count| *count > 0);
            let is_busy = match round(&app, &mut sending, &mut under_way).await {
                Ok(is_busy) => is_busy,
                Err(error) => {
                    let error = format!("{:#}", anyhow::Error::from(error));
                    warn!(error, "cannot tell what has become of videos");
                    false
                }
            };
            if is_busy {
                sleep(BUSY).await;
                continue;
            }
            // Replicas that were started together shall not stay in step.
            let pause = PAUSE.mul_f64(0.75 + rand::random::<f64>() / 2.0);
            tokio::select! {
                () = sleep(pause) => {}
                () = app.catalogue.news() => sleep(MOMENT).await,
            }
        }
    };
    tokio::select! {
        () = forever => {}
        () = app.shutdown.cancelled() => {}
    }
    let ended = timeout(GRACE, async { while sending.join_next().await.is_some() {} });
    if ended.await.is_err() {
        debug!("deliveries under way are left to others");
    }
}

/// Begins what is due. True if there was more than may be under way.
async fn round(
    app: &Arc<App>,
    sending: &mut JoinSet<Uuid>,
    under_way: &mut HashMap<Uuid, usize>,
) -> Result<bool, CatalogueError> {
    let now = clock::unix_now();
    spread(app, now).await?;
    bus::put(app, now).await?;
    let mut is_busy = false;
    for key in app.catalogue.due_deliveries(now).await? {
        let theirs = under_way.entry(key.webhook_id).or_default();
        if *theirs >= PER_WEBHOOK || sending.len() >= AT_ONCE {
            is_busy = true;
            continue;
        }
        *theirs += 1;
        let app = app.clone();
        sending.spawn(async move {
            deliver_or_warn(&app, key, now).await;
            key.webhook_id
        });
    }
    Ok(is_busy)
}

/// Tells all that is owed at `now` (Unix seconds), once.
///
/// # Errors
/// If the catalogue does not answer.
pub async fn dispatch_once(app: &App, now: u64) -> Result<(), CatalogueError> {
    spread(app, now).await?;
    bus::put(app, now).await?;
    for key in app.catalogue.due_deliveries(now).await? {
        deliver_or_warn(app, key, now).await;
    }
    Ok(())
}

/// Finds out who listens to each new event.
async fn spread(app: &App, now: u64) -> Result<(), CatalogueError> {
    for announced in app.catalogue.due_events(now).await? {
        let event = &announced.event;
        let mut listeners = app.catalogue.webhooks(&event.data.owner_id).await?;
        listeners.retain(|webhook| webhook.hears(event.kind));
        app.catalogue.spread(&announced, &listeners, app.bus.is_some()).await?;
    }
    Ok(())
}

async fn deliver_or_warn(app: &App, key: DeliveryKey, now: u64) {
    if let Err(error) = deliver(app, key, now).await {
        let error = format!("{:#}", anyhow::Error::from(error));
        warn!(webhook = %key.webhook_id, event = %key.event_id, error, "cannot deliver");
    }
}

async fn deliver(app: &App, key: DeliveryKey, now: u64) -> Result<(), CatalogueError> {
    let until = clock::unix_now().max(now) + PATIENCE;
    let Some(delivery) = app.catalogue.claim_delivery(key, now, until).await? else {
        return Ok(());
    };
    let owner = &delivery.owner;
    let Some(webhook) = app.catalogue.webhook(owner, key.webhook_id).await? else {
        return app.catalogue.remove_delivery(key).await;
    };
    let attempt = match webhook.active {
        true => attempt(app, &webhook, &delivery).await,
        false => Attempt::of_inactive(),
    };
    let now = clock::unix_now().max(now);
    let end = attempt.end(&delivery, webhook.active, now);
    let (status, error) = (attempt.last.status, attempt.last.error.as_deref());
    debug!(webhook = %key.webhook_id, event = %key.event_id, status, error, ?end, "attempted");
    app.catalogue.settle_delivery(&delivery, end, &attempt.last, now).await?;
    let mut judged = webhook.clone();
    attempt.judge(&mut judged, now);
    if judged != webhook {
        let judge = |webhook: &mut _| attempt.judge(webhook, now);
        let judged = app.catalogue.update_webhook(owner, key.webhook_id, judge).await?;
        if let Some(reason) = judged.and_then(|judged| judged.disabled) {
            info!(webhook = %key.webhook_id, code = reason.code, "a webhook is switched off");
        }
    }
    Ok(())
}
