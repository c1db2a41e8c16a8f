//! Matroska: compressed blocks that grow, elements without end, links, lies about sizes.

use crate::{
    bits,
    corpus::{Case, Expect},
};

/// An element (RFC 8794): id as written, size in eight bytes, body.
fn element(id: u32, body: &[u8]) -> Vec<u8> {
    sized(id, body.len() as u64, body)
}

fn sized(id: u32, size: u64, body: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let first = id.iter().position(|byte| *byte != 0).unwrap_or(3);
    let size = (size & 0x00ff_ffff_ffff_ffff) | 0x0100_0000_0000_0000;
    [&id[first..], &size.to_be_bytes(), body].concat()
}

fn number(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const TRACK: u32 = 0xae;

fn file(parts: &[Vec<u8>]) -> Vec<u8> {
    let head = element(0x1a45_dfa3, &element(0x4282, b"matroska"));
    [head, element(SEGMENT, &parts.concat())].concat()
}

fn info(scale_ns: u64, length: f64) -> Vec<u8> {
    element(INFO, &[number(0x2a_d7b1, scale_ns), element(0x4489, &length.to_be_bytes())].concat())
}

/// A picture track of MJPEG; `more` elements of the entry.
fn track(width: u64, height: u64, more: &[u8]) -> Vec<u8> {
    let video = element(0xe0, &[number(0xb0, width), number(0xba, height)].concat());
    let entry = [number(0xd7, 1), number(0x73c5, 1), number(0x83, 1)].concat();
    element(TRACK, &[entry, element(0x86, b"V_MJPEG"), video, more.to_vec()].concat())
}

fn tracks(entry: &[u8]) -> Vec<u8> {
    element(TRACKS, entry)
}

fn cluster(at: u64, blocks: &[Vec<u8>]) -> Vec<u8> {
    element(CLUSTER, &[number(0xe7, at), blocks.concat()].concat())
}

fn block(at: i16, flags: u8, data: &[u8]) -> Vec<u8> {
    let at = at.to_be_bytes();
    element(0xa3, &[&[0x81, at[0], at[1], flags], data].concat())
}

/// A track whose blocks are compressed by `algorithm` with these settings.
fn encoding(algorithm: u64, settings: &[u8]) -> Vec<u8> {
    let compression = [number(0x4254, algorithm), element(0x4255, settings)].concat();
    let encoding = [number(0x5031, 0), number(0x5032, 1), element(0x5034, &compression)].concat();
    element(0x6d80, &element(0x6240, &encoding))
}

/// Built around a JPEG, or bent copies of `mkv`.
pub(crate) fn cases(mkv: &[u8], jpeg: &[u8], path: &str, host: &str) -> Vec<Case> {
    let any = |name: &str, bytes| Case::new(format!("mkv/{name}"), bytes, Expect::AnyEnd);
    let plain = track(128, 96, &[]);
    let film = |scale: u64, length: f64, times: &[(u64, i16)]| {
        let clusters = times.iter().map(|&(at, more)| cluster(at, &[block(more, 0x80, jpeg)]));
        file(&[vec![info(scale, length), tracks(&plain)], clusters.collect()].concat())
    };
    let packed = |algorithm, settings: &[u8], data: &[u8]| {
        let entry = track(128, 96, &encoding(algorithm, settings));
        let blocks: Vec<_> = (0..20).map(|at| block(at * 40, 0x80, data)).collect();
        file(&[info(1_000_000, 800.0), tracks(&entry), cluster(0, &blocks)])
    };
    let sized_as = |width, height| {
        let blocks: Vec<_> = (0..5).map(|at| block(at * 40, 0x80, jpeg)).collect();
        file(&[info(1_000_000, 200.0), tracks(&track(width, height, &[])), cluster(0, &blocks)])
    };
    let nested = |id: u32, depth: usize| {
        let deep = (0..depth).fold(Vec::new(), |inner, _| element(id, &inner));
        file(&[info(1_000_000, 40.0), tracks(&plain), deep, cluster(0, &[block(0, 0x80, jpeg)])])
    };
    let ms = 1_000_000;
    let frames: Vec<(u64, i16)> = (0..25).map(|n| (n * 40, 0)).collect();
    let linked = [
        element(0x73a4, &[7; 16]),
        element(0x3e_b923, &[8; 16]),
        element(0x3e_83bb, format!("file://{path}").as_bytes()),
        element(0x3c_83ab, format!("http://{host}/").as_bytes()),
    ]
    .concat();
    let attached = element(
        0x1941_a469,
        &element(
            0x61a7,
            &[
                element(0x466e, format!("../../..{path}").as_bytes()),
                element(0x4660, b"application/vnd.apple.mpegurl"),
                element(0x465c, format!("#EXTM3U\nhttp://{host}/\n").as_bytes()),
            ]
            .concat(),
        ),
    );
    let seek_to_itself = element(
        0x114d_9b74,
        &element(
            0x4dbb,
            &[element(0x53ab, &0x114d_9b74_u32.to_be_bytes()), number(0x53ac, 0)].concat(),
        ),
    );
    let lace = |flags: u8, head: &[u8]| {
        let blocks = [block(0, 0x80, jpeg), block(40, flags, &[head, jpeg].concat())];
        file(&[info(ms, 80.0), tracks(&plain), cluster(0, &blocks)])
    };
    vec![
        Case::new("mkv/built", film(ms, 1000.0, &frames), Expect::Made),
        any("bomb/zlib", packed(0, &[], &bits::zlib_bomb(60_000))),
        any("bomb/zlib-small", packed(0, &[], &bits::zlib_bomb(2_000))),
        any("bomb/bzlib", packed(1, &[], b"BZh9\x31\x41\x59\x26\x53\x59\xff\xff\xff\xff")),
        any("bomb/lzo", packed(2, &[], &[0x11; 4000])),
        any("bomb/header", packed(3, &vec![0xff; 400_000], &[0])),
        any("bomb/no-such", packed(99, &[], jpeg)),
        any("size/65535", sized_as(65_535, 65_535)),
        any("size/0", sized_as(0, 0)),
        any("size/64-bit", sized_as(u64::MAX, u64::MAX)),
        any("time/jump", film(ms, 1000.0, &[(0, 0), (40, 0), (40_000_000, 0), (80, 0), (120, 0)])),
        any("time/jump-back", film(ms, 1000.0, &[(5000, 0), (5040, 0), (0, 0), (40, 0)])),
        any("time/negative", film(ms, 1000.0, &[(0, -32_768), (0, 0), (40, 0)])),
        any("time/last", film(ms, 1000.0, &[(u64::MAX, 0), (u64::MAX - 1, 0)])),
        any("time/all-at-once", film(ms, 1000.0, &[(0, 0); 200])),
        any(
            "time/hours-apart",
            film(ms, 40_000_000.0, &[(0, 0), (20_000_000, 0), (39_999_000, 0)]),
        ),
        any("length/nan", film(ms, f64::NAN, &frames)),
        any("length/endless", film(ms, f64::INFINITY, &frames)),
        any("length/negative", film(ms, -1e9, &frames)),
        any("length/zero", film(ms, 0.0, &frames)),
        any("length/years", film(ms, 1e15, &frames)),
        any("scale/zero", film(0, 1000.0, &frames)),
        any("scale/huge", film(u64::MAX, 1000.0, &frames)),
        any("scale/one", film(1, 1000.0, &frames)),
        any(
            "links",
            file(&[
                element(INFO, &linked),
                tracks(&plain),
                attached,
                cluster(0, &[block(0, 0x80, jpeg), block(40, 0x80, jpeg)]),
            ]),
        ),
        any("seek-head-to-itself", file(&[seek_to_itself, tracks(&plain)])),
        any("deep/tags", nested(0x1254_c367, 3000)),
        any("deep/simple-tags", nested(0x67c8, 3000)),
        any("deep/chapters", nested(0xb6, 3000)),
        any("deep/segments", nested(SEGMENT, 3000)),
        any("deep/groups", nested(0xa0, 3000)),
        any("tracks/5000", file(&[tracks(&plain.repeat(5000)), cluster(0, &[])])),
        any("tracks/none", file(&[info(ms, 1000.0), cluster(0, &[block(0, 0x80, jpeg)])])),
        any(
            "tracks/default-length",
            file(&[
                info(ms, 1000.0),
                tracks(&track(128, 96, &number(0x23_e383, 1))),
                cluster(0, &[block(0, 0x80, jpeg), block(40, 0x80, jpeg)]),
            ]),
        ),
        any("lace/xiph", lace(0x02, &[255, 255, 255, 255, 255])),
        any("lace/fixed", lace(0x04, &[255])),
        any("lace/ebml", lace(0x06, &[255, 0xff, 0xff, 0xff])),
        any("element/beyond-the-end", [mkv, &sized(CLUSTER, 1 << 40, b"")].concat()),
        any("element/unknown-sizes", sized(SEGMENT, u64::MAX, &sized(TRACKS, u64::MAX, &plain))),
        any("element/zero-bytes", file(&[vec![0; 200_000], tracks(&plain)])),
        any("element/million-voids", file(&[[0xec, 0x80].repeat(500_000), tracks(&plain)])),
    ]
}

/// A Matroska file of flat H.264 pictures of this many macroblocks.
pub(crate) fn of_h264(wide: u64, high: u64, references: u64, count: u64) -> Vec<u8> {
    let sps = bits::h264_sps(wide, high, references);
    let sets = [[0, sps.len() as u8].as_slice(), &sps, &[1, 0, 4], &bits::H264_PPS].concat();
    let private = element(0x63a2, &[[1, 66, 0, 51, 0xff, 0xe1].as_slice(), &sets].concat());
    let video = element(0xe0, &[number(0xb0, wide * 16), number(0xba, high * 16)].concat());
    let codec = element(0x86, b"V_MPEG4/ISO/AVC");
    let entry = [number(0xd7, 1), number(0x73c5, 1), number(0x83, 1), codec, private, video];
    let clusters = (0..count).map(|at| {
        let unit = bits::h264_picture(wide * high, at);
        let flags = if at == 0 { 0x80 } else { 0 };
        cluster(
            at * 40,
            &[block(0, flags, &[&(unit.len() as u32).to_be_bytes(), unit.as_slice()].concat())],
        )
    });
    let entry = element(TRACK, &entry.concat());
    let head = vec![info(1_000_000, count as f64 * 40.0), tracks(&entry)];
    file(&[head, clusters.collect()].concat())
}

/// A Matroska file of ten times this picture; the name begins with the codec's.
pub(crate) fn of_pictures(name: &str, picture: &[u8]) -> Vec<u8> {
    let codec: &[u8] = match name.split_once('-').map(|(codec, _)| codec) {
        Some("vp8") => b"V_VP8",
        Some("vp9") => b"V_VP9",
        _ => b"V_MPEG4/ISO/ASP",
    };
    let video = element(0xe0, &[number(0xb0, 128), number(0xba, 96)].concat());
    let entry = [number(0xd7, 1), number(0x73c5, 1), number(0x83, 1), element(0x86, codec), video];
    let blocks: Vec<_> = (0..10).map(|at| block(at * 40, 0x80, picture)).collect();
    let entry = element(TRACK, &entry.concat());
    file(&[info(1_000_000, 400.0), tracks(&entry), cluster(0, &blocks)])
}
