//! Large objects in parts, none of which is left behind.

use std::mem;

use anyhow::{Context, anyhow};
use aws_config::timeout::TimeoutConfig;
use aws_sdk_s3::{
    config::{Builder, Config, http::HttpResponse},
    error::{ProvideErrorMetadata, SdkError},
    operation::upload_part::{
        UploadPartError, UploadPartOutput, builders::UploadPartFluentBuilder,
    },
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;
use tokio::{runtime::Handle, task::JoinSet};
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::{Instrument, warn};

use super::{
    ObjectError, Objects,
    passing::{length, unhurried},
};

/// Parts sent at the same time: one keeps the line busy while the other waits for its answer.
const IN_FLIGHT: usize = 2;

/// An upload in parts, which becomes an object by [`complete`](Self::complete) and nothing at all
/// otherwise: dropped at any other point, it is aborted in the background, and its parts with it
/// ([`Objects::background_done`] waits for that). Only a process that dies leaves parts to the
/// bucket's lifecycle rule.
///
/// All parts but the last must have at least 5 MiB, and there may be 10,000 of them.
#[derive(Debug)]
pub struct MultipartUpload {
    target: Target,
    runtime: Handle,
    sending: JoinSet<Result<CompletedPart, ObjectError>>,
    sent: Vec<CompletedPart>,
    parts: i32,
    size_bytes: u64,
    is_open: bool,
    /// Counts as background work from the first moment, so that none is overlooked between the
    /// last owner's going and the clean-up's coming.
    _tracked: TaskTrackerToken,
}

/// What was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uploaded {
    /// The length of all parts together.
    pub size_bytes: u64,
    /// The etag of the object; empty if there is none, since nothing was sent.
    pub etag: String,
}

/// The place of a part whose bytes are known later than those of the parts behind it.
#[derive(Debug)]
#[must_use = "an upload with a hole cannot be completed"]
pub struct HeldPart(i32);

/// An upload that is open at the store.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) objects: Objects,
    pub(super) key: String,
    pub(super) upload_id: String,
}

impl Objects {
    /// Begins an upload in parts.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn upload(
        &self,
        key: &str,
        content_type: &str,
    ) -> Result<MultipartUpload, ObjectError> {
        let begin = begin(self.clone(), key.to_owned(), content_type.to_owned());
        // In a task of its own: if the caller goes away before the store answers, the upload is
        // dropped, and so aborted, as soon as there is one.
        let begun = self.background.spawn(begin.in_current_span());
        begun.await.context("beginning an upload")?
    }

    /// Returns when no upload is open and no abandoned one waits to be cleaned up: to be called
    /// before the process ends, when nobody uploads any more.
    pub async fn background_done(&self) {
        self.background.close();
        self.background.wait().await;
        self.background.reopen();
    }
}

async fn begin(
    objects: Objects,
    key: String,
    content_type: String,
) -> Result<MultipartUpload, ObjectError> {
    let request = objects.client.create_multipart_upload().bucket(&*objects.bucket).key(&key);
    let answer = request.content_type(content_type).send().await;
    let answer = answer.map_err(|e| ObjectError::of("beginning to upload", &key, e))?;
    let upload_id = answer.upload_id.context("an upload without an id")?;
    let tracked = objects.background.token();
    Ok(MultipartUpload {
        _tracked: tracked,
        target: Target { objects, key, upload_id },
        runtime: Handle::current(),
        sending: JoinSet::new(),
        sent: Vec::new(),
        parts: 0,
        size_bytes: 0,
        is_open: true,
    })
}

impl MultipartUpload {
    /// Sends the next part, two at a time: returns when there is room for another, so the memory in
    /// use is that of three parts, the caller's next one included.
    ///
    /// # Errors
    /// If this part or one before it could not be sent; the upload cannot be completed any more.
    pub async fn part(&mut self, bytes: Bytes) -> Result<(), ObjectError> {
        let place = self.hold();
        self.fill(place, bytes).await
    }

    /// Keeps the next part's place for bytes that are known later, and goes on with the one behind.
    pub fn hold(&mut self) -> HeldPart {
        self.parts += 1;
        HeldPart(self.parts)
    }

    /// Sends the bytes of a place that was held.
    ///
    /// # Errors
    /// As [`part`](Self::part).
    pub async fn fill(&mut self, place: HeldPart, bytes: Bytes) -> Result<(), ObjectError> {
        self.settle_down_to(IN_FLIGHT - 1).await?;
        self.size_bytes += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.sending.spawn(send(self.target.clone(), place.0, bytes).in_current_span());
        Ok(())
    }

