//! Sound that cannot be: sampling rates, channels, packet sizes and headers that lie.

use crate::{
    boxes::{Node, bend},
    corpus::{Case, Expect},
};

/// MP4 files whose sound track is bent, and WAVE headers inside MOV.
pub(crate) fn cases(mp4: &[u8]) -> Vec<Case> {
    let entry = |name: &str, how: &dyn Fn(&mut Vec<u8>)| {
        let bytes = bend(mp4, "moov", |moov| {
            let sound = moov.children.iter_mut().filter(|node| node.kind == *b"trak").nth(1);
            how(&mut stsd(sound.expect("a second track")).data);
        });
        Case::new(format!("sound/{name}"), bytes, Expect::AnyEnd)
    };
    // The box's header, count and the entry's header come first: ISO 14496-12 12.2.3.
    const KIND: usize = 12;
    const VERSION: usize = 24;
    const CHANNELS: usize = 32;
    const RATE: usize = 40;
    let pcm = |name: &str, kind: &'static [u8; 4], channels: u16, bits: u16, rate: u16| {
        entry(name, &move |data| {
            data[KIND..KIND + 4].copy_from_slice(kind);
            data[CHANNELS..CHANNELS + 2].copy_from_slice(&channels.to_be_bytes());
            data[CHANNELS + 2..CHANNELS + 4].copy_from_slice(&bits.to_be_bytes());
            data[RATE..RATE + 2].copy_from_slice(&rate.to_be_bytes());
        })
    };
    let version_2 = |name: &str, rate: f64, channels: u32, bits: u32, packet: u32| {
        entry(name, &move |data| {
            data.truncate(RATE - 8);
            data[KIND..KIND + 4].copy_from_slice(b"lpcm");
            data[VERSION + 1] = 2;
            data.extend([0, 3, 0, 16, 0xff, 0xfe, 0, 0, 0, 1, 0, 0, 0, 0, 0, 72]);
            data.extend(rate.to_be_bytes());
            for word in [channels, 0x7f00_0000, bits, 0, packet, 1] {
                data.extend(word.to_be_bytes());
            }
            let size = u32::try_from(data.len() - 8).unwrap();
            data[8..12].copy_from_slice(&size.to_be_bytes());
        })
    };
    // What an AAC decoder is told (ISO 14496-3 1.6.2.1): the last bytes of the entry.
    let config = |name: &str, bytes: [u8; 2]| {
        entry(name, &move |data| {
            let at = data.windows(3).position(|tag| tag == [0x05, 0x80, 0x80]).expect("a config");
            data[at + 5..at + 7].copy_from_slice(&bytes);
        })
    };
    vec![
        pcm("channels-0", b"sowt", 0, 16, 44_100),
        pcm("channels-64", b"sowt", 64, 16, 44_100),
        pcm("channels-65535", b"sowt", 65_535, 16, 44_100),
        pcm("bits-0", b"raw ", 2, 0, 44_100),
        pcm("bits-65535", b"twos", 2, 65_535, 44_100),
        pcm("rate-0", b"sowt", 2, 16, 0),
        pcm("rate-1", b"sowt", 2, 16, 1),
        pcm("no-such-codec", b"QDM2", 2, 16, 44_100),
        pcm("adpcm", b"ima4", 255, 16, 44_100),
        pcm("alac", b"alac", 8, 16, 44_100),
        pcm("amr", b"samr", 9, 16, 44_100),
        pcm("flac", b"fLaC", 2, 16, 44_100),
        pcm("opus", b"Opus", 2, 16, 44_100),
        version_2("rate-endless", f64::INFINITY, 2, 16, 4),
        version_2("rate-nan", f64::NAN, 2, 16, 4),
        version_2("rate-1e9", 1e9, 2, 16, 4),
        version_2("rate-below-1", 0.001, 2, 16, 4),
        version_2("rate-negative", -44_100.0, 2, 16, 4),
        version_2("rate-768k", 768_000.0, 2, 16, 4),
        version_2("channels-4-billion", 44_100.0, u32::MAX, 16, 4),
        version_2("channels-1000", 44_100.0, 1000, 8, 1000),
        version_2("packets-endless", 44_100.0, 2, 16, u32::MAX),
        version_2("bits-4-billion", 44_100.0, 2, u32::MAX, 4),
        config("aac-rate-reserved", [0x17, 0xff]),
        config("aac-channels-by-program", [0x12, 0x00]),
        config("aac-object-31", [0xff, 0xff]),
        config("aac-short-window", [0x12, 0x14]),
        entry("no-config", &|data| data.truncate(RATE + 4)),
        entry("entries-promised", &|data| data[4..8].fill(0xff)),
        entry("config-promised", &|data| {
            let at = data.windows(4).position(|kind| kind == b"esds").expect("a config");
            for byte in &mut data[at + 8..] {
                *byte = 0xff;
            }
        }),
    ]
}

fn stsd(track: &mut Node) -> &mut Node {
    ["mdia", "minf", "stbl", "stsd"].iter().fold(track, |node, kind| {
        node.children.iter_mut().find(|child| child.kind == kind.as_bytes()).expect(kind)
    })
}
