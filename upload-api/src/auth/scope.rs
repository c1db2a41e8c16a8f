//! What an API key may do.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One thing that a key may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// See and play its owner's videos.
    Read,
    /// Upload.
    Upload,
    /// Edit, retry, share and delete.
    Manage,
    /// What operators do; only operators can give it.
    Operate,
}

/// All that a key may do.
pub type Scopes = BTreeSet<Scope>;

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Upload => "upload",
            Self::Manage => "manage",
            Self::Operate => "operate",
        })
    }
}
