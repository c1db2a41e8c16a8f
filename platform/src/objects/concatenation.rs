//! Many objects read as one stream: a rendition's segments, one after the other.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use tokio::{sync::mpsc, task::AbortHandle};

use super::{ObjectError, Objects};

/// Objects fetched ahead of the reader.
const AHEAD: usize = 2;

/// A blocking reader of objects in a row, each fetched whole and a few ahead.
///
/// For blocking threads only: `read` panics on a runtime's own thread.
pub struct Concatenation {
    fetched: mpsc::Receiver<Result<Bytes, ObjectError>>,
    current: Bytes,
    fetching: AbortHandle,
}

impl Objects {
    /// Reads `keys` in a row. An object that is missing is an error of `read`.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    #[must_use]
    pub fn concatenation(&self, keys: Vec<String>) -> Concatenation {
        let (sender, fetched) = mpsc::channel(AHEAD);
        let objects = self.clone();
        let fetching = tokio::spawn(async move {
            for key in keys {
                let bytes = objects.bytes(&key).await;
                let failed = bytes.is_err();
                if sender.send(bytes).await.is_err() || failed {
                    break;
                }
            }
        });
        Concatenation { fetched, current: Bytes::new(), fetching: fetching.abort_handle() }
    }
}

impl Read for Concatenation {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.fetched.blocking_recv() {
                Some(bytes) => self.current = bytes.map_err(io::Error::other)?,
                None => return Ok(0),
            }
        }
        let taken = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..taken]);
        Ok(taken)
    }
}

impl Drop for Concatenation {
    fn drop(&mut self) {
        self.fetching.abort();
    }
}
