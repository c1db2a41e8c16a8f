//! A bucket's objects: have, put, list, delete, presign.

use std::{ops::Range, sync::Arc, time::Duration};

use anyhow::Context;
use aws_sdk_s3::{
    Client,
    presigning::PresigningConfig,
    types::{Delete, ObjectIdentifier},
};
use bytes::Bytes;
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::{
    Cdn, ObjectError,
    error::status,
    reader::{ObjectReader, ReaderOptions},
};
use crate::outage;

/// The objects of one bucket.
#[derive(Clone, Debug)]
pub struct Objects {
    pub(super) client: Client,
    pub(super) presigner: Client,
    cdn: Option<Arc<Cdn>>,
    pub(super) bucket: Arc<str>,
    /// Clean-ups of uploads whose owners are gone.
    pub(super) background: TaskTracker,
}

/// What the store knows of an object without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Its whole key.
    pub key: String,
    /// Its length.
    pub size_bytes: u64,
    /// Changes with the bytes; with its quotes, as the store writes it.
    pub etag: String,
}

/// What became of an object that was to be put if there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is there now.
    Stored,
    /// There is one already, whoever put it: perhaps we, if the store's first answer got lost.
    Exists,
}

/// What the answer to a presigned URL says of itself, instead of what was stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PresignOptions {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Disposition`: for downloads, under which name.
    pub content_disposition: Option<String>,
}

impl Objects {
    /// The objects of `bucket`. Buckets are made by `infra/`, never here.
    pub fn new(client: Client, bucket: impl Into<Arc<str>>) -> Self {
        let bucket = bucket.into();
        let (presigner, background) = (client.clone(), TaskTracker::new());
        Self { presigner, cdn: None, client, bucket, background }
    }

    /// Presigns for `endpoint`, which is what browsers can reach, instead of for our own.
    #[must_use]
    pub fn with_public_endpoint(mut self, endpoint: &str) -> Self {
        let config = self.client.config().to_builder().endpoint_url(endpoint).build();
        self.presigner = Client::from_conf(config);
        self
    }

