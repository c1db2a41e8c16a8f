//! The two outermost elements of Matroska and WebM (RFC 8794, RFC 9559): enough to see where a
//! file should end.

use std::io::{self, SeekFrom};

use crate::{Source, boxes::read_up_to};

/// Id of the header, and of the segment behind it that holds all else.
const HEADER: u64 = 0x1a45_dfa3;
const SEGMENT: u64 = 0x1853_8067;

/// Whether this is a Matroska file whose segment promises more than the `size_bytes` it has.
/// Recorders that never finished promise nothing.
pub(crate) fn is_cut_short(source: &mut dyn Source, size_bytes: u64) -> io::Result<bool> {
    let Some((HEADER, Some(size), length)) = element(source, 0)? else { return Ok(false) };
    let at = length.saturating_add(size);
    let Some((SEGMENT, Some(size), length)) = element(source, at)? else { return Ok(false) };
    Ok(at.saturating_add(length).saturating_add(size) > size_bytes)
}

/// Id, size of the body unless it is unknown, and length of both as written.
fn element(source: &mut dyn Source, at: u64) -> io::Result<Option<(u64, Option<u64>, u64)>> {
    let mut head = [0; 12];
    source.seek(SeekFrom::Start(at))?;
    let got = read_up_to(source, &mut head)?;
    Ok(header(&head[..got]))
}

fn header(bytes: &[u8]) -> Option<(u64, Option<u64>, u64)> {
    let (id, id_length, _) = number(bytes)?;
    let (marked, length, unmarked) = number(bytes.get(id_length..)?)?;
    // All ones: nobody knows (RFC 8794 6.2).
    let is_unknown = marked.count_ones() as usize == 7 * length + 1;
    let written = u64::try_from(id_length + length).ok()?;
    Some((id, (!is_unknown).then_some(unmarked), written))
}

/// A variable-size integer (RFC 8794 4) with its marker, its length, and without.
fn number(bytes: &[u8]) -> Option<(u64, usize, u64)> {
    let length = bytes.first()?.leading_zeros() as usize + 1;
    let read = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    let value = bytes.get(..length.min(8)).filter(|_| length <= 8)?.iter().fold(0, read);
    Some((value, length, value & !(1 << (7 * length))))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn cut(bytes: &[u8]) -> bool {
        is_cut_short(&mut Cursor::new(bytes.to_vec()), bytes.len() as u64).unwrap()
    }

    #[test]
    fn the_segment_says_where_the_file_ends() {
        let file = b"\x1a\x45\xdf\xa3\x82ab\x18\x53\x80\x67\x10\0\0\x04four";
        assert!(!cut(file));
        assert!(cut(&file[..file.len() - 1]));
        assert!(!cut(&file[..9]), "nothing is promised yet");
    }

    #[test]
    fn who_promises_nothing_breaks_nothing() {
        assert!(!cut(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\xffbody"));
        assert!(!cut(b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"));
        assert!(!cut(b"RIFF, and what follows"));
        assert!(!cut(&[0; 40]));
        assert!(!cut(b""));
    }
}
