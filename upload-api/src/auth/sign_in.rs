//! Signing in by browser: authorization code with PKCE (OpenID Connect Core 3.1, RFC 7636).
//!
//! The browser that begins keeps one random value in a cookie that no script reads; state, nonce
//! and verifier follow from it. So nothing is stored here until somebody has signed in, any replica
//! can end what another one began, and only the browser that began can end it.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tracing::{info, warn};

use super::{Issuer, caller, cookies::Cookie, secret};
use crate::{App, catalogue::Session, clock, extract::Params, pages, problem::Problem, security};

/// How long somebody may take to type a password.
const SIGN_IN: Duration = Duration::from_secs(15 * 60);
/// How long a session lasts; then the issuer is asked again.
const SESSION: Duration = Duration::from_secs(12 * 3600);
/// Longest address to come back to.
const MAX_RETURN_TO: usize = 1000;

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub(crate) struct BeginParams {
    return_to: Option<String>,
}

/// What the issuer sends along (RFC 6749 4.1.2).
#[derive(Debug, Deserialize)]
pub(crate) struct CallbackParams {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// What a browser keeps while it signs in.
struct Begun {
    secret: String,
    return_to: String,
}

/// `GET /auth/sign-in?return_to=/…`: on to the issuer's pages.
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Params(params): Params<BeginParams>,
) -> Result<Response, Problem> {
    let return_to = safe(params.return_to.as_deref().unwrap_or("/")).to_owned();
    // In single-user mode everybody is signed in.
    let Some(issuer) = &app.issuer else { return Ok(redirect(&return_to, [])) };
    let begun = Begun { secret: secret::random(), return_to };
    let known = issuer.known().await?;
    let endpoint = &known.endpoints.authorization_endpoint;
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &issuer.client_id)
        .append_pair("redirect_uri", &issuer.callback())
        .append_pair("scope", "openid email profile")
        .append_pair("state", &begun.state())
        .append_pair("nonce", &begun.nonce())
        .append_pair("code_challenge", &secret::sha256(&begun.verifier()))
        .append_pair("code_challenge_method", "S256");
    let mark = if endpoint.contains('?') { '&' } else { '?' };
    let url = format!("{endpoint}{mark}{}", query.finish());
    let cookie = Cookie::SignIn.set(&issuer.public_url, &begun.to_cookie(), SIGN_IN);
    Ok(redirect(&url, [cookie]))
}

/// `GET /auth/callback`: back from the issuer's pages, with a code.
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Params(params): Params<CallbackParams>,
    headers: HeaderMap,
) -> Response {
    let Some(issuer) = &app.issuer else { return redirect("/", []) };
    let begun = Cookie::SignIn.read(&issuer.public_url, &headers).and_then(Begun::from_cookie);
    let return_to = begun.as_ref().map_or_else(|| "/".to_owned(), |begun| begun.return_to.clone());
    let mut response = match signed_in(&app, issuer, begun, params).await {
        Ok(session) => {
            let session = Cookie::Session.set(&issuer.public_url, &session, SESSION);
            redirect(&return_to, [session])
        }
        Err(problem) => {
            let mut again = form_urlencoded::Serializer::new(String::new());
            again.append_pair("return_to", &return_to);
            let again = format!("/auth/sign-in?{}", again.finish());
            pages::sign_in_failed(&problem, &again)
        }
    };
    let clear = Cookie::SignIn.clear(&issuer.public_url);
    response.headers_mut().append(header::SET_COOKIE, clear);
    response
}

async fn signed_in(
    app: &App,
    issuer: &Issuer,
    begun: Option<Begun>,
    params: CallbackParams,
) -> Result<String, Problem> {
    // Whoever has no such cookie may have been sent here to be signed in as somebody else.
    let begun = begun.filter(|begun| params.state.as_deref() == Some(&*begun.state()));
    let Some(begun) = begun else {
        let detail = "This sign-in was not begun in this browser, or too long ago. Try again.";
        return Err(Problem::bad_request("sign_in_expired", detail));
    };
    if let Some(error) = params.error {
        info!(error = format!("{error:.100}"), "the issuer did not sign somebody in");
        let detail = "Whoever signs people in here refused. Try again.";
        return Err(Problem::bad_request("sign_in_refused", detail));
    }
    let code = params.code.unwrap_or_default();
    let claims = issuer.redeem(&code, &begun.verifier(), &begun.nonce()).await?;
    let session = Session {
        owner_id: caller::owner(&claims.sub)?,
        name: claims.display_name(),
        is_operator: claims.is_in(&issuer.operators_group),
        created_at: clock::rfc3339_now(),
        expires_at: clock::unix_now() + SESSION.as_secs(),
    };
    let name = secret::random();
    app.catalogue.keep_session(&secret::kept(&name), &session).await?;
    info!(owner = %session.owner_id, is_operator = session.is_operator, "signed in");
    Ok(name)
}

