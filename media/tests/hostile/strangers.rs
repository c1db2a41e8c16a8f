//! Files of other kinds, of no kind, and of two kinds at once.

use crate::{
    bits,
    corpus::{CUT, Case, Expect, NOT_MEDIA},
    rng::Rng,
};

/// No media, or not only.
pub(crate) fn cases(mp4: &[u8], mkv: &[u8], jpeg: &[u8], path: &str, host: &str) -> Vec<Case> {
    let refused = |name: &str, bytes: Vec<u8>| {
        Case::new(format!("stranger/{name}"), bytes, Expect::Refused(NOT_MEDIA))
    };
    let cut = |name: &str, bytes: Vec<u8>| {
        Case::new(format!("stranger/{name}"), bytes, Expect::Refused(CUT))
    };
    let mut rng = Rng::new(1);
    let mut cases = vec![
        refused("empty", Vec::new()),
        refused("one-byte", vec![0]),
        refused("seven-bytes", b"\0\0\0\x08fty".to_vec()),
        refused("zeros", vec![0; 300_000]),
        refused("ones", vec![0xff; 300_000]),
        refused("elf", [b"\x7fELF\x02\x01\x01".as_slice(), &rng.bytes(20_000)].concat()),
        refused("zip", [b"PK\x03\x04\x14\0\0\0\x08\0".as_slice(), &rng.bytes(20_000)].concat()),
        refused("gzip-bomb", bits::zlib_bomb(200_000)),
        refused("png", png(u32::MAX >> 1, u32::MAX >> 1)),
        refused("gif", b"GIF89a\xff\xff\xff\xff\xf7\0\0,\0\0\0\0\xff\xff\xff\xff\0".to_vec()),
        refused("bmp", [b"BM".as_slice(), &[0xff; 200]].concat()),
        refused("jpeg", jpeg.to_vec()),
        refused("wav", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\xff\xff".repeat(50)),
        refused("pdf", format!("%PDF-1.7\n1 0 obj<</URI(http://{host})>>\n").into_bytes()),
        refused(
            "playlist-behind-zeros",
            [
                vec![0; 4096],
                format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{path}\n")
                    .into_bytes(),
            ]
            .concat(),
        ),
        cut(
            "ftyp-then-playlist",
            [
                b"\0\0\0\x14ftypisom\0\0\0\0isom".to_vec(),
                format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://{host}/\n")
                    .into_bytes(),
            ]
            .concat(),
        ),
    ];
    for seed in 0..6 {
        cases.push(refused(&format!("random-{seed}"), Rng::new(seed).bytes(50_000)));
    }
    // Readers of the second kind look from the end, or do not mind what comes first.
    let any = |name: &str, bytes| Case::new(format!("polyglot/{name}"), bytes, Expect::AnyEnd);
    cases.extend([
        any("mp4-and-zip", [mp4, b"PK\x05\x06", &[0; 18]].concat()),
        any("mp4-and-mkv", [mp4, mkv].concat()),
        any("mkv-and-mp4", [mkv, mp4].concat()),
        any("pdf-and-mp4", [b"%PDF-1.7\n", mp4].concat()),
        any("jpeg-and-mp4", [jpeg, mp4].concat()),
        any("playlist-and-mp4", [b"#EXTM3U\n".as_slice(), path.as_bytes(), b"\n", mp4].concat()),
        any("mp4-and-playlist", [mp4, b"#EXTM3U\n#EXTINF:1,\n", path.as_bytes()].concat()),
        any("mp4-twice", [mp4, mp4].concat()),
    ]);
    cases
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    bytes.extend(width.to_be_bytes());
    bytes.extend(height.to_be_bytes());
    bytes.extend(b"\x08\x06\0\0\0\0\0\0\0");
    bytes
}
