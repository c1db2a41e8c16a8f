//! `/api/webhooks`: register, list, read, edit, delete, and a new secret.

use std::sync::Arc;

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use domain::VideoEventKind;
use serde::Deserialize;
use tracing::info;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    signature,
    view::{VideoEventTypeView, WebhookListView, WebhookView, WebhookWithSecretView},
};
use crate::{
    App,
    auth::Caller,
    catalogue::{MAX_WEBHOOKS, PreviousSecret, Webhook},
    clock,
    extract::{Input, Params, part},
    paging,
    problem::{Problem, ProblemResponse},
};

/// How long the secret before counts beside a new one, in seconds: a day.
const OVERLAP: u64 = 24 * 3600;

/// The `{id}` of a webhook's path. What is no id belongs to none.
pub(crate) struct WebhookId(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for WebhookId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let id = part(parts, "id").await.and_then(|id| id.parse().ok());
        id.map(Self).ok_or_else(not_found)
    }
}

/// A webhook to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where it is: https, on the public internet, at most 2048 characters.
    #[schema(example = "https://example.com/fantail", max_length = 2048)]
    url: String,
    /// What it is to be told; everything if left out.
    events: Option<Vec<VideoEventTypeView>>,
    /// Whether it is told at all, which it is if left out.
    active: Option<bool>,
}

/// What of a webhook is to change; what is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookEdit {
    /// Where it is.
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// What it is to be told.
    events: Option<Vec<VideoEventTypeView>>,
    /// Whether it is told at all. True also switches it on again after Fantail has switched it off.
    active: Option<bool>,
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhooksParams {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Webhooks of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
}

/// Register a webhook
///
/// Deliveries are POST requests in the format of Standard Webhooks 1.0.0. The answer shows the
/// secret that they are signed with; it is not shown again.
#[utoipa::path(
    post,
    path = "/api/webhooks",
    operation_id = "register_webhook",
    tag = "webhooks",
    request_body = NewWebhook,
    responses(
        (status = 201, description = "The webhook", body = WebhookWithSecretView),
        ProblemResponse,
    )
)]
pub(crate) async fn register(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(new): Input<NewWebhook>,
) -> Result<(StatusCode, Json<WebhookWithSecretView>), Problem> {
    check_url(&app, &new.url)?;
    let webhook = Webhook {
        webhook_id: Uuid::now_v7(),
        owner: caller.owner_id,
        url: new.url,
        events: new.events.map(events).transpose()?.unwrap_or_default(),
        active: new.active.unwrap_or(true),
        disabled: None,
        secret: signature::new_secret(),
        previous: None,
        created_at: clock::rfc3339_now(),
        failing_since: None,
        revision: 1,
    };
    if app.catalogue.webhooks(&webhook.owner).await?.len() >= MAX_WEBHOOKS {
        let detail = format!("There may be at most {MAX_WEBHOOKS} webhooks. Delete one first.");
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_webhooks", detail));
    }
    app.catalogue.add_webhook(&webhook).await?;
    info!(webhook = %webhook.webhook_id, "a webhook is registered");
    Ok((StatusCode::CREATED, Json(WebhookWithSecretView::of(&webhook))))
}

/// List webhooks
///
/// Your own, oldest first.
#[utoipa::path(
    get,
    path = "/api/webhooks",
    operation_id = "list_webhooks",
    tag = "webhooks",
    params(WebhooksParams),
    responses((status = 200, description = "A page", body = WebhookListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(params): Params<WebhooksParams>,
) -> Result<Json<WebhookListView>, Problem> {
    const LIST: &str = "webhooks";
    let limit = paging::page_size(params.limit.as_deref())?;
    let after: Option<Uuid> = paging::read_cursor(LIST, params.cursor.as_deref())?;
    // There are so few that all of them are read at once.
    let mut webhooks = app.catalogue.webhooks(&caller.owner_id).await?;
    webhooks.retain(|webhook| after.is_none_or(|after| webhook.webhook_id > after));
    let has_more = webhooks.len() > limit;
    webhooks.truncate(limit);
    let last = webhooks.last().filter(|_| has_more);
    Ok(Json(WebhookListView {
        webhooks: webhooks.iter().map(Into::into).collect(),
        next_cursor: last.map(|last| paging::cursor(LIST, last.webhook_id)),
    }))
}

/// Read a webhook
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}",
    operation_id = "read_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 200, description = "The webhook", body = WebhookView), ProblemResponse)
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    WebhookId(id): WebhookId,
) -> Result<Json<WebhookView>, Problem> {
    let webhook = app.catalogue.webhook(&caller.owner_id, id).await?;
    Ok(Json((&webhook.ok_or_else(not_found)?).into()))
}

