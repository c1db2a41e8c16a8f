//! Whom owners want told: an item per webhook, in a partition per owner.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `webhooks#{owner}` | the webhook's id | the webhook with its secret, which only the table's encryption protects: it is needed to sign |

use std::{collections::HashMap, fmt, time::Duration};

use anyhow::Context;
use domain::{OwnerId, Reason, VideoEventKind};
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};
use tokio::time::sleep;
use tracing::error;
use uuid::Uuid;

use super::{
    Catalogue, CatalogueError,
    items::{self, Item},
    refusals::{is_refused, unavailable},
};

/// Most webhooks of one owner: an event and its deliveries are one transaction.
pub const MAX_WEBHOOKS: usize = 20;
/// Attempts to change one that others keep changing.
const ATTEMPTS: u32 = 20;

/// Somebody's server that is told of their videos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// Tells it from all others; ids are ordered by time.
    pub webhook_id: Uuid,
    /// Whose.
    pub owner: OwnerId,
    /// Where.
    pub url: String,
    /// Of what; of everything if there are none.
    pub events: Vec<VideoEventKind>,
    /// Whether it is told at all.
    pub active: bool,
    /// Why we switched it off, if it was us.
    pub disabled: Option<Reason>,
    /// What deliveries are signed with.
    pub secret: Secret,
    /// What they are signed with as well, for a while after a new secret was made.
    pub previous: Option<PreviousSecret>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Since when every delivery has failed, in Unix seconds.
    pub failing_since: Option<u64>,
    /// Counts every write.
    pub revision: u64,
}

/// A secret that has been replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: Secret,
    /// Until when it counts, in Unix seconds.
    pub until: u64,
}

/// A secret as its owner has it: `whsec_` and base64. It cannot be printed by mistake.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Webhook {
    /// Whether it is to be told of such an event.
    pub fn hears(&self, kind: VideoEventKind) -> bool {
        self.active && (self.events.is_empty() || self.events.contains(&kind))
    }

    fn item(&self) -> Result<Item, CatalogueError> {
        let mut item: Item =
            to_item(self).context("writing a webhook").map_err(CatalogueError::Corrupt)?;
        item.extend(key(&self.owner, self.webhook_id));
        Ok(item)
    }
}

impl Catalogue {
    /// An owner's webhooks, oldest first; there are few.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn webhooks(&self, owner: &OwnerId) -> Result<Vec<Webhook>, CatalogueError> {
        let mut found = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", partition(owner))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut webhooks = Vec::new();
        while let Some(item) = found.next().await {
            webhooks.extend(read(item.map_err(|error| unavailable("listing webhooks", error))?));
        }
        Ok(webhooks)
    }

    /// One of an owner's webhooks.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn webhook(
        &self,
        owner: &OwnerId,
        id: Uuid,
    ) -> Result<Option<Webhook>, CatalogueError> {
        let get = self.client.get_item().table_name(&*self.table).set_key(Some(key(owner, id)));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| unavailable("reading a webhook", error))?;
        Ok(found.item.and_then(read))
    }

    /// Adds a webhook.
    ///
    /// # Errors
    /// [`CatalogueError::Contended`] if its id is taken.
    pub async fn add_webhook(&self, webhook: &Webhook) -> Result<(), CatalogueError> {
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(webhook.item()?));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(error) if is_refused(&error) => Err(CatalogueError::Contended),
            Err(error) => Err(unavailable("adding a webhook", error)),
        }
    }

    /// Changes a webhook: `change` is told what there is, perhaps several times. `None` if there is
    /// no such webhook.
    ///
    /// # Errors
    /// If the table does not answer, or others came between again and again.
    pub async fn update_webhook(
        &self,
        owner: &OwnerId,
        id: Uuid,
        mut change: impl FnMut(&mut Webhook),
    ) -> Result<Option<Webhook>, CatalogueError> {
        for attempt in 1..=ATTEMPTS {
            let Some(before) = self.webhook(owner, id).await? else { return Ok(None) };
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(Some(after));
            }
            after.revision += 1;
            let put = self.client.put_item().table_name(&*self.table);
            let put = put
                .set_item(Some(after.item()?))
                .condition_expression("revision = :read")
                .expression_attribute_values(":read", items::whole(before.revision));
            match put.send().await {
                Ok(_) => return Ok(Some(after)),
                Err(error) if is_refused(&error) => {}
                Err(error) => return Err(unavailable("changing a webhook", error)),
            }
            sleep(Duration::from_millis(10 * u64::from(attempt)).mul_f64(rand::random())).await;
        }
        Err(CatalogueError::Contended)
    }

    /// Removes a webhook. False if there was none.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn remove_webhook(&self, owner: &OwnerId, id: Uuid) -> Result<bool, CatalogueError> {
        let delete = self.client.delete_item().table_name(&*self.table);
        let delete =
            delete.set_key(Some(key(owner, id))).condition_expression("attribute_exists(pk)");
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(unavailable("removing a webhook", error)),
        }
    }
}

fn partition(owner: &OwnerId) -> aws_sdk_dynamodb::types::AttributeValue {
    items::text(format!("webhooks#{owner}"))
}

fn key(owner: &OwnerId, id: Uuid) -> Item {
    HashMap::from([("pk".into(), partition(owner)), ("sk".into(), items::text(id.to_string()))])
}

/// One that cannot be read must not hide all the others.
fn read(item: Item) -> Option<Webhook> {
    // Its error may quote what was read.
    from_item(item).inspect_err(|_| error!("a webhook cannot be read")).ok()
}
