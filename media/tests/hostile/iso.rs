//! MP4 and MOV: references to other files, tables that lie, thousands of tracks, endless times.

use crate::{
    bits,
    boxes::{Node, bend, replace},
    corpus::{Case, Expect},
};

const STBL: &str = "moov/trak/mdia/minf/stbl";

/// Bent copies of `mp4` (index last) and of `fragmented`.
pub(crate) fn cases(mp4: &[u8], fragmented: &[u8], path: &str, host: &str) -> Vec<Case> {
    let mut cases = references(mp4, path, host);
    cases.extend(tables(mp4));
    cases.extend(times(mp4));
    cases.extend(fragments(fragmented));
    cases.extend(shapes(mp4));
    cases
}

fn any(name: &str, bytes: Vec<u8>) -> Case {
    Case::new(format!("mp4/{name}"), bytes, Expect::AnyEnd)
}

/// Numbers as they lie in a box.
fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Samples that lie elsewhere (ISO 14496-12 8.7.2) and movies that are elsewhere.
fn references(mp4: &[u8], path: &str, host: &str) -> Vec<Case> {
    let elsewhere = |name: &str, kind: &[u8; 4], text: &str| {
        let entry = Node::full(kind, format!("{text}\0").as_bytes());
        let bytes = bend(mp4, "moov/trak/mdia/minf/dinf/dref", |dref| dref.children = vec![entry]);
        any(&format!("reference/{name}"), bytes)
    };
    let alias = bend(mp4, "moov/trak/mdia/minf/dinf/dref", |dref| {
        dref.children = vec![alias(path)];
    });
    let movie = |text: &str| {
        let link = [&[0; 4], b"url ".as_slice(), &words(&[text.len() as u32]), text.as_bytes()];
        let rdrf = Node::leaf(b"rdrf", link.concat());
        let nested = |kind, child| Node { kind, data: Vec::new(), children: vec![child] };
        nested(*b"rmra", nested(*b"rmda", rdrf))
    };
    let instead = |name: &str, text: &str| {
        let bytes = bend(mp4, "moov", |moov| moov.children = vec![movie(text)]);
        any(&format!("reference/{name}"), bytes)
    };
    vec![
        elsewhere("url-http", b"url ", &format!("http://{host}/a.mp4")),
        elsewhere("url-file", b"url ", &format!("file://{path}")),
        elsewhere("url-path", b"url ", path),
        elsewhere("urn", b"urn ", &format!("urn:x\0http://{host}/")),
        elsewhere("resource", b"rsrc", path),
        any("reference/alias", alias),
        instead("movie-http", &format!("http://{host}/a.mov")),
        instead("movie-file", &format!("file://{path}")),
        any(
            "reference/beside",
            bend(mp4, "moov", |moov| moov.children.push(movie(&format!("http://{host}/")))),
        ),
        any(
            "reference/user-data",
            bend(mp4, "moov", |moov| {
                let text = [format!("http://{host}/{path}").as_bytes(), &[0]].concat();
                moov.children.push(Node::leaf(b"udta", Node::full(b"albm", &text).data));
            }),
        ),
    ]
}

/// An alias record of QuickTime with an absolute path.
fn alias(path: &str) -> Node {
    let mut record = vec![0; 10];
    record.extend([1]);
    record.extend([b'/'; 27]);
    record.extend([0; 12]);
    record.extend([10]);
    record.extend([b'x'; 63]);
    record.extend([0; 16]);
    record.extend([0, 1, 0, 1]);
    record.extend([0; 16]);
    let padded = format!("{path}{}", "\0".repeat(path.len() % 2));
    record.extend([0, 2]);
    record.extend((padded.len() as u16).to_be_bytes());
    record.extend(padded.as_bytes());
    record.extend([0xff, 0xff, 0, 0]);
    Node::full(b"alis", &record)
}

