//! What passes between the cage and its keeper: frames of a small JSON header and raw bytes.

use std::io::{self, Read, Write};

use serde::{Serialize, de::DeserializeOwned};

/// Longest header: a request carries a plan of a few kilobytes.
const MAX_HEADER: u32 = 1 << 20;
/// Longest body: a segment of the highest rung at its bitrate cap is a fifth of this.
const MAX_BODY: u32 = 64 << 20;

/// Writes one frame.
pub(super) fn send(to: &mut impl Write, header: &impl Serialize, body: &[u8]) -> io::Result<()> {
    let header = serde_json::to_vec(header)?;
    let mut lengths = [0; 8];
    lengths[..4].copy_from_slice(&length(header.len(), MAX_HEADER)?.to_le_bytes());
    lengths[4..].copy_from_slice(&length(body.len(), MAX_BODY)?.to_le_bytes());
    to.write_all(&[&lengths, header.as_slice()].concat())?;
    to.write_all(body)
}

/// Reads one frame; `None` at the end of the stream between two frames.
///
/// # Errors
/// `InvalidData` if the other side does not keep to the protocol; the cage's side is hostile.
pub(super) fn receive<T: DeserializeOwned>(
    from: &mut impl Read,
) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut lengths = [0; 8];
    if !fill(from, &mut lengths)? {
        return Ok(None);
    }
    let [h0, h1, h2, h3, b0, b1, b2, b3] = lengths;
    let header = u32::from_le_bytes([h0, h1, h2, h3]);
    let body = u32::from_le_bytes([b0, b1, b2, b3]);
    if header > MAX_HEADER || body > MAX_BODY {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an oversized frame"));
    }
    let header: T = serde_json::from_slice(&exactly(from, header)?)?;
    Ok(Some((header, exactly(from, body)?)))
}

fn length(length: usize, most: u32) -> io::Result<u32> {
    let fits = u32::try_from(length).ok().filter(|length| *length <= most);
    fits.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an oversized frame"))
}

/// False if the stream ends before the first byte.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Grows with what really comes: a lie about the length costs no memory.
fn exactly(from: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut bytes)?;
    if u32::try_from(bytes.len()) == Ok(length) {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_the_way() {
        let mut wire = Vec::new();
        send(&mut wire, &"hello", b"body").unwrap();
        send(&mut wire, &[1, 2], b"").unwrap();
        let mut wire = wire.as_slice();
        let (header, body): (String, _) = receive(&mut wire).unwrap().unwrap();
        assert_eq!((header.as_str(), body.as_slice()), ("hello", b"body".as_slice()));
        let (header, body): (Vec<u8>, _) = receive(&mut wire).unwrap().unwrap();
        assert_eq!((header.as_slice(), body.len()), ([1, 2].as_slice(), 0));
        assert!(receive::<String>(&mut wire).unwrap().is_none());
    }

    #[test]
    fn a_hostile_cage_is_an_error() {
        let oversized = [0, 0, 0, 0xff, 0, 0, 0, 0];
        let liar = [2, 0, 0, 0, 0, 0, 0, 3, b'1'];
        for wire in [oversized.as_slice(), &liar, &[1, 0], &[1, 0, 0, 0, 0, 0, 0, 0, b'x']] {
            assert!(receive::<u8>(&mut &wire[..]).is_err(), "{wire:?}");
        }
    }
}
