//! The instance's metadata service, version 2: a token first, which the SDK's client sees to.

use anyhow::{Context, anyhow};
use aws_config::{
    imds::{Client, client::error::ImdsError},
    provider_config::ProviderConfig,
};

use crate::aws::Aws;

/// Of the instance we run on.
#[derive(Clone, Debug)]
pub(super) struct Metadata(Client);

impl Metadata {
    pub(super) fn new(endpoint: Option<&str>, aws: &Aws) -> anyhow::Result<Self> {
        let http = aws.sdk.http_client().context("no HTTP client configured")?;
        let config = ProviderConfig::without_region().with_http_client(http);
        let client = Client::builder().configure(&config).max_attempts(2);
        let client = match endpoint {
            Some(endpoint) => client.endpoint(endpoint).map_err(|error| anyhow!(error))?,
            None => client,
        };
        Ok(Self(client.build()))
    }

    pub(super) async fn instance_id(&self) -> anyhow::Result<String> {
        let id = self.find("instance-id").await?;
        id.context("the metadata service does not know the instance's id")
    }

    /// `None` if there is no such thing, as of notices that nobody has given.
    pub(super) async fn find(&self, path: &str) -> anyhow::Result<Option<String>> {
        match self.0.get(format!("/latest/meta-data/{path}")).await {
            Ok(found) => Ok(Some(found.into())),
            Err(ImdsError::ErrorResponse(error)) if error.response().status().as_u16() == 404 => {
                Ok(None)
            }
            Err(error) => Err(anyhow!(error).context(format!("asking for the instance's {path}"))),
        }
    }
}
