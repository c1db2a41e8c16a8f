//! `/api/videos/{id}/shares`: make, list and revoke links; and what a link leads to.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::info;
use utoipa::ToSchema;

use super::{Token, open, pass, password};
use crate::{
    App,
    auth::Caller,
    catalogue::Share,
    clock,
    extract::{Id, Input},
    naming,
    problem::{Problem, ProblemResponse},
    view::VideoView,
};

/// Most shares of one video.
const MAX_SHARES: usize = 100;
const MAX_SECONDS: u64 = 3650 * 24 * 3600;
/// How long an expired share is still listed.
const LISTED_FOR: u64 = 30 * 24 * 3600;

/// A link to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShare {
    /// Whom or what it is for, at most 200 characters on one line.
    name: Option<String>,
    /// Seconds after which it ends by itself; never if not told.
    #[schema(minimum = 60, maximum = 315360000)]
    expires_in_seconds: Option<u64>,
    /// What else one has to know: 8 to 200 characters.
    password: Option<String>,
}

/// A link, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub(crate) struct ShareView {
    /// Its id, which is no secret.
    id: String,
    /// Whom or what it is for.
    #[schema(required)]
    name: Option<String>,
    /// Whether one has to know a password.
    has_password: bool,
    /// RFC 3339, UTC.
    created_at: String,
    /// RFC 3339, UTC.
    #[schema(required)]
    expires_at: Option<String>,
    /// How often its page was opened; some seconds late.
    views: u64,
}

/// A new link.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedShare)]
pub(crate) struct CreatedShareView {
    /// The share.
    share: ShareView,
    /// Relative URL of the page that plays it. It is shown this once.
    #[schema(example = "/s/AZCKXayWd0u8zrMCCZqA9…")]
    url: String,
    /// Relative URL of the page for frames; with a password it plays nothing.
    embed_url: String,
}

/// All links to a video.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ShareList)]
pub(crate) struct ShareListView {
    /// Newest first, at most 100.
    shares: Vec<ShareView>,
}

/// What a link leads to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SharedVideo)]
pub(crate) struct SharedView {
    /// The video; its URLs have the token in them and need no cookie.
    #[schema(value_type = VideoView)]
    video: Value,
    /// Until when it can be seen: RFC 3339, UTC.
    #[schema(required)]
    expires_at: Option<String>,
}

/// A token for a device.
#[derive(Serialize, ToSchema)]
#[schema(as = PlaybackToken)]
pub(crate) struct PassView {
    /// The token: it stands in the path of everything that is played.
    token: String,
    /// Relative URL of the multivariant playlist.
    playlist_url: String,
    /// RFC 3339, UTC.
    expires_at: String,
}

/// Share a video
///
/// Whoever has the link can see the video, also a private one, until the link is revoked or ends.
#[utoipa::path(
    post,
    path = "/api/videos/{id}/shares",
    operation_id = "create_share",
    tag = "sharing",
    params(("id" = String, Path, description = "The video's id")),
    request_body = NewShare,
    responses((status = 201, description = "The link", body = CreatedShareView), ProblemResponse)
)]
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    Input(new): Input<NewShare>,
) -> Result<(StatusCode, Json<CreatedShareView>), Problem> {
    caller.video(&app, id).await?;
    let name = new.name.as_deref().filter(|name| !name.trim().is_empty());
    let name = name.map(naming::title).transpose()?;
    if new.expires_in_seconds.is_some_and(|seconds| !(60..=MAX_SECONDS).contains(&seconds)) {
        let detail = format!("expires_in_seconds must be a number from 60 to {MAX_SECONDS}.");
        return Err(Problem::bad_request("invalid_expiry", detail));
    }
    let password = match new.password {
        Some(password) => {
            password::check(&password)?;
            Some(password::hashed(password).await.map_err(Problem::internal)?)
        }
        None => None,
    };
    if app.catalogue.shares(id).await?.len() >= MAX_SHARES {
        let detail = format!("There are {MAX_SHARES} shares already; revoke one.");
        return Err(Problem::new(StatusCode::CONFLICT, "too_many_shares", detail));
    }
    let token = Token::new_share(id);
    let valid_until = new.expires_in_seconds.map(|seconds| clock::unix_now() + seconds);
    let share = Share {
        share_id: Token::hash(&token),
        name,
        password,
        created_at: clock::rfc3339_now(),
        valid_until,
        views: 0,
        expires_at: valid_until.map(|end| end + LISTED_FOR),
    };
    app.catalogue.create_share(id, &share).await?;
    info!(%id, share = share.share_id, "shared");
    let view = CreatedShareView {
        share: ShareView::from(&share),
        url: format!("/s/{token}"),
        embed_url: format!("/embed/{id}/t/{token}"),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// List a video's shares
#[utoipa::path(
    get,
    path = "/api/videos/{id}/shares",
    operation_id = "list_shares",
    tag = "sharing",
    params(("id" = String, Path, description = "The video's id")),
    responses((status = 200, description = "All of them", body = ShareListView), ProblemResponse)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<ShareListView>, Problem> {
    caller.video(&app, id).await?;
    let mut shares = app.catalogue.shares(id).await?;
    shares.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    Ok(Json(ShareListView { shares: shares.iter().map(ShareView::from).collect() }))
}

/// Revoke a share
///
/// Its link opens nothing any more, and who plays by it gets no further segment.
#[utoipa::path(
    delete,
    path = "/api/videos/{id}/shares/{share}",
    operation_id = "revoke_share",
    tag = "sharing",
    params(
        ("id" = String, Path, description = "The video's id"),
        ("share" = String, Path, description = "The share's id"),
    ),
    responses((status = 204, description = "It is revoked"), ProblemResponse)
)]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
    Path((_video, share)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    caller.video(&app, id).await?;
    if !app.catalogue.remove_share(id, &share).await? {
        let detail = "This video has no share with this id.";
        return Err(Problem::new(StatusCode::NOT_FOUND, "share_not_found", detail));
    }
    info!(%id, share, "revoked a share");
    Ok(StatusCode::NO_CONTENT)
}