/// Sample tables (ISO 14496-12 8.6 and 8.7) that are huge, or say so.
fn tables(mp4: &[u8]) -> Vec<Case> {
    let table = |name: &str, kind: &str, body: &[u8]| {
        any(&format!("table/{name}"), replace(mp4, &format!("{STBL}/{kind}"), body))
    };
    let million = |entry: &[u32]| {
        let entries = words(entry).repeat(1_000_000);
        [words(&[1_000_000]), entries].concat()
    };
    vec![
        table("stts-million", "stts", &million(&[1, 1])),
        table("stts-million-zero", "stts", &million(&[0, 0])),
        table("stts-promised", "stts", &words(&[u32::MAX / 8, 1, 1])),
        table("stts-endless-run", "stts", &words(&[1, u32::MAX, 1])),
        table("stts-endless-sample", "stts", &words(&[1, 25, i32::MAX as u32])),
        table("stts-negative", "stts", &words(&[1, 25, u32::MAX - 511])),
        table("stts-zero", "stts", &words(&[1, 25, 0])),
        table("stts-none", "stts", &words(&[0])),
        table("stsz-million", "stsz", &[words(&[0]), million(&[1])].concat()),
        table("stsz-billions", "stsz", &words(&[1, u32::MAX])),
        table("stsz-millions", "stsz", &words(&[1, 16_000_000])),
        table("stsz-zero-each", "stsz", &words(&[0, u32::MAX / 8])),
        table("stsz-huge-each", "stsz", &words(&[i32::MAX as u32, 25])),
        table("stsz-promised", "stsz", &words(&[0, u32::MAX / 4])),
        table("ctts-million", "ctts", &million(&[1, 1])),
        table("ctts-promised", "ctts", &words(&[u32::MAX / 8, 1, 1])),
        table("ctts-far", "ctts", &words(&[1, 25, i32::MAX as u32])),
        table("ctts-far-back", "ctts", &words(&[1, 25, i32::MIN as u32])),
        table("stsc-million", "stsc", &million(&[1, 1, 1])),
        table("stsc-endless", "stsc", &words(&[1, 1, u32::MAX, 1])),
        table("stsc-backwards", "stsc", &words(&[3, 9, 1, 1, 5, 1, 1, 1, 1, 1])),
        table("stsc-no-such-entry", "stsc", &words(&[1, 1, 25, u32::MAX])),
        table("stco-promised", "stco", &words(&[u32::MAX / 4])),
        table("stco-million", "stco", &million(&[48])),
        table("stco-outside", "stco", &words(&[1, u32::MAX])),
        table("stco-to-itself", "stco", &words(&[1, 0])),
        table("stss-promised", "stss", &words(&[u32::MAX / 4])),
        table("stss-million", "stss", &million(&[1])),
        any(
            "table/co64-outside",
            bend(mp4, &format!("{STBL}/stco"), |node| {
                *node = Node::full(b"co64", &words(&[1, i32::MAX as u32, u32::MAX]));
            }),
        ),
        any(
            "table/groups-promised",
            bend(mp4, STBL, |node| {
                let group = [b"roll".as_slice(), &words(&[u32::MAX / 8, 1, 1])].concat();
                node.children.push(Node::full(b"sbgp", &group));
                node.children.push(Node::full(b"sdtp", &[0xff; 4]));
                node.children.push(Node::full(b"cslg", &words(&[i32::MAX as u32; 5])));
            }),
        ),
    ]
}

/// Durations, time scales and edit lists (ISO 14496-12 8.2.2, 8.4.2, 8.6.6).
fn times(mp4: &[u8]) -> Vec<Case> {
    // Version 0: creation, modification, timescale, duration.
    let clock = |name: &str, path: &str, scale: u32, length: u32| {
        let bytes = bend(mp4, path, |node| {
            node.data[12..16].copy_from_slice(&scale.to_be_bytes());
            node.data[16..20].copy_from_slice(&length.to_be_bytes());
        });
        any(&format!("time/{name}"), bytes)
    };
    let edits = |name: &str, body: &[u32]| {
        let bytes = replace(mp4, "moov/trak/edts/elst", &words(body));
        any(&format!("edit/{name}"), bytes)
    };
    let once = 1 << 16;
    let (endless, nothing) = (u32::MAX, u32::MAX);
    vec![
        clock("movie-endless", "moov/mvhd", 1, endless),
        clock("movie-zero", "moov/mvhd", 1000, 0),
        clock("movie-no-scale", "moov/mvhd", 0, 1000),
        clock("movie-fine-scale", "moov/mvhd", endless, 1),
        clock("track-endless", "moov/trak/mdia/mdhd", 1, endless),
        clock("track-zero", "moov/trak/mdia/mdhd", 12_800, 0),
        clock("track-no-scale", "moov/trak/mdia/mdhd", 0, 0),
        clock("track-fine-scale", "moov/trak/mdia/mdhd", endless, 12_800),
        clock("track-coarse-scale", "moov/trak/mdia/mdhd", 1, 25),
        any("time/track-64-bit", replace_with_version_1(mp4)),
        edits("million", &[vec![1_000_000], [40, 0, once].repeat(1_000_000)].concat()),
        edits("promised", &[endless / 16, 1000, 0, once]),
        edits("thousand-copies", &[vec![1000], [1000, 0, once].repeat(1000)].concat()),
        edits("nothing-for-hours", &[2, 36_000_000, nothing, once, 1000, 0, once]),
        edits("only-nothing", &[1, 1000, nothing, once]),
        edits("behind-the-end", &[1, 1000, i32::MAX as u32, once]),
        edits("before-the-start", &[1, 1000, i32::MIN as u32, once]),
        edits("no-length", &[1, 0, 0, once]),
        edits("no-rate", &[1, 1000, 0, 0]),
        edits("backwards", &[3, 100, 9000, once, 100, 4000, once, 100, 0, once]),
        edits("none", &[0]),
    ]
}

