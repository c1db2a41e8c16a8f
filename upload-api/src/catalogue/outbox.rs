//! What others are to be told of a video: owed in the transaction that writes what has become of
//! it, so nothing is told that did not happen, and nothing that happened is forgotten.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `outbox#{event}` | `event` | an event that nobody has been told of yet; in the index `due` |
//! | `bus#{event}` | `event` | one that the event bus has not taken yet; in the index `due` |
//!
//! The write of a video knows nobody who listens. Whoever finds the event exchanges it, in one
//! transaction, for one item for each who does (`deliveries`), and one for the bus.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use domain::{VideoEvent, VideoEventKind};
use platform::outage;
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};
use tracing::error;
use uuid::Uuid;

use super::{
    Catalogue, CatalogueError, Entry, Webhook,
    deliveries::Delivery,
    items::{self, Item},
    refusals::{is_conflict, is_refused, unavailable},
};
use crate::clock;

/// Hash keys of the index `due` for each kind of item.
pub(super) const SHARDS: u8 = 4;
const OUTBOX: &str = "outbox";
const BUS: &str = "bus";
/// Events that are taken from one shard at a time.
const AT_ONCE: i32 = 50;

/// An event on its way out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Announced {
    /// Tells it from all others; ids are ordered by time.
    pub event_id: Uuid,
    /// What is told.
    pub event: VideoEvent,
    /// Attempts that were begun to hand it on.
    pub attempts: u32,
    /// When it is to be looked at, in Unix seconds.
    pub due_at: u64,
}

/// What a change of a video owes to the world.
pub(super) fn owed(before: &Entry, after: &Entry) -> Result<Vec<Item>, CatalogueError> {
    let mut kinds = VideoEventKind::between(before.video.record.state, after.video.record.state);
    if after.is_deleted() && !before.is_deleted() {
        kinds.push(VideoEventKind::Deleted);
    }
    let item = |kind| {
        let event = VideoEvent::of(kind, &after.video, clock::rfc3339_now());
        let (event_id, due_at) = (Uuid::now_v7(), clock::unix_now());
        Announced { event_id, event, attempts: 0, due_at }.item(OUTBOX)
    };
    kinds.into_iter().map(item).collect()
}

impl Announced {
    fn item(&self, kind: &str) -> Result<Item, CatalogueError> {
        let mut item: Item =
            to_item(self).context("writing an event").map_err(CatalogueError::Corrupt)?;
        item.extend(key(kind, self.event_id));
        item.insert("due_shard".into(), items::text(due_shard(kind, self.event_id)));
        Ok(item)
    }
}

impl Catalogue {
    /// Ends when a video of which others are to hear was written by this process.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// Events that nobody has been told of at `now` (Unix seconds).
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn due_events(&self, now: u64) -> Result<Vec<Announced>, CatalogueError> {
        let mut due = Vec::new();
        for item in self.due_items(OUTBOX, now, AT_ONCE).await? {
            due.extend(self.announced(OUTBOX, &item).await?);
        }
        Ok(due)
    }