/// Edit a webhook
#[utoipa::path(
    patch,
    path = "/api/webhooks/{id}",
    operation_id = "edit_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    request_body = WebhookEdit,
    responses((status = 200, description = "The webhook", body = WebhookView), ProblemResponse)
)]
pub(crate) async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    WebhookId(id): WebhookId,
    Input(edit): Input<WebhookEdit>,
) -> Result<Json<WebhookView>, Problem> {
    if let Some(url) = &edit.url {
        check_url(&app, url)?;
    }
    let events = edit.events.map(events).transpose()?;
    let change = |webhook: &mut Webhook| {
        webhook.url = edit.url.clone().unwrap_or_else(|| webhook.url.clone());
        webhook.events = events.clone().unwrap_or_else(|| webhook.events.clone());
        webhook.active = edit.active.unwrap_or(webhook.active);
        if edit.active == Some(true) {
            (webhook.disabled, webhook.failing_since) = (None, None);
        }
    };
    let webhook = app.catalogue.update_webhook(&caller.owner_id, id, change).await?;
    Ok(Json((&webhook.ok_or_else(not_found)?).into()))
}

/// Delete a webhook
///
/// What was owed to it is not sent any more.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}",
    operation_id = "delete_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses((status = 204, description = "It is gone"), ProblemResponse)
)]
pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    caller: Caller,
    WebhookId(id): WebhookId,
) -> Result<StatusCode, Problem> {
    if !app.catalogue.remove_webhook(&caller.owner_id, id).await? {
        return Err(not_found());
    }
    info!(webhook = %id, "a webhook is deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// Make a new secret
///
/// For a day deliveries are signed with the one before as well, so that none is refused while the
/// webhook learns the new one.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/secret",
    operation_id = "rotate_webhook_secret",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook's id")),
    responses(
        (status = 200, description = "The webhook and its new secret", body = WebhookWithSecretView),
        ProblemResponse,
    )
)]
pub(crate) async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    WebhookId(id): WebhookId,
) -> Result<Json<WebhookWithSecretView>, Problem> {
    let (secret, until) = (signature::new_secret(), clock::unix_now() + OVERLAP);
    let change = |webhook: &mut Webhook| {
        let secret = std::mem::replace(&mut webhook.secret, secret.clone());
        webhook.previous = Some(PreviousSecret { secret, until });
    };
    let webhook = app.catalogue.update_webhook(&caller.owner_id, id, change).await?;
    let webhook = webhook.ok_or_else(not_found)?;
    info!(webhook = %id, "a webhook has a new secret");
    Ok(Json(WebhookWithSecretView::of(&webhook)))
}

fn check_url(app: &App, url: &str) -> Result<(), Problem> {
    app.outbound.check(url).map_err(|why| {
        Problem::bad_request("invalid_url", format!("The URL cannot be a webhook's: {why}."))
    })
}

fn events(events: Vec<VideoEventTypeView>) -> Result<Vec<VideoEventKind>, Problem> {
    let mut events: Vec<VideoEventKind> = events.into_iter().map(Into::into).collect();
    events.sort_unstable();
    events.dedup();
    if events.is_empty() {
        let detail = "events must name at least one; switch a webhook off by active instead.";
        return Err(Problem::bad_request("no_events", detail));
    }
    Ok(events)
}

pub(super) fn not_found() -> Problem {
    let detail = "There is no webhook with this id.";
    Problem::new(StatusCode::NOT_FOUND, "webhook_not_found", detail)
}
