//! Protection and notices, against small fakes of those who give them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post, put},
};
use platform::{
    aws::Aws,
    scale_in::{NoticeKinds, Protection, ScaleIn, ScaleInArgs},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::stage::aws;

/// What the surroundings of a worker say and hear.
#[derive(Default)]
struct World {
    /// What the metadata service knows, by path.
    metadata: Mutex<HashMap<&'static str, &'static str>>,
    /// What was asked of ECS's agent and of Auto Scaling.
    asked: Mutex<Vec<Value>>,
    /// Requests to the metadata service that showed no token.
    without_token: Mutex<u32>,
    /// Protection is refused.
    refuses: Mutex<bool>,
}

type Shared = State<Arc<World>>;

async fn told(
    State(world): Shared,
    headers: HeaderMap,
    Path(path): Path<String>,
) -> (StatusCode, String) {
    if headers.get("x-aws-ec2-metadata-token").is_none_or(|token| token != "a-token") {
        *world.without_token.lock().unwrap() += 1;
        return (StatusCode::UNAUTHORIZED, String::new());
    }
    match world.metadata.lock().unwrap().get(path.as_str()) {
        Some(text) => (StatusCode::OK, (*text).to_owned()),
        None => (StatusCode::NOT_FOUND, String::new()),
    }
}

async fn protect_task(State(world): Shared, Json(asked): Json<Value>) -> Json<Value> {
    let enabled = asked["ProtectionEnabled"].clone();
    world.asked.lock().unwrap().push(asked);
    Json(match *world.refuses.lock().unwrap() {
        true => json!({"failure": {"Arn": "a", "Reason": "DEPLOYMENT_BLOCKED", "Detail": "x"}}),
        false => json!({"protection": {"ProtectionEnabled": enabled, "TaskArn": "a"}}),
    })
}

async fn protect_instance(State(world): Shared, headers: HeaderMap, body: String) -> &'static str {
    let authorization = headers["authorization"].to_str().unwrap();
    let is_signed = authorization.starts_with("AWS4-HMAC-SHA256 Credential=test/")
        && authorization.contains("/us-east-1/autoscaling/aws4_request");
    world.asked.lock().unwrap().push(json!({"form": body, "signed": is_signed}));
    "<SetInstanceProtectionResponse/>"
}

/// A worker's surroundings, its jobs, and what watches over both.
struct Stage {
    world: Arc<World>,
    args: ScaleInArgs,
    aws: Aws,
    jobs: watch::Sender<usize>,
    shutdown: CancellationToken,
    done: CancellationToken,
}

