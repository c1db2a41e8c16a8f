//! `GET /api/me`: who asks.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Scope, Via};
use crate::problem::{Problem, ProblemResponse};

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Me)]
pub(crate) struct MeView {
    /// As it stands on their videos; `local` in single-user mode.
    owner_id: String,
    /// What to call them.
    #[schema(required)]
    name: Option<String>,
    /// Whether they see the pipeline and the videos of others.
    is_operator: bool,
    /// How they are known.
    signed_in_by: SignedInBy,
    /// What their API key may do; null without one: then everything that is theirs.
    #[schema(required)]
    scopes: Option<Vec<Scope>>,
}

/// How somebody is known.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignedInBy {
    /// Nobody signs in here.
    SingleUser,
    /// A token of the issuer.
    Token,
    /// A browser's session.
    Session,
    /// An API key.
    Key,
}

/// Ask who you are
///
/// 401 for whoever is not known: browsers then go to `/auth/sign-in?return_to=/…`, and leave by
/// `POST /auth/sign-out`.
#[utoipa::path(
    get,
    path = "/api/me",
    operation_id = "read_me",
    tag = "identity",
    responses((status = 200, description = "You", body = MeView), ProblemResponse)
)]
pub(crate) async fn read(caller: Caller) -> Result<Json<MeView>, Problem> {
    let (signed_in_by, scopes) = match caller.via {
        Via::SingleUser => (SignedInBy::SingleUser, None),
        Via::Token => (SignedInBy::Token, None),
        Via::Session => (SignedInBy::Session, None),
        Via::Key(scopes) => (SignedInBy::Key, Some(scopes.into_iter().collect())),
    };
    Ok(Json(MeView {
        owner_id: caller.owner_id.to_string(),
        name: caller.name,
        is_operator: caller.is_operator,
        signed_in_by,
        scopes,
    }))
}
