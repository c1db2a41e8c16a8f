//! An OpenID Connect issuer that does what it is told, also what a real one never would.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::{Form, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use upload_api::auth::AuthArgs;

/// The client of the product, and whom its tokens are for.
pub const CLIENT: &str = "fantail-web";
/// Where browsers find the product; the tests ask its port themselves.
pub const SITE: &str = "http://localhost:8080";

pub struct TestIssuer {
    pub state: Arc<Truth>,
    serving: JoinHandle<()>,
}

pub struct Truth {
    pub url: String,
    key: Mutex<(String, EcdsaKeyPair)>,
    /// How often somebody asked for its keys.
    pub asked: AtomicUsize,
    /// Whether it answers with nothing but errors.
    pub down: AtomicBool,
    /// What the next sign-in says, beside whom it is about.
    pub extra: Mutex<Value>,
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
}

impl TestIssuer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/pool", listener.local_addr().unwrap());
        let state = Arc::new(Truth {
            url,
            key: Mutex::new(("first".into(), key())),
            asked: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            extra: Mutex::new(json!({})),
            codes: Mutex::default(),
        });
        let routes = Router::new()
            .route("/pool/.well-known/openid-configuration", get(describe))
            .route("/pool/keys", get(keys))
            .route("/pool/authorize", get(authorize))
            .route("/pool/token", post(token))
            .with_state(state.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { state, serving }
    }

    pub fn args(&self) -> AuthArgs {
        AuthArgs {
            auth_issuer: Some(self.state.url.parse().unwrap()),
            auth_audience: Some(CLIENT.into()),
            auth_client_id: None,
            auth_client_secret: Some("s:crèt".parse().unwrap()),
            auth_operators_group: "operators".into(),
            public_url: Some(SITE.parse().unwrap()),
        }
    }

    /// An access token as Cognito makes them.
    pub fn token(&self, subject: &str) -> String {
        self.signed(&json!({"sub": subject, "client_id": CLIENT, "token_use": "access"}))
    }

    pub fn operator_token(&self) -> String {
        self.signed(&json!({"sub": "olga", "client_id": CLIENT, "token_use": "access",
            "cognito:groups": ["editors", "operators"]}))
    }

    /// A token with these claims, and whatever of the usual ones they lack.
    pub fn signed(&self, claims: &Value) -> String {
        self.state.signed(claims)
    }

    /// From now on it signs with another key.
    pub fn rotate(&self) {
        *self.state.key.lock().unwrap() = ("second".into(), key());
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Truth {
    fn signed(&self, claims: &Value) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut all = json!({"iss": self.url, "exp": now + 600, "iat": now});
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let (id, key) = &*self.key.lock().unwrap();
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", part(&json!({"alg": "ES256", "kid": id})), part(&all));
        let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn key() -> EcdsaKeyPair {
    let (random, signing) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let key = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(signing, key.as_ref(), &random).unwrap()
}

async fn describe(State(state): State<Arc<Truth>>) -> Response {
    if state.down.load(Relaxed) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let url = &state.url;
    Json(json!({
        "issuer": url,
        "jwks_uri": format!("{url}/keys"),
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "end_session_endpoint": format!("{url}/logout"),
    }))
    .into_response()
}

async fn keys(State(state): State<Arc<Truth>>) -> Json<Value> {
    state.asked.fetch_add(1, Relaxed);
    let (id, key) = &*state.key.lock().unwrap();
    let point = key.public_key().as_ref();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Json(json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id,
        "x": part(&point[1..33]), "y": part(&point[33..])}]}))
}

/// Whoever comes is Ada, and is sent back at once.
async fn authorize(
    State(state): State<Arc<Truth>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Redirect {
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["client_id"], CLIENT);
    assert_eq!(asked["code_challenge_method"], "S256");
    let back = format!("{}?code=c0de&state={}", asked["redirect_uri"], asked["state"]);
    state.codes.lock().unwrap().insert("c0de".into(), asked);
    Redirect::to(&back)
}

async fn token(
    State(state): State<Arc<Truth>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    // RFC 6749 2.3.1: form-encoded before base64.
    let basic = format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(format!("{CLIENT}:s%3Acr%C3%A8t"))
    );
    if headers.get(header::AUTHORIZATION).unwrap() != basic.as_str() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Some(asked) = state.codes.lock().unwrap().remove(&form["code"]) else {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    };
    let challenge = digest(&SHA256, form["code_verifier"].as_bytes());
    let is_right = URL_SAFE_NO_PAD.encode(challenge) == asked["code_challenge"]
        && form["redirect_uri"] == asked["redirect_uri"]
        && form["grant_type"] == "authorization_code";
    if !is_right {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response();
    }
    let mut claims = json!({"sub": "ada", "aud": CLIENT, "nonce": asked["nonce"],
        "token_use": "id", "email": "ada@example.com"});
    let extra = state.extra.lock().unwrap().clone();
    claims.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    let id_token = state.signed(&claims);
    Json(json!({"access_token": "x", "token_type": "Bearer", "id_token": id_token})).into_response()
}
