//! Top-level boxes of MP4 files (ISO 14496-12 4.2): enough to cut and to see where one ends.

use std::io::{self, SeekFrom};

use crate::Source;

/// Boxes looked at before the rest is believed: fragmented files have thousands.
const MAX_BOXES: usize = 64;

/// A box inside a buffer, header and all.
pub(crate) struct TopBox<'a> {
    pub(crate) kind: [u8; 4],
    pub(crate) bytes: &'a [u8],
}

/// Top-level boxes of a buffer that libav's muxer wrote; stops at the first incomplete one.
pub(crate) fn split(mut bytes: &[u8]) -> impl Iterator<Item = TopBox<'_>> {
    std::iter::from_fn(move || {
        let (size, kind) = header(bytes)?;
        let size = usize::try_from(size).ok().filter(|&size| size >= 8 && size <= bytes.len())?;
        let (whole, rest) = bytes.split_at(size);
        bytes = rest;
        Some(TopBox { kind, bytes: whole })
    })
}

fn header(bytes: &[u8]) -> Option<(u64, [u8; 4])> {
    let small = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
    let kind = bytes.get(4..8)?.try_into().ok()?;
    let size = match small {
        1 => u64::from_be_bytes(bytes.get(8..16)?.try_into().ok()?),
        size => u64::from(size),
    };
    Some((size, kind))
}

/// Whether this is an MP4 or MOV whose boxes promise more than the `size_bytes` it has.
pub(crate) fn is_cut_short(source: &mut dyn Source, size_bytes: u64) -> io::Result<bool> {
    let (mut at, mut has_index) = (0, false);
    for _ in 0..MAX_BOXES {
        if at >= size_bytes {
            // All there, but nothing says where the samples are: the recorder never finished.
            return Ok(at > 0 && (at > size_bytes || !has_index));
        }
        let mut head = [0; 16];
        source.seek(SeekFrom::Start(at))?;
        let got = read_up_to(source, &mut head)?;
        let Some((size, kind)) = header(&head[..got]) else { return Ok(at > 0) };
        if at == 0 && !matches!(&kind, b"ftyp" | b"moov" | b"mdat" | b"wide" | b"skip" | b"free") {
            return Ok(false);
        }
        has_index |= matches!(&kind, b"moov" | b"moof");
        match size {
            0 => return Ok(!has_index), // up to the end of the file
            1..8 => return Ok(false),
            // Padding and other matter may be cut without harm.
            _ if matches!(&kind, b"moov" | b"moof" | b"mdat") || at == 0 => {}
            _ if at.saturating_add(size) > size_bytes => return Ok(!has_index),
            _ => {}
        }
        at = at.saturating_add(size);
    }
    Ok(false)
}

/// Fills the buffer as far as there is something.
pub(crate) fn read_up_to(source: &mut dyn Source, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match source.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn boxed(kind: &[u8; 4], body: usize) -> Vec<u8> {
        let size = u32::try_from(body + 8).unwrap();
        [&size.to_be_bytes()[..], kind, &vec![0; body]].concat()
    }

    fn cut(bytes: &[u8]) -> bool {
        is_cut_short(&mut Cursor::new(bytes.to_vec()), bytes.len() as u64).unwrap()
    }

    #[test]
    fn sees_what_is_missing() {
        let whole = [boxed(b"ftyp", 16), boxed(b"mdat", 500), boxed(b"moov", 100)].concat();
        assert!(!cut(&whole));
        assert!(cut(&whole[..whole.len() - 1]), "inside moov");
        assert!(cut(&whole[..24 + 508]), "moov is gone");
        assert!(cut(&whole[..300]), "inside mdat");
        assert!(cut(&whole[..28]));
    }

    #[test]
    fn others_are_left_to_libav() {
        assert!(!cut(b"RIFF....AVI LIST"));
        assert!(!cut(b"hello, I am a text file, honestly"));
        let padded =
            [boxed(b"ftyp", 16), boxed(b"moov", 100), boxed(b"mdat", 9), boxed(b"free", 50)];
        let padded = padded.concat();
        assert!(!cut(&padded[..padded.len() - 20]));
    }

    #[test]
    fn splits_a_buffer() {
        let bytes = [boxed(b"moof", 4), boxed(b"mdat", 7)].concat();
        let kinds: Vec<_> = split(&bytes).map(|b| (b.kind, b.bytes.len())).collect();
        assert_eq!(kinds, [(*b"moof", 12), (*b"mdat", 15)]);
        assert_eq!(split(&bytes[..20]).count(), 1);
    }
}
