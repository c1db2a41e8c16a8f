//! `/api/webhooks/{id}/deliveries`: what was sent and how it ended, and sending it once more.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use domain::OwnerId;
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    api::{WebhookId, not_found},
    view::{DeliveryListView, DeliveryStateView, DeliveryView},
};
use crate::{
    App,
    auth::Caller,
    catalogue::{DeliveryKey, DeliveryState, Webhook},
    clock,
    extract::{Input, Params, part},
    paging::{self, MAX_PAGE},
    problem::{Problem, ProblemResponse},
};

/// Pages of deliveries that one replay goes through.
const MAX_PAGES: usize = 10;

/// The `{delivery}` of a path. What is no id belongs to none.
pub(crate) struct EventId(Uuid);

impl<S: Send + Sync> FromRequestParts<S> for EventId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let id = part(parts, "delivery").await.and_then(|id| id.parse().ok());
        id.map(Self).ok_or_else(delivery_not_found)
    }
}

/// Which page of which deliveries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesParams {
    /// Only those that stand so.
    #[param(value_type = Option<DeliveryStateView>)]
    state: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Deliveries of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// Which failed deliveries to send once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// Those of events since then: RFC 3339.
    #[schema(example = "2026-11-23T20:15:00Z")]
    since: String,
    /// `next_cursor` of the answer before.
    cursor: Option<String>,
}

/// What is sent once more.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Replayed)]
pub(crate) struct ReplayedView {
    /// How many are.
    replayed: usize,
    /// There may be more: ask again with it. Null if there are not.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// List deliveries
///
/// The newest event first. How one ended can be seen for 14 days. A page may be short of what was
/// asked for though there are more: `next_cursor` tells.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries",
    operation_id = "list_deliveries",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id"), DeliveriesParams),
    responses((status = 200, description = "A page", body = DeliveryListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    WebhookId(id): WebhookId,
    Params(params): Params<DeliveriesParams>,
) -> Result<Json<DeliveryListView>, Problem> {
    const LIST: &str = "deliveries";
    let limit = paging::page_size(params.limit.as_deref())?;
    let before = paging::read_cursor(LIST, params.cursor.as_deref())?;
    let state = params.state.map(|state| {
        serde_json::from_value::<DeliveryStateView>(state.into()).map_err(|_| {
            let detail = "state must be pending, delivered or failed.";
            Problem::bad_request("invalid_state", detail)
        })
    });
    let state = state.transpose()?.map(DeliveryState::from);
    find(&app, &caller.owner_id, id).await?;
    let (deliveries, next) = app.catalogue.deliveries(id, state, before, limit).await?;
    Ok(Json(DeliveryListView {
        deliveries: deliveries.iter().map(Into::into).collect(),
        next_cursor: next.map(|next| paging::cursor(LIST, next)),
    }))
}

/// Send a delivery once more
///
/// Also one that has arrived: a webhook tells by its id that it knows it.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/deliveries/{delivery}/replay",
    operation_id = "replay_delivery",
    tag = "webhooks",
    params(
        ("id" = String, Path, description = "The webhook's id"),
        ("delivery" = String, Path, description = "The delivery's id"),
    ),
    responses((status = 202, description = "It is owed once more", body = DeliveryView), ProblemResponse)
)]
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    caller: Caller,
    WebhookId(webhook_id): WebhookId,
    EventId(event_id): EventId,
) -> Result<(StatusCode, Json<DeliveryView>), Problem> {
    active(&app, &caller.owner_id, webhook_id).await?;
    let key = DeliveryKey { webhook_id, event_id };
    // One that is owed anyway stays so.
    app.catalogue.replay_delivery(key, clock::unix_now()).await?;
    let delivery = app.catalogue.delivery(key).await?.ok_or_else(delivery_not_found)?;
    Ok((StatusCode::ACCEPTED, Json((&delivery).into())))
}

/// Send failed deliveries once more
///
/// All of one webhook that have failed, of events since a time; at most 1000 in one call.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/replay",
    operation_id = "replay_failed_deliveries",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    request_body = ReplayRequest,
    responses((status = 202, description = "They are owed once more", body = ReplayedView), ProblemResponse)
)]
pub(crate) async fn replay_failed(
    State(app): State<Arc<App>>,
    caller: Caller,
    WebhookId(id): WebhookId,
    Input(request): Input<ReplayRequest>,
) -> Result<(StatusCode, Json<ReplayedView>), Problem> {
    const LIST: &str = "replay";
    let since = OffsetDateTime::parse(&request.since, &Rfc3339).map_err(|_| {
        let detail = "since must be a time as in RFC 3339: 2026-11-23T20:15:00Z.";
        Problem::bad_request("invalid_time", detail)
    })?;
    let since = u64::try_from(since.unix_timestamp()).unwrap_or(0);
    let mut before: Option<Uuid> = paging::read_cursor(LIST, request.cursor.as_deref())?;
    active(&app, &caller.owner_id, id).await?;
    let mut replayed = 0;
    for _ in 0..MAX_PAGES {
        let failed = Some(DeliveryState::Failed);
        let (page, next) = app.catalogue.deliveries(id, failed, before, MAX_PAGE).await?;
        for delivery in &page {
            if happened_at(delivery.event_id) < since {
                return Ok(replayed_view(replayed, None));
            }
            let is_owed = app.catalogue.replay_delivery(delivery.key(), clock::unix_now()).await?;
            replayed += usize::from(is_owed);
        }
        before = next;
        if next.is_none_or(|next| happened_at(next) < since) {
            return Ok(replayed_view(replayed, None));
        }
    }
    Ok(replayed_view(replayed, before.map(|before| paging::cursor(LIST, before))))
}

fn replayed_view(replayed: usize, next_cursor: Option<String>) -> (StatusCode, Json<ReplayedView>) {
    (StatusCode::ACCEPTED, Json(ReplayedView { replayed, next_cursor }))
}

/// When an event was noted, in Unix seconds: it is in its id.
fn happened_at(event_id: Uuid) -> u64 {
    event_id.get_timestamp().map_or(0, |time| time.to_unix().0)
}

async fn find(app: &App, owner: &OwnerId, id: Uuid) -> Result<Webhook, Problem> {
    app.catalogue.webhook(owner, id).await?.ok_or_else(not_found)
}

/// A webhook that is told things.
async fn active(app: &App, owner: &OwnerId, id: Uuid) -> Result<(), Problem> {
    if find(app, owner, id).await?.active {
        return Ok(());
    }
    let detail = "The webhook is switched off. Make it active first.";
    Err(Problem::new(StatusCode::CONFLICT, "webhook_inactive", detail))
}

fn delivery_not_found() -> Problem {
    let detail = "The webhook has no delivery with this id.";
    Problem::new(StatusCode::NOT_FOUND, "delivery_not_found", detail)
}