    /// Sends the next part, whose bytes exist once, and returns when the store has them.
    pub(super) async fn pass(
        &mut self,
        body: ByteStream,
        size_bytes: u64,
    ) -> Result<(), ObjectError> {
        let HeldPart(number) = self.hold();
        let part = self.target.part(number).body(body).content_length(length(size_bytes));
        let answer = part.customize().config_override(unhurried()).send().await;
        self.sent.push(self.target.sent(number, answer)?);
        self.size_bytes += size_bytes;
        Ok(())
    }

    /// Makes the parts an object.
    ///
    /// # Errors
    /// If there are no parts, one is missing or too small, or the store does not answer; the upload
    /// is aborted then.
    pub async fn complete(mut self) -> Result<Uploaded, ObjectError> {
        self.settle_down_to(0).await?;
        let mut parts = mem::take(&mut self.sent);
        if parts.len() != usize::try_from(self.parts).unwrap_or_default() {
            return Err(ObjectError::other("a part was held and never filled"));
        }
        parts.sort_by_key(CompletedPart::part_number);
        let etag = self.target.complete(parts, self.size_bytes).await?;
        self.is_open = false;
        Ok(Uploaded { size_bytes: self.size_bytes, etag })
    }

    /// Drops all parts, and returns when the store has.
    ///
    /// # Errors
    /// If the store does not answer; the upload is then tried to be aborted once more.
    pub async fn abort(mut self) -> Result<(), ObjectError> {
        while self.sending.join_next().await.is_some() {}
        self.target.abort().await?;
        self.is_open = false;
        Ok(())
    }

    async fn settle_down_to(&mut self, in_flight: usize) -> Result<(), ObjectError> {
        while in_flight < self.sending.len() {
            let Some(ended) = self.sending.join_next().await else { break };
            self.sent.push(ended.context("sending a part")??);
        }
        Ok(())
    }
}

impl Drop for MultipartUpload {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        let (target, mut sending) = (self.target.clone(), mem::take(&mut self.sending));
        let abandon = async move {
            // A part that arrives behind the abort would stay: let those under way end first.
            while sending.join_next().await.is_some() {}
            if let Err(error) = target.abort().await {
                let error = format!("{error:#}");
                warn!(error, key = target.key, "parts left to the bucket's lifecycle rule");
            }
        };
        self.target.objects.background.spawn_on(abandon.in_current_span(), &self.runtime);
    }
}

async fn send(target: Target, number: i32, bytes: Bytes) -> Result<CompletedPart, ObjectError> {
    let answer = target.part(number).body(bytes.into()).send().await;
    target.sent(number, answer)
}

impl Target {
    fn part(&self, number: i32) -> UploadPartFluentBuilder {
        let part = self.objects.client.upload_part().bucket(&*self.objects.bucket).key(&self.key);
        part.upload_id(&self.upload_id).part_number(number)
    }

    fn sent(
        &self,
        number: i32,
        answer: Result<UploadPartOutput, SdkError<UploadPartError, HttpResponse>>,
    ) -> Result<CompletedPart, ObjectError> {
        let answer = answer.map_err(|e| ObjectError::of("sending a part of", &self.key, e))?;
        Ok(CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag).build())
    }

    pub(super) async fn complete(
        &self,
        parts: Vec<CompletedPart>,
        size_bytes: u64,
    ) -> Result<String, ObjectError> {
        let list = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let answer = self
            .objects
            .client
            .complete_multipart_upload()
            .bucket(&*self.objects.bucket)
            .key(&self.key)
            .upload_id(&self.upload_id)
            .multipart_upload(list)
            .customize()
            .config_override(patient())
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.e_tag.unwrap_or_default()),
            // The answer to an earlier try may have got lost on its way.
            Err(error) if error.code() == Some("NoSuchUpload") => {
                let object = self.objects.head(&self.key).await?;
                if object.size_bytes == size_bytes {
                    return Ok(object.etag);
                }
                Err(anyhow!("the upload of {} was aborted by somebody else", self.key).into())
            }
            Err(error) => Err(ObjectError::of("completing", &self.key, error)),
        }
    }

    pub(super) async fn abort(&self) -> Result<(), ObjectError> {
        let request = self.objects.client.abort_multipart_upload().bucket(&*self.objects.bucket);
        let answer = request.key(&self.key).upload_id(&self.upload_id).send().await;
        match answer.map_err(|e| ObjectError::of("aborting the upload of", &self.key, e)) {
            Ok(_) | Err(ObjectError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// S3 may take minutes to complete an upload of thousands of parts.
fn patient() -> Builder {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);
    let timeouts =
        TimeoutConfig::builder().read_timeout(PATIENCE).operation_attempt_timeout(PATIENCE).build();
    Config::builder().timeout_config(timeouts)
}
