//! Random secrets that browsers, people and machines carry, and what is kept of them.

use std::{convert::Infallible, fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

/// A configured secret, which cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

/// 256 random bits as 43 characters that fit into URLs and cookies.
pub(crate) fn random() -> String {
    encoded(&rand::random::<[u8; 32]>())
}

/// What is kept of a secret: it names the item that says what the secret opens. Nobody guesses 256
/// random bits, so no slow hash and no salt are needed.
pub(crate) fn kept(secret: &str) -> String {
    let hash = digest(&SHA256, secret.as_bytes());
    hash.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A secret that follows from another one, and from which that one does not follow back.
pub(crate) fn derived(secret: &str, purpose: &str) -> String {
    sha256(&format!("{purpose}:{secret}"))
}

/// SHA-256 in base64url, as PKCE (RFC 7636 4.2) wants it.
pub(crate) fn sha256(text: &str) -> String {
    encoded(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Base64url without padding.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of base64url without padding.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let secret: Secret = "hush".parse().unwrap();
        assert!(!format!("{secret:?}").contains("hush"));
        assert_eq!(secret.expose(), "hush");
    }

    #[test]
    fn what_is_kept_does_not_open_anything() {
        let (one, other) = (random(), random());
        assert_eq!(one.len(), 43);
        assert_ne!(one, other);
        assert_eq!(kept(&one), kept(&one));
        assert_eq!(kept(&one).len(), 32);
        assert_ne!(kept(&one), kept(&other));
        assert_ne!(derived(&one, "state"), derived(&one, "nonce"));
    }

    #[test]
    fn pkce_is_as_rfc_7636_appendix_b_has_it() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(sha256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
