//! Protection of a task of ECS, by its agent's endpoint for that.

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use crate::http;

/// The agent of the task we are.
#[derive(Debug)]
pub(super) struct EcsAgent {
    uri: String,
    pub(super) minutes: u32,
}

#[derive(Debug, Deserialize)]
struct Answer {
    protection: Option<TaskProtection>,
    failure: Option<Failure>,
    error: Option<AgentError>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TaskProtection {
    protection_enabled: bool,
}

/// What ECS says, for example of a task that is being stopped.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    reason: String,
    detail: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AgentError {
    code: String,
    message: Option<String>,
}

impl EcsAgent {
    pub(super) fn new(uri: &str, minutes: u32) -> Self {
        let uri = format!("{}/task-protection/v1/state", uri.trim_end_matches('/'));
        Self { uri, minutes }
    }

    pub(super) async fn set(&self, protected: bool) -> anyhow::Result<()> {
        let mut body = serde_json::json!({ "ProtectionEnabled": protected });
        if protected {
            body["ExpiresInMinutes"] = self.minutes.into();
        }
        let headers = vec![("content-type".into(), "application/json".into())];
        let (status, answer) = http::send("PUT", &self.uri, headers, body.to_string()).await?;
        let answer: Answer = serde_json::from_str(&answer)
            .with_context(|| format!("ECS answers {status} and something else than JSON"))?;
        if let Some(failure) = answer.failure {
            let detail = failure.detail.unwrap_or_default();
            bail!("ECS does not change the task's protection: {} {detail}", failure.reason);
        }
        if let Some(error) = answer.error {
            let message = error.message.unwrap_or_default();
            bail!("ECS refuses to change the task's protection: {} {message}", error.code);
        }
        let now = answer.protection.context("ECS does not say whether the task is protected")?;
        ensure!(now.protection_enabled == protected, "ECS left the task's protection as it was");
        Ok(())
    }
}
