//! Lists of videos by the table's indexes. Nothing is ever scanned.

use anyhow::Context;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    OwnerId, Video, VideoId,
    video::{VideoState, Visibility},
};
use futures::{StreamExt, TryStreamExt, stream};
use platform::outage;
use serde::Deserialize;
use serde_dynamo::from_item;
use tracing::{debug, error};

use super::{
    Catalogue, CatalogueError, Version,
    items::{self, DUE_SHARDS, Item},
};

/// Videos of a page that are read at the same time.
const AT_ONCE: usize = 16;

/// Index entries that one page looks at, at most, in search of what a filter lets through.
const MAX_EXAMINED: usize = 2000;
/// Index entries that one query looks at when a filter leaves some of them out.
const FILTERED_PAGE: usize = 250;

/// Some of the videos of a list.
#[derive(Debug)]
pub struct Page {
    /// In the order of the list.
    pub videos: Vec<Video>,
    /// Where the list goes on, if it does; the page may be short for all that.
    pub next: Option<VideoId>,
}

/// Which of an owner's videos, and in what order.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// In one of these states; in any if there are none.
    pub states: Vec<VideoState>,
    /// Who may see them.
    pub visibility: Option<Visibility>,
    /// What is in their title, in upper or lower case.
    pub title: Option<String>,
    /// The oldest first instead of the newest.
    pub oldest_first: bool,
}

impl Wanted {
    fn is_all(&self) -> bool {
        self.states.is_empty() && self.visibility.is_none() && self.title.is_none()
    }

    fn lets_through(&self, state: VideoState, visibility: Visibility, title: &str) -> bool {
        let is_in = |title: &str, part: &str| title.to_lowercase().contains(&part.to_lowercase());
        (self.states.is_empty() || self.states.contains(&state))
            && self.visibility.is_none_or(|wanted| wanted == visibility)
            && self.title.as_ref().is_none_or(|part| is_in(title, part))
    }
}

/// What the index says of a video.
#[derive(Deserialize)]
struct Listed {
    state: VideoState,
    visibility: Visibility,
    title: String,
}

impl Catalogue {
    /// At most `limit` of an owner's videos that come after `after`. A filter that lets little
    /// through makes short pages: each looks at a bounded part of the list.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn list(
        &self,
        owner: &OwnerId,
        wanted: &Wanted,
        after: Option<VideoId>,
        limit: usize,
    ) -> Result<Page, CatalogueError> {
        let (ids, next) = self.matching(owner, wanted, after, limit).await?;
        let mut videos = self.read_all(ids).await?;
        // The index lags behind the table.
        videos.retain(|video| {
            let record = &video.record;
            wanted.lets_through(record.state, record.visibility, &record.title)
        });
        Ok(Page { videos, next })
    }

    /// Ids of a page and where the next one begins.
    async fn matching(
        &self,
        owner: &OwnerId,
        wanted: &Wanted,
        mut after: Option<VideoId>,
        limit: usize,
    ) -> Result<(Vec<VideoId>, Option<VideoId>), CatalogueError> {
        let at_once = if wanted.is_all() { limit + 1 } else { FILTERED_PAGE };
        let (mut ids, mut examined) = (Vec::new(), 0);
        loop {
            let beyond = if wanted.oldest_first { " AND id > :after" } else { " AND id < :after" };
            let beyond = after.map(|_| beyond).unwrap_or_default();
            let place = after.map(|after| (":after".to_owned(), items::text(after.to_string())));
            let owner = (":owner".to_owned(), items::text(&owner.0));
            let answer = self
                .client
                .query()
                .table_name(&*self.table)
                .index_name("by_owner")
                .key_condition_expression(format!("owner_id = :owner{beyond}"))
                .set_expression_attribute_values(Some([owner].into_iter().chain(place).collect()))
                .projection_expression("id, #state, visibility, title")
                .expression_attribute_names("#state", "state")
                .scan_index_forward(wanted.oldest_first)
                .limit(i32::try_from(at_once).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(outage::told)
                .context("listing an owner's videos")
                .map_err(CatalogueError::Unavailable)?;
            let is_last = answer.last_evaluated_key.is_none();
            for item in answer.items.unwrap_or_default() {
                examined += 1;
                let place = id(item.get("id"), "");
                let is_wanted = from_item(item).is_ok_and(|listed: Listed| {
                    wanted.lets_through(listed.state, listed.visibility, &listed.title)
                });
                if is_wanted && ids.len() == limit {
                    return Ok((ids, after));
                }
                after = place.or(after);
                ids.extend(place.filter(|_| is_wanted));
            }
            if is_last {
                return Ok((ids, None));
            }
            if examined >= MAX_EXAMINED {
                return Ok((ids, after));
            }
        }
    }

    /// Videos by their ids, without those that are not there any more.
    pub(super) async fn read_all(&self, ids: Vec<VideoId>) -> Result<Vec<Video>, CatalogueError> {
        let found: Vec<_> =
            stream::iter(ids).map(|id| self.listed(id)).buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The index may still know what the table has no more. A broken record must not hide all
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
        limit: usize,
    ) -> Result<Vec<Version>, CatalogueError> {
        let mut found = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("by_owner")
            .key_condition_expression("owner_id = :owner")
            .expression_attribute_values(":owner", items::text(&owner.0))
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

pub(super) fn id(value: Option<&AttributeValue>, prefix: &str) -> Option<VideoId> {
    let id = value?.as_s().ok()?.strip_prefix(prefix)?.parse().ok();
    if id.is_none() {
        debug!(?value, "no id of a video in an index");
    }
    id
}
