//! An owner's open uploads by the table's index.

use anyhow::Context;
use domain::{OwnerId, VideoId};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    Catalogue, CatalogueError, Entry,
    items::{self, uploads_of},
};

/// Uploads of a page that are read at the same time.
const AT_ONCE: usize = 16;

/// Some of an owner's open uploads.
#[derive(Debug)]
pub struct UploadsPage {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// The last one, if there are more behind it.
    pub next: Option<VideoId>,
}

impl Catalogue {
    /// The newest `limit` uploads of an owner that nobody has completed, older than `after`.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn open_uploads(
        &self,
        owner: &OwnerId,
        after: Option<VideoId>,
        limit: usize,
    ) -> Result<UploadsPage, CatalogueError> {
        let older = after.map(|_| " AND id < :after").unwrap_or_default();
        let after = after.map(|after| (":after".to_owned(), items::text(after.to_string())));
        let of = (":of".to_owned(), items::text(uploads_of(owner)));
        let found = self
            .client
            .query()
            .table_name(&*self.table)
            .index_name("by_owner")
            .key_condition_expression(format!("owner_id = :of{older}"))
            .set_expression_attribute_values(Some([of].into_iter().chain(after).collect()))
            .projection_expression("id")
            .scan_index_forward(false)
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX))
            .send()
            .await
            .context("listing an owner's uploads")
            .map_err(CatalogueError::Unavailable)?;
        let id = |item: &items::Item| item.get("id")?.as_s().ok()?.parse::<VideoId>().ok();
        let mut ids: Vec<_> = found.items().iter().filter_map(id).collect();
        let has_more = limit < ids.len();
        ids.truncate(limit);
        let next = ids.last().copied().filter(|_| has_more);
        let entries: Vec<_> =
            stream::iter(ids).map(|id| self.find_entry(id)).buffered(AT_ONCE).try_collect().await?;
        // The index may lag behind the table by a moment.
        let is_open = |entry: &Entry| entry.upload.as_ref().is_some_and(domain::Upload::is_open);
        Ok(UploadsPage { entries: entries.into_iter().flatten().filter(is_open).collect(), next })
    }
}
