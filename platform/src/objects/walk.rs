//! A whole bucket, a page at a time: for who compares it with what should be there.

use super::{ObjectError, Objects, error::status};

/// An object in a list, with its age.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its whole key.
    pub key: String,
    /// Its length.
    pub size_bytes: u64,
    /// When it was written, in Unix seconds.
    pub written_at: u64,
}

/// An upload in parts that nobody has completed or aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenUpload {
    /// What it would become.
    pub key: String,
    /// Tells it from others of the same key.
    pub upload_id: String,
    /// When it was begun, in Unix seconds.
    pub begun_at: u64,
}

impl Objects {
    /// At most a thousand objects whose keys come after `after`, in the order of their keys; none
    /// at the end of the bucket. `after` need not be the key of an object.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn page_after(&self, after: &str) -> Result<Vec<Listed>, ObjectError> {
        let request = self.client.list_objects_v2().bucket(&*self.bucket).start_after(after);
        let page = request.send().await.map_err(|e| ObjectError::of("listing after", after, e))?;
        let listed = |object: aws_sdk_s3::types::Object| Listed {
            key: object.key.unwrap_or_default(),
            size_bytes: object.size.and_then(|size| size.try_into().ok()).unwrap_or_default(),
            written_at: seconds(object.last_modified),
        };
        Ok(page.contents.unwrap_or_default().into_iter().map(listed).collect())
    }

    /// Some open uploads behind a place in their list, and the place behind them, if there are more.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn open_uploads(
        &self,
        after: Option<(String, String)>,
    ) -> Result<(Vec<OpenUpload>, Option<(String, String)>), ObjectError> {
        let (key, id) = after.unzip();
        let request = self.client.list_multipart_uploads().bucket(&*self.bucket);
        let request = request.set_key_marker(key).set_upload_id_marker(id);
        let page = request.send().await.map_err(|e| ObjectError::of("listing uploads", "", e))?;
        let place = page.next_key_marker.zip(page.next_upload_id_marker);
        let open = |upload: aws_sdk_s3::types::MultipartUpload| OpenUpload {
            key: upload.key.unwrap_or_default(),
            upload_id: upload.upload_id.unwrap_or_default(),
            begun_at: seconds(upload.initiated),
        };
        let uploads = page.uploads.unwrap_or_default().into_iter().map(open).collect();
        Ok((uploads, place.filter(|_| page.is_truncated == Some(true))))
    }

    /// Aborts an open upload; that there is none is no error.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn abort_open(&self, upload: &OpenUpload) -> Result<(), ObjectError> {
        let abort = self.client.abort_multipart_upload().bucket(&*self.bucket);
        match abort.key(&upload.key).upload_id(&upload.upload_id).send().await {
            Err(error) if status(&error) != Some(404) => {
                Err(ObjectError::of("aborting the upload of", &upload.key, error))
            }
            _ => Ok(()),
        }
    }
}

fn seconds(time: Option<aws_sdk_s3::primitives::DateTime>) -> u64 {
    time.and_then(|time| u64::try_from(time.secs()).ok()).unwrap_or_default()
}
