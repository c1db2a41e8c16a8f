//! Uploads in parts that nobody has finished: invisible to whoever lists objects.

use super::{ObjectError, Objects};

impl Objects {
    /// Keys of the uploads in parts that are neither completed nor aborted, under `prefix`.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn unfinished_uploads(&self, prefix: &str) -> Result<Vec<String>, ObjectError> {
        let (mut keys, mut marker, mut upload) = (Vec::new(), None, None);
        loop {
            let answer = self
                .client
                .list_multipart_uploads()
                .bucket(&*self.bucket)
                .prefix(prefix)
                .set_key_marker(marker)
                .set_upload_id_marker(upload)
                .send()
                .await
                .map_err(|e| ObjectError::of("listing the uploads of", prefix, e))?;
            keys.extend(answer.uploads.unwrap_or_default().into_iter().filter_map(|u| u.key));
            if answer.is_truncated != Some(true) {
                return Ok(keys);
            }
            (marker, upload) = (answer.next_key_marker, answer.next_upload_id_marker);
        }
    }
}
