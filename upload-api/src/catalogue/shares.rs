//! Shares of a video, in a partition of their own beside it.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `shares#{video}` | `share#{id}` | a share; its id is a hash of its token |
//! | | `pass#{id}` | a playback token: for who knew a share's password, or for an owner's devices |

use domain::VideoId;
use serde::{Deserialize, Serialize};

use super::{
    Catalogue, CatalogueError, items,
    letters::{is_refused, unavailable},
    plain::{self, sort_key},
};

/// A link that lets whoever has it see a video.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The hash of its token.
    pub share_id: String,
    /// Whom or what it is for.
    pub name: Option<String>,
    /// What else one has to know.
    pub password: Option<PasswordHash>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Unix seconds.
    pub valid_until: Option<u64>,
    /// How often its page was opened.
    #[serde(default)]
    pub views: u64,
    /// Unix seconds; from then on the table may forget it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<u64>,
}

/// What is kept of a password: Argon2id and what it was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordHash {
    /// Base64url.
    pub salt: String,
    /// Base64url.
    pub hash: String,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

/// A token that plays a video for hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// The share that it is good for, and with which it ends; none if it is the owner's.
    pub share_id: Option<String>,
    /// Unix seconds; from then on the table may forget it.
    pub expires_at: u64,
}

impl Share {
    /// Whether it opens anything at `now` (Unix seconds).
    pub fn is_valid(&self, now: u64) -> bool {
        self.valid_until.is_none_or(|end| now < end)
    }
}

impl Catalogue {
    /// Keeps a new share.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn create_share(&self, video: VideoId, share: &Share) -> Result<(), CatalogueError> {
        self.keep_plain((&of(video), &of_share(&share.share_id)), share).await.map(drop)
    }

    /// The share of this id; it may have expired.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn share(&self, video: VideoId, id: &str) -> Result<Option<Share>, CatalogueError> {
        self.plain((&of(video), &of_share(id))).await
    }

    /// All shares of a video.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn shares(&self, video: VideoId) -> Result<Vec<Share>, CatalogueError> {
        let items = self.partition(&of(video)).await?;
        let is_share = |item: &_| sort_key(item).is_some_and(|sk| sk.starts_with(SHARE));
        items.into_iter().filter(is_share).map(plain::value).collect()
    }

    /// Ends a share. False if there is none of this id.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn remove_share(&self, video: VideoId, id: &str) -> Result<bool, CatalogueError> {
        self.remove_plain((&of(video), &of_share(id))).await
    }

    /// Removes all shares of a video and what was given out for them.
    ///
    /// # Errors
    /// If the table does not answer. What is done stays done: call again.
    pub async fn remove_shares(&self, video: VideoId) -> Result<(), CatalogueError> {
        for item in self.partition(&of(video)).await? {
            if let Some(sk) = sort_key(&item) {
                self.remove_plain((&of(video), sk)).await?;
            }
        }
        Ok(())
    }

    /// Keeps a playback token under its hash.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn keep_pass(
        &self,
        video: VideoId,
        hash: &str,
        pass: &Pass,
    ) -> Result<(), CatalogueError> {
        self.keep_plain((&of(video), &format!("{PASS}{hash}")), pass).await.map(drop)
    }

    /// The playback token of this hash; it may have expired.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn pass(&self, video: VideoId, hash: &str) -> Result<Option<Pass>, CatalogueError> {
        self.plain((&of(video), &format!("{PASS}{hash}"))).await
    }

    /// Adds to the views of a share, unless it is gone.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn add_views(
        &self,
        video: VideoId,
        share: &str,
        views: u64,
    ) -> Result<(), CatalogueError> {
        let update = self
            .client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(plain::key((&of(video), &of_share(share)))))
            .update_expression("ADD #views :views")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#views", "views")
            .expression_attribute_values(":views", items::whole(views));
        match update.send().await {
            Err(error) if !is_refused(&error) => Err(unavailable("counting views", error)),
            _ => Ok(()),
        }
    }

    /// Whether somebody may try a password of a share in this minute (Unix time): `most` may.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn may_try(
        &self,
        video: VideoId,
        share: &str,
        minute: u64,
        most: u64,
    ) -> Result<bool, CatalogueError> {
        let first = (
            "SET tried_in = :minute, tries = :one",
            "attribute_exists(pk) AND (attribute_not_exists(tried_in) OR tried_in < :minute)",
            (":one", 1),
        );
        let further = ("ADD tries :one", "tried_in = :minute AND tries < :most", (":most", most));
        for (change, condition, (name, value)) in [first, further] {
            let update = self
                .client
                .update_item()
                .table_name(&*self.table)
                .set_key(Some(plain::key((&of(video), &of_share(share)))))
                .update_expression(change)
                .condition_expression(condition)
                .expression_attribute_values(":minute", items::whole(minute))
                .expression_attribute_values(":one", items::whole(1))
                .expression_attribute_values(name, items::whole(value));
            match update.send().await {
                Ok(_) => return Ok(true),
                Err(error) if is_refused(&error) => {}
                Err(error) => return Err(unavailable("counting tries", error)),
            }
        }
        Ok(false)
    }
}

const SHARE: &str = "share#";
const PASS: &str = "pass#";

fn of(video: VideoId) -> String {
    format!("shares#{video}")
}

fn of_share(id: &str) -> String {
    format!("{SHARE}{id}")
}
