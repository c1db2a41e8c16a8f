//! Requests to servers that strangers named: only where they may go, checked on the very address
//! that is connected to; no redirects, and answers bounded in size and time.

pub mod reach;

use std::{error::Error as StdError, net::IpAddr, sync::Arc, time::Duration};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    dns::{DnsFuture, ResolveDns, ResolveDnsError},
    http::HttpConnector,
    orchestrator::HttpRequest,
};
use axum::http::Uri;
use tokio::time::timeout;

pub use self::reach::OutboundArgs;

/// Longest URL.
const MAX_URL: usize = 2048;

/// Sends requests to strangers.
#[derive(Clone, Debug)]
pub struct Outbound {
    connector: Arc<Connector>,
    args: Arc<OutboundArgs>,
}

/// What is sent, and how much is waited and read for its answer.
#[derive(Debug)]
pub struct OutboundRequest<'a> {
    /// GET, POST and so on.
    pub method: &'a str,
    /// Where to; see [`Outbound::check`].
    pub url: &'a str,
    /// Names and values.
    pub headers: &'a [(&'a str, &'a str)],
    /// May be empty.
    pub body: String,
    /// For everything from looking up the name to the last byte of the answer.
    pub patience: Duration,
    /// Bytes of the answer's body that are read; what is behind them is not.
    pub longest_answer: usize,
}

/// What came back.
#[derive(Debug)]
pub struct OutboundAnswer {
    /// The HTTP status; a redirect is one like any other.
    pub status: u16,
    /// The beginning of the body.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub is_cut: bool,
    /// The header `Retry-After`, if it is a number of seconds.
    pub retry_after: Option<u64>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// It must not be asked.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// It did not answer in time.
    #[error("there was no answer in time")]
    TimedOut,
    /// Its name is unknown, nobody listens, its certificate is wrong, the line broke.
    #[error("the request failed: {0}")]
    Failed(String),
}

impl Outbound {
    /// Sends requests to where these settings allow.
    #[must_use]
    pub fn new(args: OutboundArgs) -> Self {
        let args = Arc::new(args);
        let connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .pool_idle_timeout(Duration::from_secs(20))
            .build_with_resolver(Checked(args.clone()));
        Self { connector: Arc::new(connector), args }
    }

    /// Whether a URL is one that may be asked, as far as it can be told without looking up its name.
    ///
    /// # Errors
    /// [`OutboundError::NotAllowed`], and why not.
    pub fn check(&self, url: &str) -> Result<(), OutboundError> {
        let refused = |why| Err(OutboundError::NotAllowed(why));
        let uri = match url.parse::<Uri>() {
            Ok(uri) if url.len() <= MAX_URL && !url.contains('#') => uri,
            _ => return refused("it is no URL of at most 2048 characters without a fragment"),
        };
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if self.args.outbound_http => {}
            _ => return refused("its scheme must be https"),
        }
        let Some(authority) = uri.authority() else { return refused("it has no host") };
        if authority.as_str().contains('@') {
            return refused("it must not contain a user or password");
        }
        let host = authority.host();
        if host.is_empty() {
            return refused("it has no host");
        }
        // Names are checked when they are looked up; an address is not looked up.
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        match address {
            Ok(address) if !self.args.allows(address) => refused(NOT_PUBLIC),
            _ => Ok(()),
        }
    }

    /// Sends a request and returns its answer, whatever its status.
    ///
    /// # Errors
    /// If it may not be sent, or there is no answer.
    pub async fn send(
        &self,
        request: OutboundRequest<'_>,
    ) -> Result<OutboundAnswer, OutboundError> {
        self.check(request.url)?;
        match timeout(request.patience, self.exchange(&request)).await {
            Ok(answer) => answer,
            Err(_) => Err(OutboundError::TimedOut),
        }
    }

    async fn exchange(
        &self,
        request: &OutboundRequest<'_>,
    ) -> Result<OutboundAnswer, OutboundError> {
        let failed = |error: &dyn StdError| OutboundError::Failed(root_of(error));
        let mut sent = HttpRequest::new(SdkBody::from(request.body.clone()));
        sent.set_method(request.method).map_err(|error| failed(&error))?;
        sent.set_uri(request.url).map_err(|error| failed(&error))?;
        for (name, value) in request.headers {
            let name = (*name).to_owned();
            let inserted = sent.headers_mut().try_insert(name, (*value).to_owned());
            inserted.map_err(|error| failed(&error))?;
        }
        let answer =
            self.connector.call(sent).await.map_err(|error| match is_not_public(&error) {
                true => OutboundError::NotAllowed(NOT_PUBLIC),
                false => failed(&error),
            })?;
        let status = answer.status().as_u16();
        let retry_after = answer.headers().get("retry-after").and_then(|text| text.parse().ok());
        let mut parts = ByteStream::new(answer.into_body());
        let (mut body, mut is_cut) = (Vec::new(), false);
        while let Some(part) = parts.next().await {
            body.extend_from_slice(&part.map_err(|error| failed(&error))?);
            if body.len() > request.longest_answer {
                body.truncate(request.longest_answer);
                is_cut = true;
                break;
            }
        }
        Ok(OutboundAnswer { status, body, is_cut, retry_after })
    }
}

