//! A server that is told things: it remembers them, and answers as it is told to.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::Value;
use tokio::{net::TcpListener, task::AbortHandle};

/// It goes when it is dropped.
pub struct Receiver {
    pub url: String,
    world: Arc<World>,
    serving: AbortHandle,
}

struct World {
    answer: Mutex<StatusCode>,
    told: Mutex<Vec<Told>>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Told {
    pub headers: HeaderMap,
    pub body: String,
}

impl Receiver {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=a", listener.local_addr().unwrap());
        let (answer, told) = (Mutex::new(StatusCode::NO_CONTENT), Mutex::default());
        let world = Arc::new(World { answer, told });
        let router = Router::new().fallback(tell).with_state(world.clone());
        let serving = tokio::spawn(axum::serve(listener, router).into_future()).abort_handle();
        Self { url, world, serving }
    }

    /// What it answers from now on.
    pub fn answer(&self, status: u16) {
        *self.world.answer.lock().unwrap() = StatusCode::from_u16(status).unwrap();
    }

    /// All it was told.
    pub fn told(&self) -> Vec<Told> {
        self.world.told.lock().unwrap().clone()
    }

    /// The types of the events it was told.
    pub fn types(&self) -> Vec<String> {
        let kind = |told: &Told| told.json()["type"].as_str().unwrap().to_owned();
        self.told().iter().map(kind).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn tell(
    State(world): State<Arc<World>>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, &'static str) {
    world.told.lock().unwrap().push(Told { headers, body });
    (*world.answer.lock().unwrap(), "as you say")
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Whether one of its signatures is by this secret, checked as a receiver would.
    pub fn is_signed_by(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let (id, timestamp) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        let signed = format!("{id}.{timestamp}.{}", self.body);
        self.header("webhook-signature").split(' ').any(|signature| {
            let tag = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
            hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
        })
    }
}
