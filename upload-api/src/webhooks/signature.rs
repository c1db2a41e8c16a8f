//! What deliveries are signed with (Standard Webhooks 1.0.0, "Signature scheme").

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;

use crate::catalogue::{Secret, Webhook};

/// What tells a secret from other random text.
const PREFIX: &str = "whsec_";
/// Bytes of a secret: the scheme wants from 24 to 64.
const BYTES: usize = 32;

/// A new secret.
pub(super) fn new_secret() -> Secret {
    Secret(format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; BYTES]>())))
}

/// The header `webhook-signature`: by the secret, and by the one before as long as that counts.
pub(super) fn signatures(webhook: &Webhook, id: &str, timestamp: u64, body: &str) -> String {
    let previous = webhook.previous.iter().filter(|previous| timestamp < previous.until);
    let secrets = std::iter::once(&webhook.secret).chain(previous.map(|p| &p.secret));
    let signatures: Vec<_> =
        secrets.filter_map(|secret| signature(secret, id, timestamp, body)).collect();
    signatures.join(" ")
}

fn signature(secret: &Secret, id: &str, timestamp: u64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.0.strip_prefix(PREFIX)?).ok()?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::PreviousSecret, webhooks::view::tests::webhook};

    /// From the tests of the reference implementations.
    #[test]
    fn a_signature_is_the_reference_s() {
        let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let made = signature(&secret, id, 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(made.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn the_secret_before_counts_for_a_while() {
        let mut webhook = webhook();
        let secret = new_secret();
        webhook.previous = Some(PreviousSecret { secret, until: 100 });
        let both = signatures(&webhook, "id", 99, "{}");
        assert_eq!(both.split(' ').count(), 2);
        assert!(both.split(' ').all(|signature| signature.starts_with("v1,")));
        assert_eq!(signatures(&webhook, "id", 100, "{}").split(' ').count(), 1);
    }

    #[test]
    fn a_secret_is_random_long_enough_and_not_printed() {
        let (one, other) = (new_secret(), new_secret());
        assert_ne!(one, other);
        assert_eq!(STANDARD.decode(one.0.strip_prefix("whsec_").unwrap()).unwrap().len(), 32);
        assert!(!format!("{one:?}").contains(&one.0));
    }
}
