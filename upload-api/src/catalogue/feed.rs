//! The public feed, and all videos whoever's they are, by the index `by_listing`.
//!
//! A video is in one of its partitions: `feed#{shard}` while everybody may see and play it, else
//! `rest#{shard}`. So a day's public videos are spread over all shards, and a page is put together
//! from the newest of each.

use anyhow::Context;
use domain::{
    Video, VideoId,
    video::{VideoState, Visibility},
};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Catalogue, CatalogueError, Entry,
    items::{self},
    listing::{Page, id},
};

/// Partitions of the feed: each takes 1,000 writes a second.
const SHARDS: u8 = 8;

/// Where a video is listed.
pub(super) fn listing(entry: &Entry) -> String {
    let id = entry.video.record.id;
    let part = if !entry.is_deleted() && is_for_all(&entry.video) { "feed" } else { "rest" };
    format!("{part}#{}", id.0.as_bytes()[15] % SHARDS)
}

fn is_for_all(video: &Video) -> bool {
    video.record.visibility == Visibility::Public
        && matches!(
            video.record.state,
            VideoState::Playable | VideoState::Ready | VideoState::Partial
        )
}

impl Catalogue {
    /// The newest `limit` videos that everybody may see and play and that are older than `after`.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn feed(&self, after: Option<VideoId>, limit: usize) -> Result<Page, CatalogueError> {
        let shards = stream::iter(0..SHARDS).map(|shard| {
            let listing = format!("feed#{shard}");
            async move { self.listed_in(&listing, after, limit + 1, false).await }
        });
        let shards: Vec<_> = shards.buffered(SHARDS.into()).try_collect().await?;
        let mut ids: Vec<_> = shards.into_iter().flatten().collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let has_more = ids.len() > limit;
        ids.truncate(limit);
        let next = ids.last().copied().filter(|_| has_more);
        let mut videos = self.read_all(ids).await?;
        // The index lags behind the table.
        videos.retain(is_for_all);
        Ok(Page { videos, next })
    }

    /// The partitions that hold all videos together.
    pub fn listings() -> impl Iterator<Item = String> {
        (0..SHARDS).flat_map(|shard| ["feed", "rest"].map(|part| format!("{part}#{shard}")))
    }

    /// Ids in one of the partitions behind `after`, in the order of time or against it.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn listed_in(
        &self,
        listing: &str,
        after: Option<VideoId>,
        limit: usize,
        oldest_first: bool,
    ) -> Result<Vec<VideoId>, CatalogueError> {
        let beyond = if oldest_first { " AND id > :after" } else { " AND id < :after" };
        let beyond = after.map(|_| beyond).unwrap_or_default();
        let after = after.map(|after| (":after".to_owned(), items::text(after.to_string())));
        let listing = (":listing".to_owned(), items::text(listing));
        let mut found = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("by_listing")
            .key_condition_expression(format!("listing = :listing{beyond}"))
            .set_expression_attribute_values(Some([listing].into_iter().chain(after).collect()))
            .scan_index_forward(oldest_first)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut ids = Vec::new();
        while ids.len() < limit
            && let Some(item) = found.next().await
        {
            let item = item.map_err(platform::outage::told).context("listing videos");
            ids.extend(id(item.map_err(CatalogueError::Unavailable)?.get("id"), ""));
        }
        Ok(ids)
    }
}

#[cfg(test)]
mod tests {
    use domain::OwnerId;

    use super::*;
    use crate::catalogue::{Due, Owed};

    #[test]
    fn only_what_everybody_may_play_is_in_the_feed() {
        let id = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        let video = Video::begin(id, OwnerId::local(), "".into(), "".into(), "r".into());
        let mut entry = Entry::new(video);
        assert_eq!(listing(&entry), "rest#7", "f7 modulo 8");
        for (state, visibility, expected) in [
            (VideoState::Ready, Visibility::Public, "feed#7"),
            (VideoState::Playable, Visibility::Public, "feed#7"),
            (VideoState::Partial, Visibility::Public, "feed#7"),
            (VideoState::Ready, Visibility::Unlisted, "rest#7"),
            (VideoState::Ready, Visibility::Private, "rest#7"),
            (VideoState::Processing, Visibility::Public, "rest#7"),
            (VideoState::Rejected, Visibility::Public, "rest#7"),
        ] {
            (entry.video.record.state, entry.video.record.visibility) = (state, visibility);
            assert_eq!(listing(&entry), expected, "{state:?} {visibility:?}");
        }
        entry.video.record.state = VideoState::Ready;
        entry.video.record.visibility = Visibility::Public;
        entry.due = Some(Due { owed: Owed::Erase, at: 1 });
        assert_eq!(listing(&entry), "rest#7", "deleted");
        assert_eq!(Catalogue::listings().count(), 16);
    }
}
