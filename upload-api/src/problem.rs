//! Errors of the API: RFC 9457 problem details with a stable code. What is ours to repair goes to
//! the log, once, and tells the outside nothing.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tracing::error;
use utoipa::ToSchema;

use crate::{
    auth::Scope,
    catalogue::{CatalogueError, Limit},
};

/// Seconds after which it makes sense to ask again when a dependency is down.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// An answer that is an error.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    inside: Option<anyhow::Error>,
}

/// What went wrong (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemView {
    /// Always `about:blank`: the code says more than a URL would.
    r#type: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status once more.
    #[schema(example = 404)]
    status: u16,
    /// Stable; programs may match on it.
    #[schema(example = "video_not_found")]
    code: &'static str,
    /// A sentence for people.
    detail: String,
}

/// How every operation fails; for OpenAPI.
#[derive(utoipa::IntoResponses)]
#[response(
    status = "default",
    description = "What went wrong (RFC 9457)",
    content_type = "application/problem+json"
)]
#[expect(dead_code, reason = "only its description is used")]
pub(crate) struct ProblemResponse(ProblemView);

impl Problem {
    /// A problem of the asker's making: the detail says what to do.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { status, code, detail: detail.into(), inside: None }
    }

    /// 400.
    pub fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// There is no such video, or it is not theirs to know.
    pub fn video_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "video_not_found", "There is no video with this id.")
    }

    /// 401: nobody knows who asks.
    pub fn not_signed_in() -> Self {
        let detail = "Sign in, or send a token or an API key.";
        Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", detail)
    }

    /// 401: what was sent to say who asks is not taken.
    pub fn invalid_token(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_token", detail)
    }

    /// 403: a key that may do other things.
    pub fn scope_missing(scope: Scope) -> Self {
        let detail = format!("This API key may not do that: it lacks the scope {scope}.");
        Self::new(StatusCode::FORBIDDEN, "scope_missing", detail)
    }

    /// 403: known, but no operator.
    pub fn not_an_operator() -> Self {
        let detail = "Only operators may do this.";
        Self::new(StatusCode::FORBIDDEN, "not_an_operator", detail)
    }

    /// The owner has as much as they may have.
    pub fn over_quota(limit: Limit) -> Self {
        match limit {
            Limit::OpenUploads(most) => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_uploads",
                format!(
                    "{most} of your uploads are under way, which is the limit. Complete or abort \
                     one of them."
                ),
            ),
            Limit::Bytes { most, taken } => Self::new(
                StatusCode::FORBIDDEN,
                "quota_exceeded",
                format!(
                    "There is no room for this file: {taken} of your {most} bytes are taken. \
                     Delete something."
                ),
            ),
        }
    }

    /// There is nothing at this address.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
    }

    /// A dependency does not do what it should; asking again may help.
    pub fn unavailable(inside: anyhow::Error) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "unavailable",
            detail: "Something that Fantail needs does not answer. Try again soon.".into(),
            inside: Some(inside),
        }
    }

    /// We are at fault.
    pub fn internal(inside: anyhow::Error) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            detail: "Something went wrong on our side.".into(),
            inside: Some(inside),
        }
    }

    /// With what the log is told.
    pub(crate) fn because(mut self, inside: anyhow::Error) -> Self {
        self.inside = Some(inside);
        self
    }

    /// The sentence for people.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }
}

impl From<CatalogueError> for Problem {
    fn from(error: CatalogueError) -> Self {
        match error {
            CatalogueError::Corrupt(_) => Self::internal(error.into()),
            CatalogueError::OverQuota(limit) => Self::over_quota(limit),
            CatalogueError::Contended | CatalogueError::Unavailable(_) => {
                Self::unavailable(error.into())
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Some(inside) = &self.inside {
            error!(code = self.code, error = format!("{inside:#}"), "request failed");
        }
        let view = ProblemView {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail.into_owned(),
        };
        let mut response = (self.status, Json(view)).into_response();
        let headers = response.headers_mut();
        let content_type = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, content_type);
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
