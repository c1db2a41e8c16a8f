//! Large objects in parts that others send, straight to the bucket by presigned URLs.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context;
use aws_sdk_s3::{
    presigning::PresigningConfig,
    types::{ChecksumAlgorithm, CompletedPart, Part},
};
use domain::PartChecksum;

use super::{ObjectError, Objects, multipart::Target, store::size};

/// Parts of a page: no store gives more.
const PAGE: i32 = 1000;

/// An upload that stays open until it is completed or aborted, also over our own death: whoever
/// knows its key and id can go on with it.
#[derive(Clone, Debug)]
pub struct DirectUpload {
    target: Target,
    checksum: Option<PartChecksum>,
}

/// A part that somebody is about to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRequest {
    /// From 1.
    pub number: u32,
    /// The store takes exactly as many bytes.
    pub size_bytes: u64,
    /// In Base64; the store takes no other bytes then.
    pub checksum: Option<String>,
}

/// How to send it: `PUT` to the URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresignedPart {
    /// Where.
    pub url: String,
    /// Headers that must be sent as they are, but for the length, which every client sends anyway.
    pub headers: BTreeMap<String, String>,
}

/// A part that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivedPart {
    /// From 1.
    pub number: u32,
    /// Its length.
    pub size_bytes: u64,
    /// Changes with the bytes; with its quotes, as the store writes it.
    pub etag: String,
    /// In Base64, if it was sent with one.
    pub checksum: Option<String>,
}

/// Some of an upload's parts, in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartsPage {
    /// What has arrived.
    pub parts: Vec<ArrivedPart>,
    /// The last one's number, if there are more behind it.
    pub next: Option<u32>,
}

impl Objects {
    /// Begins an upload in parts, all or none of which carry checksums.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn begin_direct(
        &self,
        key: &str,
        content_type: &str,
        checksum: Option<PartChecksum>,
    ) -> Result<String, ObjectError> {
        let request = self.client.create_multipart_upload().bucket(&*self.bucket).key(key);
        let request = request.set_checksum_algorithm(checksum.map(|checksum| match checksum {
            PartChecksum::Sha256 => ChecksumAlgorithm::Sha256,
            PartChecksum::Crc32c => ChecksumAlgorithm::Crc32C,
        }));
        let answer = request.content_type(content_type).send().await;
        let answer = answer.map_err(|e| ObjectError::of("beginning to upload", key, e))?;
        Ok(answer.upload_id.context("an upload without an id")?)
    }

    /// An upload that was begun.
    #[must_use]
    pub fn direct(
        &self,
        key: &str,
        upload_id: &str,
        checksum: Option<PartChecksum>,
    ) -> DirectUpload {
        let (key, upload_id) = (key.to_owned(), upload_id.to_owned());
        DirectUpload { target: Target { objects: self.clone(), key, upload_id }, checksum }
    }
}

impl DirectUpload {
    /// A URL that takes one part from whoever has it, for `ttl` (at most 7 days, and no longer than
    /// our own credentials live). Asks nobody.
    ///
    /// # Errors
    /// If we have no credentials, or `ttl` is too long.
    pub async fn presign(
        &self,
        part: &PartRequest,
        ttl: Duration,
    ) -> Result<PresignedPart, ObjectError> {
        let Target { objects, key, upload_id } = &self.target;
        let ttl = PresigningConfig::expires_in(ttl).context("presigning")?;
        let (sha256, crc32c) = self.told(part.checksum.as_ref());
        let request = objects
            .presigner
            .upload_part()
            .bucket(&*objects.bucket)
            .key(key)
            .upload_id(upload_id)
            .part_number(i32::try_from(part.number).context("a part's number")?)
            .content_length(i64::try_from(part.size_bytes).context("a part's size")?)
            .set_checksum_sha256(sha256)
            .set_checksum_crc32_c(crc32c)
            .presigned(ttl)
            .await
            .map_err(|e| ObjectError::of("presigning", key, e))?;
        let named = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(PresignedPart {
            url: request.uri().to_owned(),
            headers: request.headers().map(named).collect(),
        })
    }

    /// Parts that have arrived, at most 1,000, behind the one of number `after`.
    ///
    /// # Errors
    /// [`ObjectError::NotFound`] if the upload was completed or aborted.
    pub async fn parts(&self, after: Option<u32>) -> Result<PartsPage, ObjectError> {
        let Target { objects, key, upload_id } = &self.target;
        let request = objects.client.list_parts().bucket(&*objects.bucket).key(key);
        let answer = request
            .upload_id(upload_id)
            .max_parts(PAGE)
            .set_part_number_marker(after.map(|number| number.to_string()))
            .send()
            .await
            .map_err(|e| ObjectError::of("listing the parts of", key, e))?;
        let is_truncated = answer.is_truncated.unwrap_or_default();
        let parts: Vec<_> = answer
            .parts
            .unwrap_or_default()
            .into_iter()
            .filter_map(|part| self.arrived(part))
            .collect();
        let next = parts.last().filter(|_| is_truncated).map(|last| last.number);
        Ok(PartsPage { parts, next })
    }

    /// All parts that have arrived.
    ///
    /// # Errors
    /// As [`parts`](Self::parts).
    pub async fn all_parts(&self) -> Result<Vec<ArrivedPart>, ObjectError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.parts(after).await?;
            all.extend(page.parts);
            after = page.next;
            if after.is_none() {
                return Ok(all);
            }
        }
    }

    /// Makes these parts the object. Done twice it is done once.
    ///
    /// # Errors
    /// If a part is another one by now, or the store does not answer; ask once more for the parts.
    pub async fn complete(&self, parts: &[ArrivedPart]) -> Result<(), ObjectError> {
        let completed = |part: &ArrivedPart| {
            let (sha256, crc32c) = self.told(part.checksum.as_ref());
            CompletedPart::builder()
                .set_part_number(i32::try_from(part.number).ok())
                .e_tag(&part.etag)
                .set_checksum_sha256(sha256)
                .set_checksum_crc32_c(crc32c)
                .build()
        };
        let size_bytes = parts.iter().map(|part| part.size_bytes).sum();
        self.target.complete(parts.iter().map(completed).collect(), size_bytes).await?;
        Ok(())
    }

    /// Drops all parts. That there is no such upload is no error.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn abort(&self) -> Result<(), ObjectError> {
        self.target.abort().await
    }

    /// A checksum in the place that its kind has: SHA-256, CRC-32C.
    fn told(&self, checksum: Option<&String>) -> (Option<String>, Option<String>) {
        match self.checksum {
            Some(PartChecksum::Sha256) => (checksum.cloned(), None),
            Some(PartChecksum::Crc32c) => (None, checksum.cloned()),
            None => (None, None),
        }
    }

    fn arrived(&self, part: Part) -> Option<ArrivedPart> {
        Some(ArrivedPart {
            number: part.part_number?.try_into().ok()?,
            size_bytes: size(part.size),
            etag: part.e_tag.unwrap_or_default(),
            checksum: match self.checksum {
                Some(PartChecksum::Sha256) => part.checksum_sha256,
                Some(PartChecksum::Crc32c) => part.checksum_crc32_c,
                None => None,
            },
        })
    }
}
