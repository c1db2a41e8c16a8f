//! A video as items of the table.
//!
//! | pk | sk | holds |
//! |---|---|---|
//! | `video#{id}` | `video` | the record; alone in the index `by_owner`, and in `due` while something is owed |
//! | | `plan` | the plan, written once: it is larger than all the rest |
//! | | `rendition#{name}` | one rendition |
//! | | `upload` | how the file comes in parts; in the index `by_owner` under `uploads#{owner}` while it does |
//! | `admission#{owner}` | `working#{id}`, `waiting#{id}` | nothing: that it is there says it |
//!
//! Every write counts up `revision` on the first of them and is conditioned on the one that was
//! read, so a video changes as a whole or not at all.

use std::collections::HashMap;

use anyhow::{Context, anyhow};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::{
    OwnerId, Plan, Upload, Video, VideoId,
    video::{RenditionStatus, VideoRecord},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_dynamo::{from_item, to_item};

use super::{CatalogueError, Due, Entry, Owed, admission};

pub(super) type Item = HashMap<String, AttributeValue>;

/// Hash keys of the index `due`: enough that none becomes hot, few enough to ask them all.
pub(super) const DUE_SHARDS: u8 = 4;

const VIDEO: &str = "video";
const PLAN: &str = "plan";
const RENDITION: &str = "rendition#";
const UPLOAD: &str = "upload";

/// An entry as it was read, with what a later write is conditioned on.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) entry: Entry,
    pub(super) revision: u64,
}

/// What must be written to turn one entry into another.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) put: Vec<Item>,
    pub(super) delete: Vec<Item>,
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty()
    }
}

pub(super) fn partition(id: VideoId) -> AttributeValue {
    text(format!("video#{id}"))
}

/// The key of an item.
pub(super) fn key_of(item: &Item) -> Item {
    HashMap::from(["pk", "sk"].map(|name| (name.to_owned(), item[name].clone())))
}

/// The hash key of the index `due` for a video: ids end in random digits.
pub(super) fn due_shard(id: VideoId) -> String {
    let last = id.0.as_bytes()[15];
    (last % DUE_SHARDS).to_string()
}

/// Items of a new entry; the first is the video's own.
pub(super) fn all(entry: &Entry, revision: u64) -> Result<Vec<Item>, CatalogueError> {
    let mut items = vec![video_item(entry, revision)?];
    let id = entry.video.record.id;
    if let Some(plan) = &entry.video.record.plan {
        items.push(plan_item(id, plan)?);
    }
    for (order, status) in entry.video.renditions.iter().enumerate() {
        items.push(rendition_item(id, order, status)?);
    }
    if let Some(upload) = &entry.upload {
        items.push(upload_item(id, &entry.video.record.owner_id, upload)?);
    }
    items.extend(admission::item(entry));
    Ok(items)
}

/// What changed; the video's own item comes first, always with the next revision. Empty if nothing
/// changed.
pub(super) fn changes(before: &Stored, after: &Entry) -> Result<Changes, CatalogueError> {
    if before.entry == *after {
        return Ok(Changes::default());
    }
    let old = all(&before.entry, before.revision)?;
    let new = all(after, before.revision + 1)?;
    let is_there =
        |items: &[Item], item: &Item| items.iter().any(|other| other["sk"] == item["sk"]);
    let delete = old.iter().filter(|item| !is_there(&new, item)).map(key_of).collect();
    let put = new.into_iter().filter(|item| !old.contains(item)).collect();
    Ok(Changes { put, delete })
}

