//! What a reader of many videos knows, as the id of an event: whoever comes back with it is told
//! what it missed and nothing else, by any replica, for none has to remember anything.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::VideoId;
use uuid::Uuid;

/// Bytes of an id and of a version.
const ENTRY: usize = 16 + 4;

/// The position of who knows these versions.
pub(super) fn written(known: &BTreeMap<VideoId, u64>) -> String {
    let entry = |(id, version): (&VideoId, &u64)| {
        let version = u32::try_from(*version).unwrap_or(u32::MAX);
        [&id.0.as_bytes()[..], &version.to_be_bytes()].concat()
    };
    URL_SAFE_NO_PAD.encode(known.iter().flat_map(entry).collect::<Vec<_>>())
}

/// What is known at a position; `None` if it is none, or of more than `most` videos.
pub(super) fn read(position: &str, most: usize) -> Option<BTreeMap<VideoId, u64>> {
    let bytes = URL_SAFE_NO_PAD.decode(position).ok()?;
    if bytes.is_empty() || bytes.len() % ENTRY != 0 || bytes.len() / ENTRY > most {
        return None;
    }
    let entry = |entry: &[u8]| {
        let (id, version) = entry.split_at(16);
        let version = u32::from_be_bytes(version.try_into().ok()?);
        Some((VideoId(Uuid::from_slice(id).ok()?), version.into()))
    };
    bytes.chunks(ENTRY).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back() {
        let known: BTreeMap<_, _> =
            (1..=50).map(|number| (VideoId(Uuid::from_u128(number << 70)), 3)).collect();
        let position = written(&known);
        assert!(position.len() < 1400, "{} characters in a header", position.len());
        assert_eq!(read(&position, 50), Some(known));
    }

    #[test]
    fn what_is_no_position_is_none() {
        let two: BTreeMap<_, _> =
            (1..=2).map(|number| (VideoId(Uuid::from_u128(number)), 1)).collect();
        assert_eq!(read(&written(&two), 1), None, "more than anybody is told");
        for wrong in ["", "7", "AAAA", "not base64!"] {
            assert_eq!(read(wrong, 50), None, "{wrong}");
        }
    }
}
