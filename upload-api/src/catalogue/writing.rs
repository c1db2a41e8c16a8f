//! Creating, changing and deleting a video: conditional writes only, so no update gets lost.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{Delete, Put, TransactWriteItem},
};
use domain::{OwnerId, VideoId, video::Charge};
use platform::outage;
use tokio::time::sleep;

use super::{
    Catalogue, CatalogueError, Entry, Updated,
    items::{self, Changes, Item, Stored},
};
use crate::clock;

/// Attempts to change a video that others keep changing: about twenty seconds of them.
const ATTEMPTS: u32 = 100;
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

impl Catalogue {
    /// Adds a video.
    ///
    /// # Errors
    /// [`CatalogueError::Contended`] if its id is taken, [`CatalogueError::OverQuota`] if its owner
    /// may not have it.
    pub async fn create(&self, entry: &Entry) -> Result<(), CatalogueError> {
        let record = &entry.video.record;
        let charging = self.charging(&record.owner_id, Charge::default(), entry.video.charge())?;
        for attempt in 0..ATTEMPTS {
            let changes = Changes { put: items::all(entry, 1)?, delete: Vec::new() };
            let guard = ("attribute_not_exists(pk)", None);
            match self.write(&record.owner_id, changes, guard, charging.clone()).await? {
                Written::All => return Ok(()),
                Written::Lost => break,
                Written::Disturbed => sleep(pause(attempt)).await,
            }
        }
        Err(CatalogueError::Contended)
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
        let updated = self.claim(id, clock::unix_now(), unless_deleted).await?;
        Ok(updated.and_then(|Updated { video, answer }| Some(Updated { video, answer: answer? })))
    }

    /// [`update`](Self::update) for sweepers, who also see deleted videos, at `now` (Unix seconds).
    ///
    /// # Errors
    /// If the table does not answer, or others came between again and again.
    pub async fn claim<T>(
        &self,
        id: VideoId,
        now: u64,
        mut change: impl FnMut(&mut Entry) -> T,
    ) -> Result<Option<Updated<T>>, CatalogueError> {
        let _turn = self.turn(id).await;
        for attempt in 0..ATTEMPTS {
            let Some(before) = self.load(id).await? else { return Ok(None) };
            let mut after = before.entry.clone();
            let answer = change(&mut after);
            if after != before.entry {
                after.keep(&before.entry, now);
            }
            let changes = items::changes(&before, &after)?;
            let charge = after.video.charge();
            if changes.is_empty() || self.commit(&before, changes, charge).await? {
                self.freed.note(&before.entry, &after);
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
            let changes = Changes { put: Vec::new(), delete };
            if self.commit(&before, changes, Charge::default()).await? {
                return Ok(true);
            }
            sleep(pause(attempt)).await;
        }
        Err(CatalogueError::Contended)
    }

    /// Together with a change of what the video takes of its owner's quota, from that before to
    /// `charge`. False if others came between.
    async fn commit(
        &self,
        before: &Stored,
        changes: Changes,
        charge: Charge,
    ) -> Result<bool, CatalogueError> {
        let video = &before.entry.video;
        let owner = &video.record.owner_id;
        let charging = self.charging(owner, video.charge(), charge)?;
        let values = HashMap::from([(":read".to_owned(), items::whole(before.revision))]);
        let guard = ("revision = :read", Some(values));
        let written = self.write(owner, changes, guard, charging).await?;
        Ok(written == Written::All)
    }

    /// Writes all or nothing. The condition is on the first item, the video's own.
    async fn write(
        &self,
        owner: &OwnerId,
        changes: Changes,
        (condition, values): (&str, Option<Item>),
        charging: Option<TransactWriteItem>,
    ) -> Result<Written, CatalogueError> {
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
        let own = writes.len();
        writes.extend(charging);
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        let error = match request.send().await {
            Ok(_) => return Ok(Written::All),
            Err(error) => error,
        };
        match refusals(&error) {
            Some(refused) if refused.iter().any(|item| *item < own) => Ok(Written::Lost),
            Some(refused) if !refused.is_empty() => Err(self.over_quota(owner).await),
            Some(_) => Ok(Written::Disturbed),
            None => {
                Err(CatalogueError::Unavailable(outage::told(error).context("writing a video")))
            }
        }
    }
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// All of it is written.
    All,
    /// Nothing, for the video is not as the condition says.
    Lost,
    /// Nothing, for another write was under way.
    Disturbed,
}

/// Which items of a transaction were not as its conditions say: none if it only met another one.
/// `None` if something else is wrong.
fn refusals<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<Vec<usize>> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return None;
    };
    let mut refused = Vec::new();
    let mut is_disturbed = false;
    for (item, reason) in cancelled.cancellation_reasons().iter().enumerate() {
        match reason.code() {
            None | Some("None") => {}
            Some("ConditionalCheckFailed") => refused.push(item),
            Some("TransactionConflict") => is_disturbed = true,
            Some(_) => return None,
        }
    }
    (is_disturbed || !refused.is_empty()).then_some(refused)
}

/// Full jitter: writers that met once shall not meet again.
fn pause(attempt: u32) -> Duration {
    let longest = (Duration::from_millis(5) * 2_u32.pow(attempt.min(10))).min(LONGEST_PAUSE);
    longest.mul_f64(rand::random())
}