const NOT_PUBLIC: &str = "its host is not on the public internet";

/// Looks names up and keeps the addresses that may be connected to.
#[derive(Clone, Debug)]
struct Checked(Arc<OutboundArgs>);

/// A name has no address that may be connected to.
#[derive(Debug, thiserror::Error)]
#[error("{NOT_PUBLIC}")]
struct NotPublic;

impl ResolveDns for Checked {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let found = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            let all: Vec<_> = found.map(|address| address.ip()).collect();
            let allowed: Vec<_> =
                all.iter().copied().filter(|address| self.0.allows(*address)).collect();
            if allowed.is_empty() && !all.is_empty() {
                return Err(ResolveDnsError::new(NotPublic));
            }
            Ok(allowed)
        })
    }
}

fn is_not_public(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<NotPublic>() {
            return true;
        }
        next = error.source();
    }
    false
}

/// The first cause: what is around it says that a request failed, again and again.
fn root_of(error: &dyn StdError) -> String {
    let mut root = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        root = error.to_string();
        next = error.source();
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(args: OutboundArgs, url: &str) -> Option<String> {
        Outbound::new(args).check(url).err().map(|error| error.to_string())
    }

    #[test]
    fn only_https_without_secrets_in_it() {
        for url in ["https://example.com/hook?a=b", "https://example.com:8443", "https://8.8.8.8/"]
        {
            assert_eq!(refusal(OutboundArgs::default(), url), None, "{url}");
        }
        for (url, why) in [
            ("http://example.com/", "scheme"),
            ("ftp://example.com/", "scheme"),
            ("example.com", "scheme"),
            ("/hook", "scheme"),
            ("https://user:secret@example.com/", "user or password"),
            ("https://example.com/#part", "fragment"),
            ("https://", "URL"),
            ("https://exa mple.com/", "URL"),
            ("https://127.0.0.1/", "public"),
            ("https://[::1]:8443/", "public"),
            ("https://[::ffff:10.0.0.1]/", "public"),
            ("https://169.254.169.254/latest/meta-data", "public"),
        ] {
            let refusal = refusal(OutboundArgs::default(), url).unwrap_or_default();
            assert!(refusal.contains(why), "{url}: {refusal}");
        }
        let long = format!("https://example.com/{}", "x".repeat(2048));
        assert!(refusal(OutboundArgs::default(), &long).is_some());
    }

    #[test]
    fn what_is_configured_is_allowed() {
        let args = OutboundArgs {
            outbound_http: true,
            outbound_networks: vec!["10.1.0.0/16".parse().unwrap()],
        };
        assert_eq!(refusal(args.clone(), "http://10.1.2.3/hook"), None);
        assert!(refusal(args, "http://10.2.2.3/hook").is_some());
    }
}
