//! Objects in a row as one file: some of a rendition's segments, behind its init segment.

use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use tokio::{runtime::Handle, task::JoinHandle};

use super::{ObjectError, ObjectInfo, Objects};

/// A blocking reader of objects of known sizes, each fetched whole when it is reached, and the one
/// behind it meanwhile.
///
/// For blocking threads only: `read` panics on a runtime's own thread.
#[derive(Debug)]
pub struct Joined {
    objects: Objects,
    runtime: Handle,
    /// Keys, and where each object ends.
    parts: Vec<(String, u64)>,
    position: u64,
    /// The object under the position.
    current: Option<(usize, Bytes)>,
    /// The one behind it, which is on its way.
    ahead: Option<(usize, Fetch)>,
}

type Fetch = JoinHandle<Result<Bytes, ObjectError>>;

impl Objects {
    /// Reads `parts` in a row. An object that is missing, or not of its size, is an error of `read`.
    ///
    /// # Panics
    /// If called outside a tokio runtime.
    #[must_use]
    pub fn joined(&self, parts: &[ObjectInfo]) -> Joined {
        let mut end = 0;
        let parts = parts.iter().map(|part| {
            end += part.size_bytes;
            (part.key.clone(), end)
        });
        Joined {
            objects: self.clone(),
            runtime: Handle::current(),
            parts: parts.collect(),
            position: 0,
            current: None,
            ahead: None,
        }
    }
}

impl Joined {
    fn start_of(&self, part: usize) -> u64 {
        part.checked_sub(1).map_or(0, |before| self.parts[before].1)
    }

    fn fetch(&self, part: usize) -> Fetch {
        let (objects, key) = (self.objects.clone(), self.parts[part].0.clone());
        self.runtime.spawn(async move { objects.bytes(&key).await })
    }

    fn part(&mut self, part: usize) -> io::Result<Bytes> {
        if let Some((current, bytes)) = &self.current
            && *current == part
        {
            return Ok(bytes.clone());
        }
        let fetch = match self.ahead.take() {
            Some((ahead, fetch)) if ahead == part => fetch,
            _ => self.fetch(part),
        };
        if part + 1 < self.parts.len() {
            self.ahead = Some((part + 1, self.fetch(part + 1)));
        }
        let fetched = self.runtime.block_on(fetch).map_err(io::Error::other)?;
        let bytes = fetched.map_err(io::Error::other)?;
        if bytes.len() as u64 != self.parts[part].1 - self.start_of(part) {
            return Err(io::Error::other(format!("{} changed its size", self.parts[part].0)));
        }
        self.current = Some((part, bytes.clone()));
        Ok(bytes)
    }
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let part = self.parts.partition_point(|(_, end)| *end <= self.position);
        if part == self.parts.len() {
            return Ok(0);
        }
        let bytes = self.part(part)?;
        let from =
            usize::try_from(self.position - self.start_of(part)).map_err(io::Error::other)?;
        let read = bytes.get(from..).unwrap_or_default().read(buffer)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Joined {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let end = self.parts.last().map_or(0, |(_, end)| *end);
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some((_, fetch)) = &self.ahead {
            fetch.abort();
        }
    }
}
