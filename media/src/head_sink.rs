//! A file whose first bytes are known last: they are kept in memory, the rest is passed on.

use std::{
    io::{self, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A handle; clones write to the same file.
pub(crate) struct HeadSink<W>(Arc<Mutex<Inner<W>>>);

struct Inner<W> {
    sink: W,
    /// Bytes before `room`, as far as they are written.
    head: Vec<u8>,
    /// Size of the head.
    room: usize,
    at: u64,
    end: u64,
    /// Whether anything was passed on.
    begun: bool,
    failure: Option<io::Error>,
}

impl<W> Clone for HeadSink<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W: Write + Seek> HeadSink<W> {
    /// Holds back the first `room` bytes of what is written to `sink`.
    pub(crate) fn new(sink: W, room: usize) -> Self {
        let inner =
            Inner { sink, head: Vec::new(), room, at: 0, end: 0, begun: false, failure: None };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Writes the head. Returns the size of the file.
    pub(crate) fn finish(&self) -> io::Result<u64> {
        let mut inner = self.lock();
        if let Some(error) = inner.failure.take() {
            return Err(error);
        }
        let Inner { sink, head, begun, end, .. } = &mut *inner;
        if *begun {
            sink.seek(SeekFrom::Start(0))?;
        }
        sink.write_all(head)?;
        sink.flush()?;
        Ok(*end)
    }

    /// What went wrong on the other side, if anything did.
    pub(crate) fn take_failure(&self) -> Option<io::Error> {
        self.lock().failure.take()
    }

    fn lock(&self) -> MutexGuard<'_, Inner<W>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write + Seek> Inner<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let at = usize::try_from(self.at).map_err(io::Error::other)?;
        let written = if at < self.room {
            let count = bytes.len().min(self.room - at);
            if self.head.len() < at + count {
                self.head.resize(at + count, 0);
            }
            self.head[at..at + count].copy_from_slice(&bytes[..count]);
            count
        } else {
            if !self.begun {
                self.sink.seek(SeekFrom::Start(self.room as u64))?;
                self.head.resize(self.room, 0);
                self.begun = true;
            } else if self.at != self.end {
                return Err(io::Error::other("the muxer went back further than it said"));
            }
            self.sink.write(bytes)?
        };
        self.at += written as u64;
        self.end = self.end.max(self.at);
        Ok(written)
    }
}

impl<W: Write + Seek> Write for HeadSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut inner = self.lock();
        match inner.write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                inner.failure.get_or_insert(error);
                Err(io::ErrorKind::Other.into())
            }
            answer => answer,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write + Seek> Seek for HeadSink<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut inner = self.lock();
        let from = |base: u64, by: i64| base.checked_add_signed(by);
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => from(inner.end, by),
            SeekFrom::Current(by) => from(inner.at, by),
        };
        inner.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(inner.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn the_head_goes_last() {
        let mut file = Vec::new();
        let mut sink = HeadSink::new(Cursor::new(&mut file), 8);
        sink.write_all(b"ftyp").unwrap();
        sink.seek(SeekFrom::Start(6)).unwrap();
        sink.write_all(b"mdat").unwrap();
        sink.write_all(b"more").unwrap();
        sink.seek(SeekFrom::Start(4)).unwrap();
        sink.write_all(b"hi").unwrap();
        assert_eq!(sink.finish().unwrap(), 14);
        drop(sink);
        assert_eq!(file, b"ftyphimdatmore");
    }

    #[test]
    fn nothing_behind_the_head_is_written_twice() {
        let mut sink = HeadSink::new(Cursor::new(Vec::new()), 2);
        sink.write_all(b"abcdef").unwrap();
        sink.seek(SeekFrom::Start(3)).unwrap();
        assert!(sink.write_all(b"x").is_err());
        assert!(sink.finish().is_err());
    }

    #[test]
    fn a_file_smaller_than_its_head() {
        let mut file = Vec::new();
        let mut sink = HeadSink::new(Cursor::new(&mut file), 100);
        sink.write_all(b"tiny").unwrap();
        assert_eq!(sink.finish().unwrap(), 4);
        drop(sink);
        assert_eq!(file, b"tiny");
    }
}
