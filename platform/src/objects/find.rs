//! Objects that may not be there.

use bytes::Bytes;

use super::{ObjectError, ObjectInfo, Objects};

impl Objects {
    /// What an object is, if there is one.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn find(&self, key: &str) -> Result<Option<ObjectInfo>, ObjectError> {
        optional(self.head(key).await)
    }

    /// All of a small object, if there is one.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn find_bytes(&self, key: &str) -> Result<Option<Bytes>, ObjectError> {
        optional(self.bytes(key).await)
    }
}

fn optional<T>(found: Result<T, ObjectError>) -> Result<Option<T>, ObjectError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(ObjectError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
