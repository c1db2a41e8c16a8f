//! Small requests to what no client of the SDK speaks to.

use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use tokio::time::timeout;

/// All of these answer at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// Largest answer that is taken.
const MAX_ANSWER: usize = 1 << 20;

/// Sends one request and returns the status and the body as text. Follows no redirect.
///
/// # Errors
/// If no answer comes within 5 s, or it is longer than 1 MiB.
pub async fn send(
    method: &str,
    uri: &str,
    headers: Vec<(String, String)>,
    body: String,
) -> anyhow::Result<(u16, String)> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method).with_context(|| format!("{method} is no method"))?;
    request.set_uri(uri).with_context(|| format!("{uri} is no URI"))?;
    for (name, value) in headers {
        request.headers_mut().try_insert(name, value).context("writing a header")?;
    }
    // A few calls an hour need no pool.
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
    let answering = async {
        let answer = connector.call(request).await.map_err(|error| anyhow!(error))?;
        let status = answer.status().as_u16();
        let mut chunks = ByteStream::new(answer.into_body());
        let mut body = Vec::new();
        while let Some(chunk) = chunks.try_next().await? {
            ensure!(body.len() + chunk.len() <= MAX_ANSWER, "an answer longer than {MAX_ANSWER}");
            body.extend_from_slice(&chunk);
        }
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    let answer: anyhow::Result<_> = timeout(PATIENCE, answering).await.context("no answer")?;
    answer.with_context(|| format!("{method} {uri}"))
}