    /// Exchanges an event for what is owed to each who listens. False if somebody else did.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn spread(
        &self,
        announced: &Announced,
        listeners: &[Webhook],
        to_bus: bool,
    ) -> Result<bool, CatalogueError> {
        let taken = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(key(OUTBOX, announced.event_id)))
            .condition_expression("attribute_exists(pk)")
            .build()
            .expect("table and key are set");
        let mut writes = vec![TransactWriteItem::builder().delete(taken).build()];
        let bus = to_bus.then(|| announced.item(BUS));
        let deliveries = listeners.iter().map(|webhook| Delivery::new(webhook, announced).item());
        for item in deliveries.chain(bus) {
            let put = Put::builder().table_name(&*self.table).set_item(Some(item?));
            let put = put.build().expect("table and item are set");
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_conflict(&error) => Ok(false),
            Err(error) => Err(CatalogueError::Unavailable(
                outage::told(error).context("handing an event to those who listen"),
            )),
        }
    }

    /// Takes at most `limit` of the events that are for the bus at `now` (Unix seconds) until
    /// `until`; others leave them alone meanwhile.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn claim_for_bus(
        &self,
        now: u64,
        until: u64,
        limit: usize,
    ) -> Result<Vec<Announced>, CatalogueError> {
        let mut claimed = Vec::new();
        for item in self.due_items(BUS, now, AT_ONCE).await? {
            if claimed.len() == limit {
                break;
            }
            let claim = self
                .client
                .update_item()
                .table_name(&*self.table)
                .set_key(Some(items::key_of(&item)))
                .update_expression("SET due_at = :until ADD attempts :one")
                .condition_expression("due_at <= :now")
                .expression_attribute_values(":until", items::whole(until))
                .expression_attribute_values(":now", items::whole(now))
                .expression_attribute_values(":one", items::whole(1))
                .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
            match claim.send().await {
                Ok(done) => claimed.extend(done.attributes.and_then(read)),
                Err(error) if is_refused(&error) => {}
                Err(error) => return Err(unavailable("claiming an event for the bus", error)),
            }
        }
        Ok(claimed)
    }

    /// The bus has taken an event, or never will.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn off_the_bus(&self, announced: &Announced) -> Result<(), CatalogueError> {
        let key = key(BUS, announced.event_id);
        let delete = self.client.delete_item().table_name(&*self.table).set_key(Some(key));
        delete.send().await.map_err(|error| unavailable("forgetting an event", error))?;
        Ok(())
    }

    /// The bus is to be asked again at `due_at` (Unix seconds).
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn postpone_for_bus(
        &self,
        announced: &Announced,
        due_at: u64,
    ) -> Result<(), CatalogueError> {
        let postpone = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key(BUS, announced.event_id)))
            .update_expression("SET due_at = :at")
            .condition_expression("attempts = :attempts")
            .expression_attribute_values(":at", items::whole(due_at))
            .expression_attribute_values(":attempts", items::whole(announced.attempts.into()));
        match postpone.send().await {
            Err(error) if !is_refused(&error) => Err(unavailable("postponing an event", error)),
            _ => Ok(()),
        }
    }

    /// Keys of items of a kind that are due at `now` (Unix seconds), at most `limit` of each shard.
    pub(super) async fn due_items(
        &self,
        kind: &str,
        now: u64,
        limit: i32,
    ) -> Result<Vec<Item>, CatalogueError> {
        let mut due = Vec::new();
        for shard in 0..SHARDS {
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .index_name("due")
                .key_condition_expression("due_shard = :shard AND due_at <= :now")
                .expression_attribute_values(":shard", items::text(format!("{kind}#{shard}")))
                .expression_attribute_values(":now", items::whole(now))
                .limit(limit)
                .send()
                .await
                .map_err(|error| unavailable("asking for what others are to be told", error))?;
            due.extend(answer.items.unwrap_or_default());
        }
        Ok(due)
    }

    async fn announced(
        &self,
        kind: &str,
        item: &Item,
    ) -> Result<Option<Announced>, CatalogueError> {
        let pk = item.get("pk").and_then(|pk| pk.as_s().ok());
        let id = pk.and_then(|pk| pk.strip_prefix(kind)?.strip_prefix('#')?.parse().ok());
        let Some(id) = id else { return Ok(None) };
        let get = self.client.get_item().table_name(&*self.table).set_key(Some(key(kind, id)));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| unavailable("reading an event", error))?;
        Ok(found.item.and_then(read))
    }
}

/// Ids end in random digits.
pub(super) fn due_shard(kind: &str, event_id: Uuid) -> String {
    format!("{kind}#{}", event_id.as_bytes()[15] % SHARDS)
}

fn key(kind: &str, event_id: Uuid) -> Item {
    HashMap::from([
        ("pk".into(), items::text(format!("{kind}#{event_id}"))),
        ("sk".into(), AttributeValue::S("event".into())),
    ])
}

/// One that cannot be read must not hide all the others.
fn read(item: Item) -> Option<Announced> {
    from_item(item).inspect_err(|error| error!(%error, "an event cannot be read")).ok()
}
