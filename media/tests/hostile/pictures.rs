//! Pictures that are larger, stranger or less than their headers say.

use crate::{
    bits,
    boxes::bend,
    corpus::{Case, Expect},
    rng::Rng,
};

const STSD: &str = "moov/trak/mdia/minf/stbl/stsd";
/// Where the kind and the size lie in the first sample entry (ISO 14496-12 12.1.3).
const KIND: usize = 12;
const SIZE: usize = 40;

/// MP4 files with bent picture tracks; AVI-like streams of bent JPEGs in MP4's stead.
pub(crate) fn cases(mp4: &[u8], jpeg: &[u8]) -> Vec<Case> {
    let any = |name: &str, bytes| Case::new(format!("picture/{name}"), bytes, Expect::AnyEnd);
    let entry = |name: &str, how: &dyn Fn(&mut Vec<u8>)| {
        any(name, bend(mp4, STSD, |stsd| how(&mut stsd.data)))
    };
    let sized = |name: &str, width: u16, height: u16| {
        entry(name, &move |data| {
            data[SIZE..SIZE + 2].copy_from_slice(&width.to_be_bytes());
            data[SIZE + 2..SIZE + 4].copy_from_slice(&height.to_be_bytes());
        })
    };
    let called = |name: &str, kind: &'static [u8; 4]| {
        entry(name, &move |data| data[KIND..KIND + 4].copy_from_slice(kind))
    };
    let told = |name: &str, sps: Vec<u8>| {
        entry(name, &move |data| {
            let at = data.windows(4).position(|kind| kind == b"avcC").expect("a config");
            let length = (sps.len() as u16).to_be_bytes();
            let config = [&[1, 66, 0, 51, 0xff, 0xe1], length.as_slice(), &sps, &[1, 0, 1, 0x68]];
            let config = config.concat();
            data.truncate(at - 4);
            data.extend((config.len() as u32 + 8).to_be_bytes());
            data.extend(b"avcC");
            data.extend(config);
            let size = data.len() as u32 - 8;
            data[8..12].copy_from_slice(&size.to_be_bytes());
        })
    };
    let lying = |name: &str, from: usize, bytes: Vec<u8>| {
        entry(name, &move |data| {
            let at = data.windows(4).position(|kind| kind == b"avcC").expect("a config") + 4 + from;
            let until = data.len().min(at + bytes.len());
            data[at..until].copy_from_slice(&bytes[..until - at]);
        })
    };
    let mut cases = vec![
        sized("65535x65535", 65_535, 65_535),
        sized("65535x1", 65_535, 1),
        sized("0x0", 0, 0),
        sized("16000x16000", 16_000, 16_000),
        told("h264-65536", bits::h264_sps(4096, 4096, 1)),
        told("h264-16000", bits::h264_sps(1000, 1000, 1)),
        told("h264-8192", bits::h264_sps(512, 288, 16)),
        told("h264-flat", bits::h264_sps(512, 1, 16)),
        told("h264-4-billion", bits::h264_sps(u64::from(u32::MAX), 1, 1)),
        told("h264-references", bits::h264_sps(8, 6, u64::from(u32::MAX))),
        told("h264-nothing", Vec::new()),
        told("h264-random", Rng::new(5).bytes(60_000)),
        lying("config/31-sets", 5, vec![0xff, 0xff, 0xff]),
        lying("config/lengths", 4, vec![0xfc]),
        lying("config/random", 0, Rng::new(6).bytes(40)),
        lying("config/zeros", 0, vec![0; 40]),
    ];
    for kind in [
        b"hvc1", b"vp08", b"vp09", b"av01", b"mp4v", b"apcn", b"mjpa", b"mjpb", b"jpeg", b"AVdn",
        b"vc-1", b"s263", b"dvh1", b"SVQ3", b"cvid", b"raw ", b"png ", b"encv", b"mx5p", b"CFHD",
    ] {
        let text = String::from_utf8_lossy(kind).trim().to_owned();
        cases.push(called(&format!("called/{text}"), kind));
    }
    for (name, width, height) in
        [("16000", 16_000, 16_000), ("65500", 65_500, 65_500), ("8192x4608", 8192, 4608)]
    {
        cases.push(any(
            &format!("jpeg/{name}"),
            crate::riff::of_pictures(&resized(jpeg, width, height), 25),
        ));
    }
    // The largest pictures, each next to nothing.
    cases.push(any("h264-bomb/8k", crate::matroska::of_h264(512, 288, 16, 2)));
    cases.push(any("h264-bomb/too-large", crate::matroska::of_h264(512, 512, 1, 3)));
    cases.push(Case::new(
        "picture/h264-built",
        crate::matroska::of_h264(8, 6, 1, 25),
        Expect::Made,
    ));
    let padded = [resized(jpeg, 8192, 4608), vec![0; 200_000]].concat();
    cases.push(any("jpeg/bomb", crate::riff::of_pictures(&padded, 5)));
    // Transfer, primaries and matrix that do not go together (ITU-T H.273).
    for (primaries, transfer, matrix) in [
        (9, 16, 0),
        (9, 18, 9),
        (1, 16, 1),
        (9, 16, 255),
        (255, 255, 255),
        (0, 18, 10),
        (22, 17, 14),
        (9, 14, 2),
        (12, 1, 8),
        (9, 1, 0),
    ] {
        let colr = [b"nclx".as_slice(), &[0, primaries, 0, transfer, 0, matrix, 0x80]].concat();
        cases.push(entry(&format!("color/{primaries}-{transfer}-{matrix}"), &move |data| {
            data.extend((colr.len() as u32 + 8).to_be_bytes());
            data.extend(b"colr");
            data.extend(&colr);
            let size = data.len() as u32 - 8;
            data[8..12].copy_from_slice(&size.to_be_bytes());
        }));
    }
    for (name, picture) in [
        ("vp8-16383", [b"\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f".as_slice(), &[0; 64]].concat()),
        ("vp9-65536", [b"\x82\x49\x83\x42\x0f\xff\xff\xff\xff".as_slice(), &[0x55; 64]].concat()),
        ("mpeg4-8191", b"\0\0\x01\x00\0\0\x01\x20\0\xc8\x88\xbf\xff\xa9\xff\xe8\x3f".to_vec()),
    ] {
        cases.push(any(name, crate::matroska::of_pictures(name, &picture)));
    }
    cases
}

/// A JPEG whose frame header (ITU-T T.81 B.2.2) says another size.
fn resized(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut jpeg = jpeg.to_vec();
    let at = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).expect("a frame header");
    jpeg[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}
