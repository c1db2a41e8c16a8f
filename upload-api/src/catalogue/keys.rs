//! API keys.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `key#{id}` | `key` | the key; its id is a hash of its secret |
//! | `keys#{owner}` | the key's id | that it is theirs |

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::OwnerId;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::{
    Catalogue, CatalogueError, items,
    letters::{is_refused, unavailable},
    plain::{self, sort_key},
};
use crate::auth::Scopes;

/// Keys of a list that are read at the same time.
const AT_ONCE: usize = 16;

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The hash of its secret.
    pub key_id: String,
    /// Whose it is.
    pub owner_id: OwnerId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// When it was used, coarsely, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<u64>,
    /// Unix seconds; from then on the table may forget it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
}

impl Catalogue {
    /// Keeps a new key.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn create_api_key(&self, key: &ApiKey) -> Result<(), CatalogueError> {
        let listed: HashMap<&str, u64> =
            key.expires_at.map(|at| ("expires_at", at)).into_iter().collect();
        let items = [
            plain::item((&of_key(&key.key_id), SORT), key)?,
            plain::item((&of_owner(&key.owner_id), &key.key_id), &listed)?,
        ];
        let put = |item| {
            let put = Put::builder().table_name(&*self.table).set_item(Some(item));
            TransactWriteItem::builder().put(put.build().expect("table and item are set")).build()
        };
        let writes = items.into_iter().map(put).collect();
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        request.send().await.map_err(|error| unavailable("keeping a key", error))?;
        Ok(())
    }

    /// The key of this id; it may have expired.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn api_key(&self, id: &str) -> Result<Option<ApiKey>, CatalogueError> {
        self.plain((&of_key(id), SORT)).await
    }

    /// All keys of an owner.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn api_keys(&self, owner: &OwnerId) -> Result<Vec<ApiKey>, CatalogueError> {
        let listed = self.partition(&of_owner(owner)).await?;
        let ids = listed.iter().filter_map(sort_key).map(str::to_owned).collect::<Vec<_>>();
        let found = stream::iter(ids).map(|id| async move { self.api_key(&id).await });
        let found: Vec<_> = found.buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Ends a key. False if this owner has none of this id.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn remove_api_key(&self, owner: &OwnerId, id: &str) -> Result<bool, CatalogueError> {
        if self.api_key(id).await?.is_none_or(|key| key.owner_id != *owner) {
            return Ok(false);
        }
        let delete = |key| {
            let delete = Delete::builder().table_name(&*self.table).set_key(Some(key));
            let delete = delete.build().expect("table and key are set");
            TransactWriteItem::builder().delete(delete).build()
        };
        let keys = [plain::key((&of_key(id), SORT)), plain::key((&of_owner(owner), id))];
        let writes = keys.into_iter().map(delete).collect();
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        request.send().await.map_err(|error| unavailable("removing a key", error))?;
        Ok(true)
    }

    /// Writes down that a key was used at `now` (Unix seconds).
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn api_key_used(&self, id: &str, now: u64) -> Result<(), CatalogueError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(plain::key((&of_key(id), SORT))))
            .update_expression("SET used_at = :now")
            // One that was revoked meanwhile must not come back.
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":now", items::whole(now));
        match update.send().await {
            Err(error) if !is_refused(&error) => Err(unavailable("writing down a use", error)),
            _ => Ok(()),
        }
    }
}

const SORT: &str = "key";

fn of_key(id: &str) -> String {
    format!("key#{id}")
}

fn of_owner(owner: &OwnerId) -> String {
    format!("keys#{owner}")
}
