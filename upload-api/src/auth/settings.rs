//! What can be configured of signing in.

use std::str::FromStr;

use anyhow::{Context, ensure};
use axum::http::Uri;
use clap::Args;

use super::Secret;

/// Who may sign in. Without an issuer there is one user, on this machine.
#[derive(Args, Clone, Debug, Default)]
pub struct AuthArgs {
    /// OpenID Connect issuer, such as a Cognito user pool. With one everybody signs in; without,
    /// the API is in single-user mode and answers to this machine only.
    #[arg(long, env, requires_all = ["auth_audience", "public_url"])]
    pub auth_issuer: Option<IssuerUrl>,

    /// Whom tokens must be made for: the API's identifier, or the client id.
    #[arg(long, env)]
    pub auth_audience: Option<String>,

    /// Client id for signing in by browser, where that is not the audience.
    #[arg(long, env)]
    pub auth_client_id: Option<String>,

    /// The client's secret, if it has one.
    #[arg(long, env, hide_env_values = true)]
    pub auth_client_secret: Option<Secret>,

    /// Group (claim `cognito:groups` or `groups`) whose members are operators.
    #[arg(long, env, default_value = "operators")]
    pub auth_operators_group: String,

    /// Where browsers find this site: `https://video.example`. The issuer must know
    /// `{PUBLIC_URL}/auth/callback`.
    #[arg(long, env)]
    pub public_url: Option<PublicUrl>,
}

/// URL of an issuer, exactly as it stands in its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerUrl(pub String);

/// An origin: scheme, host and port of the site, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    origin: String,
}

impl PublicUrl {
    /// As browsers write it in `Origin`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether cookies may be kept from plain HTTP.
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https:")
    }
}

impl FromStr for PublicUrl {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let text = text.trim_end_matches('/').to_ascii_lowercase();
        let uri = checked(&text)?;
        ensure!(matches!(uri.path(), "" | "/") && uri.query().is_none(), "{text} has a path");
        Ok(Self { origin: text })
    }
}

impl FromStr for IssuerUrl {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let uri = checked(text)?;
        ensure!(uri.query().is_none(), "{text} has a query");
        Ok(Self(text.to_owned()))
    }
}

/// A URL that tokens and cookies may travel to: TLS, or this machine.
pub(super) fn checked(text: &str) -> anyhow::Result<Uri> {
    let uri: Uri = text.parse().with_context(|| format!("{text:?} is no URL"))?;
    let authority = uri.authority().with_context(|| format!("{text:?} has no host"))?;
    ensure!(!authority.as_str().contains('@'), "{text:?} has a user in it");
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if crate::security::is_loopback(authority) => {}
        _ => anyhow::bail!("{text:?} is neither https:// nor on this machine"),
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_can_listen_to_is_taken() {
        let issuer = |text: &str| text.parse::<IssuerUrl>().is_ok();
        assert!(issuer("https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x"));
        assert!(issuer("http://127.0.0.1:9/x") && issuer("http://localhost:9"));
        for wrong in ["http://issuer.example", "issuer", "https://a@b.example", "https://b?x=1"] {
            assert!(!issuer(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_site_is_an_origin() {
        let url: PublicUrl = "https://Video.example/".parse().unwrap();
        assert_eq!((url.origin(), url.is_secure()), ("https://video.example", true));
        let url: PublicUrl = "http://localhost:8080".parse().unwrap();
        assert_eq!((url.origin(), url.is_secure()), ("http://localhost:8080", false));
        assert!("https://video.example/path".parse::<PublicUrl>().is_err());
        assert!("http://video.example".parse::<PublicUrl>().is_err());
    }
}
