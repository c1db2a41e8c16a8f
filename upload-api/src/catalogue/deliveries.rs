//! Deliveries of events to webhooks: an item for each, in a partition per webhook.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `deliveries#{webhook}` | the event's id | the delivery; in the index `due` until it has succeeded or was given up, garbage a while after that |

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::{OwnerId, VideoEventKind, VideoId};
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};
use tracing::error;
use uuid::Uuid;

use super::{
    Announced, Catalogue, CatalogueError, Webhook,
    items::{self, Item},
    outbox::due_shard,
    refusals::{is_refused, unavailable},
};

const PARTITION: &str = "deliveries#";
const KIND: &str = "deliveries";
/// Keys that are looked at in one shard of the index at a time.
const AT_ONCE: i32 = 250;
/// Deliveries that one page looks at, at most, in search of those in a state.
const MAX_EXAMINED: usize = 1000;
/// For how long it can be seen how a delivery ended, in seconds: 14 days.
const KEPT: u64 = 14 * 24 * 3600;

/// An event that is owed to a webhook, or was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Which webhook.
    pub webhook_id: Uuid,
    /// Whose.
    pub owner: OwnerId,
    /// Which event.
    pub event_id: Uuid,
    /// What it tells.
    pub kind: VideoEventKind,
    /// Of which video.
    pub video_id: VideoId,
    /// What is sent, to the byte.
    pub body: String,
    /// How it stands.
    pub delivery_state: DeliveryState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// What came of the last attempt.
    pub last: Option<LastAnswer>,
    /// When it is to be looked at, in Unix seconds; never if it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<u64>,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It will be attempted, again perhaps.
    Pending,
    /// The webhook has it.
    Delivered,
    /// It was given up.
    Failed,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAnswer {
    /// RFC 3339, UTC.
    pub at: String,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why there was none, or why none was asked for.
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub body: String,
}

/// Which delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryKey {
    /// To which webhook.
    pub webhook_id: Uuid,
    /// Of which event.
    pub event_id: Uuid,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// Well.
    Yes,
    /// Badly, and it is tried again at that time, in Unix seconds.
    Again(u64),
    /// Badly, and for the last time.
    Never,
}

impl Delivery {
    pub(super) fn new(webhook: &Webhook, announced: &Announced) -> Self {
        Self {
            webhook_id: webhook.webhook_id,
            owner: webhook.owner.clone(),
            event_id: announced.event_id,
            kind: announced.event.kind,
            video_id: announced.event.data.video_id,
            body: serde_json::to_string(&announced.event).expect("an event is plain data"),
            delivery_state: DeliveryState::Pending,
            attempts: 0,
            created_at: announced.event.timestamp.clone(),
            last: None,
            due_at: Some(announced.due_at),
        }
    }

    /// Which one it is.
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey { webhook_id: self.webhook_id, event_id: self.event_id }
    }

    pub(super) fn item(&self) -> Result<Item, CatalogueError> {
        let mut item: Item =
            to_item(self).context("writing a delivery").map_err(CatalogueError::Corrupt)?;
        item.extend(self.key().item());
        item.insert("due_shard".into(), items::text(due_shard(KIND, self.event_id)));
        Ok(item)
    }
}

impl DeliveryKey {
    fn item(self) -> Item {
        HashMap::from([
            ("pk".into(), items::text(format!("{PARTITION}{}", self.webhook_id))),
            ("sk".into(), items::text(self.event_id.to_string())),
        ])
    }

    fn read(item: &Item) -> Option<Self> {
        let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let webhook_id = part("pk")?.strip_prefix(PARTITION)?.parse().ok()?;
        Some(Self { webhook_id, event_id: part("sk")?.parse().ok()? })
    }
}

