//! The inmate's files: what libav reads and writes, over the socket.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::{
    inmate::{Line, MOST},
    words::Word,
};

/// An input that can be read anywhere.
pub(super) struct File {
    line: Line,
    size: u64,
    position: u64,
}

impl File {
    pub(super) fn new(line: Line, size: u64) -> Self {
        Self { line, size, position: 0 }
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.line.read(0, Some(self.position), &mut buffer[..wanted])?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = moved(self.position, self.size, to)?;
        Ok(self.position)
    }
}

/// An input that is read from front to back.
pub(super) struct Stream {
    line: Line,
    input: usize,
}

impl Stream {
    pub(super) fn new(line: Line, input: usize) -> Self {
        Self { line, input }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.line.read(self.input, None, buffer)
    }
}

/// The file that is written.
pub(super) struct Sink {
    line: Line,
    position: u64,
    end: u64,
}

impl Sink {
    pub(super) fn new(line: Line) -> Self {
        Self { line, position: 0, end: 0 }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(MOST as usize)];
        self.line.say(&Word::Write { offset: self.position }, bytes)?;
        self.position += bytes.len() as u64;
        self.end = self.end.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = moved(self.position, self.end, to)?;
        Ok(self.position)
    }
}

fn moved(position: u64, end: u64, to: SeekFrom) -> io::Result<u64> {
    let position = match to {
        SeekFrom::Start(position) => Some(position),
        SeekFrom::Current(by) => position.checked_add_signed(by),
        SeekFrom::End(by) => end.checked_add_signed(by),
    };
    position.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}
