//! What a product consists of on one machine: the stand-ins for AWS and our services, each with its command line.

use crate::{
    cloud::{Cloud, Place},
    fleets::{self, Fleet},
    home::Home,
    ports::Ports,
    stack::{self, Environment},
};
use anyhow::Result;
use clap::Args;
use std::{env, fs, path::PathBuf, process::ExitCode, thread, time::Duration};

/// One process to keep alive.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub kind: Kind,
    pub program: PathBuf,
    pub args: Vec<String>,
    pub env: Environment,
    pub port: u16,
    /// From SIGTERM to SIGKILL; nothing for those that lose nothing by SIGKILL.
    pub grace: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ready when its port is open (the deployer then waits for what is behind it); stopped last.
    StandIn,
    /// Ready when `/readyz` says so; started after the deployment.
    Service,
}

impl Part {
    /// Whether a line of its log is only worth keeping in its file.
    pub fn minor(&self) -> fn(&str) -> bool {
        match self.name.as_str() {
            // SeaweedFS tells each step of its four servers, as I1123 …; warnings begin with W, errors with E.
            // Errors it calls also that nobody configured its IAM, which nobody uses, and that a reader hung up.
            "seaweedfs" => |line| {
                !line.starts_with(['W', 'E', 'F'])
                    || line.contains("Failed to load IAM")
                    || line.contains("context canceled")
            },
            "localstack" => |line| !line.contains("ERROR"),
            // Told to end it shows a traceback for every request that was still waiting.
            "ministack" => |line| !line.contains(" ERROR [") || line.contains("[asyncio]"),
            _ => |_| false,
        }
    }
}

/// What we start ourselves; what is elsewhere is somebody else's to start.
pub fn standins(cloud: &Cloud, home: &Home, ports: &Ports) -> Result<Vec<Part>> {
    let mut standins = vec![];
    if cloud.uses(&Place::LocalStack) {
        standins.push(localstack(home, ports)?);
    }
    if cloud.s3 == Place::Standin {
        standins.push(seaweedfs(home, ports)?);
    }
    if cloud.needs_ministack() {
        standins.push(ministack(home, ports)?);
    }
    Ok(standins)
}

fn localstack(home: &Home, ports: &Ports) -> Result<Part> {
    let data = home.data().join("localstack");
    fs::create_dir_all(&data)?;
    let address = format!("127.0.0.1:{}", ports.of("localstack"));
    Ok(Part {
        name: "localstack".into(),
        kind: Kind::StandIn,
        program: home.tools.join("localstack/bin/python"),
        args: ["-m", "localstack.runtime.main"].map(str::to_owned).to_vec(),
        env: Environment::of(&[
            ("GATEWAY_LISTEN", &address),
            // Part of every queue URL.
            ("LOCALSTACK_HOST", &address),
            ("SQS_ENDPOINT_STRATEGY", "off"),
            ("LOCALSTACK_VOLUME_DIR", &data.to_string_lossy()),
            ("S3_SKIP_SIGNATURE_VALIDATION", "0"),
            ("SKIP_SSL_CERT_DOWNLOAD", "1"),
            ("DISABLE_EVENTS", "1"),
            ("LS_LOG", "warn"),
        ]),
        port: ports.of("localstack"),
        // It keeps nothing.
        grace: None,
    })
}

fn seaweedfs(home: &Home, ports: &Ports) -> Result<Part> {
    let data = home.data().join("seaweedfs");
    fs::create_dir_all(&data)?;
    // The credentials of a stand-in on the loopback: no secret.
    let config = home.data().join("seaweedfs-s3.json");
    let actions = ["Admin", "Read", "Write", "List", "Tagging"];
    let keys = [serde_json::json!({"accessKey": "test", "secretKey": "test"})];
    let identity = serde_json::json!({"name": "local", "credentials": keys, "actions": actions});
    fs::write(&config, serde_json::json!({ "identities": [identity] }).to_string())?;
    let port = |name: &str| ports.of(name);
    Ok(Part {
        name: "seaweedfs".into(),
        kind: Kind::StandIn,
        program: home.venv_bin("weed"),
        args: vec![
            "server".into(),
            "-ip=127.0.0.1".into(),
            "-ip.bind=127.0.0.1".into(),
            format!("-dir={}", data.display()),
            "-filer".into(),
            "-s3".into(),
            format!("-s3.config={}", config.display()),
            // Buckets come from storage.yaml and from nowhere else.
            "-s3.autoCreateBucket=false".into(),
            format!("-s3.port={}", port("seaweedfs")),
            format!("-s3.port.grpc={}", port("seaweedfs-grpc")),
            "-s3.port.iceberg=0".into(),
            "-s3.port.lance=0".into(),
            format!("-master.port={}", port("seaweedfs-master")),
            format!("-master.port.grpc={}", port("seaweedfs-master-grpc")),
            format!("-volume.port={}", port("seaweedfs-volume")),
            format!("-volume.port.grpc={}", port("seaweedfs-volume-grpc")),
            format!("-filer.port={}", port("seaweedfs-filer")),
            format!("-filer.port.grpc={}", port("seaweedfs-filer-grpc")),
            // Small volumes that grow with what is in them, so that an empty product takes no gigabytes.
            "-master.volumeSizeLimitMB=256".into(),
            "-master.volumePreallocate=false".into(),
            "-volume.max=500".into(),
            // One master elects itself; by default it thinks about it for 15 s after each restart.
            "-master.electionTimeout=1s".into(),
            "-master.telemetry=false".into(),
        ],
        env: Environment::of(&[
            ("GOMEMLIMIT", "400MiB"),
            ("GOGC", "50"),
            // Without any it complains at each start; nothing here is encrypted.
            ("WEED_S3_SSE_KEK_PASSPHRASE", "local"),
        ]),
        port: ports.of("seaweedfs"),
        // Told to end it takes 25 s to leave its own cluster; what it has acknowledged is on disk.
        grace: None,
    })
}

