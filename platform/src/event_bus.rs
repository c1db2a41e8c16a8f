//! Events for whoever subscribes to a bus of EventBridge: one call, signed by hand.

use anyhow::{Context, bail};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{aws::Aws, signed::Signed};

/// Who tells: rules match on it.
pub const SOURCE: &str = "fantail";
/// Most events of one call.
pub const MAX_EVENTS: usize = 10;

/// Where the same events go that webhooks get.
#[derive(Args, Clone, Debug, Default)]
pub struct EventBusArgs {
    /// EventBridge's bus that is told what becomes of videos; without it none is.
    #[arg(long, env)]
    pub event_bus_name: Option<String>,

    /// EventBridge's endpoint, where it is not AWS's own.
    #[arg(long, env = "AWS_ENDPOINT_URL_EVENTBRIDGE")]
    pub event_bus_endpoint: Option<String>,
}

/// A bus.
#[derive(Debug)]
pub struct EventBus {
    name: String,
    api: Signed,
}

/// An event as the bus takes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BusEvent {
    /// What kind: rules match on it.
    pub detail_type: String,
    /// JSON.
    pub detail: String,
}

/// What became of an event that was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// The bus has it.
    Taken,
    /// The bus has not, and this is its code for why.
    Refused(String),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Entry<'a> {
    source: &'static str,
    event_bus_name: &'a str,
    #[serde(flatten)]
    event: &'a BusEvent,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Request<'a> {
    entries: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    entries: Vec<AnswerEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnswerEntry {
    error_code: Option<String>,
}

impl EventBus {
    /// The bus that is configured, if one is. Buses are made elsewhere, never here.
    ///
    /// # Errors
    /// If there is one, but neither region nor credentials.
    pub fn new(args: &EventBusArgs, aws: &Aws) -> anyhow::Result<Option<Self>> {
        let Some(name) = args.event_bus_name.clone().filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let endpoint = args.event_bus_endpoint.as_deref().or(aws.sdk.endpoint_url());
        Ok(Some(Self { name, api: Signed::new("events", endpoint, aws)? }))
    }

    /// Puts at most [`MAX_EVENTS`] events and says what became of each.
    ///
    /// # Errors
    /// If the bus does not answer or refuses all of them.
    pub async fn put(&self, events: &[BusEvent]) -> anyhow::Result<Vec<Put>> {
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AWSEvents.PutEvents"),
        ];
        let (status, answer) = self.api.post(&headers, self.request(events)).await?;
        if status != 200 {
            let answer: String = answer.chars().take(200).collect();
            bail!("EventBridge answers {status}: {answer}");
        }
        read(&answer, events.len())
    }

    fn request(&self, events: &[BusEvent]) -> String {
        let entry = |event| Entry { source: SOURCE, event_bus_name: &self.name, event };
        let request = Request { entries: events.iter().map(entry).collect() };
        serde_json::to_string(&request).expect("events are plain data")
    }
}

fn read(answer: &str, sent: usize) -> anyhow::Result<Vec<Put>> {
    let answer: Answer = serde_json::from_str(answer).context("reading EventBridge's answer")?;
    if answer.entries.len() != sent {
        bail!("EventBridge answers to {} events instead of {sent}", answer.entries.len());
    }
    let put = |entry: AnswerEntry| entry.error_code.map_or(Put::Taken, Put::Refused);
    Ok(answer.entries.into_iter().map(put).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_an_answer_of_its_own() {
        let answer = r#"{"FailedEntryCount": 1, "Entries": [
            {"EventId": "1"}, {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}]}"#;
        let refused = Put::Refused("ThrottlingException".into());
        assert_eq!(read(answer, 2).unwrap(), [Put::Taken, refused]);
        assert!(read(answer, 3).is_err(), "nobody knows which of them is missing");
        assert!(read("<html>", 1).is_err());
    }
}
