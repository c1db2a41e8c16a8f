//! `/s/{token}` and `/embed/…`: the pages that links lead to. They ask the API for the video by
//! what stands in their address.

use std::sync::Arc;

use axum::{
    Extension, Form,
    extract::{Path, State, rejection::FormRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{Token, open, pass, password, valid};
use crate::{App, Web, clock, pages, problem::Problem};

/// Passwords that may be tried per share and minute, by all together.
const TRIES: u64 = 10;

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    #[serde(default)]
    password: String,
}

/// `GET /s/{token}`: the page that plays, or a question for the password.
pub(crate) async fn watch(
    State(app): State<Arc<App>>,
    Extension(web): Extension<Web>,
    Path(token): Path<String>,
) -> Response {
    match open(&app, &token).await {
        Ok(opened) => {
            // Whoever gave the password was counted then.
            if let (Some(share), Some(Token::Share { video, .. })) =
                (&opened.share, Token::parse(&token))
            {
                app.views.count(video, &share.share_id);
            }
            web.shared_page().await
        }
        Err(problem) if problem.code() == "password_required" => asked(StatusCode::OK, None),
        Err(problem) => told(problem),
    }
}

/// `POST /s/{token}`: the password.
pub(crate) async fn enter(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    form: Result<Form<PasswordForm>, FormRejection>,
) -> Response {
    match entered(&app, &token, form.map(|Form(form)| form.password).unwrap_or_default()).await {
        Ok(Some(pass)) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/s/{pass}"))]).into_response()
        }
        Ok(None) => asked(StatusCode::FORBIDDEN, Some("That is not the password.")),
        Err(problem) => told(problem),
    }
}

/// A pass for who knows the password.
async fn entered(app: &App, token: &str, given: String) -> Result<Option<String>, Problem> {
    let Some(Token::Share { video, hash }) = Token::parse(token) else {
        return Err(super::not_found());
    };
    let share = valid(app, video, &hash).await?;
    let Some(kept) = &share.password else { return Ok(Some(token.to_owned())) };
    if !app.catalogue.may_try(video, &hash, clock::unix_now() / 60, TRIES).await? {
        let detail = "Too many passwords were tried. Wait a minute.";
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", detail));
    }
    let is_right = password::check(&given).is_ok()
        && password::matches(given, kept).await.map_err(Problem::internal)?;
    if !is_right {
        return Ok(None);
    }
    app.views.count(video, &hash);
    let (pass, _) = pass(app, video, Some(&hash)).await?;
    Ok(Some(pass))
}

/// `GET /embed/{id}`: the page for frames; it asks for the video itself.
pub(crate) async fn embed(Extension(web): Extension<Web>) -> Response {
    web.embed_page().await
}

/// `GET /embed/{id}/t/{token}`: the same by a token.
pub(crate) async fn embed_shared(
    State(app): State<Arc<App>>,
    Extension(web): Extension<Web>,
    Path((_, token)): Path<(String, String)>,
) -> Response {
    if let (Ok(opened), Some(Token::Share { video, .. })) =
        (open(&app, &token).await, Token::parse(&token))
        && let Some(share) = opened.share
    {
        app.views.count(video, &share.share_id);
    }
    web.embed_page().await
}

fn asked(status: StatusCode, wrong: Option<&str>) -> Response {
    let wrong = wrong.map(|wrong| format!("<p role=\"alert\">{}</p>", pages::escaped(wrong)));
    let body = format!(
        "<p>This video needs a password.</p>{}<form method=\"post\"><label>Password\
         <input name=\"password\" type=\"password\" required autofocus \
         autocomplete=\"current-password\"></label><button>Watch</button></form>",
        wrong.unwrap_or_default()
    );
    pages::page(status, "Password", &body)
}

/// A problem as people read it.
fn told(problem: Problem) -> Response {
    let status = problem.status();
    let body = format!("<p role=\"alert\">{}</p>", pages::escaped(problem.detail()));
    // What is ours to repair goes to the log by this.
    let logged = problem.into_response();
    let mut response = pages::page(status, "This did not work", &body);
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    } else if let Some(after) = logged.headers().get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, after.clone());
    }
    response
}
