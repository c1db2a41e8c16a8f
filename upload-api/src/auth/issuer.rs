//! The OpenID Connect issuer: what it says of itself, its keys, and what it gives for a code.
//!
//! What it said is kept: for minutes while it answers, for a day while it does not. A key that is
//! not known yet is asked for at once, but not more often than strangers could make us ask.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use axum::http::StatusCode;
use base64::{Engine, engine::general_purpose::STANDARD};
use platform::http;
use serde::Deserialize;
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::{
    AuthArgs, PublicUrl, Secret,
    jwk::KeySet,
    jwt::{Claims, Refused, Unverified},
    settings::checked,
};
use crate::{clock, problem::Problem};

/// For how long what the issuer said is not asked for again.
const FRESH: Duration = Duration::from_secs(15 * 60);
/// For how long it holds while the issuer does not answer.
const STALE: Duration = Duration::from_secs(24 * 3600);
/// It is asked at most this often per window, whoever sends tokens with whatever keys.
const ASKED_AT_MOST: usize = 3;
const WINDOW: Duration = Duration::from_secs(30);

/// The issuer, and who we are to it.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    audience: String,
    /// What we are called when somebody signs in by browser.
    pub(super) client_id: String,
    client_secret: Option<Secret>,
    pub(super) operators_group: String,
    /// Where browsers find us.
    pub(super) public_url: PublicUrl,
    known: RwLock<Option<Arc<Known>>>,
    /// When it was asked lately; who holds it asks.
    asked: Mutex<Vec<Instant>>,
}

/// What the issuer says.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) endpoints: Endpoints,
    keys: KeySet,
    since: Instant,
}

/// OpenID Connect Discovery 3, as far as we need it.
#[derive(Debug, Deserialize)]
pub(super) struct Endpoints {
    issuer: String,
    jwks_uri: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    pub(super) end_session_endpoint: Option<String>,
}

/// RFC 6749 5.1.
#[derive(Deserialize)]
struct TokenAnswer {
    id_token: String,
}

impl Issuer {
    /// `None` without an issuer: single-user mode. Asks nobody yet.
    pub(crate) fn new(args: &AuthArgs) -> Option<Self> {
        let url = args.auth_issuer.as_ref()?.0.clone();
        let audience = args.auth_audience.clone()?;
        Some(Self {
            url,
            client_id: args.auth_client_id.clone().unwrap_or_else(|| audience.clone()),
            audience,
            client_secret: args.auth_client_secret.clone(),
            operators_group: args.auth_operators_group.clone(),
            public_url: args.public_url.clone()?,
            known: RwLock::default(),
            asked: Mutex::default(),
        })
    }

    /// What a bearer token says, if it is one of the issuer's, for us, and valid now.
    ///
    /// # Errors
    /// 401 with what is wrong with it; 503 if nobody can say.
    pub(super) async fn claims(&self, token: &str) -> Result<Claims, Problem> {
        let claims = self.signed(token).await?;
        let audiences = [self.audience.as_str(), self.client_id.as_str()];
        claims.check(&self.url, &audiences, clock::unix_now()).map_err(refused)?;
        Ok(claims)
    }

    async fn signed(&self, token: &str) -> Result<Claims, Problem> {
        let token = Unverified::parse(token).map_err(refused)?;
        let mut known = self.known().await?;
        if known.keys.find(token.key_id()).is_none() {
            match self.ask(Some(&known)).await {
                Ok(newer) => known = newer,
                Err(error) => warn!(error = format!("{error:#}"), "an unknown key stays unknown"),
            }
        }
        let key = known.keys.find(token.key_id()).ok_or(Refused::UnknownKey);
        key.and_then(|key| token.verified_by(key)).map_err(refused)
    }

    /// What the issuer says of itself.
    ///
    /// # Errors
    /// 503 if it has not answered for too long.
    pub(super) async fn known(&self) -> Result<Arc<Known>, Problem> {
        let known = self.remembered();
        if let Some(known) = known.as_ref().filter(|known| known.since.elapsed() < FRESH) {
            return Ok(known.clone());
        }
        match self.ask(known.as_deref()).await {
            Ok(known) => Ok(known),
            Err(error) => {
                let known = known.filter(|known| known.since.elapsed() < STALE);
                known.ok_or_else(|| unavailable(error))
            }
        }
    }