/// Make a playback token
///
/// For players that send no cookie: a TV, a cast receiver, a native player. It plays your video for
/// twelve hours.
#[utoipa::path(
    post,
    path = "/api/videos/{id}/playback-tokens",
    operation_id = "create_playback_token",
    tag = "sharing",
    params(("id" = String, Path, description = "The video's id")),
    responses((status = 201, description = "The token", body = PassView), ProblemResponse)
)]
pub(crate) async fn create_pass(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<(StatusCode, Json<PassView>), Problem> {
    caller.video(&app, id).await?;
    let (token, expires_at) = pass(&app, id, None).await?;
    let view = PassView {
        playlist_url: format!("/v/{id}/t/{token}/master.m3u8"),
        token,
        expires_at: clock::rfc3339(expires_at),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// Read a shared video
#[utoipa::path(
    get,
    path = "/api/shares/{token}",
    operation_id = "read_shared_video",
    tag = "sharing",
    params(("token" = String, Path, description = "What stands in the link")),
    responses((status = 200, description = "The video", body = SharedView), ProblemResponse)
)]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
) -> Result<Json<SharedView>, Problem> {
    let opened = open(&app, &token).await?;
    let view = serde_json::to_value(VideoView::from(&opened.video));
    let mut video = view.map_err(|error| Problem::internal(error.into()))?;
    let base = format!("/v/{}/", opened.video.record.id);
    move_under(&mut video, &base, &format!("{base}t/{token}/"));
    // Whose it is, and what their file is called, is not shared.
    for (private, instead) in [("/owner_id", Value::from("")), ("/source/filename", Value::Null)] {
        video.pointer_mut(private).into_iter().for_each(|value| *value = instead.clone());
    }
    Ok(Json(SharedView { video, expires_at: opened.until.map(clock::rfc3339) }))
}

/// Every URL of the video gets the token, wherever in the JSON it stands.
fn move_under(json: &mut Value, from: &str, to: &str) {
    match json {
        Value::String(text) => {
            if let Some(rest) = text.strip_prefix(from) {
                *text = format!("{to}{rest}");
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|one| move_under(one, from, to)),
        Value::Object(all) => all.values_mut().for_each(|one| move_under(one, from, to)),
        _ => {}
    }
}

impl From<&Share> for ShareView {
    fn from(share: &Share) -> Self {
        Self {
            id: share.share_id.clone(),
            name: share.name.clone(),
            has_password: share.password.is_some(),
            created_at: share.created_at.clone(),
            expires_at: share.valid_until.map(clock::rfc3339),
            views: share.views,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_url_of_the_video_gets_the_token() {
        let mut json =
            json!({"a": "/v/1/poster.jpg", "b": [{"c": "/v/1/480p.m3u8"}], "d": "/v/12"});
        move_under(&mut json, "/v/1/", "/v/1/t/x/");
        let moved = json!({"a": "/v/1/t/x/poster.jpg", "b": [{"c": "/v/1/t/x/480p.m3u8"}],
            "d": "/v/12"});
        assert_eq!(json, moved);
    }
}