/// Puts the items of one video together; none without its own one.
pub(super) fn assemble(items: Vec<Item>) -> Result<Option<Stored>, CatalogueError> {
    let mut stored = None;
    let (mut plan, mut upload) = (None, None);
    let mut renditions = Vec::new();
    for item in items {
        match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
            Some(VIDEO) => stored = Some((due(&item)?, number(&item, "revision")?, read(item)?)),
            Some(PLAN) => plan = Some(read::<Plan>(item)?),
            Some(UPLOAD) => upload = Some(read::<Upload>(item)?),
            Some(sk) if sk.starts_with(RENDITION) => {
                renditions.push((number(&item, "order")?, read::<RenditionStatus>(item)?));
            }
            _ => {} // of a later version of Fantail
        }
    }
    let Some((due, revision, record)) = stored else { return Ok(None) };
    let mut record: VideoRecord = record;
    record.plan = plan.map(Box::new);
    renditions.sort_by_key(|(order, _)| *order);
    let renditions = renditions.into_iter().map(|(_, status)| status).collect();
    let entry = Entry { video: Video { record, renditions }, due, upload };
    Ok(Some(Stored { entry, revision }))
}

fn video_item(entry: &Entry, revision: u64) -> Result<Item, CatalogueError> {
    let record = VideoRecord { plan: None, ..entry.video.record.clone() };
    let mut item = written(&record, key(record.id, VIDEO))?;
    item.remove("plan");
    item.insert("revision".into(), whole(revision));
    if let Some(due) = &entry.due {
        item.insert("due_shard".into(), text(due_shard(record.id)));
        item.insert("due_at".into(), whole(due.at));
        item.insert("owed".into(), text(word(due.owed)));
    }
    Ok(item)
}

fn plan_item(id: VideoId, plan: &Plan) -> Result<Item, CatalogueError> {
    written(plan, key(id, PLAN))
}

fn rendition_item(
    id: VideoId,
    order: usize,
    status: &RenditionStatus,
) -> Result<Item, CatalogueError> {
    let mut item = written(status, key(id, &format!("{RENDITION}{}", status.name)))?;
    item.insert("order".into(), whole(order as u64));
    Ok(item)
}

fn upload_item(id: VideoId, owner: &OwnerId, upload: &Upload) -> Result<Item, CatalogueError> {
    let mut item = written(upload, key(id, UPLOAD))?;
    if upload.is_open() {
        item.insert("owner_id".into(), text(uploads_of(owner)));
        item.insert("id".into(), text(id.to_string()));
    }
    Ok(item)
}

/// Under which key of the index `by_owner` an owner's open uploads are found.
pub(super) fn uploads_of(owner: &OwnerId) -> String {
    format!("uploads#{owner}")
}

fn written(value: &impl Serialize, key: Item) -> Result<Item, CatalogueError> {
    let mut item: Item =
        to_item(value).context("writing an item").map_err(CatalogueError::Corrupt)?;
    item.extend(key);
    Ok(item)
}

fn read<T: DeserializeOwned>(item: Item) -> Result<T, CatalogueError> {
    let name = format!("{:?} {:?}", item.get("pk"), item.get("sk"));
    from_item(item).with_context(|| format!("reading item {name}")).map_err(CatalogueError::Corrupt)
}

fn due(item: &Item) -> Result<Option<Due>, CatalogueError> {
    let owed = item.get("owed").and_then(|owed| owed.as_s().ok());
    let owed = match owed.map(String::as_str) {
        Some("publish") => Owed::Publish,
        Some("expire") => Owed::Expire,
        Some("complete") => Owed::Complete,
        Some("watch") => Owed::Watch,
        Some("erase") => Owed::Erase,
        _ => return Ok(None),
    };
    Ok(Some(Due { owed, at: number(item, "due_at")? }))
}

fn word(owed: Owed) -> &'static str {
    match owed {
        Owed::Publish => "publish",
        Owed::Expire => "expire",
        Owed::Complete => "complete",
        Owed::Watch => "watch",
        Owed::Erase => "erase",
    }
}

pub(super) fn number(item: &Item, name: &str) -> Result<u64, CatalogueError> {
    let number = item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok());
    number.ok_or_else(|| CatalogueError::Corrupt(anyhow!("{name} is no number")))
}

fn key(id: VideoId, sort: &str) -> Item {
    HashMap::from([("pk".into(), partition(id)), ("sk".into(), text(sort))])
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn whole(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

#[cfg(test)]
mod tests;
