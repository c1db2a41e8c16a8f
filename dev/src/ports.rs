//! Which port each part listens on: chosen once per product and kept, because queue URLs contain them.

use crate::{
    fleets::{self, Fleet},
    home::Home,
    parts, process,
};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    env, fs,
    net::{SocketAddr, TcpListener},
    time::{SystemTime, UNIX_EPOCH},
};

/// Every port but those of our services. SeaweedFS is four servers in one process, each with two ports.
const STANDINS: [&str; 10] = [
    "ministack",
    "seaweedfs",
    "seaweedfs-grpc",
    "seaweedfs-master",
    "seaweedfs-master-grpc",
    "seaweedfs-volume",
    "seaweedfs-volume-grpc",
    "seaweedfs-filer",
    "seaweedfs-filer-grpc",
    "localstack",
];

/// Below the range from which Linux takes ports for outgoing connections.
const RANGE: std::ops::Range<u16> = 20_000..32_000;
const API: &str = "upload-api";

#[derive(Clone, Debug)]
pub struct Ports(BTreeMap<String, u16>);

impl Ports {
    /// Reads the kept ports and chooses those that are missing; the API's is `FANTAIL_PORT` or 8080.
    pub fn load(home: &Home) -> Result<Self> {
        let file = home.ports_file();
        let mut ports: BTreeMap<String, u16> = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged: delete it", file.display()))?,
            Err(_) => BTreeMap::new(),
        };
        let names = names(&fleets::chosen(home)?);
        if names.iter().any(|name| !ports.contains_key(name)) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            choose(&mut ports, &names, now.subsec_nanos() as usize, is_free)?;
            fs::write(&file, format!("{:#}\n", serde_json::json!(ports)))?;
        }
        let api = match env::var("FANTAIL_PORT").as_deref().map(str::parse) {
            Ok(Ok(port)) if port > 0 => port,
            Ok(_) => bail!("FANTAIL_PORT must be a port number, from 1 to 65535"),
            Err(_) => 8080,
        };
        ports.insert(API.into(), api);
        Ok(Self(ports))
    }

    pub fn of(&self, name: &str) -> u16 {
        *self.0.get(name).expect("every part's name is in names()")
    }

    pub fn api(&self) -> u16 {
        self.of(API)
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}", loopback(self.of(name)))
    }

    #[cfg(test)]
    pub fn example() -> Self {
        let mut ports = BTreeMap::from([(API.to_owned(), 8080)]);
        choose(&mut ports, &example_names(), 0, |_| true).expect("all are free");
        Self(ports)
    }

    /// Fails with one sentence that names the first port which somebody else has.
    pub fn ensure_free(&self, home: &Home, with_api: bool) -> Result<()> {
        for (name, port) in &self.0 {
            if (name == API && !with_api) || is_free(*port) {
                continue;
            }
            let who = process::listener(*port).unwrap_or("another process".into());
            if name == API {
                bail!(
                    "port {port} is taken by {who}: stop it, or choose another port, as in `FANTAIL_PORT={} cargo dev up`",
                    port + 1
                );
            }
            bail!(
                "port {port}, kept for {name}, is taken by {who}: stop it, or delete {} to have new ports chosen",
                home.ports_file().display()
            );
        }
        Ok(())
    }
}

/// Every part but the API.
fn names(fleets: &[Fleet]) -> Vec<String> {
    let standins = STANDINS.into_iter().map(str::to_owned);
    let second = parts::second_workers(fleets).into_iter().map(|(_, name)| name);
    standins.chain(fleets.iter().map(Fleet::part)).chain(second).collect()
}

#[cfg(test)]
fn example_names() -> Vec<String> {
    names(&fleets::parse(fleets::FAN_OUT).expect("these are names"))
}

pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Any free port, for a product of tests.
pub fn any_free() -> Result<u16> {
    Ok(TcpListener::bind(loopback(0))?.local_addr()?.port())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(loopback(port)).is_ok()
}

/// Gives each name without a port one that is free and nobody's yet, from somewhere in the range.
fn choose(
    ports: &mut BTreeMap<String, u16>,
    names: &[String],
    seed: usize,
    free: impl Fn(u16) -> bool,
) -> Result<()> {
    let start = seed % RANGE.len();
    let mut candidates = RANGE.cycle().skip(start).take(RANGE.len());
    for name in names {
        if !ports.contains_key(name) {
            let port =
                candidates.find(|port| !ports.values().any(|taken| taken == port) && free(*port));
            ports.insert(name.clone(), port.context("no port between 20000 and 32000 is free")?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_chosen_and_skips_what_is_taken() {
        let mut ports = BTreeMap::from([("ministack".to_owned(), 20_001)]);
        choose(&mut ports, &example_names(), 0, |port| port != 20_002).unwrap();
        assert_eq!(ports["ministack"], 20_001);
        assert_eq!(ports["seaweedfs"], 20_000);
        assert_eq!(ports["seaweedfs-grpc"], 20_003, "20001 is ministack's, 20002 somebody else's");
        let mut all: Vec<_> = ports.values().collect();
        all.dedup();
        assert_eq!(all.len(), example_names().len());
    }

    #[test]
    fn goes_round_the_range_once() {
        let mut ports = BTreeMap::new();
        let names = example_names();
        choose(&mut ports, &names, RANGE.len() - 1, |_| true).unwrap();
        assert_eq!((ports["ministack"], ports["seaweedfs"]), (31_999, 20_000));
        assert!(choose(&mut BTreeMap::new(), &names, 7, |_| false).is_err());
    }

    #[test]
    fn a_listener_makes_a_port_taken() {
        let listener = TcpListener::bind(loopback(0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        assert!(process::listener(port).unwrap().contains(&std::process::id().to_string()));
    }
}
