//! The token of a share or a pass: the video's id and a secret, in base64url.

use domain::VideoId;
use uuid::Uuid;

use crate::auth::secret::{decoded, encoded, kept};

const ID: usize = 16;
/// 192 random bits.
const SHARE: usize = 24;
/// A pass has 256, and is told from a share by its length.
const PASS: usize = 32;

/// What a token says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    Share { video: VideoId, hash: String },
    Pass { video: VideoId, hash: String },
}

impl Token {
    /// A new token for a share of this video.
    pub(crate) fn new_share(video: VideoId) -> String {
        written(video, &rand::random::<[u8; SHARE]>())
    }

    /// A new token for a pass for this video.
    pub(crate) fn new_pass(video: VideoId) -> String {
        written(video, &rand::random::<[u8; PASS]>())
    }

    /// What is kept of a token.
    pub(crate) fn hash(token: &str) -> String {
        kept(token)
    }

    /// `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = decoded(text)?;
        let (id, secret) = bytes.split_at_checked(ID)?;
        let video = VideoId(Uuid::from_slice(id).ok()?);
        let hash = Self::hash(text);
        match secret.len() {
            SHARE => Some(Self::Share { video, hash }),
            PASS => Some(Self::Pass { video, hash }),
            _ => None,
        }
    }

    pub(crate) fn video(&self) -> VideoId {
        match self {
            Self::Share { video, .. } | Self::Pass { video, .. } => *video,
        }
    }
}

fn written(video: VideoId, secret: &[u8]) -> String {
    encoded(&[video.0.as_bytes(), secret].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_knows_its_video() {
        let video = VideoId(Uuid::from_u128(7));
        let share = Token::new_share(video);
        let hash = Token::hash(&share);
        assert_eq!(Token::parse(&share), Some(Token::Share { video, hash }));
        assert_ne!(share, Token::new_share(video));
        let pass = Token::new_pass(video);
        assert!(matches!(Token::parse(&pass), Some(Token::Pass { .. })));
        for wrong in ["", "x", &share[1..], &format!("{share}AA"), "ü"] {
            assert_eq!(Token::parse(wrong), None, "{wrong}");
        }
    }
}
