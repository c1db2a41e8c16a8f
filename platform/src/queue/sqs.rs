//! The queue on SQS.

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::Context;
use aws_sdk_sqs::{
    Client,
    types::{MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName},
};
use domain::Reason;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::{Backlog, Delivery, Queue, Receipt, poll_wait};
use crate::outage;

/// The message attribute of a letter that says why it is one, as the JSON of a [`Reason`].
const REASON_ATTRIBUTE: &str = "reason";

/// One SQS queue, with the dead-letter queue that its redrive policy names.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    heartbeats: Client,
    url: Arc<str>,
    dead_letter_url: Arc<OnceCell<String>>,
}

impl SqsQueue {
    /// The queue at this URL. Queues are made by `infra/`, never here.
    pub fn new(client: Client, url: impl Into<Arc<str>>) -> Self {
        let heartbeats = client.clone();
        Self { client, heartbeats, url: url.into(), dead_letter_url: Arc::default() }
    }

    /// Extends leases through a client that shares no connection with the others: connections are
    /// served by the runtime that opened them, which may be one that jobs hold up.
    #[must_use]
    pub fn with_heartbeats(self, heartbeats: Client) -> Self {
        Self { heartbeats, ..self }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the letters of this queue go.
    ///
    /// # Errors
    /// If the queue does not answer, or has no redrive policy.
    pub async fn dead_letters(&self) -> anyhow::Result<Self> {
        let url = self.dead_letter_url().await?;
        Ok(Self::new(self.client.clone(), url).with_heartbeats(self.heartbeats.clone()))
    }

    /// Sends `message` as JSON; `group` as in [`Topic::publish`](crate::topic::Topic::publish).
    ///
    /// # Errors
    /// If the queue did not take it; it may have taken it none the less, so send again.
    pub async fn send(&self, message: &impl Serialize, group: Option<&str>) -> anyhow::Result<()> {
        let body = serde_json::to_string(message).context("writing a message as JSON")?;
        self.send_text(&body, group).await
    }

    /// Sends a text as it is; otherwise like [`Self::send`].
    ///
    /// # Errors
    /// If the queue did not take it; it may have taken it none the less, so send again.
    pub async fn send_text(&self, body: &str, group: Option<&str>) -> anyhow::Result<()> {
        self.client
            .send_message()
            .queue_url(&*self.url)
            .message_body(body)
            .set_message_group_id(group.map(str::to_owned))
            .send()
            .await
            .map_err(outage::told)
            .with_context(|| format!("sending to {}", self.url))?;
        Ok(())
    }

    /// Whether the queue answers.
    ///
    /// # Errors
    /// If it does not, or is not there.
    pub async fn reachable(&self) -> anyhow::Result<()> {
        self.attribute(QueueAttributeName::QueueArn).await.map(drop)
    }

    /// How much lies in it.
    ///
    /// # Errors
    /// If the queue does not answer.
    pub async fn backlog(&self) -> anyhow::Result<Backlog> {
        use QueueAttributeName::{
            ApproximateNumberOfMessages as Visible, ApproximateNumberOfMessagesDelayed as Delayed,
            ApproximateNumberOfMessagesNotVisible as InFlight,
        };
        let request = self.client.get_queue_attributes().queue_url(&*self.url);
        let request = request.set_attribute_names(Some(vec![Visible, Delayed, InFlight]));
        let answer = request.send().await.map_err(outage::told);
        let answer = answer.with_context(|| format!("queue {} does not answer", self.url))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name| attributes.get(&name).and_then(|n| n.parse().ok()).unwrap_or(0_u64);
        Ok(Backlog { waiting: count(Visible) + count(Delayed), in_flight: count(InFlight) })
    }

    async fn attribute(&self, name: QueueAttributeName) -> anyhow::Result<Option<String>> {
        let request = self.client.get_queue_attributes().queue_url(&*self.url);
        let answer = request
            .attribute_names(name.clone())
            .send()
            .await
            .with_context(|| format!("queue {} does not answer", self.url))?;
        Ok(answer.attributes.and_then(|mut attributes| attributes.remove(&name)))
    }

    async fn dead_letter_url(&self) -> anyhow::Result<&str> {
        Ok(self.dead_letter_url.get_or_try_init(|| self.look_up_dead_letter_url()).await?)
    }

    async fn change_visibility(
        &self,
        client: &Client,
        receipt: &Receipt,
        to: Duration,
    ) -> anyhow::Result<()> {
        client
            .change_message_visibility()
            .queue_url(&*self.url)
            .receipt_handle(&receipt.0)
            .visibility_timeout(seconds(to))
            .send()
            .await
            .with_context(|| format!("changing the visibility of a message of {}", self.url))?;
        Ok(())
    }

    /// The redrive policy says where letters go, so nobody has to configure it twice.
    async fn look_up_dead_letter_url(&self) -> anyhow::Result<String> {
        let policy = self
            .attribute(QueueAttributeName::RedrivePolicy)
            .await?
            .with_context(|| format!("queue {} has no redrive policy", self.url))?;
        let name = dead_letter_queue_name(&policy)?;
        let answer = self.client.get_queue_url().queue_name(&name).send().await;
        let answer = answer.with_context(|| format!("looking for the queue {name}"))?;
        answer.queue_url.with_context(|| format!("queue {name} has no URL"))
    }
}

impl Queue for SqsQueue {
    async fn receive(&self, max: usize, lease: Duration) -> anyhow::Result<Vec<Delivery>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&*self.url)
            .max_number_of_messages(i32::try_from(max.clamp(1, 10)).expect("at most 10"))
            .visibility_timeout(seconds(lease))
            .wait_time_seconds(seconds(poll_wait(lease)))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names(REASON_ATTRIBUTE)
            .send()
            .await
            .with_context(|| format!("receiving from {}", self.url))?;
        answer.messages.unwrap_or_default().into_iter().map(delivery).collect()
    }

    async fn extend(&self, receipt: &Receipt, lease: Duration) -> anyhow::Result<()> {
        self.change_visibility(&self.heartbeats, receipt, lease).await
    }

    async fn release(&self, receipt: &Receipt, after: Duration) -> anyhow::Result<()> {
        self.change_visibility(&self.client, receipt, after).await
    }

    async fn delete(&self, receipt: &Receipt) -> anyhow::Result<()> {
        let request = self.client.delete_message().queue_url(&*self.url);
        request
            .receipt_handle(&receipt.0)
            .send()
            .await
            .with_context(|| format!("deleting a message of {}", self.url))?;
        Ok(())
    }

    async fn send_again(&self, delivery: &Delivery) -> anyhow::Result<()> {
        self.send_text(&delivery.body, delivery.group.as_deref()).await
    }

    async fn dead_letter(&self, delivery: &Delivery, reason: &Reason) -> anyhow::Result<()> {
        let url = self.dead_letter_url().await?;
        // JSON escapes what SQS does not allow in a string, and is never empty.
        let reason = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(serde_json::to_string(reason).context("writing a reason as JSON")?)
            .build()
            .context("writing a message attribute")?;
        self.client
            .send_message()
            .queue_url(url)
            .message_body(&delivery.body)
            .message_attributes(REASON_ATTRIBUTE, reason)
            .set_message_group_id(delivery.group.clone())
            .send()
            .await
            .with_context(|| format!("sending a letter to {url}"))?;
        Ok(())
    }
}

