//! Calls that are signed by hand, where a client of the SDK would be dozens of operations for one.

use std::time::SystemTime;

use anyhow::{Context, anyhow};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};

use crate::{aws::Aws, http};

/// One service's API in our region.
#[derive(Clone, Debug)]
pub struct Signed {
    service: &'static str,
    uri: String,
    region: String,
    credentials: SharedCredentialsProvider,
}

impl Signed {
    /// The API of this service, at `endpoint` if it is somewhere else than AWS has it.
    ///
    /// # Errors
    /// If neither region nor credentials are configured.
    pub fn new(service: &'static str, endpoint: Option<&str>, aws: &Aws) -> anyhow::Result<Self> {
        let region = aws.sdk.region().context("no region is configured")?.to_string();
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let standard = || format!("https://{service}.{region}.amazonaws.com{suffix}");
        let endpoint = endpoint.map_or_else(standard, |url| url.trim_end_matches('/').to_owned());
        let credentials = aws.sdk.credentials_provider().context("no credentials configured")?;
        Ok(Self { service, uri: format!("{endpoint}/"), region, credentials })
    }

    /// Posts a body and returns the status and the body of the answer.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(
        &self,
        headers: &[(&str, &str)],
        body: String,
    ) -> anyhow::Result<(u16, String)> {
        let mut all = self.signature(headers, &body).await?;
        let own = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        all.extend(own);
        http::send("POST", &self.uri, all, body).await
    }

    async fn signature(
        &self,
        headers: &[(&str, &str)],
        body: &str,
    ) -> anyhow::Result<Vec<(String, String)>> {
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.context("looking for credentials")?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .context("signing")?
            .into();
        let body = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new("POST", &self.uri, headers.iter().copied(), body);
        let signed = sign(request.map_err(|error| anyhow!(error))?, &params);
        let (instructions, _) = signed.map_err(|error| anyhow!(error))?.into_parts();
        let (headers, _) = instructions.into_parts();
        let headers = headers.into_iter();
        Ok(headers.map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
    }
}
