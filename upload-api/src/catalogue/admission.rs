//! Which videos of an owner are with the fleets, and which wait for their turn: an item each, in a
//! partition of the owner, written in the same transaction as the video it is about. So there is
//! nothing to count up and down, and nothing that could drift.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use domain::{OwnerId, VideoId};
use platform::outage;
use tokio::sync::Notify;

use super::{
    Catalogue, CatalogueError, Entry,
    items::{Item, text},
};

const WORKING: &str = "working#";
const WAITING: &str = "waiting#";

/// Owners of whom a video has left the fleets since somebody asked last.
#[derive(Debug, Default)]
pub(super) struct Freed {
    owners: Mutex<BTreeSet<OwnerId>>,
    notify: Notify,
}

impl Freed {
    pub(super) fn note(&self, before: &Entry, after: &Entry) {
        if before.is_working() && !after.is_working() {
            self.lock().insert(after.video.record.owner_id.clone());
            self.notify.notify_one();
        }
    }

    /// Waits until there is one.
    async fn owners(&self) -> BTreeSet<OwnerId> {
        loop {
            let owners = mem::take(&mut *self.lock());
            if !owners.is_empty() {
                return owners;
            }
            self.notify.notified().await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<OwnerId>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The item of a video that has a place or waits for one.
pub(super) fn item(entry: &Entry) -> Option<Item> {
    let waits = entry.video.waits_for_its_turn() && !entry.is_deleted();
    let kind = match (entry.is_working(), waits) {
        (true, _) => WORKING,
        (_, true) => WAITING,
        _ => return None,
    };
    let record = &entry.video.record;
    Some(HashMap::from([
        ("pk".into(), partition(&record.owner_id)),
        ("sk".into(), text(format!("{kind}{}", record.id))),
    ]))
}

impl Catalogue {
    /// The videos of an owner that are with the fleets, at most `limit`, oldest first.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn working(
        &self,
        owner: &OwnerId,
        limit: usize,
    ) -> Result<Vec<VideoId>, CatalogueError> {
        self.admission(owner, WORKING, limit).await
    }

    /// The videos of an owner that wait for their turn, at most `limit`, oldest first.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn waiting(
        &self,
        owner: &OwnerId,
        limit: usize,
    ) -> Result<Vec<VideoId>, CatalogueError> {
        self.admission(owner, WAITING, limit).await
    }

    /// Owners whose videos may move up, because this process saw one of theirs end; waits until
    /// there are some.
    pub async fn freed(&self) -> BTreeSet<OwnerId> {
        self.freed.owners().await
    }

    async fn admission(
        &self,
        owner: &OwnerId,
        kind: &str,
        limit: usize,
    ) -> Result<Vec<VideoId>, CatalogueError> {
        let query = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :kind)")
            .expression_attribute_values(":pk", partition(owner))
            .expression_attribute_values(":kind", text(kind))
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = query.send().await.map_err(outage::told).context("asking whose turn it is");
        let answer = answer.map_err(CatalogueError::Unavailable)?;
        let id = |item: &Item| item.get("sk")?.as_s().ok()?.strip_prefix(kind)?.parse().ok();
        Ok(answer.items().iter().filter_map(id).collect())
    }
}

fn partition(owner: &OwnerId) -> aws_sdk_dynamodb::types::AttributeValue {
    text(format!("admission#{owner}"))
}
