//! Dead letters in the catalogue: an item per letter, in a partition per queue.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `letters#{queue}` | the letter's id | the letter; in the index `due` while it is being sent again |

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::error::SdkError;
use domain::Reason;
use platform::outage;
use serde::{Deserialize, Serialize};
use serde_dynamo::{from_item, to_item};
use tracing::error;

use super::{
    Catalogue, CatalogueError,
    items::{self, Item},
};

/// The hash key of the index `due` for letters: there are few of them.
const DUE_SHARD: &str = "letters";
const PARTITION: &str = "letters#";

/// A message that no worker could do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// When it was sent, then its message's id: ids are ordered by time, and a letter that is
    /// received twice has the same one.
    pub letter_id: String,
    /// The queue whose workers failed it.
    pub queue: String,
    /// What was sent.
    pub body: String,
    /// Why it is one.
    pub reason: Reason,
    /// Whose turn it is in fair queues.
    pub message_group: Option<String>,
    /// When the catalogue took it in: RFC 3339, UTC.
    pub received_at: String,
    /// Until when somebody is sending it again, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<u64>,
}

impl Catalogue {
    /// Keeps a letter. One that is there already stays as it is.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn keep_letter(&self, letter: &Letter) -> Result<(), CatalogueError> {
        let mut item: Item =
            to_item(letter).context("writing a letter").map_err(CatalogueError::Corrupt)?;
        item.extend(key(&letter.queue, &letter.letter_id));
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(()),
            Err(error) if is_refused(&error) => Ok(()),
            Err(error) => Err(unavailable("keeping a letter", error)),
        }
    }

    /// The newest `limit` letters of a queue whose ids are below `before`.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn letters(
        &self,
        queue: &str,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Letter>, CatalogueError> {
        let older = before.map(|_| " AND sk < :before").unwrap_or_default();
        let before = before.map(|id| (":before".to_owned(), items::text(id)));
        let pk = (":pk".to_owned(), items::text(format!("{PARTITION}{queue}")));
        let mut found = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression(format!("pk = :pk{older}"))
            .set_expression_attribute_values(Some([pk].into_iter().chain(before).collect()))
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut letters = Vec::new();
        while letters.len() < limit
            && let Some(item) = found.next().await
        {
            letters.extend(read(item.map_err(|error| unavailable("listing letters", error))?));
        }
        Ok(letters)
    }

    /// A letter; `None` if it is not there any more.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn letter(&self, queue: &str, id: &str) -> Result<Option<Letter>, CatalogueError> {
        let get = self.client.get_item().table_name(&*self.table).set_key(Some(key(queue, id)));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| unavailable("reading a letter", error))?;
        Ok(found.item.and_then(read))
    }

    /// Takes a letter in order to send it again. False if it is gone, or if somebody else has taken
    /// it and may still be at it at `now`; whoever takes it has until `until` (Unix seconds).
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn claim_letter(
        &self,
        letter: &Letter,
        now: u64,
        until: u64,
    ) -> Result<bool, CatalogueError> {
        let claim = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key(&letter.queue, &letter.letter_id)))
            .update_expression("SET due_shard = :shard, due_at = :until")
            .condition_expression(
                "attribute_exists(pk) AND (attribute_not_exists(due_at) OR due_at <= :now)",
            )
            .expression_attribute_values(":shard", items::text(DUE_SHARD))
            .expression_attribute_values(":until", items::whole(until))
            .expression_attribute_values(":now", items::whole(now));
        match claim.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(unavailable("claiming a letter", error)),
        }
    }

    /// Forgets a letter that was sent again.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn remove_letter(&self, letter: &Letter) -> Result<(), CatalogueError> {
        let key = key(&letter.queue, &letter.letter_id);
        let delete = self.client.delete_item().table_name(&*self.table).set_key(Some(key));
        delete.send().await.map_err(|error| unavailable("removing a letter", error))?;
        Ok(())
    }

    /// Letters that somebody took before `now` (Unix seconds) and did not live to send.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn due_letters(&self, now: u64, limit: i32) -> Result<Vec<Letter>, CatalogueError> {
        let answer = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("due")
            .key_condition_expression("due_shard = :shard AND due_at <= :now")
            .expression_attribute_values(":shard", items::text(DUE_SHARD))
            .expression_attribute_values(":now", items::whole(now))
            .limit(limit)
            .send()
            .await
            .map_err(|error| unavailable("asking for letters that are due", error))?;
        let mut due = Vec::new();
        for item in answer.items() {
            let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
            let queue = part("pk").and_then(|pk| pk.strip_prefix(PARTITION));
            if let (Some(queue), Some(id)) = (queue, part("sk")) {
                due.extend(self.letter(queue, id).await?);
            }
        }
        Ok(due)
    }
}

fn key(queue: &str, id: &str) -> Item {
    HashMap::from([
        ("pk".into(), items::text(format!("{PARTITION}{queue}"))),
        ("sk".into(), items::text(id)),
    ])
}

/// One that cannot be read must not hide all the others.
fn read(item: Item) -> Option<Letter> {
    from_item(item).inspect_err(|error| error!(%error, "a letter cannot be read")).ok()
}

pub(super) fn is_refused<E>(
    error: &SdkError<E, aws_sdk_dynamodb::config::http::HttpResponse>,
) -> bool
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata,
{
    use aws_sdk_dynamodb::error::ProvideErrorMetadata;
    error.code() == Some("ConditionalCheckFailedException")
}

pub(super) fn unavailable<E>(
    doing: &'static str,
    error: SdkError<E, aws_sdk_dynamodb::config::http::HttpResponse>,
) -> CatalogueError
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    CatalogueError::Unavailable(outage::told(error).context(doing))
}
