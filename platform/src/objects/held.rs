//! A file whose beginning is known last, written to the store in constant memory.
//!
//! A faststart MP4 has its index in front, and the index is known when all else has been written.
//! So the first part of the upload is held back in memory and sent at the end.

use std::{
    io::{self, Seek, SeekFrom, Write},
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tokio::runtime::Handle;

use super::{HeldPart, MultipartUpload, ObjectError, Objects};

const PART: usize = 8 * 1024 * 1024;

/// A blocking writer that can seek back into its first bytes until it is finished. Clones write to
/// the same file. For blocking threads only: it panics on a runtime's own thread.
#[derive(Clone)]
pub struct HeldUpload(Arc<Mutex<File>>);

struct File {
    objects: Objects,
    runtime: Handle,
    key: String,
    content_type: String,
    /// The first bytes, which may still change.
    head: Vec<u8>,
    head_capacity: usize,
    /// The part that is being filled, behind the head and all parts sent.
    tail: Vec<u8>,
    upload: Option<(MultipartUpload, HeldPart)>,
    position: u64,
    end: u64,
}

impl Objects {
    /// Begins a file of which the first `held_bytes` may be written again until the end.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    #[must_use]
    pub fn held_upload(&self, key: &str, content_type: &str, held_bytes: u64) -> HeldUpload {
        let held = usize::try_from(held_bytes).unwrap_or(usize::MAX);
        HeldUpload(Arc::new(Mutex::new(File {
            objects: self.clone(),
            runtime: Handle::current(),
            key: key.to_owned(),
            content_type: content_type.to_owned(),
            head: Vec::new(),
            head_capacity: held.max(PART),
            tail: Vec::new(),
            upload: None,
            position: 0,
            end: 0,
        })))
    }
}

impl HeldUpload {
    /// Makes what was written an object and returns its length in bytes. Dropped without this,
    /// nothing is left behind.
    ///
    /// # Errors
    /// If the store did not take all of it.
    pub fn finish(self) -> io::Result<u64> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.finish().map_err(io::Error::other)
    }
}

impl Write for HeldUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for HeldUpload {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seek(to)
    }
}

impl File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let capacity = self.capacity();
        if self.position == capacity && self.end < capacity {
            self.head.resize(self.head_capacity, 0);
            self.end = capacity;
        }
        let written = if self.position < capacity {
            let at = usize::try_from(self.position).map_err(io::Error::other)?;
            let end = self.head_capacity.min(at + bytes.len());
            if self.head.len() < end {
                self.head.resize(end, 0);
            }
            self.head[at..end].copy_from_slice(&bytes[..end - at]);
            end - at
        } else if self.position == self.end {
            let taken = bytes.len().min(PART - self.tail.len());
            self.tail.extend_from_slice(&bytes[..taken]);
            if self.tail.len() == PART {
                self.send_tail().map_err(io::Error::other)?;
            }
            taken
        } else {
            let message = "only the held bytes can be written again";
            return Err(io::Error::new(io::ErrorKind::Unsupported, message));
        };
        self.position += u64::try_from(written).unwrap_or_default();
        self.end = self.end.max(self.position);
        Ok(written)
    }

    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.end.checked_add_signed(by),
        };
        // Beyond the end, zeros fill the gap: the place that is kept for an index.
        let furthest = self.end.max(self.capacity());
        let position = position.filter(|position| *position <= furthest);
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }

    fn capacity(&self) -> u64 {
        u64::try_from(self.head_capacity).unwrap_or(u64::MAX)
    }

    fn send_tail(&mut self) -> Result<(), ObjectError> {
        let part = Bytes::from(mem::take(&mut self.tail));
        self.runtime.clone().block_on(async {
            if self.upload.is_none() {
                let mut upload = self.objects.upload(&self.key, &self.content_type).await?;
                let head = upload.hold();
                self.upload = Some((upload, head));
            }
            match &mut self.upload {
                Some((upload, _)) => upload.part(part).await,
                None => unreachable!("it was begun above"),
            }
        })
    }

    fn finish(&mut self) -> Result<u64, ObjectError> {
        if self.upload.is_some() && !self.tail.is_empty() {
            self.send_tail()?;
        }
        let mut head = mem::take(&mut self.head);
        let uploaded = self.upload.take();
        let tail = mem::take(&mut self.tail);
        self.runtime.clone().block_on(async {
            match uploaded {
                Some((mut upload, place)) => {
                    upload.fill(place, head.into()).await?;
                    upload.complete().await.map(drop)
                }
                None => {
                    head.extend_from_slice(&tail);
                    self.objects.put(&self.key, head, &self.content_type).await.map(drop)
                }
            }
        })?;
        Ok(self.end)
    }
}