fn ministack(home: &Home, ports: &Ports) -> Result<Part> {
    let data = home.data().join("ministack");
    fs::create_dir_all(&data)?;
    let port = ports.of("ministack").to_string();
    Ok(Part {
        name: "ministack".into(),
        kind: Kind::StandIn,
        program: home.venv_bin("ministack"),
        args: vec![],
        env: Environment::of(&[
            ("SERVICES", "cloudformation,dynamodb,sns,sqs"),
            ("BIND_HOST", "127.0.0.1"),
            // Part of every queue URL.
            ("MINISTACK_HOST", "127.0.0.1"),
            ("GATEWAY_PORT", &port),
            ("EDGE_PORT", &port),
            ("PERSIST_STATE", "1"),
            ("STATE_DIR", &data.to_string_lossy()),
            ("LOG_LEVEL", "ERROR"),
        ]),
        port: ports.of("ministack"),
        // It writes its state when it is told to end, and loses it otherwise.
        grace: Some(Duration::from_secs(30)),
    })
}

/// upload-api and a worker of each fleet, told all that the deployment made.
pub fn services(home: &Home, ports: &Ports, product: &Environment) -> Vec<Part> {
    let web = home.web().join("dist");
    let mut parts = vec![service(
        home,
        "upload-api",
        "upload-api",
        ports.api(),
        product,
        &[("LISTEN", &format!("127.0.0.1:{}", ports.api())), ("WEB_DIR", &web.to_string_lossy())],
    )];
    let fleets = fleets::of(product);
    // The transcoders share this machine's cores, and not all of them are busy all the time.
    let transcoders = fleets.iter().filter(|fleet| !fleet.makes_thumbnails()).count();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let spans = (cores / transcoders.max(1)).max(1).to_string();
    let workers = fleets.iter().map(|fleet| (fleet, fleet.part()));
    for (fleet, name) in workers.chain(second_workers(&fleets)) {
        let (binary, renditions) = (name.split('-').next().unwrap_or(&name), fleet.renditions());
        let health = format!("127.0.0.1:{}", ports.of(&name));
        let queue = product.get(&fleet.queue_variable());
        let mut own = vec![("QUEUE_URL", queue), ("HEALTH_LISTEN", health.as_str())];
        if !fleet.makes_thumbnails() {
            own.extend([("RENDITIONS", renditions.as_str()), ("SPANS", spans.as_str())]);
        }
        parts.push(service(home, &name, binary, ports.of(&name), product, &own));
    }
    parts
}

/// With `FANTAIL_WORKERS=2` the fleets that work for every video have two workers each.
pub fn second_workers(fleets: &[Fleet]) -> Vec<(&Fleet, String)> {
    let wanted = env::var("FANTAIL_WORKERS").is_ok_and(|workers| workers == "2");
    let busy = |fleet: &&Fleet| wanted && ["audio", "480p"].contains(&fleet.renditions().as_str());
    fleets.iter().filter(busy).map(|fleet| (fleet, format!("{}-2", fleet.part()))).collect()
}

fn service(
    home: &Home,
    name: &str,
    binary: &str,
    port: u16,
    product: &Environment,
    own: &[(&str, &str)],
) -> Part {
    Part {
        name: name.into(),
        kind: Kind::Service,
        program: home.service_bin(binary),
        args: vec![],
        env: product.with(own).overridden(home),
        port,
        // For the segments in hand.
        grace: Some(Duration::from_secs(10)),
    }
}

#[derive(Args)]
pub struct PartsArgs {
    /// What infra/deploy.py wrote
    #[arg(long)]
    outputs: PathBuf,
}

/// Tells the services' command lines, which infra/compose.yaml must agree with.
pub fn print(home: &Home, args: &PartsArgs) -> Result<ExitCode> {
    let outputs = serde_json::from_slice(&fs::read(&args.outputs)?)?;
    let ports = Ports::load(home)?;
    let product = stack::product(&Cloud::from_env()?, &ports, &outputs)?;
    let parts: Vec<_> = services(home, &ports, &product)
        .iter()
        .map(|part| {
            serde_json::json!({
                "name": part.name,
                "program": part.program.file_name().map(|name| name.to_string_lossy()),
                "environment": part.env.as_map(),
                "grace_seconds": part.grace.map(|grace| grace.as_secs()),
            })
        })
        .collect();
    println!("{:#}", serde_json::json!(parts));
    Ok(ExitCode::SUCCESS)
}