fn replace_with_version_1(mp4: &[u8]) -> Vec<u8> {
    bend(mp4, "moov/trak/mdia/mdhd", |node| {
        let times = words(&[0, 0, 0, 0, 12_800, i32::MAX as u32, u32::MAX, 0]);
        node.data = [&[1, 0, 0, 0], times.as_slice()].concat();
    })
}

/// Movie fragments (ISO 14496-12 8.8) that lie; sizes stay, so that the rest holds.
fn fragments(fragmented: &[u8]) -> Vec<Case> {
    let bent = |name: &str, path: &str, at: usize, number: u32| {
        let bytes = bend(fragmented, path, |node| {
            node.data[at..at + 4].copy_from_slice(&number.to_be_bytes());
        });
        any(&format!("fragment/{name}"), bytes)
    };
    let sidx = Node::full(b"sidx", &words(&[1, 1000, 0, 0, 0xffff, u32::MAX, 0, 0]));
    vec![
        bent("run-endless", "moof/traf/trun", 4, u32::MAX),
        bent("run-empty", "moof/traf/trun", 4, 0),
        bent("run-elsewhere", "moof/traf/trun", 8, i32::MAX as u32),
        bent("run-before", "moof/traf/trun", 8, i32::MIN as u32),
        bent("run-long-sample", "moof/traf/trun", 12, u32::MAX),
        bent("run-all-flags", "moof/traf/trun", 0, 0x0100_ffff),
        bent("time-far", "moof/traf/tfdt", 4, i32::MAX as u32),
        bent("time-before", "moof/traf/tfdt", 4, u32::MAX),
        bent("no-such-track", "moof/traf/tfhd", 4, 99),
        bent("header-all-flags", "moof/traf/tfhd", 0, 0x00ff_ffff),
        bent("default-entry", "moov/mvex/trex", 8, u32::MAX),
        bent("default-length", "moov/mvex/trex", 12, u32::MAX),
        any(
            "fragment/index-to-itself",
            [fragmented, &bend(fragmented, "moov", |moov| *moov = sidx)].concat(),
        ),
        any("fragment/header-only", bend(fragmented, "moof", |moof| moof.children.clear())),
    ]
}

/// Boxes in boxes, thousands of tracks, matrices, and sizes that are none.
fn shapes(mp4: &[u8]) -> Vec<Case> {
    let nested = |kind: &[u8; 4], depth: u32| {
        let boxes = (1..=depth).rev().flat_map(|level| {
            let size = (level * 8).to_be_bytes();
            size.into_iter().chain(*kind)
        });
        b"\0\0\0\x14ftypisom\0\0\0\0isom".iter().copied().chain(boxes).collect::<Vec<u8>>()
    };
    let matrix = |name: &str, numbers: &[u32; 9]| {
        let bytes = bend(mp4, "moov/trak/tkhd", |tkhd| {
            tkhd.data[40..76].copy_from_slice(&words(numbers));
        });
        any(&format!("matrix/{name}"), bytes)
    };
    let size = |name: &str, bytes: &[u8]| any(&format!("size/{name}"), bytes.to_vec());
    let tracks = |count: usize| {
        bend(mp4, "moov", |moov| {
            let track = moov.children.iter().find(|node| node.kind == *b"trak").unwrap().clone();
            moov.children.extend(std::iter::repeat_n(track, count));
        })
    };
    let compressed = |promised: u32| {
        let packed = [words(&[promised]), bits::zlib_bomb(100_000)].concat();
        bend(mp4, "moov", |moov| {
            let parts = vec![Node::leaf(b"dcom", b"zlib".to_vec()), Node::leaf(b"cmvd", packed)];
            moov.children = vec![Node { kind: *b"cmov", data: Vec::new(), children: parts }];
        })
    };
    vec![
        any("deep/moov", nested(b"moov", 20_000)),
        any("deep/trak", nested(b"trak", 20_000)),
        any("deep/udta", nested(b"udta", 20_000)),
        any("deep/meta", nested(b"meta", 20_000)),
        any("deep/moof", nested(b"moof", 20_000)),
        any("tracks/60", tracks(60)),
        any("tracks/5000", tracks(5000)),
        any("compressed/bomb", compressed(26_000_000)),
        any("compressed/promised", compressed(i32::MAX as u32)),
        matrix("zero", &[0; 9]),
        matrix("huge", &[i32::MAX as u32; 9]),
        matrix("least", &[i32::MIN as u32; 9]),
        size("zero-ftyp", b"\0\0\0\0ftypisom"),
        size("zero-mdat", b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\0mdat1234"),
        size("one", b"\0\0\0\x01ftyp"),
        size(
            "64-bit-all",
            b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        size("64-bit-small", b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x01moov\0\0\0\0\0\0\0\x01"),
        size("four", b"\0\0\0\x14ftypisom\0\0\0\0isom\0\0\0\x04moov"),
        size("only-header", b"\0\0\0\x14ftypisom\0\0\0\0isom"),
    ]
}
