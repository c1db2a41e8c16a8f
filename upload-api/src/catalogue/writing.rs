//! Creating, changing and deleting a video: conditional writes only, so no update gets lost.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::VideoId;
use platform::outage;
use tokio::time::sleep;

use super::{
    Catalogue, CatalogueError, Entry, Updated,
    items::{self, Changes, Item, Stored},
    outbox,
    refusals::is_conflict,
};

/// Attempts to change a video that others keep changing: about twenty seconds of them.
const ATTEMPTS: u32 = 100;
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

impl Catalogue {
    /// Adds a video.
    ///
    /// # Errors
    /// [`CatalogueError::Contended`] if its id is taken.
    pub async fn create(&self, entry: &Entry) -> Result<(), CatalogueError> {
        let changes = Changes { put: items::all(entry, 1)?, delete: Vec::new() };
        let is_written = self.write(changes, "attribute_not_exists(pk)", None).await?;
        is_written.then_some(()).ok_or(CatalogueError::Contended)
    }

    /// Changes a video: `change` is told what there is, perhaps several times, and what it makes of
    /// it is written if nobody else came between. `None` if there is no such video.
    ///
    /// # Errors
    /// If the table does not answer, or others came between again and again.
    pub async fn update<T>(
        &self,
        id: VideoId,
        mut change: impl FnMut(&mut Entry) -> T,
    ) -> Result<Option<Updated<T>>, CatalogueError> {
        let unless_deleted = |entry: &mut Entry| (!entry.is_deleted()).then(|| change(entry));
        let updated = self.claim(id, unless_deleted).await?;
        Ok(updated.and_then(|Updated { video, answer }| Some(Updated { video, answer: answer? })))
    }

    /// [`update`](Self::update) for sweepers, who also see deleted videos.
    ///
    /// # Errors
    /// If the table does not answer, or others came between again and again.
    pub async fn claim<T>(
        &self,
        id: VideoId,
        mut change: impl FnMut(&mut Entry) -> T,
    ) -> Result<Option<Updated<T>>, CatalogueError> {
        let _turn = self.turn(id).await;
        for attempt in 0..ATTEMPTS {
            let Some(before) = self.load(id).await? else { return Ok(None) };
            let mut after = before.entry.clone();
            let answer = change(&mut after);
            let mut changes = items::changes(&before, &after)?;
            let owed = outbox::owed(&before.entry, &after)?;
            let is_news = !owed.is_empty();
            changes.put.extend(owed);
            if changes.is_empty() || self.commit(&before, changes).await? {
                if is_news {
                    self.news.notify_one();
                }
                return Ok(Some(Updated { video: after.video, answer }));
            }
            sleep(pause(attempt)).await;
        }
        Err(CatalogueError::Contended)
    }

    /// Removes all items of a video. False if there were none.
    ///
    /// # Errors
    /// If the table does not answer, or others came between again and again.
    pub async fn remove(&self, id: VideoId) -> Result<bool, CatalogueError> {
        let _turn = self.turn(id).await;
        for attempt in 0..ATTEMPTS {
            let Some(before) = self.load(id).await? else { return Ok(false) };
            let all = items::all(&before.entry, before.revision)?;
            let delete = all.iter().map(items::key_of).collect();
            if self.commit(&before, Changes { put: Vec::new(), delete }).await? {
                return Ok(true);
            }
            sleep(pause(attempt)).await;
        }
        Err(CatalogueError::Contended)
    }

    async fn commit(&self, before: &Stored, changes: Changes) -> Result<bool, CatalogueError> {
        let values = HashMap::from([(":read".to_owned(), items::whole(before.revision))]);
        self.write(changes, "revision = :read", Some(values)).await
    }

    /// Writes all or nothing: false if the first item, the video's own, is not as the condition
    /// says, or another write is under way.
    async fn write(
        &self,
        changes: Changes,
        condition: &str,
        values: Option<Item>,
    ) -> Result<bool, CatalogueError> {
        let mut guard = Some((condition.to_owned(), values));
        let mut writes = Vec::new();
        for item in changes.put {
            let (condition, values) = guard.take().unzip();
            let put = Put::builder()
                .table_name(&*self.table)
                .set_item(Some(item))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values.flatten())
                .build()
                .expect("table and item are set");
            writes.push(TransactWriteItem::builder().put(put).build());
        }
        for key in changes.delete {
            let (condition, values) = guard.take().unzip();
            let delete = Delete::builder()
                .table_name(&*self.table)
                .set_key(Some(key))
                .set_condition_expression(condition)
                .set_expression_attribute_values(values.flatten())
                .build()
                .expect("table and key are set");
            writes.push(TransactWriteItem::builder().delete(delete).build());
        }
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_conflict(&error) => Ok(false),
            Err(error) => {
                Err(CatalogueError::Unavailable(outage::told(error).context("writing a video")))
            }
        }
    }
}

/// Full jitter: writers that met once shall not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = (Duration::from_millis(5) * 2_u32.pow(attempt.min(10))).min(LONGEST_PAUSE);
    longest.mul_f64(rand::random())
}
