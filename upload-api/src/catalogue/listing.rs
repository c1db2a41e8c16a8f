//! Lists of videos by the table's indexes. Nothing is ever scanned.

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{OwnerId, Video, VideoId};
use futures::{StreamExt, TryStreamExt, stream};
use tracing::{debug, error};

use super::{
    Catalogue, CatalogueError, Version,
    items::{self, DUE_SHARDS, Item},
};

/// Videos of a page that are read at the same time.
const AT_ONCE: usize = 16;

/// Some of an owner's videos.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub videos: Vec<Video>,
    /// The last one, if there are more behind it.
    pub next: Option<VideoId>,
}

impl Catalogue {
    /// The newest `limit` videos of an owner that are older than `after`.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn list(
        &self,
        owner: &OwnerId,
        after: Option<VideoId>,
        limit: usize,
    ) -> Result<Page, CatalogueError> {
        let mut newest = self.versions(owner, after, limit + 1).await?;
        let has_more = newest.len() > limit;
        newest.truncate(limit);
        let next = newest.last().filter(|_| has_more).map(|last| last.id);
        let found: Vec<_> = stream::iter(newest)
            .map(|newest| self.listed(newest.id))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(Page { videos: found.into_iter().flatten().collect(), next })
    }

    /// The index may still know what the table has not any more. A broken record must not hide all
    /// the others.
    async fn listed(&self, id: VideoId) -> Result<Option<Video>, CatalogueError> {
        match self.find(id).await {
            Err(CatalogueError::Corrupt(error)) => {
                error!(%id, error = format!("{error:#}"), "left out of a list");
                Ok(None)
            }
            found => found,
        }
    }

    /// Ids and versions of the newest `limit` videos of an owner, newest first. The index may lag
    /// behind the table by a moment.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn versions(
        &self,
        owner: &OwnerId,
        after: Option<VideoId>,
        limit: usize,
    ) -> Result<Vec<Version>, CatalogueError> {
        let older = after.map(|_| " AND id < :after").unwrap_or_default();
        let after = after.map(|after| (":after".to_owned(), items::text(after.to_string())));
        let owner = (":owner".to_owned(), items::text(&owner.0));
        let mut found = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("by_owner")
            .key_condition_expression(format!("owner_id = :owner{older}"))
            .set_expression_attribute_values(Some([owner].into_iter().chain(after).collect()))
            .projection_expression("id, #version")
            .expression_attribute_names("#version", "version")
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut versions = Vec::new();
        while versions.len() < limit
            && let Some(item) = found.next().await
        {
            let item = item.context("listing an owner's videos");
            versions.extend(version(&item.map_err(CatalogueError::Unavailable)?));
        }
        Ok(versions)
    }

    /// Videos to which something has been owed since `now` (Unix seconds) or longer, at most
    /// `limit` of each shard.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn due(&self, now: u64, limit: i32) -> Result<Vec<VideoId>, CatalogueError> {
        let mut due = Vec::new();
        for shard in 0..DUE_SHARDS {
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .index_name("due")
                .key_condition_expression("due_shard = :shard AND due_at <= :now")
                .expression_attribute_values(":shard", items::text(shard.to_string()))
                .expression_attribute_values(":now", items::whole(now))
                .limit(limit)
                .send()
                .await
                .context("asking for what is due")
                .map_err(CatalogueError::Unavailable)?;
            due.extend(answer.items().iter().filter_map(|item| id(item.get("pk"), "video#")));
        }
        Ok(due)
    }
}

/// `None` for what is none of ours: one foreign item must not hide all the others.
fn version(item: &Item) -> Option<Version> {
    Some(Version { id: id(item.get("id"), "")?, version: items::number(item, "version").ok()? })
}

fn id(value: Option<&AttributeValue>, prefix: &str) -> Option<VideoId> {
    let id = value?.as_s().ok()?.strip_prefix(prefix)?.parse().ok();
    if id.is_none() {
        debug!(?value, "no id of a video in an index");
    }
    id
}
