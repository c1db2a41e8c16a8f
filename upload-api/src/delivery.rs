//! CloudFront before the bucket of media: with it, redirects lead to signed URLs of its own.
//!
//! URLs and no cookies: a redirect to a signed URL works in frames of other sites, on a TV and for
//! whoever holds a token in a path; a cookie works in none of these.

use std::{fmt, str::FromStr, sync::Arc};

use anyhow::bail;
use clap::Args;
use platform::objects::Cdn;

/// How CloudFront lets viewers in; all three or none.
#[derive(Args, Clone, Debug, Default)]
pub struct DeliveryArgs {
    /// Where CloudFront serves the bucket of media by its keys: `https://video.example`. Without it
    /// viewers are sent to S3.
    #[arg(long, env)]
    pub cdn_url: Option<String>,

    /// Under which id CloudFront knows the public key.
    #[arg(long, env)]
    pub cloudfront_key_pair_id: Option<String>,

    /// The private key that signs, ECDSA with P-256 as PKCS #8 in PEM.
    #[arg(long, env, hide_env_values = true)]
    pub cloudfront_private_key: Option<Secret>,
}

impl DeliveryArgs {
    /// The signer, if there is one.
    ///
    /// # Errors
    /// What is missing, or wrong with the key.
    pub fn cdn(&self) -> anyhow::Result<Option<Arc<Cdn>>> {
        match (&self.cdn_url, &self.cloudfront_key_pair_id, &self.cloudfront_private_key) {
            (None, None, None) => Ok(None),
            (Some(url), Some(id), Some(key)) => Ok(Some(Arc::new(Cdn::new(url, id, &key.0)?))),
            _ => bail!(
                "CDN_URL, CLOUDFRONT_KEY_PAIR_ID and CLOUDFRONT_PRIVATE_KEY go together: set all or none"
            ),
        }
    }
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(String);

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_or_none() {
        assert!(DeliveryArgs::default().cdn().unwrap().is_none());
        let half = DeliveryArgs { cdn_url: Some("https://v".into()), ..DeliveryArgs::default() };
        assert!(half.cdn().unwrap_err().to_string().contains("go together"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let args =
            DeliveryArgs { cloudfront_private_key: "hush".parse().ok(), ..DeliveryArgs::default() };
        assert!(!format!("{args:?}").contains("hush"));
    }
}
