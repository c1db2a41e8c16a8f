//! Reading one video.

use std::sync::Arc;

use anyhow::Context;
use aws_sdk_dynamodb::Client;
use domain::{Video, VideoId};
use platform::{aws::Aws, outage};
use tokio::sync::{Mutex, MutexGuard};

use super::{
    CatalogueError, Entry, Freed, Quota,
    items::{self, Stored},
};

/// Writers of one process take turns per video, so that only other processes can come between.
const TURNS: usize = 64;

/// The table of videos.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(super) client: Client,
    pub(super) table: Arc<str>,
    pub(super) quota: Quota,
    turns: Arc<[Mutex<()>]>,
    pub(super) freed: Arc<Freed>,
}

impl Catalogue {
    /// The catalogue in this table. Tables are made by `infra/`, never here.
    pub fn new(aws: &Aws, table: impl Into<Arc<str>>) -> Self {
        let turns = (0..TURNS).map(|_| Mutex::new(())).collect();
        let client = Client::new(&aws.sdk);
        let freed = Arc::default();
        Self { client, table: table.into(), quota: Quota::default(), turns, freed }
    }

    /// Refuses what would take more than an owner may have.
    #[must_use]
    pub fn with_quota(self, quota: Quota) -> Self {
        Self { quota, ..self }
    }

    /// Whether the table answers.
    ///
    /// # Errors
    /// If it does not, or is not there.
    pub async fn reachable(&self) -> anyhow::Result<()> {
        let request = self.client.describe_table().table_name(&*self.table);
        request.send().await.with_context(|| format!("table {} does not answer", self.table))?;
        Ok(())
    }

    /// A video as it is now; `None` if there is none.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn find(&self, id: VideoId) -> Result<Option<Video>, CatalogueError> {
        Ok(self.find_entry(id).await?.map(|entry| entry.video))
    }

    /// A video with its upload and what is owed to it; `None` if there is none.
    ///
    /// # Errors
    /// If the table does not answer or holds something else.
    pub async fn find_entry(&self, id: VideoId) -> Result<Option<Entry>, CatalogueError> {
        let entry = self.load(id).await?.map(|stored| stored.entry);
        Ok(entry.filter(|entry| !entry.is_deleted()))
    }

    pub(super) async fn load(&self, id: VideoId) -> Result<Option<Stored>, CatalogueError> {
        let mut pages = self
            .client
            .query()
            .table_name(&*self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", items::partition(id))
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(outage::told).with_context(|| format!("reading video {id}"));
            found.extend(page.map_err(CatalogueError::Unavailable)?.items.unwrap_or_default());
        }
        items::assemble(found)
    }

    pub(super) async fn turn(&self, id: VideoId) -> MutexGuard<'_, ()> {
        let last = usize::from(id.0.as_bytes()[15]);
        self.turns[last % TURNS].lock().await
    }
}
