//! Webhooks and deliveries as their owner sees them.

use domain::VideoEventKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    catalogue::{Delivery, DeliveryState, LastAnswer, Webhook},
    clock,
    view::ReasonView,
};

macro_rules! mirrored {
    ($inner:ident, $view:ident { $($state:ident),+ }) => {
        impl From<$inner> for $view {
            fn from(state: $inner) -> Self {
                match state { $($inner::$state => Self::$state),+ }
            }
        }
        impl From<$view> for $inner {
            fn from(state: $view) -> Self {
                match state { $($view::$state => Self::$state),+ }
            }
        }
    };
}

/// What a webhook can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = VideoEventType)]
pub(crate) enum VideoEventTypeView {
    /// All bytes of a video are there.
    #[serde(rename = "video.uploaded")]
    Uploaded,
    /// Its first seconds can be played.
    #[serde(rename = "video.playable")]
    Playable,
    /// All outputs are there.
    #[serde(rename = "video.ready")]
    Ready,
    /// It can be played, but something failed.
    #[serde(rename = "video.partial")]
    Partial,
    /// Nothing can be played, the cause is ours.
    #[serde(rename = "video.failed")]
    Failed,
    /// Nothing can be played, the file is at fault.
    #[serde(rename = "video.rejected")]
    Rejected,
    /// It is gone.
    #[serde(rename = "video.deleted")]
    Deleted,
}

mirrored!(
    VideoEventKind,
    VideoEventTypeView { Uploaded, Playable, Ready, Partial, Failed, Rejected, Deleted }
);

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DeliveryState)]
pub(crate) enum DeliveryStateView {
    /// It will be attempted, again perhaps.
    Pending,
    /// The webhook answered with a 2xx.
    Delivered,
    /// It was given up.
    Failed,
}

mirrored!(DeliveryState, DeliveryStateView { Pending, Delivered, Failed });

/// A server that is told what becomes of your videos.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    /// UUIDv7.
    id: String,
    /// Where it is.
    #[schema(example = "https://example.com/fantail")]
    url: String,
    /// What it is told.
    events: Vec<VideoEventTypeView>,
    /// Whether it is told at all.
    active: bool,
    /// Why Fantail switched it off, if it did.
    #[schema(required)]
    disabled: Option<ReasonView>,
    /// Since when every delivery has failed: RFC 3339, UTC.
    #[schema(required)]
    failing_since: Option<String>,
    /// RFC 3339, UTC.
    #[schema(example = "2026-11-23T20:15:00Z")]
    created_at: String,
}

/// A webhook and the secret that its deliveries are signed with, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookWithSecret)]
pub(crate) struct WebhookWithSecretView {
    /// The webhook.
    #[serde(flatten)]
    webhook: WebhookView,
    /// Keep it where the webhook can read it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
}

/// A page of webhooks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WebhookList)]
pub(crate) struct WebhookListView {
    /// Oldest first.
    pub(super) webhooks: Vec<WebhookView>,
    /// Ask with it for the next page; null on the last.
    #[schema(required)]
    pub(super) next_cursor: Option<String>,
}

/// An event that a webhook is told, or was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    /// The event's id, as in the header `webhook-id`.
    id: String,
    /// What it tells.
    r#type: VideoEventTypeView,
    /// Of which video.
    video_id: String,
    /// How it stands.
    state: DeliveryStateView,
    /// Attempts that were begun.
    attempts: u32,
    /// When the next one is due; null if none is. RFC 3339, UTC.
    #[schema(required)]
    next_attempt_at: Option<String>,
    /// What came of the last one.
    #[schema(required)]
    last_answer: Option<LastAnswerView>,
    /// When it happened: RFC 3339, UTC.
    #[schema(example = "2026-11-23T20:15:00Z")]
    created_at: String,
}

/// What came of an attempt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastAnswer)]
pub(crate) struct LastAnswerView {
    /// RFC 3339, UTC.
    at: String,
    /// The HTTP status, if there was an answer.
    #[schema(required)]
    status: Option<u16>,
    /// Why there was none.
    #[schema(required)]
    error: Option<String>,
    /// The first 1024 bytes of the answer's body.
    body: String,
}

