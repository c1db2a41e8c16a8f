//! AVI: subtitles that are playlists, tables that lie, headers that promise.

use crate::corpus::{Case, Expect};

fn chunk(id: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = &[0][..body.len() % 2];
    [id, (body.len() as u32).to_le_bytes().as_slice(), body, padding].concat()
}

fn list(kind: &[u8; 4], parts: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"LIST", &[kind.to_vec(), parts.concat()].concat())
}

fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// What a header of an AVI with one MJPEG track may lie about.
#[derive(Clone, Copy)]
struct Head {
    width: u32,
    height: u32,
    scale: u32,
    rate: u32,
    length: u32,
    frame_us: u32,
    streams: u32,
}

const HONEST: Head =
    Head { width: 128, height: 96, scale: 1, rate: 25, length: 25, frame_us: 40_000, streams: 1 };

fn picture_track(head: Head) -> Vec<u8> {
    let Head { width, height, scale, rate, length, .. } = head;
    let strh =
        [b"vidsMJPG".to_vec(), words(&[0, 0, 0, scale, rate, 0, length, 0, u32::MAX, 0, 0, 0])];
    let strf = [words(&[40, width, height, 0x0018_0001]), b"MJPG".to_vec(), words(&[0; 5])];
    list(b"strl", &[chunk(b"strh", &strh.concat()), chunk(b"strf", &strf.concat())])
}

fn file(head: Head, tracks: &[Vec<u8>], chunks: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    let avih = words(&[
        head.frame_us,
        0,
        0,
        0x10,
        head.length,
        0,
        head.streams,
        0,
        head.width,
        head.height,
        0,
        0,
        0,
        0,
    ]);
    let header = list(b"hdrl", &[vec![chunk(b"avih", &avih)], tracks.to_vec()].concat());
    let body = [b"AVI ".to_vec(), header, list(b"movi", chunks), behind.to_vec()].concat();
    chunk(b"RIFF", &body)
}

/// A subtitle track whose one packet holds a file: libav guesses its format and opens it.
fn with_subtitle(jpeg: &[u8], name: &str, text: &str) -> Case {
    let strh = [b"txts\0\0\0\0".to_vec(), words(&[0, 0, 0, 1, 25, 0, 1, 0, 0, 0, 0, 0])].concat();
    let track = list(b"strl", &[chunk(b"strh", &strh), chunk(b"strf", &[])]);
    let title = [0_u8; 2];
    let packet = [
        b"GAB2\0\x02\0".as_slice(),
        &(title.len() as u32).to_le_bytes(),
        &title,
        &4_u16.to_le_bytes(),
        &(text.len() as u32).to_le_bytes(),
        text.as_bytes(),
    ]
    .concat();
    let mut chunks = vec![chunk(b"01tx", &packet)];
    chunks.extend((0..10).map(|_| chunk(b"00dc", jpeg)));
    let head = Head { streams: 2, ..HONEST };
    let bytes = file(head, &[picture_track(head), track], &chunks, &[]);
    Case::new(format!("avi/subtitle/{name}"), bytes, Expect::AnyEnd)
}

/// Built around a JPEG, or bent copies of `avi`.
pub(crate) fn cases(avi: &[u8], jpeg: &[u8], path: &str, host: &str) -> Vec<Case> {
    let pictures: Vec<_> = (0..25).map(|_| chunk(b"00dc", jpeg)).collect();
    let any = |name: &str, bytes| Case::new(format!("avi/{name}"), bytes, Expect::AnyEnd);
    let lying =
        |name: &str, head: Head| any(name, file(head, &[picture_track(head)], &pictures, &[]));
    let index = |entry: &[u32]| chunk(b"idx1", &words(entry).repeat(100_000));
    let indexed = |name: &str, entry: &[u32]| {
        any(name, file(HONEST, &[picture_track(HONEST)], &pictures, &index(entry)))
    };
    let dc = u32::from_le_bytes(*b"00dc");
    let super_index = |entries: u32| {
        let body = [words(&[4, entries, dc, 0, 0, 0]), words(&[12, 0, 64, 25]).repeat(500)];
        [picture_track(HONEST), chunk(b"indx", &body.concat())].concat()
    };
    let honest = file(HONEST, &[picture_track(HONEST)], &pictures, &[]);
    let hls = |uri: &str| format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{uri}\n");
    vec![
        Case::new("avi/built", honest.clone(), Expect::Made),
        with_subtitle(jpeg, "hls-file", &hls(&format!("file://{path}"))),
        with_subtitle(jpeg, "hls-http", &hls(&format!("http://{host}/"))),
        with_subtitle(jpeg, "concat", &format!("ffconcat version 1.0\nfile {path}\n")),
        with_subtitle(jpeg, "srt", "1\n00:00:00,000 --> 00:00:01,000\nhello\n"),
        with_subtitle(jpeg, "ass", &format!("[Script Info]\n[Events]\nDialogue: {path}\n")),
        lying("size/65535", Head { width: 65_535, height: 65_535, ..HONEST }),
        lying("size/most", Head { width: u32::MAX, height: 1 << 31, ..HONEST }),
        lying("size/0", Head { width: 0, height: 0, ..HONEST }),
        lying("rate/zero", Head { scale: 0, rate: 0, frame_us: 0, ..HONEST }),
        lying("rate/endless", Head { scale: 1, rate: u32::MAX, ..HONEST }),
        lying("rate/never", Head { scale: u32::MAX, rate: 1, ..HONEST }),
        lying("rate/hour-each", Head { scale: 3600, rate: 1, ..HONEST }),
        lying("length/endless", Head { length: u32::MAX, ..HONEST }),
        lying("length/zero", Head { length: 0, ..HONEST }),
        lying("streams/4-billion", Head { streams: u32::MAX, ..HONEST }),
        any("streams/5000", file(HONEST, &vec![picture_track(HONEST); 5000], &pictures, &[])),
        indexed("index/outside", &[dc, 0x10, u32::MAX, u32::MAX]),
        indexed("index/same-place", &[dc, 0x10, 4, jpeg.len() as u32]),
        indexed("index/no-such-stream", &[u32::from_le_bytes(*b"99dc"), 0x10, 4, 4]),
        any("index/super", file(HONEST, &[super_index(500)], &pictures, &[])),
        any("index/super-promised", file(HONEST, &[super_index(u32::MAX / 16)], &pictures, &[])),
        any(
            "deep/lists",
            file(
                HONEST,
                &[(0..5000).fold(Vec::new(), |inner, _| list(b"strl", &[inner]))],
                &pictures,
                &[],
            ),
        ),
        any(
            "chunks/empty",
            file(HONEST, &[picture_track(HONEST)], &vec![chunk(b"00dc", &[]); 100_000], &[]),
        ),
        any("chunks/promised", [honest.as_slice(), b"00dc\xff\xff\xff\x7f"].concat()),
        any("riff-size-zero", [b"RIFF\0\0\0\0".as_slice(), &avi[8..]].concat()),
        any("riff-size-most", [b"RIFF\xff\xff\xff\xff".as_slice(), &avi[8..]].concat()),
    ]
}

/// An AVI of `count` times this picture.
pub(crate) fn of_pictures(picture: &[u8], count: u32) -> Vec<u8> {
    let head = Head { length: count, ..HONEST };
    let chunks: Vec<_> = (0..count).map(|_| chunk(b"00dc", picture)).collect();
    file(head, &[picture_track(head)], &chunks, &[])
}