impl Stage {
    async fn new() -> Self {
        let world = Arc::new(World::default());
        world.metadata.lock().unwrap().insert("instance-id", "i-0123");
        let token = || async { ([("x-aws-ec2-metadata-token-ttl-seconds", "600")], "a-token") };
        let fakes = Router::new()
            .route("/latest/api/token", put(token))
            .route("/latest/meta-data/{*path}", get(told))
            .route("/agent/task-protection/v1/state", put(protect_task))
            .route("/", post(protect_instance))
            .with_state(world.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, fakes).await.unwrap() });
        let args = ScaleInArgs {
            protection_minutes: 40,
            auto_scaling_group: Some("fantail 480p".into()),
            ecs_agent_uri: Some(format!("{base}/agent")),
            metadata_endpoint: Some(base.clone()),
            auto_scaling_endpoint: Some(base),
            ..ScaleInArgs::default()
        };
        let (shutdown, done) = (CancellationToken::new(), CancellationToken::new());
        Self { world, args, aws: aws().await, jobs: watch::channel(0).0, shutdown, done }
    }

    fn watch(&self) -> JoinHandle<()> {
        let scale_in = ScaleIn::new(&self.args, &self.aws).unwrap();
        let jobs = self.jobs.subscribe();
        tokio::spawn(scale_in.watch(jobs, self.shutdown.clone(), self.done.clone()))
    }

    /// All that was asked, once it is so much.
    async fn asked(&self, count: usize) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let asked = self.world.asked.lock().unwrap().clone();
            if asked.len() >= count || Duration::from_secs(20) < began.elapsed() {
                return asked;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn nothing_is_asked_of_anybody_by_default() {
    let stage = Stage::new().await;
    assert!(!ScaleIn::new(&stage.args, &stage.aws).unwrap().is_ending().await);
    let watching = stage.watch();
    stage.jobs.send_replace(1);
    watching.await.unwrap();
    assert!(stage.world.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_task_is_protected_while_it_has_jobs() {
    let mut stage = Stage::new().await;
    stage.args.scale_in_protection = Protection::Ecs;
    let watching = stage.watch();
    for jobs in [1, 0, 1, 2, 1, 0] {
        stage.jobs.send_replace(jobs);
        sleep(Duration::from_millis(100)).await;
    }
    let protect = json!({"ProtectionEnabled": true, "ExpiresInMinutes": 40});
    assert_eq!(stage.asked(1).await, std::slice::from_ref(&protect), "one edge, whatever the jobs");
    let release = json!({"ProtectionEnabled": false});
    assert_eq!(stage.asked(2).await, [protect.clone(), release.clone()], "idle for a while");
    stage.jobs.send_replace(1);
    stage.asked(3).await;
    stage.done.cancel();
    watching.await.unwrap();
    assert_eq!(stage.asked(4).await, [protect.clone(), release.clone(), protect, release]);
}

#[tokio::test]
async fn a_refused_protection_does_not_stop_the_work() {
    let mut stage = Stage::new().await;
    stage.args.scale_in_protection = Protection::Ecs;
    *stage.world.refuses.lock().unwrap() = true;
    let watching = stage.watch();
    stage.jobs.send_replace(1);
    assert_eq!(stage.asked(1).await.len(), 1);
    *stage.world.refuses.lock().unwrap() = false;
    stage.jobs.send_replace(2);
    assert_eq!(stage.asked(2).await[1]["ProtectionEnabled"], true, "the next job asks again");
    stage.done.cancel();
    watching.await.unwrap();
    assert!(!stage.shutdown.is_cancelled());
    stage.args.ecs_agent_uri = None;
    let error = ScaleIn::new(&stage.args, &stage.aws).unwrap_err();
    assert!(error.to_string().contains("ECS_AGENT_URI"), "{error}");
}

#[tokio::test]
async fn an_instance_is_protected_by_a_signed_call() {
    let mut stage = Stage::new().await;
    stage.args.scale_in_protection = Protection::Ec2;
    let watching = stage.watch();
    stage.jobs.send_replace(1);
    stage.asked(1).await;
    stage.done.cancel();
    watching.await.unwrap();
    let form = |protected| {
        json!({"signed": true, "form": format!(
            "Action=SetInstanceProtection&Version=2011-01-01&AutoScalingGroupName=fantail%20480p\
             &InstanceIds.member.1=i-0123&ProtectedFromScaleIn={protected}"
        )})
    };
    assert_eq!(stage.asked(2).await, [form(true), form(false)]);
    assert_eq!(*stage.world.without_token.lock().unwrap(), 0, "version 2 only");
}

#[tokio::test]
async fn a_notice_stops_a_worker_that_is_at_it() {
    for (path, kinds, heeded) in [
        ("spot/instance-action", NoticeKinds::Interruption, true),
        ("events/recommendations/rebalance", NoticeKinds::Interruption, false),
        ("events/recommendations/rebalance", NoticeKinds::Rebalance, true),
    ] {
        let mut stage = Stage::new().await;
        stage.args.instance_notices = kinds;
        let before = ScaleIn::new(&stage.args, &stage.aws).unwrap();
        assert!(!before.is_ending().await, "nothing is told yet");
        let watching = stage.watch();
        stage.world.metadata.lock().unwrap().insert(path, r#"{"action": "terminate"}"#);
        sleep(Duration::from_millis(300)).await;
        assert!(!stage.shutdown.is_cancelled(), "an idle worker does not ask");
        stage.jobs.send_replace(1);
        let patience = if heeded { Duration::from_secs(20) } else { Duration::from_secs(1) };
        let fired = tokio::time::timeout(patience, stage.shutdown.cancelled()).await.is_ok();
        assert_eq!(fired, heeded, "{path}");
        assert_eq!(ScaleIn::new(&stage.args, &stage.aws).unwrap().is_ending().await, heeded);
        stage.done.cancel();
        watching.await.unwrap();
    }
}

#[tokio::test]
async fn a_metadata_service_that_is_away_gives_no_notice() {
    let mut stage = Stage::new().await;
    stage.args.instance_notices = NoticeKinds::Rebalance;
    stage.args.metadata_endpoint = Some("http://127.0.0.1:9".into());
    assert!(!ScaleIn::new(&stage.args, &stage.aws).unwrap().is_ending().await);
}