/// A page of deliveries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryList)]
pub(crate) struct DeliveryListView {
    /// The newest event first.
    pub(super) deliveries: Vec<DeliveryView>,
    /// Ask with it for the next page; null on the last.
    #[schema(required)]
    pub(super) next_cursor: Option<String>,
}

impl WebhookWithSecretView {
    pub(super) fn of(webhook: &Webhook) -> Self {
        Self { webhook: webhook.into(), secret: webhook.secret.0.clone() }
    }
}

impl From<&Webhook> for WebhookView {
    fn from(webhook: &Webhook) -> Self {
        let all = || VideoEventKind::ALL.to_vec();
        let events = if webhook.events.is_empty() { all() } else { webhook.events.clone() };
        Self {
            id: webhook.webhook_id.to_string(),
            url: webhook.url.clone(),
            events: events.into_iter().map(Into::into).collect(),
            active: webhook.active,
            disabled: webhook.disabled.as_ref().map(Into::into),
            failing_since: webhook.failing_since.map(clock::rfc3339),
            created_at: webhook.created_at.clone(),
        }
    }
}

impl From<&Delivery> for DeliveryView {
    fn from(delivery: &Delivery) -> Self {
        let last = |last: &LastAnswer| LastAnswerView {
            at: last.at.clone(),
            status: last.status,
            error: last.error.clone(),
            body: last.body.clone(),
        };
        Self {
            id: delivery.event_id.to_string(),
            r#type: delivery.kind.into(),
            video_id: delivery.video_id.to_string(),
            state: delivery.delivery_state.into(),
            attempts: delivery.attempts,
            next_attempt_at: delivery.due_at.map(clock::rfc3339),
            last_answer: delivery.last.as_ref().map(last),
            created_at: delivery.created_at.clone(),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use domain::OwnerId;
    use uuid::Uuid;

    use super::*;
    use crate::webhooks::signature::new_secret;

    pub(in crate::webhooks) fn webhook() -> Webhook {
        Webhook {
            webhook_id: Uuid::from_u128(1),
            owner: OwnerId::local(),
            url: "https://example.com/".into(),
            events: Vec::new(),
            active: true,
            disabled: None,
            secret: new_secret(),
            previous: None,
            created_at: "2026-01-01T00:00:00Z".into(),
            failing_since: None,
            revision: 1,
        }
    }

    pub(in crate::webhooks) fn delivery() -> Delivery {
        Delivery {
            webhook_id: Uuid::from_u128(1),
            owner: OwnerId::local(),
            event_id: Uuid::from_u128(2),
            kind: VideoEventKind::Ready,
            video_id: domain::VideoId(Uuid::from_u128(3)),
            body: "{}".into(),
            delivery_state: DeliveryState::Pending,
            attempts: 1,
            created_at: "2026-01-01T00:00:00Z".into(),
            last: None,
            due_at: Some(0),
        }
    }

    #[test]
    fn events_are_called_the_same_everywhere() {
        for kind in VideoEventKind::ALL {
            let view = serde_json::to_value(VideoEventTypeView::from(kind)).unwrap();
            assert_eq!(view, kind.name());
        }
    }

    #[test]
    fn the_secret_is_shown_only_where_it_is_meant_to_be() {
        let webhook = webhook();
        let shown = serde_json::to_string(&WebhookView::from(&webhook)).unwrap();
        assert!(!shown.contains("whsec"), "{shown}");
        let shown = serde_json::to_string(&WebhookWithSecretView::of(&webhook)).unwrap();
        assert!(shown.contains(&webhook.secret.0));
    }

    #[test]
    fn who_wants_everything_hears_everything() {
        let mut webhook = webhook();
        assert!(webhook.hears(VideoEventKind::Deleted));
        assert_eq!(WebhookView::from(&webhook).events.len(), 7);
        webhook.events = vec![VideoEventKind::Ready];
        assert!(webhook.hears(VideoEventKind::Ready) && !webhook.hears(VideoEventKind::Failed));
        webhook.active = false;
        assert!(!webhook.hears(VideoEventKind::Ready));
    }
}