fn delivery(message: aws_sdk_sqs::types::Message) -> anyhow::Result<Delivery> {
    let mut attributes: HashMap<_, _> = message.attributes.unwrap_or_default();
    let number = |name| attributes.get(&name).and_then(|number| number.parse().ok());
    let receive_count: Option<u64> = number(MessageSystemAttributeName::ApproximateReceiveCount);
    let sent_at_ms = number(MessageSystemAttributeName::SentTimestamp);
    let reason = message.message_attributes.and_then(|mut all| all.remove(REASON_ATTRIBUTE));
    let reason = reason.and_then(|reason| reason.string_value);
    Ok(Delivery {
        message_id: message.message_id.context("a message without an id")?,
        body: message.body.unwrap_or_default(),
        receipt: Receipt(message.receipt_handle.context("a message without a receipt")?),
        receive_count: receive_count
            .and_then(|count| count.try_into().ok())
            .context("a message without a receive count")?,
        sent_at_ms: sent_at_ms.unwrap_or_default(),
        // Whatever else somebody wrote there is no reason of ours.
        reason: reason.and_then(|reason| serde_json::from_str(&reason).ok()),
        group: attributes.remove(&MessageSystemAttributeName::MessageGroupId),
    })
}

fn dead_letter_queue_name(redrive_policy: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct RedrivePolicy {
        dead_letter_target_arn: String,
    }
    let policy: RedrivePolicy =
        serde_json::from_str(redrive_policy).context("reading a redrive policy")?;
    // arn:aws:sqs:region:account:name
    let name = policy.dead_letter_target_arn.rsplit(':').next().unwrap_or_default();
    Ok(name.to_owned())
}

/// SQS counts in whole seconds, 12 hours at most; rounded up, so that nothing ends early.
fn seconds(duration: Duration) -> i32 {
    const MOST: i32 = 12 * 60 * 60;
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    i32::try_from(whole).map_or(MOST, |seconds| seconds.min(MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_whole_and_bounded() {
        assert_eq!(seconds(Duration::ZERO), 0);
        assert_eq!(seconds(Duration::from_millis(1)), 1);
        assert_eq!(seconds(Duration::from_secs(60)), 60);
        assert_eq!(seconds(Duration::from_secs(1 << 40)), 43_200);
    }

    #[test]
    fn letters_go_where_the_redrive_policy_says() {
        let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:fantail-480p-dlq","maxReceiveCount":10}"#;
        assert_eq!(dead_letter_queue_name(policy).unwrap(), "fantail-480p-dlq");
        assert!(dead_letter_queue_name("{}").is_err());
    }

    #[test]
    fn a_poll_takes_no_more_than_a_third_of_the_lease() {
        assert_eq!(poll_wait(Duration::from_secs(60)), Duration::from_secs(20));
        assert_eq!(poll_wait(Duration::from_secs(30)), Duration::from_secs(10));
        assert_eq!(poll_wait(Duration::from_secs(3600)), Duration::from_secs(20));
    }
}
