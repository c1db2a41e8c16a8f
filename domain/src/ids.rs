//! Names of things that cross a wire.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A video: a time-ordered UUIDv7 (RFC 9562 5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VideoId(pub Uuid);

impl VideoId {
    /// Two hex digits that spread keys over S3 partitions: the last ones, which are random.
    pub fn shard(self) -> String {
        let text = self.0.simple().to_string();
        text[text.len() - 2..].to_owned()
    }
}

impl fmt::Display for VideoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for VideoId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id! {
    /// Whose video it is; `local` in single-user mode.
    OwnerId
}
text_id! {
    /// Hash of all settings that change the output.
    RecipeId
}
text_id! {
    /// `audio`, or a rung such as `480p`.
    RenditionName
}

impl OwnerId {
    /// The one owner of single-user mode.
    pub fn local() -> Self {
        Self::from("local")
    }

    /// Whose turn it is in fair queues. SQS takes at most 128 characters of a restricted set for
    /// a `MessageGroupId`, so it is a hash: sixteen hex digits.
    pub fn message_group(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl RenditionName {
    /// The sound that all rungs share as an HLS audio group.
    pub fn audio() -> Self {
        Self::from("audio")
    }

    /// Whether this is the shared sound rather than a picture.
    pub fn is_audio(&self) -> bool {
        self.0 == "audio"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shard_is_the_random_end() {
        let id: VideoId = "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap();
        assert_eq!(id.shard(), "f7");
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"01890a5d-ac96-774b-bcce-b302099a80f7\"");
    }
}
