//! Valid files cut at every boundary, and with a few bytes changed.

use crate::{
    boxes,
    corpus::{CUT, Case, Expect},
    rng::Rng,
    seeds::Seed,
};

/// Each seed cut where its parts begin: boxes, elements, chunks; others every so often.
pub(crate) fn truncated(seeds: &[Seed]) -> Vec<Case> {
    seeds.iter().flat_map(cuts).collect()
}

fn cuts(Seed { name, bytes }: &Seed) -> Vec<Case> {
    let is_iso = bytes[4..8] == *b"ftyp";
    let places = match *name {
        "mp4" | "fragmented" => boxes::boundaries(bytes),
        "mkv" => elements(bytes),
        "avi" => chunks(bytes),
        _ => (1..8).map(|eighth| bytes.len() * eighth / 8).collect(),
    };
    // A cut MP4 cannot be made whole; fragmented ones may end after any fragment.
    let expect = match *name {
        "fragmented" => Expect::AnyEnd,
        "mkv" | "webm" | "vp9" => Expect::Refused(CUT),
        _ if is_iso => Expect::Refused(CUT),
        _ => Expect::AnyEnd,
    };
    let cut = |at: usize| Case::new(format!("cut/{name}-{at}"), &bytes[..at], expect);
    places.into_iter().filter(|&at| at > 0).map(cut).collect()
}

/// Where the first elements of an EBML file begin.
fn elements(file: &[u8]) -> Vec<usize> {
    const MASTERS: [u64; 8] =
        [0x1853_8067, 0x1549_a966, 0x1654_ae6b, 0xae, 0xe0, 0xe1, 0x1f43_b675, 0x1254_c367];
    let (mut places, mut at) = (Vec::new(), 0);
    while at < file.len() && places.len() < 40 {
        places.push(at);
        let read = |at: usize, keeps_marker: bool| {
            let length = file[at].leading_zeros() as usize + 1;
            let all = file.get(at..at + length)?;
            let value = all.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
            Some((if keeps_marker { value } else { value & !(1 << (7 * length)) }, length))
        };
        let Some((id, id_length)) = read(at, true) else { break };
        let Some((size, size_length)) = read(at + id_length, false) else { break };
        at += id_length + size_length;
        if !MASTERS.contains(&id) {
            at = at.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        }
    }
    places
}

/// Where the first chunks of a RIFF file begin.
fn chunks(file: &[u8]) -> Vec<usize> {
    let (mut places, mut at) = (Vec::new(), 0);
    while at + 8 <= file.len() && places.len() < 24 {
        places.push(at);
        let size = u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
        let is_list = matches!(&file[at..at + 4], b"RIFF" | b"LIST");
        at = if is_list { at + 12 } else { at.saturating_add(8 + size + size % 2) };
    }
    places
}

/// `flips` damaged copies of each seed: bits, bytes, runs, moved and missing pieces.
pub(crate) fn damaged(seeds: &[Seed], flips: u64, rng: &mut Rng) -> Vec<Case> {
    let mut cases = Vec::new();
    for Seed { name, bytes } in seeds {
        for number in 0..flips {
            let bytes = damage(bytes.clone(), rng);
            cases.push(Case::new(format!("flip/{name}-{number}"), bytes, Expect::AnyEnd));
        }
    }
    cases
}

fn damage(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    // Headers decide most: half of the damage lies in the first and last kilobytes.
    for _ in 0..1 + rng.below(12) {
        let at = match rng.below(4) {
            0 => rng.below(bytes.len().min(2000)),
            1 => bytes.len() - 1 - rng.below(bytes.len().min(2000)),
            _ => rng.below(bytes.len()),
        };
        match rng.below(6) {
            0 | 1 => bytes[at] ^= 1 << rng.below(8),
            2 => bytes[at] = [0, 0xff, 0x7f, 0x80][rng.below(4)],
            3 => {
                let until = bytes.len().min(at + 4);
                bytes[at..until].fill([0, 0xff][rng.below(2)]);
            }
            4 => {
                let until = bytes.len().min(at + rng.below(300));
                let noise = rng.bytes(until - at);
                bytes[at..until].copy_from_slice(&noise);
            }
            _ => {
                let until = bytes.len().min(at + rng.below(64));
                bytes.drain(at..until);
            }
        }
    }
    bytes
}