/// `POST /auth/sign-out`: the session ends here, then at the issuer.
pub(crate) async fn sign_out(
    State(app): State<Arc<App>>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(issuer) = &app.issuer else { return Ok(redirect("/", [])) };
    let site = &issuer.public_url;
    security::own_page(&method, &headers, site.origin())?;
    if let Some(cookie) = Cookie::Session.read(site, &headers) {
        app.catalogue.remove_session(&secret::kept(cookie)).await?;
    }
    Ok(redirect(&leave(issuer).await, [Cookie::Session.clear(site)]))
}

/// OpenID Connect RP-Initiated Logout 1.0, with the parameter that Cognito wants instead.
async fn leave(issuer: &Issuer) -> String {
    let known = match issuer.known().await {
        Ok(known) => known,
        Err(problem) => {
            warn!(code = problem.code(), "signed out here only");
            return "/".to_owned();
        }
    };
    let Some(endpoint) = &known.endpoints.end_session_endpoint else { return "/".to_owned() };
    let home = format!("{}/", issuer.public_url.origin());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", &issuer.client_id)
        .append_pair("post_logout_redirect_uri", &home)
        .append_pair("logout_uri", &home);
    let mark = if endpoint.contains('?') { '&' } else { '?' };
    format!("{endpoint}{mark}{}", query.finish())
}

impl Begun {
    fn state(&self) -> String {
        secret::derived(&self.secret, "state")
    }

    fn nonce(&self) -> String {
        secret::derived(&self.secret, "nonce")
    }

    fn verifier(&self) -> String {
        secret::derived(&self.secret, "verifier")
    }

    fn to_cookie(&self) -> String {
        format!("{}.{}", self.secret, secret::encoded(self.return_to.as_bytes()))
    }

    fn from_cookie(value: &str) -> Option<Self> {
        let (secret, return_to) = value.split_once('.')?;
        let return_to = String::from_utf8(secret::decoded(return_to)?).ok()?;
        let return_to = safe(&return_to).to_owned();
        (secret.len() == 43).then(|| Self { secret: secret.to_owned(), return_to })
    }
}

/// An address of this site, whatever was asked for: `//evil.example` and `/\evil.example` are none.
fn safe(return_to: &str) -> &str {
    let is_plain = return_to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_here = return_to.starts_with('/') && !return_to.starts_with("//");
    // Back to signing in would be a circle.
    let is_ours = !return_to.starts_with("/auth/");
    let is_safe = is_plain && is_here && is_ours && return_to.len() <= MAX_RETURN_TO;
    if is_safe { return_to } else { "/" }
}

fn redirect<const N: usize>(to: &str, cookies: [HeaderValue; N]) -> Response {
    let location: [(HeaderName, String); 1] = [(header::LOCATION, to.to_owned())];
    let mut response = (StatusCode::SEE_OTHER, location).into_response();
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for fine in ["/", "/watch/1?x=%20#y", "/s/a.b"] {
            assert_eq!(safe(fine), fine);
        }
        for wrong in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "watch",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/ü",
            "/auth/sign-in",
            &format!("/{}", "x".repeat(1000)),
        ] {
            assert_eq!(safe(wrong), "/", "{wrong:?}");
        }
    }

    #[test]
    fn a_sign_in_is_kept_by_its_browser() {
        let begun = Begun { secret: secret::random(), return_to: "/watch/1".to_owned() };
        let read = Begun::from_cookie(&begun.to_cookie()).unwrap();
        assert_eq!((read.state(), read.nonce()), (begun.state(), begun.nonce()));
        assert_eq!(read.return_to, "/watch/1");
        let distinct = [begun.state(), begun.nonce(), begun.verifier(), begun.secret.clone()];
        assert!(distinct.iter().all(|one| distinct.iter().filter(|two| one == *two).count() == 1));
        assert_eq!(begun.verifier().len(), 43, "RFC 7636 4.1");
        let elsewhere = format!("{}.{}", begun.secret, secret::encoded(b"//evil.example"));
        assert_eq!(Begun::from_cookie(&elsewhere).unwrap().return_to, "/");
        for wrong in ["", ".", "short.Lw", &begun.secret] {
            assert!(Begun::from_cookie(wrong).is_none(), "{wrong}");
        }
    }
}
