//! One attempt of a delivery, and what follows from its answer.

use std::time::Duration;

use domain::Reason;
use platform::outbound::{OutboundError, OutboundRequest};

use super::{schedule, signature};
use crate::{
    App,
    catalogue::{Delivered, Delivery, LastAnswer, Webhook},
    clock,
};

/// How long a webhook may take for its answer: within the 15 to 30 s of Standard Webhooks.
const PATIENCE: Duration = Duration::from_secs(15);
/// Bytes of an answer that are kept, for its owner to see.
const EXCERPT: usize = 1024;
/// Seconds after which a webhook that always fails is switched off: three days.
const HOPELESS_AFTER: u64 = 3 * 24 * 3600;
const USER_AGENT: &str = concat!("Fantail-Webhooks/", env!("CARGO_PKG_VERSION"));

/// How an attempt ended.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) last: LastAnswer,
    retry_after: Option<u64>,
}

impl Attempt {
    /// None is made: the webhook is switched off.
    pub(super) fn of_inactive() -> Self {
        let error = Some("the webhook is not active".to_owned());
        Self::without_answer(error)
    }

    fn without_answer(error: Option<String>) -> Self {
        let last =
            LastAnswer { at: clock::rfc3339_now(), status: None, error, body: String::new() };
        Self { last, retry_after: None }
    }

    fn is_success(&self) -> bool {
        self.last.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// What becomes of the delivery.
    pub(super) fn end(&self, delivery: &Delivery, is_active: bool, now: u64) -> Delivered {
        if self.is_success() {
            return Delivered::Yes;
        }
        if !is_active || self.last.status == Some(410) {
            return Delivered::Never;
        }
        let jitter = rand::random_range(0..1000);
        let again = schedule::again_at(delivery.attempts, now, self.retry_after, jitter);
        again.map_or(Delivered::Never, Delivered::Again)
    }

    /// What becomes of the webhook.
    pub(super) fn judge(&self, webhook: &mut Webhook, now: u64) {
        if !webhook.active {
            return;
        }
        if self.is_success() {
            webhook.failing_since = None;
            return;
        }
        let since = *webhook.failing_since.get_or_insert(now);
        let hopeless = if self.last.status == Some(410) {
            Some(Reason::new(
                "webhook_gone",
                "It answered 410: it does not want to be told any more. Make it active to be told \
                 again.",
            ))
        } else if now.saturating_sub(since) >= HOPELESS_AFTER {
            Some(Reason::new(
                "webhook_failing",
                "Every delivery has failed for three days. Repair it, make it active, and replay \
                 what has failed.",
            ))
        } else {
            None
        };
        if hopeless.is_some() {
            (webhook.active, webhook.disabled) = (false, hopeless);
        }
    }
}

/// Sends a delivery once.
pub(super) async fn attempt(app: &App, webhook: &Webhook, delivery: &Delivery) -> Attempt {
    let (id, timestamp) = (delivery.event_id.to_string(), clock::unix_now());
    let signatures = signature::signatures(webhook, &id, timestamp, &delivery.body);
    let timestamp = timestamp.to_string();
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", USER_AGENT),
        ("webhook-id", &id),
        ("webhook-timestamp", &timestamp),
        ("webhook-signature", &signatures),
    ];
    let request = OutboundRequest {
        method: "POST",
        url: &webhook.url,
        headers: &headers,
        body: delivery.body.clone(),
        patience: PATIENCE,
        longest_answer: EXCERPT,
    };
    match app.outbound.send(request).await {
        Ok(answer) => {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            let (at, status) = (clock::rfc3339_now(), Some(answer.status));
            let last = LastAnswer { at, status, error: None, body };
            Attempt { last, retry_after: answer.retry_after }
        }
        Err(error) => {
            let error = match error {
                OutboundError::NotAllowed(why) => format!("its URL must not be asked: {why}"),
                error => error.to_string(),
            };
            Attempt::without_answer(Some(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::view::tests::{delivery, webhook};

    fn answered(status: u16) -> Attempt {
        let mut attempt = Attempt::without_answer(None);
        attempt.last.status = Some(status);
        attempt
    }

    #[test]
    fn only_a_2xx_is_a_success() {
        let delivery = delivery();
        for (status, ends_well) in [(200, true), (204, true), (299, true), (301, false)] {
            let end = answered(status).end(&delivery, true, 0);
            assert_eq!(end == Delivered::Yes, ends_well, "{status}");
        }
        assert!(matches!(answered(500).end(&delivery, true, 0), Delivered::Again(5..=6)));
        assert_eq!(answered(410).end(&delivery, true, 0), Delivered::Never);
        assert_eq!(Attempt::of_inactive().end(&delivery, false, 0), Delivered::Never);
    }

    #[test]
    fn who_fails_for_three_days_is_switched_off() {
        let mut webhook = webhook();
        answered(500).judge(&mut webhook, 1000);
        assert_eq!((webhook.active, webhook.failing_since), (true, Some(1000)));
        answered(200).judge(&mut webhook, 2000);
        assert_eq!(webhook.failing_since, None, "it recovered");
        answered(500).judge(&mut webhook, 3000);
        answered(500).judge(&mut webhook, 3000 + HOPELESS_AFTER - 1);
        assert!(webhook.active);
        answered(500).judge(&mut webhook, 3000 + HOPELESS_AFTER);
        assert!(!webhook.active);
        assert_eq!(webhook.disabled.unwrap().code, "webhook_failing");
    }

    #[test]
    fn who_is_gone_is_switched_off_at_once() {
        let mut webhook = webhook();
        answered(410).judge(&mut webhook, 1000);
        assert_eq!(
            (webhook.active, webhook.disabled.unwrap().code),
            (false, "webhook_gone".into())
        );
    }
}
