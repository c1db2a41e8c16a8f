//! Looks at what is there: the list of videos, both buckets, the queues, the letters.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use anyhow::{Context, ensure};
use domain::VideoId;
use futures::{StreamExt, TryStreamExt, stream};
use platform::{
    aws::{self, Aws, AwsArgs},
    objects::{ObjectInfo, Objects as Bucket},
    queue::SqsQueue,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    ledger::{Findings, Listed, Objects},
    stage::Stage,
};
use crate::product::Product;

/// Objects read at the same time.
const AT_ONCE: usize = 8;

/// Somebody with keys who asks the stand-ins themselves, past the proxy.
pub(crate) struct Surveyor {
    aws: Aws,
    raw: Bucket,
    media: Bucket,
    queues: BTreeMap<String, SqsQueue>,
}

impl Surveyor {
    /// # Errors
    /// If the deployment did not name everything.
    pub(crate) async fn new(stage: &Stage) -> anyhow::Result<Self> {
        let aws = aws::load(&AwsArgs { s3_path_style: true }).await;
        let bucket = |name| Ok::<_, anyhow::Error>(Bucket::new(aws.s3.clone(), stage.name(name)?));
        let (raw, media) = (bucket("RAW_BUCKET")?, bucket("MEDIA_BUCKET")?);
        let mut surveyor = Self { aws, raw, media, queues: BTreeMap::new() };
        surveyor.add("catalog", stage.name("CATALOG_QUEUE_URL")?).await?;
        for (name, url) in stage.names("QUEUE_URL_") {
            let fleet = name.trim_start_matches("QUEUE_URL_").to_lowercase();
            surveyor.add(&fleet, url).await?;
        }
        ensure!(surveyor.queues.len() > 10, "fewer queues than fleets: {:?}", surveyor.queues);
        Ok(surveyor)
    }

    async fn add(&mut self, name: &str, url: &str) -> anyhow::Result<()> {
        let queue = SqsQueue::new(self.aws.sqs.clone(), url);
        self.queues.insert(format!("the letters of {name}"), queue.dead_letters().await?);
        self.queues.insert(name.to_owned(), queue);
        Ok(())
    }

    /// Messages in each queue, also those that somebody has in hand.
    ///
    /// # Errors
    /// If a queue does not answer.
    pub(crate) async fn messages(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        let mut messages = BTreeMap::new();
        for (name, queue) in &self.queues {
            let backlog = queue.backlog().await?;
            messages.insert(name.clone(), backlog.waiting + backlog.in_flight);
        }
        Ok(messages)
    }

    /// Every object that a video's workers made, by its hash.
    ///
    /// # Errors
    /// If the bucket does not answer.
    pub(crate) async fn made_of(&self, id: VideoId) -> anyhow::Result<Objects> {
        let listed = self.media.list(&domain::keys::video_prefix(id)).await?;
        let hashes = hashes(&self.media, listed).await?;
        Ok(hashes.into_iter().filter_map(|(key, hash)| Some((split(&key)?.1, hash))).collect())
    }

    /// Whether any object belongs to a video that is not listed: one that is yet to be erased.
    ///
    /// # Errors
    /// If something does not answer.
    pub(crate) async fn has_orphans(&self, product: &Product) -> anyhow::Result<bool> {
        let listed: BTreeSet<_> = listed(product)?.into_iter().map(|video| video.id).collect();
        for bucket in [&self.raw, &self.media] {
            let objects = bucket.list("").await?;
            let mut videos = objects.iter().filter_map(|object| split(&object.key));
            if videos.any(|(id, _)| !listed.contains(&id)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// All that there is.
    ///
    /// # Errors
    /// If something does not answer.
    pub(crate) async fn look(&self, product: &Product) -> anyhow::Result<Findings> {
        let mut found = Findings { messages: self.messages().await?, ..Findings::default() };
        for (bucket, is_raw) in [(&self.raw, true), (&self.media, false)] {
            found.unfinished.extend(bucket.unfinished_uploads("").await?);
            let mut listed = bucket.list("").await?;
            listed.retain(|object| {
                let id = object.key.strip_prefix("tombstones/").and_then(|id| id.parse().ok());
                id.is_none_or(|id| !found.tombstones.insert(id))
            });
            for (key, hash) in hashes(bucket, listed).await? {
                let videos = if is_raw { &mut found.raw } else { &mut found.media };
                match split(&key) {
                    Some((id, rest)) => drop(videos.entry(id).or_default().insert(rest, hash)),
                    None => found.strays.push(key),
                }
            }
        }
        found.listed = listed(product)?;
        found.letters = letters(product)?;
        Ok(found)
    }
}

/// Reads and hashes objects.
async fn hashes(
    bucket: &Bucket,
    objects: Vec<ObjectInfo>,
) -> anyhow::Result<Vec<(String, String)>> {
    let hash = async |object: ObjectInfo| {
        let bytes = bucket.bytes(&object.key).await?;
        let mut hash = String::new();
        for byte in Sha256::digest(&bytes).iter().take(16) {
            write!(hash, "{byte:02x}")?;
        }
        anyhow::Ok((object.key, hash))
    };
    stream::iter(objects).map(hash).buffer_unordered(AT_ONCE).try_collect().await
}

/// The video of a key, and what follows.
fn split(key: &str) -> Option<(VideoId, String)> {
    let mut parts = key.splitn(3, '/');
    let (shard, id, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let id: VideoId = id.parse().ok()?;
    (id.shard() == shard).then(|| (id, rest.to_owned()))
}

fn listed(product: &Product) -> anyhow::Result<Vec<Listed>> {
    let mut listed = Vec::new();
    for video in pages(product, "/api/videos?limit=100", "videos")? {
        let text = |field: &str| video[field].as_str().unwrap_or_default().to_owned();
        listed.push(Listed {
            id: text("id").parse().context("an id in the list")?,
            title: text("title"),
            state: text("state"),
            reason: unsettled(&video),
        });
    }
    Ok(listed)
}

/// What of a video is not as it should be, for whoever reads the ledger.
fn unsettled(video: &Value) -> String {
    let mut told = vec![format!("{}", video["reason"]["code"])];
    for part in video["renditions"].as_array().into_iter().flatten() {
        let state = |field: &str| part[field].as_str().unwrap_or("?").to_owned();
        if !["complete", "skipped"].contains(&&*state("state")) {
            let code = &part["reason"]["code"];
            told.push(format!("{} {} {code}", part["name"], state("state")));
        }
        if !["complete", "skipped"].contains(&&*state("mp4_state")) {
            told.push(format!("{} MP4 {}", part["name"], state("mp4_state")));
        }
    }
    told.push(format!("thumbnails {}", video["thumbnails"]["state"]));
    told.join(", ")
}

fn letters(product: &Product) -> anyhow::Result<Vec<String>> {
    let letters = pages(product, "/api/pipeline/dead-letters?limit=100", "letters")?;
    let told = |letter: &Value| {
        let field = |name: &str| letter[name].as_str().unwrap_or("?").to_owned();
        let reason = &letter["reason"]["code"];
        format!("{}: {} of {}: {reason}", field("queue"), field("task"), field("video_id"))
    };
    Ok(letters.iter().map(told).collect())
}

/// All entries of a list that comes in pages.
fn pages(product: &Product, path: &str, field: &str) -> anyhow::Result<Vec<Value>> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = product.json("GET", &format!("{path}{cursor}"))?;
        ensure!(status == 200, "{path}: {status}: {page}");
        all.extend(page[field].as_array().cloned().with_context(|| format!("no {field}"))?);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(all),
        }
    }
}
