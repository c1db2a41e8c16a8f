//! What the first bytes of a file say of it: enough to refuse what is evidently no video before any
//! worker has looked. Doubtful cases are left to the plan.

use crate::Reason;

/// How many bytes of a file are worth looking at.
pub const SNIFFED_BYTES: u64 = 512;
/// Shorter texts are not called texts.
const LEAST_TEXT_BYTES: usize = 64;

/// Beginnings of files that hold no moving pictures: images, documents, archives, programs.
const OTHERS: &[&[u8]] = &[
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"8BPS",
    b"%PDF-",
    b"%!PS",
    b"{\\rtf",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"Rar!\x1a\x07",
    b"7z\xbc\xaf\x27\x1c",
    b"\x1f\x8b\x08",
    b"BZh",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"\x7fELF",
    b"MZ",
    b"SQLite format 3\0",
];
/// Beginnings of files that hold sound alone. (An MP3's ID3 tag may stand before other things.)
const SOUNDS: &[&[u8]] = &[b"fLaC", b"#!AMR"];

/// The reason that the plan would give for a file that begins like this, if there is no doubt.
pub fn evidently_no_video(head: &[u8]) -> Option<Reason> {
    let begins_with = |magics: &[&[u8]]| magics.iter().any(|magic| head.starts_with(magic));
    let is_riff = |kind: &[u8]| head.starts_with(b"RIFF") && head.get(8..12) == Some(kind);
    if begins_with(SOUNDS) || is_riff(b"WAVE") {
        return Some(Reason::no_video_stream());
    }
    (begins_with(OTHERS) || is_riff(b"WEBP") || is_text(head)).then(Reason::unreadable)
}

/// Every container that we read has bytes in its head that no text has.
fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // Cut in the middle of a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let is_control = |char: char| char.is_control() && !matches!(char, '\t' | '\n' | '\r');
    LEAST_TEXT_BYTES <= text.len() && !text.contains(is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(head: &[u8]) -> Option<String> {
        evidently_no_video(head).map(|reason| reason.code)
    }

    #[test]
    fn what_is_evidently_something_else_is_refused() {
        let page = format!("<!DOCTYPE html>\n<html>\n<p>{}</p>", "täglich ".repeat(20));
        let cut = &page.as_bytes()[..page.len() - 6];
        for other in [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), b"PK\x03\x04\x14\0", cut] {
            assert_eq!(code(other).as_deref(), Some("unreadable"), "{other:?}");
        }
        assert_eq!(code(b"RIFF\0\0\0\0WEBPVP8 ").as_deref(), Some("unreadable"));
        assert_eq!(code(b"RIFF\0\0\0\0WAVEfmt ").as_deref(), Some("no_video_stream"));
        assert_eq!(code(b"fLaC\0\0\0\x22").as_deref(), Some("no_video_stream"));
    }

    #[test]
    fn videos_and_doubtful_files_pass() {
        let mut ts = vec![0xff; 512];
        for packet in ts.chunks_mut(188) {
            packet[0] = b'G';
        }
        for head in [
            b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41".as_slice(),
            b"\0\0\0\x08wide\0\0\x10\0mdat",
            b"\x1a\x45\xdf\xa3\x01\0\0\0",
            b"RIFF\0\x10\0\0AVI LIST",
            b"FLV\x01\x05\0\0\0\x09",
            b"OggS\0\x02\0\0",
            b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
            b"\0\0\x01\xba\x44",
            b"ID3\x03\0\0",
            b"short text",
            b"",
            &ts,
        ] {
            assert_eq!(code(head), None, "{head:?}");
        }
    }
}
