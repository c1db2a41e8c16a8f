//! Sessions of browsers.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `session#{hash}` | `session` | whose it is, and until when; gone some time after that by itself |
//!
//! In the table and not in the cookie: so there is no key that replicas would have to share and
//! somebody to change, and a session ends everywhere the moment somebody signs out.

use domain::OwnerId;
use serde::{Deserialize, Serialize};

use super::{Catalogue, CatalogueError};

/// Somebody who signed in by browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub owner_id: OwnerId,
    /// What to call them.
    pub name: Option<String>,
    /// Whether they were an operator when they signed in.
    pub is_operator: bool,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// Unix seconds; from then on the table may forget it.
    pub expires_at: u64,
}

impl Catalogue {
    /// Keeps a session under the hash of its secret.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn keep_session(&self, hash: &str, session: &Session) -> Result<(), CatalogueError> {
        self.keep_plain((&partition(hash), SORT), session).await.map(drop)
    }

    /// The session of this hash, unless it is over at `now` (Unix seconds).
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn session(&self, hash: &str, now: u64) -> Result<Option<Session>, CatalogueError> {
        let session: Option<Session> = self.plain((&partition(hash), SORT)).await?;
        Ok(session.filter(|session| now < session.expires_at))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn remove_session(&self, hash: &str) -> Result<(), CatalogueError> {
        self.remove_plain((&partition(hash), SORT)).await.map(drop)
    }
}

const SORT: &str = "session";

fn partition(hash: &str) -> String {
    format!("session#{hash}")
}