    fn remembered(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks, unless somebody else just did: one at a time, and not too often.
    async fn ask(&self, seen: Option<&Known>) -> anyhow::Result<Arc<Known>> {
        let mut asked = self.asked.lock().await;
        let newer = |known: &Arc<Known>| seen.is_none_or(|seen| known.since > seen.since);
        if let Some(known) = self.remembered().filter(newer) {
            return Ok(known);
        }
        asked.retain(|at| at.elapsed() < WINDOW);
        ensure!(asked.len() < ASKED_AT_MOST, "the issuer was asked often enough");
        asked.push(Instant::now());
        let known = Arc::new(self.discover().await.context("asking the issuer")?);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        info!(issuer = self.url, "the issuer has told its keys");
        Ok(known)
    }

    async fn discover(&self) -> anyhow::Result<Known> {
        let base = self.url.trim_end_matches('/');
        let document = fetch(&format!("{base}/.well-known/openid-configuration")).await?;
        let endpoints: Endpoints = serde_json::from_str(&document).context("its description")?;
        ensure!(endpoints.issuer == self.url, "it calls itself {:?}", endpoints.issuer);
        let Endpoints { jwks_uri, authorization_endpoint, token_endpoint, .. } = &endpoints;
        for url in [jwks_uri, authorization_endpoint, token_endpoint] {
            checked(url)?;
        }
        let keys = KeySet::parse(&fetch(jwks_uri).await?).context("its keys")?;
        Ok(Known { endpoints, keys, since: Instant::now() })
    }

    /// Whom a code from the issuer is about: the last step of signing in.
    ///
    /// # Errors
    /// 400 if the issuer does not take the code or its answer is not for us; 503 if nobody can say.
    pub(super) async fn redeem(
        &self,
        code: &str,
        verifier: &str,
        nonce: &str,
    ) -> Result<Claims, Problem> {
        let known = self.known().await?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.callback())
            .append_pair("client_id", &self.client_id)
            .append_pair("code_verifier", verifier)
            .finish();
        let mut headers = vec![
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
            ("accept".to_owned(), "application/json".to_owned()),
        ];
        headers.extend(self.authorization());
        let url = &known.endpoints.token_endpoint;
        let answer = http::send("POST", url, headers, form).await;
        let (status, body) = answer.map_err(unavailable)?;
        match status {
            200 => {}
            500.. => return Err(unavailable(anyhow::anyhow!("its token endpoint says {status}"))),
            // The body may have something to say, but it is not for the outside.
            _ => return Err(failed(&format!("the token endpoint says {status}: {body:.300}"))),
        }
        let answer: TokenAnswer = serde_json::from_str(&body)
            .map_err(|_| failed("the token endpoint's answer has no ID token"))?;
        let claims = self.signed(&answer.id_token).await?;
        let checked = claims.check(&self.url, &[self.client_id.as_str()], clock::unix_now());
        checked.map_err(|refused| failed(&format!("the ID token: {refused}")))?;
        if !claims.is_for_client(&self.client_id) || claims.nonce.as_deref() != Some(nonce) {
            return Err(failed("the ID token is not for this sign-in"));
        }
        Ok(claims)
    }

    /// Where the issuer sends browsers back to.
    pub(super) fn callback(&self) -> String {
        format!("{}/auth/callback", self.public_url.origin())
    }

    /// `client_secret_basic` (RFC 6749 2.3.1).
    fn authorization(&self) -> Option<(String, String)> {
        let encoded =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let secret = encoded(self.client_secret.as_ref()?.expose());
        let pair = STANDARD.encode(format!("{}:{secret}", encoded(&self.client_id)));
        Some(("authorization".to_owned(), format!("Basic {pair}")))
    }
}

async fn fetch(url: &str) -> anyhow::Result<String> {
    let accept = vec![("accept".to_owned(), "application/json".to_owned())];
    let (status, body) = http::send("GET", url, accept, String::new()).await?;
    ensure!(status == 200, "{url} says {status}");
    Ok(body)
}

fn refused(refused: Refused) -> Problem {
    Problem::invalid_token(format!("The token is not taken: {refused}."))
}

fn failed(why: &str) -> Problem {
    info!(why, "signing in failed");
    Problem::bad_request("sign_in_failed", "Signing in did not work. Try again.")
}

fn unavailable(inside: anyhow::Error) -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "issuer_unavailable",
        "Whoever signs people in here does not answer. Try again soon.",
    )
    .because(inside)
}
