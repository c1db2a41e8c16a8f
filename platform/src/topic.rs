//! A topic that messages are published to.

use std::sync::Arc;

use anyhow::Context;
use aws_sdk_sns::{Client, types::MessageAttributeValue};
use serde::Serialize;

use crate::outage;

/// One SNS topic.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Client,
    arn: Arc<str>,
}

impl Topic {
    /// The topic of this ARN. Topics are made by `infra/`, never here.
    pub fn new(client: Client, arn: impl Into<Arc<str>>) -> Self {
        Self { client, arn: arn.into() }
    }

    /// Publishes `message` as JSON with string attributes for the subscriptions' filters.
    ///
    /// Raw delivery drops messages of more than ten attributes. `group` is whose turn it is in
    /// fair queues: at most 128 restricted characters, so hash what it stands for.
    ///
    /// # Errors
    /// If the topic did not take it; it may have taken it none the less, so publish again.
    pub async fn publish(
        &self,
        message: &impl Serialize,
        attributes: &[(&str, &str)],
        group: Option<&str>,
    ) -> anyhow::Result<()> {
        let body = serde_json::to_string(message).context("writing a message as JSON")?;
        let mut request = self.client.publish().topic_arn(&*self.arn).message(body);
        for (name, value) in attributes {
            let value = MessageAttributeValue::builder()
                .data_type("String")
                .string_value(*value)
                .build()
                .context("writing a message attribute")?;
            request = request.message_attributes(*name, value);
        }
        request
            .set_message_group_id(group.map(str::to_owned))
            .send()
            .await
            .map_err(outage::told)
            .with_context(|| format!("publishing to {}", self.arn))?;
        Ok(())
    }

    /// Whether the topic answers.
    ///
    /// # Errors
    /// If it does not, or is not there.
    pub async fn reachable(&self) -> anyhow::Result<()> {
        let request = self.client.get_topic_attributes().topic_arn(&*self.arn);
        request.send().await.with_context(|| format!("topic {} does not answer", self.arn))?;
        Ok(())
    }
}
