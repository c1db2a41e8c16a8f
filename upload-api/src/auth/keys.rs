//! `/api/keys`: API keys for machines. A key is 256 random bits, shown once; what is kept of it is
//! a hash that names its item, and it ends the moment that its item is gone.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use tracing::{info, warn};
use utoipa::ToSchema;

use super::{Caller, Scope, Scopes, Via, secret};
use crate::{
    App,
    catalogue::ApiKey,
    clock,
    extract::Input,
    naming,
    problem::{Problem, ProblemResponse},
};

/// What every key begins with, so that scanners of published secrets know it.
pub(super) const PREFIX: &str = "fantail_";
/// Most keys of one owner.
const MAX_KEYS: usize = 50;
/// Most days that a key may live, unless it lives for ever.
const MAX_DAYS: u32 = 3650;
/// When a key was used is written down at most this often, in seconds.
const USE_WRITTEN_EVERY: u64 = 3600;

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// What it is for, at most 200 characters on one line.
    #[schema(example = "nightly import")]
    name: String,
    /// What it may do.
    #[schema(value_type = Vec<Scope>, min_items = 1)]
    scopes: Scopes,
    /// Days after which it ends by itself; for ever if not told.
    #[schema(minimum = 1, maximum = 3650)]
    expires_in_days: Option<u32>,
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyView {
    /// Its id, which is no secret.
    id: String,
    /// What it is for.
    name: String,
    /// What it may do.
    scopes: Vec<Scope>,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC; to the hour.
    #[schema(required)]
    last_used_at: Option<String>,
    /// RFC 3339, UTC.
    #[schema(required)]
    expires_at: Option<String>,
}

/// A new key and its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub(crate) struct CreatedKeyView {
    /// The key.
    key: KeyView,
    /// To be sent as `Authorization: Bearer …`. It is shown this once.
    #[schema(example = "fantail_…")]
    secret: String,
}

/// All keys of an owner.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyList)]
pub(crate) struct KeyListView {
    /// Newest first, at most 50.
    keys: Vec<KeyView>,
}

/// Make an API key
///
/// Its secret is in this answer and nowhere else. A key cannot make keys.
#[utoipa::path(
    post,
    path = "/api/keys",
    operation_id = "create_key",
    tag = "identity",
    request_body = NewKey,
    responses((status = 201, description = "The key", body = CreatedKeyView), ProblemResponse)
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(new): Input<NewKey>,
) -> Result<(StatusCode, Json<CreatedKeyView>), Problem> {
    let name = naming::title(&new.name)?;
    if new.scopes.is_empty() {
        return Err(Problem::bad_request("scopes_empty", "Say what the key may do."));
    }
    if new.scopes.contains(&Scope::Operate) {
        caller.operates()?;
    }
    if new.expires_in_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        let detail = format!("expires_in_days must be a number from 1 to {MAX_DAYS}.");
        return Err(Problem::bad_request("invalid_expiry", detail));
    }
    if app.catalogue.api_keys(&caller.owner_id).await?.len() >= MAX_KEYS {
        let detail = format!("There are {MAX_KEYS} keys already; revoke one that is not used.");
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_keys", detail));
    }
    let secret = format!("{PREFIX}{}", secret::random());
    let lifetime = new.expires_in_days.map(|days| u64::from(days) * 24 * 3600);
    let key = ApiKey {
        key_id: secret::kept(&secret),
        owner_id: caller.owner_id,
        name,
        scopes: new.scopes,
        created_at: clock::rfc3339_now(),
        used_at: None,
        expires_at: lifetime.map(|seconds| clock::unix_now() + seconds),
    };
    app.catalogue.create_api_key(&key).await?;
    info!(owner = %key.owner_id, key = key.key_id, scopes = ?key.scopes, "made an API key");
    Ok((StatusCode::CREATED, Json(CreatedKeyView { key: KeyView::from(&key), secret })))
}

/// List your API keys
#[utoipa::path(
    get,
    path = "/api/keys",
    operation_id = "list_keys",
    tag = "identity",
    responses((status = 200, description = "All of them", body = KeyListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<KeyListView>, Problem> {
    let mut keys = app.catalogue.api_keys(&caller.owner_id).await?;
    keys.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    Ok(Json(KeyListView { keys: keys.iter().map(KeyView::from).collect() }))
}

/// Revoke an API key
///
/// It ends at once.
#[utoipa::path(
    delete,
    path = "/api/keys/{id}",
    operation_id = "revoke_key",
    tag = "identity",
    params(("id" = String, Path, description = "The key's id")),
    responses((status = 204, description = "It opens nothing any more"), ProblemResponse)
)]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if !app.catalogue.remove_api_key(&caller.owner_id, &id).await? {
        let detail = "You have no key with this id.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "key_not_found", detail));
    }
    info!(owner = %caller.owner_id, key = id, "revoked an API key");
    Ok(StatusCode::NO_CONTENT)
}

/// Whose key this is.
///
/// # Errors
/// 401 if it is nobody's, or has expired.
pub(super) async fn caller(app: &Arc<App>, secret: &str) -> Result<Caller, Problem> {
    let now = clock::unix_now();
    let key = app.catalogue.api_key(&secret::kept(secret)).await?;
    let key = key.filter(|key| key.expires_at.is_none_or(|end| now < end));
    let key = key.ok_or_else(|| {
        Problem::invalid_token("There is no such API key, or it was revoked or has expired.")
    })?;
    if key.used_at.is_none_or(|used| used + USE_WRITTEN_EVERY <= now) {
        let (app, id) = (app.clone(), key.key_id.clone());
        tokio::spawn(async move {
            if let Err(error) = app.catalogue.api_key_used(&id, now).await {
                let error = format!("{:#}", anyhow::Error::from(error));
                warn!(key = id, error, "cannot write down that a key was used");
            }
        });
    }
    Ok(Caller {
        owner_id: key.owner_id,
        is_operator: key.scopes.contains(&Scope::Operate),
        name: Some(key.name),
        via: Via::Key(key.scopes),
    })
}

impl From<&ApiKey> for KeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.key_id.clone(),
            name: key.name.clone(),
            scopes: key.scopes.iter().copied().collect(),
            created_at: key.created_at.clone(),
            last_used_at: key.used_at.map(clock::rfc3339),
            expires_at: key.expires_at.map(clock::rfc3339),
        }
    }
}
