//! What an owner has and may have.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `owner#{id}` | `usage` | uploads under way, and bytes of files that are there or announced |
//!
//! It changes in the same transaction as the video that it counts, so neither is ever without the
//! other.

use std::collections::HashMap;

use anyhow::Context;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::{OwnerId, video::Charge};
use platform::outage;

use super::{
    Catalogue, CatalogueError,
    items::{self, Item},
};

/// What an owner may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Uploads under way at the same time; any number if not told.
    pub open_uploads: Option<u64>,
    /// Bytes of all files, those announced included; any number if not told.
    pub bytes: Option<u64>,
}

/// What an owner has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Uploads under way.
    pub open_uploads: u64,
    /// Bytes of all files, those announced included.
    pub bytes: u64,
}

/// What is not to be exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// So many uploads at the same time.
    OpenUploads(u64),
    /// So many bytes, of which so many are taken.
    Bytes {
        /// May be had.
        most: u64,
        /// Are had.
        taken: u64,
    },
}

impl Catalogue {
    /// What an owner has now.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn usage(&self, owner: &OwnerId) -> Result<Usage, CatalogueError> {
        let get = self.client.get_item().table_name(&*self.table).set_key(Some(key(owner)));
        let found = get.consistent_read(true).send().await.map_err(outage::told);
        let found = found.context("reading what an owner has");
        let found = found.map_err(CatalogueError::Unavailable)?;
        // A count that fell below zero is none that anybody can be shown.
        let number = |name| found.item().and_then(|item| items::number(item, name).ok());
        Ok(Usage {
            open_uploads: number("open_uploads").unwrap_or_default(),
            bytes: number("file_bytes").unwrap_or_default(),
        })
    }

    /// What an owner may have.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// The write that changes what an owner has by what one video takes, conditioned on the quota
    /// where it grows; `None` if nothing changes.
    ///
    /// # Errors
    /// [`CatalogueError::OverQuota`] if nobody may have so much.
    pub(super) fn charging(
        &self,
        owner: &OwnerId,
        before: Charge,
        after: Charge,
    ) -> Result<Option<TransactWriteItem>, CatalogueError> {
        if before == after {
            return Ok(None);
        }
        let mut conditions = Vec::new();
        let mut update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(key(owner)))
            .update_expression("ADD open_uploads :open, file_bytes :bytes")
            .expression_attribute_values(":open", change(before.open_uploads, after.open_uploads))
            .expression_attribute_values(":bytes", change(before.bytes, after.bytes));
        if let Some(most) = self.quota.open_uploads
            && before.open_uploads < after.open_uploads
        {
            conditions.push("(attribute_not_exists(open_uploads) OR open_uploads < :most)");
            update = update.expression_attribute_values(":most", items::whole(most));
        }
        if let Some(most) = self.quota.bytes
            && before.bytes < after.bytes
        {
            let room = most.checked_sub(after.bytes - before.bytes);
            let room = room.ok_or(CatalogueError::OverQuota(Limit::Bytes { most, taken: 0 }))?;
            conditions.push("(attribute_not_exists(file_bytes) OR file_bytes <= :room)");
            update = update.expression_attribute_values(":room", items::whole(room));
        }
        if !conditions.is_empty() {
            update = update.condition_expression(conditions.join(" AND "));
        }
        let update = update.build().expect("table, key and expression are set");
        Ok(Some(TransactWriteItem::builder().update(update).build()))
    }

    /// Which limit a refused write met.
    pub(super) async fn over_quota(&self, owner: &OwnerId) -> CatalogueError {
        let usage = match self.usage(owner).await {
            Ok(usage) => usage,
            Err(error) => return error,
        };
        let is_full = |most: &u64| *most <= usage.open_uploads;
        CatalogueError::OverQuota(
            match (self.quota.open_uploads.filter(is_full), self.quota.bytes) {
                (None, Some(most)) => Limit::Bytes { most, taken: usage.bytes },
                (most, _) => {
                    Limit::OpenUploads(most.or(self.quota.open_uploads).unwrap_or_default())
                }
            },
        )
    }
}

fn key(owner: &OwnerId) -> Item {
    HashMap::from([
        ("pk".into(), items::text(format!("owner#{owner}"))),
        ("sk".into(), items::text("usage")),
    ])
}

/// A difference as DynamoDB adds it.
fn change(before: u64, after: u64) -> AttributeValue {
    AttributeValue::N((i128::from(after) - i128::from(before)).to_string())
}
