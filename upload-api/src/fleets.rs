//! The queues of the pipeline by name, as operators know them.

use std::str::FromStr;

use anyhow::ensure;
use platform::{aws::Aws, queue::SqsQueue};

/// Under which name the queue of the workers' events is known.
pub const CATALOG: &str = "catalog";

/// One fleet's queue as it is configured: `480p=https://sqs…/fantail-480p`, or `480p` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetQueue {
    /// What its fleet makes: `480p`, `audio`, `thumbnails`, several joined by hyphens. Anything
    /// else is the name of a fleet that makes every rendition.
    pub name: String,
    /// Its URL; without one it is called like the catalogue's queue with another last word.
    pub url: Option<String>,
}

impl FromStr for FleetQueue {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (name, url) = match text.trim().split_once('=') {
            Some((name, url)) => (name, Some(url)),
            None => (text.trim(), None),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        ensure!(!name.is_empty() && name.chars().all(is_plain), "{name:?} is no name of a queue");
        ensure!(name != CATALOG, "{CATALOG} is the queue of the workers' events");
        ensure!(url.is_none_or(|url| url.starts_with("http")), "{url:?} is no URL of a queue");
        Ok(Self { name: name.into(), url: url.map(str::to_owned) })
    }
}

impl FleetQueue {
    fn url_beside(&self, catalog: &str) -> String {
        let beside = || {
            let all_but_the_last_word = catalog.rsplit_once('-').map_or(catalog, |(head, _)| head);
            format!("{all_but_the_last_word}-{}", self.name)
        };
        self.url.clone().unwrap_or_else(beside)
    }
}

/// One queue of the pipeline.
#[derive(Clone, Debug)]
pub struct PipelineQueue {
    /// What operators call it.
    pub name: String,
    /// The queue.
    pub queue: SqsQueue,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Pipeline(Vec<PipelineQueue>);

impl Pipeline {
    /// The fleets' queues and the catalogue's own one.
    pub fn new(fleets: &[FleetQueue], catalog: &SqsQueue, aws: &Aws) -> Self {
        let fleets = fleets.iter().map(|fleet| PipelineQueue {
            name: fleet.name.clone(),
            queue: SqsQueue::new(aws.sqs.clone(), fleet.url_beside(catalog.url())),
        });
        let catalog = PipelineQueue { name: CATALOG.into(), queue: catalog.clone() };
        Self(fleets.chain([catalog]).collect())
    }

    /// Every queue.
    pub fn queues(&self) -> &[PipelineQueue] {
        &self.0
    }

    /// The queue of this name.
    pub fn queue(&self, name: &str) -> Option<&PipelineQueue> {
        self.0.iter().find(|queue| queue.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_a_name_and_a_url() {
        let queue: FleetQueue = "480p=http://localhost:4566/0/fantail-480p".parse().unwrap();
        assert_eq!(queue.name, "480p");
        assert_eq!(
            queue.url_beside("http://sqs/0/a-catalog"),
            "http://localhost:4566/0/fantail-480p"
        );
        for wrong in ["", "=http://x", "480p=", "a b=http://x", "catalog=http://x", "catalog"] {
            assert!(wrong.parse::<FleetQueue>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_alone_is_a_queue_beside_the_catalogues() {
        let queue: FleetQueue = "480p-720p".parse().unwrap();
        assert_eq!(
            queue.url_beside("http://sqs/0/my-tail-catalog"),
            "http://sqs/0/my-tail-480p-720p"
        );
    }
}
