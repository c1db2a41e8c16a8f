//! Uploads in parts that a dead process left open.

use tracing::info;

use super::{ObjectError, Objects};

impl Objects {
    /// Aborts every upload in parts whose key begins with `prefix` and returns how many there were.
    ///
    /// # Errors
    /// If the store does not answer. What is done stays done: call again.
    ///
    /// # Panics
    /// If the prefix is empty: nobody means the whole bucket.
    pub async fn abort_uploads(&self, prefix: &str) -> Result<usize, ObjectError> {
        assert!(!prefix.is_empty(), "an empty prefix is the whole bucket");
        let request = self.client.list_multipart_uploads().bucket(&*self.bucket).prefix(prefix);
        let listed = request.send().await;
        let listed = listed.map_err(|e| ObjectError::of("listing uploads under", prefix, e))?;
        // At most a thousand: nobody opens so many of one video.
        let uploads = listed.uploads.unwrap_or_default();
        for upload in &uploads {
            let (Some(key), Some(id)) = (&upload.key, &upload.upload_id) else { continue };
            let request = self.client.abort_multipart_upload().bucket(&*self.bucket);
            match request.key(key).upload_id(id).send().await {
                Ok(_) => info!(key, "an abandoned upload is aborted"),
                Err(error) => match ObjectError::of("aborting the upload of", key, error) {
                    ObjectError::NotFound(_) => {} // somebody else did
                    error => return Err(error),
                },
            }
        }
        Ok(uploads.len())
    }
}
