//! Protection of an instance of an Auto Scaling group: one call of its query API, signed by hand.
//! The SDK's client for it would build several dozen operations for this one.

use std::time::SystemTime;

use anyhow::{Context, anyhow, bail};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};

use super::metadata::Metadata;
use crate::{aws::Aws, http};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The group that this instance belongs to.
#[derive(Debug)]
pub(super) struct AutoScaling {
    group: String,
    endpoint: String,
    region: String,
    metadata: Metadata,
    credentials: SharedCredentialsProvider,
}

impl AutoScaling {
    pub(super) fn new(
        group: &str,
        endpoint: Option<&str>,
        metadata: Metadata,
        aws: &Aws,
    ) -> anyhow::Result<Self> {
        let region = aws.sdk.region().context("no region is configured")?.to_string();
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let standard = || format!("https://autoscaling.{region}.amazonaws.com{suffix}");
        let endpoint = endpoint.map_or_else(standard, |url| url.trim_end_matches('/').to_owned());
        let credentials = aws.sdk.credentials_provider().context("no credentials configured")?;
        Ok(Self { group: group.to_owned(), endpoint, region, metadata, credentials })
    }

    pub(super) async fn set(&self, protected: bool) -> anyhow::Result<()> {
        let instance = self.metadata.instance_id().await?;
        let body = format!(
            "Action=SetInstanceProtection&Version=2011-01-01&AutoScalingGroupName={}\
             &InstanceIds.member.1={}&ProtectedFromScaleIn={protected}",
            encoded(&self.group),
            encoded(&instance),
        );
        let uri = format!("{}/", self.endpoint);
        let mut headers = self.signature(&uri, &body).await?;
        headers.push((FORM.0.to_owned(), FORM.1.to_owned()));
        let (status, answer) = http::send("POST", &uri, headers, body).await?;
        if status != 200 {
            bail!("Auto Scaling answers {status}: {}", code(&answer).unwrap_or("without a code"));
        }
        Ok(())
    }

    async fn signature(&self, uri: &str, body: &str) -> anyhow::Result<Vec<(String, String)>> {
        let credentials = self.credentials.provide_credentials().await;
        let identity = credentials.context("looking for credentials")?.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("autoscaling")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .context("signing")?
            .into();
        let body = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new("POST", uri, std::iter::once(FORM), body);
        let signed = sign(request.map_err(|error| anyhow!(error))?, &params);
        let (instructions, _) = signed.map_err(|error| anyhow!(error))?.into_parts();
        let (headers, _) = instructions.into_parts();
        let headers = headers.into_iter();
        Ok(headers.map(|header| (header.name().to_owned(), header.value().to_owned())).collect())
    }
}

/// As a form writes it (RFC 3986 2.3).
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// What is between `<Code>` and its end.
fn code(xml: &str) -> Option<&str> {
    xml.split_once("<Code>")?.1.split_once("</Code>").map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_forms_write_them() {
        assert_eq!(encoded("fantail-480p_a.b~"), "fantail-480p_a.b~");
        assert_eq!(encoded("a b/ü&c"), "a%20b%2F%C3%BC%26c");
    }

    #[test]
    fn an_error_tells_its_code() {
        let xml = "<ErrorResponse><Error><Code>ValidationError</Code></Error></ErrorResponse>";
        assert_eq!(code(xml), Some("ValidationError"));
        assert_eq!(code("bad gateway"), None);
    }
}
