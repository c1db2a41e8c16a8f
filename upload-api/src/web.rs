//! The built web page: files as they are, `index.html` for every other address.

use std::path::{Path, PathBuf};

use anyhow::Context;
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
};
use platform::objects::{Objects, PresignOptions};
use tower_http::services::{ServeDir, ServeFile};

use crate::problem::Problem;

/// Vite puts a hash of the content into the names of what lies here.
const ASSETS: &str = "/assets/";
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// Where the page lies, and whom it may talk to.
#[derive(Clone, Debug)]
pub struct Web {
    dir: Option<PathBuf>,
    policy: HeaderValue,
    /// Of the page that others may frame.
    embed_policy: HeaderValue,
}

impl Web {
    /// The page in `dir`, which may load from the origins that these buckets' URLs have.
    ///
    /// # Errors
    /// If there is no page in `dir`, or no URLs can be signed.
    pub async fn new<const N: usize>(
        dir: Option<&Path>,
        buckets: [&Objects; N],
        embed_ancestors: &str,
    ) -> anyhow::Result<Self> {
        if let Some(dir) = dir {
            let index = dir.join("index.html");
            anyhow::ensure!(index.is_file(), "WEB_DIR: there is no {}", index.display());
        }
        let mut origins = Vec::new();
        for bucket in buckets {
            let ttl = std::time::Duration::from_secs(60);
            let url = bucket.presign_get("any", ttl, PresignOptions::default()).await?;
            origins.push(origin(&url).with_context(|| format!("the URL {url} has no origin"))?);
        }
        origins.dedup();
        let origins = origins.join(" ");
        let policy = |ancestors: &str| {
            policy(&origins, ancestors).parse().context("writing the page's policy")
        };
        anyhow::ensure!(!embed_ancestors.contains([';', ',']), "EMBED_ANCESTORS is one list");
        Ok(Self {
            dir: dir.map(Path::to_owned),
            policy: policy("'none'")?,
            embed_policy: policy(embed_ancestors)?,
        })
    }

    /// The page that only plays, where a share link leads to.
    pub(crate) async fn shared_page(&self) -> Response {
        self.player(&self.policy).await
    }

    /// The page that only plays, in a frame of others.
    pub(crate) async fn embed_page(&self) -> Response {
        self.player(&self.embed_policy).await
    }

    async fn player(&self, policy: &HeaderValue) -> Response {
        let Some(dir) = &self.dir else { return no_page().into_response() };
        match tokio::fs::read_to_string(dir.join("embed.html")).await {
            Ok(html) => with_headers(Html(html).into_response(), false, policy.clone()),
            Err(_) => no_page().into_response(),
        }
    }

    /// Everything that no other route answers.
    pub(crate) fn routes(&self) -> Router {
        let Some(dir) = &self.dir else {
            return Router::new().fallback(async || no_page());
        };
        let files = || ServeDir::new(dir).precompressed_br().precompressed_gzip();
        let policy = self.policy.clone();
        Router::new()
            .route_service(&format!("{ASSETS}{{*path}}"), files())
            .fallback_service(files().fallback(ServeFile::new(dir.join("index.html"))))
            .layer(middleware::from_fn(move |request: Request, next: Next| {
                let policy = policy.clone();
                async move {
                    let is_asset = request.uri().path().starts_with(ASSETS);
                    with_headers(next.run(request).await, is_asset, policy)
                }
            }))
    }
}

fn no_page() -> Problem {
    let detail = "There is no web page here: WEB_DIR is not set. The API is at /api.";
    Problem::new(StatusCode::NOT_FOUND, "no_web_page", detail)
}

fn with_headers(mut response: Response, is_asset: bool, policy: HeaderValue) -> Response {
    let is_there = !response.status().is_client_error() && !response.status().is_server_error();
    let cache = if is_asset && is_there { FOR_EVER } else { ASK_AGAIN };
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// The player writes inline styles and plays from blobs; everything else is ours or the buckets'.
fn policy(buckets: &str, ancestors: &str) -> String {
    [
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        &format!("img-src 'self' data: blob: {buckets}"),
        // The player marks text tracks with an empty WebVTT file as a data URL.
        &format!("media-src 'self' blob: data: {buckets}"),
        &format!("connect-src 'self' {buckets}"),
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        &format!("frame-ancestors {ancestors}"),
    ]
    .join("; ")
}

fn origin(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let url = "https://b.s3.us-east-1.amazonaws.com/any?X-Amz-Date=1";
        assert_eq!(origin(url).unwrap(), "https://b.s3.us-east-1.amazonaws.com");
        assert_eq!(origin("http://127.0.0.1:8333/b/any?x").unwrap(), "http://127.0.0.1:8333");
        assert_eq!(origin("/b/any"), None);
    }

    #[test]
    fn the_policy_lets_nothing_else_in() {
        let policy = policy("http://127.0.0.1:8333", "'none'");
        assert!(policy.contains("connect-src 'self' http://127.0.0.1:8333;"), "{policy}");
        assert!(policy.ends_with("; frame-ancestors 'none'"), "{policy}");
        assert!(policy.starts_with("default-src 'self'; script-src 'self';"), "{policy}");
    }
}