impl Catalogue {
    /// Deliveries that are due at `now` (Unix seconds), the longest owed first in each shard.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn due_deliveries(&self, now: u64) -> Result<Vec<DeliveryKey>, CatalogueError> {
        let due = self.due_items(KIND, now, AT_ONCE).await?;
        Ok(due.iter().filter_map(DeliveryKey::read).collect())
    }

    /// Takes a delivery in order to attempt it, until `until` (Unix seconds). `None` if it is not
    /// due at `now`, because somebody else has taken it, or it has ended.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn claim_delivery(
        &self,
        key: DeliveryKey,
        now: u64,
        until: u64,
    ) -> Result<Option<Delivery>, CatalogueError> {
        let claim = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.item()))
            .update_expression("SET due_at = :until ADD attempts :one")
            .condition_expression("due_at <= :now")
            .expression_attribute_values(":until", items::whole(until))
            .expression_attribute_values(":now", items::whole(now))
            .expression_attribute_values(":one", items::whole(1))
            .return_values(ReturnValue::AllNew);
        match claim.send().await {
            Ok(done) => Ok(done.attributes.and_then(read)),
            Err(error) if is_refused(&error) => Ok(None),
            Err(error) => Err(unavailable("claiming a delivery", error)),
        }
    }

    /// Writes down how an attempt ended, unless another one has begun; `now` in Unix seconds.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn settle_delivery(
        &self,
        delivery: &Delivery,
        end: Delivered,
        last: &LastAnswer,
        now: u64,
    ) -> Result<(), CatalogueError> {
        let settle = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(delivery.key().item()))
            .condition_expression("attempts = :attempts")
            .expression_attribute_values(":attempts", items::whole(delivery.attempts.into()))
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(
                ":last",
                serde_dynamo::to_attribute_value(last)
                    .context("writing an answer")
                    .map_err(CatalogueError::Corrupt)?,
            );
        let ended = |state: &str| {
            settle
                .clone()
                .update_expression(
                    "SET delivery_state = :state, #last = :last, expires_at = :expires \
                     REMOVE due_shard, due_at",
                )
                .expression_attribute_values(":state", items::text(state))
                .expression_attribute_values(":expires", items::whole(now + KEPT))
        };
        let settle = match end {
            Delivered::Yes => ended("delivered"),
            Delivered::Never => ended("failed"),
            Delivered::Again(at) => settle
                .update_expression("SET due_at = :at, #last = :last")
                .expression_attribute_values(":at", items::whole(at)),
        };
        match settle.send().await {
            Err(error) if !is_refused(&error) => Err(unavailable("settling a delivery", error)),
            _ => Ok(()),
        }
    }

    /// Owes a delivery that has ended once more, with its attempts counted anew. False if there is
    /// none, or it is owed anyway.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn replay_delivery(
        &self,
        key: DeliveryKey,
        now: u64,
    ) -> Result<bool, CatalogueError> {
        let replay = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key.item()))
            .update_expression(
                "SET delivery_state = :pending, attempts = :none, due_shard = :shard, \
                 due_at = :now REMOVE expires_at",
            )
            .condition_expression("attribute_exists(pk) AND delivery_state <> :pending")
            .expression_attribute_values(":pending", items::text("pending"))
            .expression_attribute_values(":none", items::whole(0))
            .expression_attribute_values(":shard", items::text(due_shard(KIND, key.event_id)))
            .expression_attribute_values(":now", items::whole(now));
        match replay.send().await {
            Ok(_) => {
                self.news.notify_one();
                Ok(true)
            }
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(unavailable("replaying a delivery", error)),
        }
    }

    /// Forgets a delivery whose webhook is gone.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn remove_delivery(&self, key: DeliveryKey) -> Result<(), CatalogueError> {
        let delete = self.client.delete_item().table_name(&*self.table);
        let deleted = delete.set_key(Some(key.item())).send().await;
        deleted.map_err(|error| unavailable("removing a delivery", error))?;
        Ok(())
    }

    /// A delivery.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn delivery(&self, key: DeliveryKey) -> Result<Option<Delivery>, CatalogueError> {
        let get = self.client.get_item().table_name(&*self.table).set_key(Some(key.item()));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| unavailable("reading a delivery", error))?;
        Ok(found.item.and_then(read))
    }

    /// At most `limit` deliveries to a webhook, the newest events first, of events before `before`
    /// and in one state if it is given; and where the list goes on, if it does. It may be short for
    /// all that.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn deliveries(
        &self,
        webhook_id: Uuid,
        state: Option<DeliveryState>,
        mut before: Option<Uuid>,
        limit: usize,
    ) -> Result<(Vec<Delivery>, Option<Uuid>), CatalogueError> {
        let (mut deliveries, mut examined) = (Vec::new(), 0);
        loop {
            let older = before.map(|_| " AND sk < :before").unwrap_or_default();
            let place = before.map(|id| (":before".to_owned(), items::text(id.to_string())));
            let pk = (":pk".to_owned(), items::text(format!("{PARTITION}{webhook_id}")));
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .key_condition_expression(format!("pk = :pk{older}"))
                .set_expression_attribute_values(Some([pk].into_iter().chain(place).collect()))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(|error| unavailable("listing deliveries", error))?;
            let is_last = answer.last_evaluated_key.is_none();
            for item in answer.items.unwrap_or_default() {
                examined += 1;
                let place = DeliveryKey::read(&item).map(|key| key.event_id);
                let found = read(item);
                let found =
                    found.filter(|found| state.is_none_or(|state| state == found.delivery_state));
                if found.is_some() && deliveries.len() == limit {
                    return Ok((deliveries, before));
                }
                before = place.or(before);
                deliveries.extend(found);
            }
            if is_last {
                return Ok((deliveries, None));
            }
            if examined >= MAX_EXAMINED {
                return Ok((deliveries, before));
            }
        }
    }
}

/// One that cannot be read must not hide all the others.
fn read(item: Item) -> Option<Delivery> {
    from_item(item).inspect_err(|error| error!(%error, "a delivery cannot be read")).ok()
}
