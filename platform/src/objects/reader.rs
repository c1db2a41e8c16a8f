//! An object as a file: blocking reads and seeks over ranged GETs.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::FutureExt;
use tokio::{runtime::Handle, time::sleep};
use tracing::{Instrument, debug};

use super::{
    ObjectError, Objects,
    cache::{Block, BlockCache},
};

/// How a reader reads.
#[derive(Clone, Copy, Debug)]
pub struct ReaderOptions {
    /// What one GET asks for.
    pub block_bytes: u32,
    /// How many blocks are kept for all clones together; each that reads in sequence uses one more
    /// than `read_ahead`.
    pub cached_blocks: usize,
    /// How many blocks are asked for in advance once reads are sequential.
    pub read_ahead: u64,
}

impl Default for ReaderOptions {
    /// 1 MiB blocks, 16 MiB in all, two blocks ahead.
    fn default() -> Self {
        Self { block_bytes: 1024 * 1024, cached_blocks: 16, read_ahead: 2 }
    }
}

/// What reading has cost so far, all clones together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadStats {
    /// GETs, tries that failed included.
    pub requests: u64,
    /// Bytes that came.
    pub bytes: u64,
}

/// Reads an object in blocks, which clones share; a clone has a position of its own, that of its
/// original to begin with. Small reads are cheap. A source that is replaced meanwhile is an error
/// ([`io::ErrorKind::StaleNetworkFileHandle`]), one that is deleted [`io::ErrorKind::NotFound`],
/// with the [`ObjectError`] inside; what may pass is tried again a few times first.
///
/// # Panics
/// Reading waits for the runtime it was made on: it panics on that runtime's own threads. Use it on
/// blocking threads (`spawn_blocking`) or threads of your own.
#[derive(Clone)]
pub struct ObjectReader {
    object: Arc<Object>,
    position: u64,
    /// The block under the position, so that small reads need no lock.
    current: Option<(u64, Bytes)>,
}

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectReader({} at {})", self.object.key, self.position)
    }
}

/// What clones share.
struct Object {
    objects: Objects,
    key: String,
    size_bytes: u64,
    etag: String,
    options: ReaderOptions,
    runtime: Handle,
    cache: Mutex<BlockCache>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl ObjectReader {
    pub(super) fn new(
        objects: Objects,
        key: &str,
        size_bytes: u64,
        etag: &str,
        options: ReaderOptions,
    ) -> Self {
        let object = Object {
            objects,
            key: key.to_owned(),
            size_bytes,
            etag: etag.to_owned(),
            options,
            runtime: Handle::current(),
            cache: Mutex::new(BlockCache::new(options.cached_blocks)),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        };
        Self { object: Arc::new(object), position: 0, current: None }
    }

    /// The length of the object.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.object.size_bytes
    }

    /// What reading has cost so far.
    #[must_use]
    pub fn stats(&self) -> ReadStats {
        let object = &self.object;
        ReadStats { requests: object.requests.load(Relaxed), bytes: object.bytes.load(Relaxed) }
    }

    /// The bytes from the position to the end of its block.
    fn rest_of_block(&mut self) -> io::Result<&[u8]> {
        let block_bytes = u64::from(self.object.options.block_bytes);
        let index = self.position / block_bytes;
        let last = self.current.as_ref().map(|(last, _)| *last);
        if last != Some(index) {
            let block = self.object.block(index);
            if last.is_some_and(|last| last + 1 == index) {
                self.object.read_ahead_of(index);
            }
            let bytes = self.object.runtime.block_on(block);
            let bytes = bytes.map_err(|error| self.object.failed(index, error))?;
            self.current = Some((index, bytes));
        }
        let bytes = self.current.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        let offset = usize::try_from(self.position % block_bytes).unwrap_or(usize::MAX);
        Ok(bytes.get(offset..).unwrap_or_default())
    }
}

impl Read for ObjectReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.object.size_bytes <= self.position {
            return Ok(0);
        }
        let mut bytes = self.rest_of_block()?;
        let read = bytes.read(into)?;
        self.position += u64::try_from(read).unwrap_or_default();
        Ok(read)
    }
}

impl Seek for ObjectReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.object.size_bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl Object {
    fn block(self: &Arc<Self>, index: u64) -> Block {
        self.cache().block(index, || {
            // A task of its own: it goes on while nobody waits, and once for all who do.
            let fetch = self.clone().fetch(index).in_current_span();
            let fetched = self.runtime.spawn(fetch);
            let block = async {
                fetched.await.unwrap_or_else(|ended| Err(Arc::new(ObjectError::other(ended))))
            };
            block.boxed().shared()
        })
    }

    fn read_ahead_of(self: &Arc<Self>, index: u64) {
        let blocks = self.size_bytes.div_ceil(u64::from(self.options.block_bytes));
        for ahead in (index + 1..blocks).take_while(|i| *i <= index + self.options.read_ahead) {
            drop(self.block(ahead));
        }
    }

    async fn fetch(self: Arc<Self>, index: u64) -> Result<Bytes, Arc<ObjectError>> {
        const TRIES: u32 = 4;
        let block_bytes = u64::from(self.options.block_bytes);
        let start = index * block_bytes;
        let range = start..self.size_bytes.min(start + block_bytes);
        let etag = Some(self.etag.as_str()).filter(|etag| !etag.is_empty());
        let mut tries = 1;
        loop {
            self.requests.fetch_add(1, Relaxed);
            match self.objects.range(&self.key, range.clone(), etag).await {
                Ok(bytes) => {
                    self.bytes.fetch_add(range.end - range.start, Relaxed);
                    return Ok(bytes);
                }
                Err(ObjectError::Other(error)) if tries < TRIES => {
                    debug!(error = format!("{error:#}"), tries, "reading a block failed");
                    sleep(Duration::from_millis(100) * 4_u32.pow(tries)).await;
                    tries += 1;
                }
                Err(error) => return Err(Arc::new(error)),
            }
        }
    }

    fn failed(&self, index: u64, error: Arc<ObjectError>) -> io::Error {
        self.cache().remove(index);
        let kind = match *error {
            ObjectError::NotFound(_) => io::ErrorKind::NotFound,
            ObjectError::Precondition(_) => io::ErrorKind::StaleNetworkFileHandle,
            ObjectError::Other(_) => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }

    fn cache(&self) -> MutexGuard<'_, BlockCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
