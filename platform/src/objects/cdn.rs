//! URLs of a bucket's objects as CloudFront serves them to whoever holds a signature.
//!
//! A canned policy: one URL, one end. ECDSA with P-256 and SHA-256, which CloudFront takes since 2026
//! and which makes URLs a quarter as long as RSA; our TLS library signs it.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use aws_smithy_types::base64;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};

/// Signs for one distribution.
pub struct Cdn {
    base_url: String,
    key_pair_id: String,
    key: EcdsaKeyPair,
    random: SystemRandom,
}

impl fmt::Debug for Cdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cdn").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Cdn {
    /// The distribution at `base_url` (`https://video.example`), which knows the public half of this
    /// key by `key_pair_id`. The key is PKCS #8 in PEM, as `openssl genpkey` writes it.
    ///
    /// # Errors
    /// If it is no such key; the message does not hold any of it.
    pub fn new(base_url: &str, key_pair_id: &str, private_key_pem: &str) -> anyhow::Result<Self> {
        let random = SystemRandom::new();
        let der = pkcs8(private_key_pem)?;
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &der, &random);
        let Ok(key) = key else { bail!("the private key is none of ECDSA with P-256") };
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Self { base_url, key_pair_id: key_pair_id.to_owned(), key, random })
    }

    /// A URL that gives the object to whoever has it, for `ttl` from now.
    ///
    /// # Errors
    /// If there is no randomness.
    pub fn sign(&self, key: &str, ttl: Duration) -> anyhow::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock")?;
        self.sign_until(key, (now + ttl).as_secs())
    }

    fn sign_until(&self, key: &str, expires: u64) -> anyhow::Result<String> {
        let url = format!("{}/{key}", self.base_url);
        let signature = self.key.sign(&self.random, policy(&url, expires).as_bytes());
        let signature = signature.ok().context("signing a URL")?;
        let signature = for_urls(&base64::encode(signature));
        let id = &self.key_pair_id;
        Ok(format!(
            "{url}?Expires={expires}&Signature={signature}&Key-Pair-Id={id}&Hash-Algorithm=SHA256"
        ))
    }
}

/// What is signed: CloudFront makes the same text of the URL that it is asked for.
fn policy(url: &str, expires: u64) -> String {
    format!(
        r#"{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}"#
    )
}

/// CloudFront's own alphabet in the place of what means something in URLs.
fn for_urls(base64: &str) -> String {
    base64.replace('+', "-").replace('=', "_").replace('/', "~")
}

fn pkcs8(pem: &str) -> anyhow::Result<Vec<u8>> {
    const LABEL: &str = "PRIVATE KEY-----";
    let body = pem.split_once(&format!("-----BEGIN {LABEL}")).map(|(_, rest)| rest);
    let body = body.and_then(|rest| rest.split_once(&format!("-----END {LABEL}")));
    let Some((body, _)) = body else {
        bail!("the private key is not PKCS #8 in PEM: openssl pkcs8 -topk8 -nocrypt makes it so")
    };
    let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    base64::decode(body).ok().context("the private key's PEM is damaged")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_ASN1, KeyPair, UnparsedPublicKey};

    fn pem() -> (String, Vec<u8>) {
        let random = SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der.as_ref(), &random);
        let body = base64::encode(der.as_ref());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        (pem, key.unwrap().public_key().as_ref().to_vec())
    }

    /// As the edge does it: takes its own parameters off, and looks whether the rest was signed.
    fn lets_in(url: &str, public_key: &[u8], now: u64) -> bool {
        let (resource, query) = url.split_once('?').unwrap();
        let parameters: Vec<_> =
            query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
        let of = |name| parameters.iter().find(|(key, _)| *key == name).unwrap().1;
        assert_eq!((of("Key-Pair-Id"), of("Hash-Algorithm")), ("K1", "SHA256"));
        let expires: u64 = of("Expires").parse().unwrap();
        let signature = of("Signature").replace('-', "+").replace('_', "=").replace('~', "/");
        let signed = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public_key)
            .verify(policy(resource, expires).as_bytes(), &base64::decode(signature).unwrap());
        signed.is_ok() && now < expires
    }

    #[test]
    fn the_edge_lets_in_whoever_holds_a_signature() {
        let (pem, public_key) = pem();
        let cdn = Cdn::new("https://video.example/", "K1", &pem).unwrap();
        let url = cdn.sign_until("ab/video/r-1/480p/00001.m4s", 1_900_000_000).unwrap();
        assert!(url.starts_with("https://video.example/ab/video/r-1/480p/00001.m4s?"), "{url}");
        assert!(lets_in(&url, &public_key, 1_899_999_999));
        assert!(!lets_in(&url, &public_key, 1_900_000_000), "over");
        assert!(!lets_in(&url.replace("00001", "00002"), &public_key, 0), "another object");
        assert!(!lets_in(&url.replace("=19000", "=29000"), &public_key, 0), "a later end");
    }

    #[test]
    fn a_signature_means_nothing_else_in_a_url() {
        assert_eq!(for_urls("a+b/c=="), "a-b~c__");
    }

    #[test]
    fn what_is_signed_is_pinned() {
        let expected = r#"{"Statement":[{"Resource":"https://v/a","Condition":{"DateLessThan":{"AWS:EpochTime":9}}}]}"#;
        assert_eq!(policy("https://v/a", 9), expected);
    }

    #[test]
    fn no_other_key_is_taken_and_none_is_shown() {
        let (pem, _) = pem();
        let error = |pem: &str| format!("{:#}", Cdn::new("https://v", "K1", pem).unwrap_err());
        assert!(error(&pem.replace(" PRIVATE", " EC PRIVATE")).contains("pkcs8 -topk8"));
        let damaged = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
        assert_eq!(error(damaged), "the private key is none of ECDSA with P-256");
        assert!(!format!("{:?}", Cdn::new("https://v", "K1", &pem).unwrap()).contains("key"));
    }
}
