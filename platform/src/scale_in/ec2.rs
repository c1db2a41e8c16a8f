//! Protection of an instance of an Auto Scaling group: one call of its query API, signed by hand.
//! The SDK's client for it would build several dozen operations for this one.

use anyhow::bail;

use super::metadata::Metadata;
use crate::{aws::Aws, signed::Signed};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The group that this instance belongs to.
#[derive(Debug)]
pub(super) struct AutoScaling {
    group: String,
    metadata: Metadata,
    api: Signed,
}

impl AutoScaling {
    pub(super) fn new(
        group: &str,
        endpoint: Option<&str>,
        metadata: Metadata,
        aws: &Aws,
    ) -> anyhow::Result<Self> {
        let api = Signed::new("autoscaling", endpoint, aws)?;
        Ok(Self { group: group.to_owned(), metadata, api })
    }

    pub(super) async fn set(&self, protected: bool) -> anyhow::Result<()> {
        let instance = self.metadata.instance_id().await?;
        let body = format!(
            "Action=SetInstanceProtection&Version=2011-01-01&AutoScalingGroupName={}\
             &InstanceIds.member.1={}&ProtectedFromScaleIn={protected}",
            encoded(&self.group),
            encoded(&instance),
        );
        let (status, answer) = self.api.post(&[FORM], body).await?;
        if status != 200 {
            bail!("Auto Scaling answers {status}: {}", code(&answer).unwrap_or("without a code"));
        }
        Ok(())
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
