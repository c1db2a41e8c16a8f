//! What handlers take out of requests, with problems instead of plain text where it is wrong.

use std::{collections::HashMap, str::FromStr};

use axum::{
    Json, RequestPartsExt,
    body::HttpBody,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
    http::{StatusCode, request::Parts},
};
use domain::VideoId;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// The query of a URL.
pub(crate) struct Params<T>(pub(crate) T);

/// A JSON body.
pub(crate) struct Input<T>(pub(crate) T);

/// A JSON body that may be left out.
pub(crate) struct OptionalInput<T>(pub(crate) Option<T>);

/// The `{id}` of a path. What is no id belongs to no video.
pub(crate) struct Id(pub(crate) VideoId);

/// The `{name}` of a path; empty if it is not even text.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = Query::try_from_uri(&parts.uri);
        let Query(params) =
            query.map_err(|error| Problem::bad_request("invalid_query", error.body_text()))?;
        Ok(Self(params))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(input)) => Ok(Self(input)),
            Err(error) => {
                let code = match error.status() {
                    StatusCode::UNSUPPORTED_MEDIA_TYPE => "json_expected",
                    StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
                    _ => "invalid_body",
                };
                Err(Problem::new(error.status(), code, error.body_text()))
            }
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for OptionalInput<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if request.body().is_end_stream() {
            return Ok(Self(None));
        }
        Input::from_request(request, state).await.map(|Input(input)| Self(Some(input)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let id = part(parts, "id").await.and_then(|id| VideoId::from_str(&id).ok());
        id.map(Self).ok_or_else(Problem::video_not_found)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(part(parts, "name").await.unwrap_or_default()))
    }
}

pub(crate) async fn part(parts: &mut Parts, name: &str) -> Option<String> {
    let path = parts.extract::<Path<HashMap<String, String>>>().await;
    path.ok()?.0.remove(name)
}