    /// Presigns for a CDN before the bucket, where the answer may be as what was stored says: a CDN
    /// keeps one answer for all who ask.
    #[must_use]
    pub fn with_cdn(self, cdn: Option<Arc<Cdn>>) -> Self {
        Self { cdn, ..self }
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Whether the bucket answers.
    ///
    /// # Errors
    /// If it does not, or is not there.
    pub async fn reachable(&self) -> anyhow::Result<()> {
        let request = self.client.head_bucket().bucket(&*self.bucket);
        request.send().await.with_context(|| format!("bucket {} does not answer", self.bucket))?;
        Ok(())
    }

    /// What an object is, without its bytes.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] if there is none.
    pub async fn head(&self, key: &str) -> Result<ObjectInfo, ObjectError> {
        let request = self.client.head_object().bucket(&*self.bucket).key(key);
        let head = request.send().await.map_err(|e| ObjectError::of("looking at", key, e))?;
        Ok(ObjectInfo {
            key: key.to_owned(),
            size_bytes: size(head.content_length),
            etag: head.e_tag.unwrap_or_default(),
        })
    }

    /// All of a small object.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] if there is none.
    pub async fn bytes(&self, key: &str) -> Result<Bytes, ObjectError> {
        self.read(key, None, None).await
    }

    /// The bytes of `range`, which must lie within the object; with `if_match`, only of the object
    /// of that etag.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] if there is none, [`ObjectError::Precondition`] if it is another.
    pub async fn range(
        &self,
        key: &str,
        range: Range<u64>,
        if_match: Option<&str>,
    ) -> Result<Bytes, ObjectError> {
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let bytes = self.read(key, Some(&range), if_match).await?;
        if u64::try_from(bytes.len()).ok() == Some(range.end - range.start) {
            Ok(bytes)
        } else {
            Err(ObjectError::other(format!("{} of {range:?} of {key} came", bytes.len())))
        }
    }

    async fn read(
        &self,
        key: &str,
        range: Option<&Range<u64>>,
        if_match: Option<&str>,
    ) -> Result<Bytes, ObjectError> {
        let answer = self
            .client
            .get_object()
            .bucket(&*self.bucket)
            .key(key)
            .set_range(range.map(|range| format!("bytes={}-{}", range.start, range.end - 1)))
            .set_if_match(if_match.map(str::to_owned))
            .send()
            .await
            .map_err(|e| ObjectError::of("reading", key, e))?;
        let body = answer.body.collect().await;
        let body = body.map_err(outage::torn).with_context(|| format!("reading {key}"))?;
        Ok(body.into_bytes())
    }

    /// A blocking reader of an object of known size and etag; see [`ObjectReader`].
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    #[must_use]
    pub fn reader(&self, key: &str, size_bytes: u64, etag: &str) -> ObjectReader {
        self.reader_with(key, size_bytes, etag, ReaderOptions::default())
    }

    /// A reader with its own block size and cache.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    #[must_use]
    pub fn reader_with(
        &self,
        key: &str,
        size_bytes: u64,
        etag: &str,
        options: ReaderOptions,
    ) -> ObjectReader {
        ObjectReader::new(self.clone(), key, size_bytes, etag, options)
    }

    /// Stores a small object, in place of any that is there, and returns its etag.
    ///
    /// # Errors
    /// If the store did not take it.
    pub async fn put(
        &self,
        key: &str,
        body: impl Into<Bytes>,
        content_type: &str,
    ) -> Result<String, ObjectError> {
        let answer = self
            .client
            .put_object()
            .bucket(&*self.bucket)
            .key(key)
            .content_type(content_type)
            .body(body.into().into())
            .send()
            .await
            .map_err(|e| ObjectError::of("storing", key, e))?;
        Ok(answer.e_tag.unwrap_or_default())
    }

    /// Stores a small object unless there is one: of many writers the first one wins.
    ///
    /// # Errors
    /// If the store did neither.
    pub async fn put_if_absent(
        &self,
        key: &str,
        body: impl Into<Bytes>,
        content_type: &str,
    ) -> Result<PutOutcome, ObjectError> {
        const TRIES: u32 = 6;
        let body = body.into();
        for attempt in 1.. {
            let request = self
                .client
                .put_object()
                .bucket(&*self.bucket)
                .key(key)
                .content_type(content_type)
                .if_none_match("*")
                .body(body.clone().into());
            match request.send().await {
                Ok(_) => return Ok(PutOutcome::Stored),
                Err(error) if status(&error) == Some(412) => return Ok(PutOutcome::Exists),
                // Another write is under way, and nobody knows yet how it ends.
                Err(error) if status(&error) == Some(409) && attempt < TRIES => {
                    sleep(Duration::from_millis(50) * 2_u32.pow(attempt)).await;
                }
                Err(error) => return Err(ObjectError::of("storing", key, error)),
            }
        }
        unreachable!("the last try returns")
    }

    /// All objects whose keys begin with `prefix`, in the order of their keys.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>, ObjectError> {
        let request = self.client.list_objects_v2().bucket(&*self.bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| ObjectError::of("listing", prefix, e))?;
            objects.extend(page.contents.unwrap_or_default().into_iter().map(|object| {
                ObjectInfo {
                    key: object.key.unwrap_or_default(),
                    size_bytes: size(object.size),
                    etag: object.e_tag.unwrap_or_default(),
                }
            }));
        }
        Ok(objects)
    }

    /// Deletes an object; that there is none is no error.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn delete(&self, key: &str) -> Result<(), ObjectError> {
        let request = self.client.delete_object().bucket(&*self.bucket).key(key);
        match request.send().await {
            Err(error) if status(&error) != Some(404) => {
                Err(ObjectError::of("deleting", key, error))
            }
            _ => Ok(()),
        }
    }

    /// Deletes all objects whose keys begin with `prefix` and returns how many there were.
    ///
    /// # Errors
    /// If the store does not answer or leaves one undeleted. What is done stays done: call again.
    ///
    /// # Panics
    /// If the prefix is empty: nobody means the whole bucket.
    pub async fn delete_prefix(&self, prefix: &str) -> Result<usize, ObjectError> {
        const AT_ONCE: usize = 1000;
        assert!(!prefix.is_empty(), "an empty prefix is the whole bucket");
        let objects = self.list(prefix).await?;
        for batch in objects.chunks(AT_ONCE) {
            let key = |object: &ObjectInfo| ObjectIdentifier::builder().key(&object.key).build();
            let batch = batch.iter().map(key).collect::<Result<Vec<_>, _>>();
            let batch = Delete::builder().quiet(true).set_objects(batch.ok()).build();
            let request = self.client.delete_objects().bucket(&*self.bucket);
            let answer = request
                .delete(batch.context("writing a list of keys")?)
                .send()
                .await
                .map_err(|e| ObjectError::of("deleting", prefix, e))?;
            if let Some(error) = answer.errors().first() {
                return Err(ObjectError::other(format!("deleting under {prefix}: {error:?}")));
            }
        }
        Ok(objects.len())
    }

    /// A URL that gives the object to whoever has it, for `ttl` (at most 7 days, and no longer than
    /// our own credentials live). Asks nobody: the object may not exist.
    ///
    /// # Errors
    /// If we have no credentials, or `ttl` is too long.
    pub async fn presign_get(
        &self,
        key: &str,
        ttl: Duration,
        options: PresignOptions,
    ) -> Result<String, ObjectError> {
        if let (Some(cdn), true) = (&self.cdn, options == PresignOptions::default()) {
            return Ok(cdn.sign(key, ttl).context("presigning")?);
        }
        let ttl = PresigningConfig::expires_in(ttl).context("presigning")?;
        let request = self
            .presigner
            .get_object()
            .bucket(&*self.bucket)
            .key(key)
            .set_response_content_type(options.content_type)
            .set_response_content_disposition(options.content_disposition)
            .presigned(ttl)
            .await
            .map_err(|e| ObjectError::of("presigning", key, e))?;
        Ok(request.uri().to_owned())
    }
}

pub(super) fn size(content_length: Option<i64>) -> u64 {
    content_length.and_then(|length| length.try_into().ok()).unwrap_or_default()
}
