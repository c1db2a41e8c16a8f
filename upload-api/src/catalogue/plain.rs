//! Items that stand alone: one value under one key, read as it is now.

use std::collections::HashMap;

use anyhow::Context;
use serde::{Serialize, de::DeserializeOwned};
use serde_dynamo::{from_item, to_item};

use super::{
    Catalogue, CatalogueError,
    items::{self, Item},
    letters::{is_refused, unavailable},
};

/// Partition and sort key.
pub(super) type Key<'a> = (&'a str, &'a str);

impl Catalogue {
    pub(super) async fn plain<T: DeserializeOwned>(
        &self,
        at: Key<'_>,
    ) -> Result<Option<T>, CatalogueError> {
        let get = self.client.get_item().table_name(&*self.table).set_key(Some(key(at)));
        let found = get.consistent_read(true).send().await;
        let found = found.map_err(|error| unavailable("reading an item", error))?;
        found.item.map(value).transpose()
    }

    /// Keeps a value. False if there is one already, which stays.
    pub(super) async fn keep_plain(
        &self,
        at: Key<'_>,
        value: &impl Serialize,
    ) -> Result<bool, CatalogueError> {
        let put = self.client.put_item().table_name(&*self.table).set_item(Some(item(at, value)?));
        match put.condition_expression("attribute_not_exists(pk)").send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(unavailable("keeping an item", error)),
        }
    }

    /// Removes an item. False if there was none.
    pub(super) async fn remove_plain(&self, at: Key<'_>) -> Result<bool, CatalogueError> {
        let delete = self.client.delete_item().table_name(&*self.table).set_key(Some(key(at)));
        match delete.condition_expression("attribute_exists(pk)").send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(unavailable("removing an item", error)),
        }
    }

    /// All items of a partition.
    pub(super) async fn partition(&self, pk: &str) -> Result<Vec<Item>, CatalogueError> {
        let mut found = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", items::text(pk))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut all = Vec::new();
        while let Some(item) = found.next().await {
            all.push(item.map_err(|error| unavailable("listing items", error))?);
        }
        Ok(all)
    }
}

pub(super) fn key((pk, sk): Key<'_>) -> Item {
    HashMap::from([("pk".into(), items::text(pk)), ("sk".into(), items::text(sk))])
}

pub(super) fn item(at: Key<'_>, value: &impl Serialize) -> Result<Item, CatalogueError> {
    let item: Result<Item, _> = to_item(value);
    let mut item = item.context("writing an item").map_err(CatalogueError::Corrupt)?;
    item.extend(key(at));
    Ok(item)
}

pub(super) fn value<T: DeserializeOwned>(item: Item) -> Result<T, CatalogueError> {
    from_item(item).context("reading an item").map_err(CatalogueError::Corrupt)
}

/// The sort key of an item.
pub(super) fn sort_key(item: &Item) -> Option<&str> {
    item.get("sk")?.as_s().ok().map(String::as_str)
}
