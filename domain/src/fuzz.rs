//! Our own parsers and rules against input that nobody would send on purpose, the same on every
//! run. What a caged decoder says of a file comes from a process that the file may have taken
//! over: no description of a source may stop the rules. `fuzz/` goes on where this ends.

use crate::{
    FrameRate, OwnerId, Plan, ProgressEvent, Recipe, RenditionName, SegmentGrid, SourceInfo,
    SourceObject, StoredPlan, Task, VideoId, VideoJob,
    keys::{self, RunKeys},
    playlist::MediaPlaylist,
    source::tests::clip,
};

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// Numbers at the edges, small ones, and any.
    fn signed(&mut self) -> i64 {
        match self.below(8) {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => [0, 1, -1][self.below(3)],
            3 => self.next().cast_signed(),
            _ => self.next().cast_signed() % 50_000_000_000,
        }
    }

    fn unsigned(&mut self) -> u32 {
        match self.below(6) {
            0 => u32::MAX,
            1 => [0, 1, 2][self.below(3)],
            2 => u32::try_from(self.next() >> 32).unwrap(),
            _ => u32::try_from(self.below(10_000)).unwrap(),
        }
    }

    fn rate(&mut self) -> Option<FrameRate> {
        (self.below(8) > 0).then(|| FrameRate::new(self.unsigned(), self.unsigned()))
    }
}

fn any_source(rng: &mut Rng) -> SourceInfo {
    let mut source = clip(rng.unsigned(), rng.unsigned());
    let video = source.video.as_mut().unwrap();
    video.sample_aspect_ratio = (rng.unsigned(), rng.unsigned());
    video.orientation.clockwise_degrees = u16::try_from(rng.below(1 << 16)).unwrap();
    (video.average_rate, video.base_rate) = (rng.rate(), rng.rate());
    (video.start_us, video.duration_us) = (rng.signed(), rng.signed());
    video.bitrate_bps = Some(rng.next() >> rng.below(64));
    video.interlaced = rng.below(2) == 0;
    let audio = source.audio.as_mut().unwrap();
    (audio.start_us, audio.duration_us) = (rng.signed(), rng.signed());
    if rng.below(4) == 0 {
        source.audio = None;
    }
    source
}

#[test]
fn no_description_of_a_source_stops_the_rules() {
    let mut rng = Rng(3);
    let mut accepted = 0;
    for _ in 0..30_000 {
        let source = any_source(&mut rng);
        let Ok(plan) = Plan::new(source.clone(), Recipe::standard()) else { continue };
        accepted += 1;
        assert!(plan.frame_rate.num > 0 && plan.frame_rate.den > 0, "{source:?}");
        assert!((0.9..60.5).contains(&plan.frame_rate.fps()), "{source:?}");
        let hours = plan.duration_seconds() / 3600.0;
        assert!(hours <= 12.01, "{hours} h of {source:?}");
        assert!(plan.made_rungs().count() > 0, "{source:?}");
        for name in plan.made_rungs() {
            let grid = plan.grid(name).unwrap();
            assert!(grid.units_of(1).start == 0 && !grid.units_of(1).is_empty(), "{source:?}");
            let encode = plan.video_encode(name).unwrap();
            let even = |side: u32| side > 0 && side.is_multiple_of(2) && side <= 8192;
            assert!(even(encode.width) && even(encode.height), "{encode:?} of {source:?}");
            assert!(encode.maxrate_bps > 0);
        }
    }
    assert!(accepted > 300, "{accepted}");
}

/// A text with a few bytes changed, cut or doubled.
fn mutated(text: &str, rng: &mut Rng) -> Vec<u8> {
    const WORDS: [&str; 12] = [
        "null",
        "-1",
        "1e999",
        "{}",
        "[",
        "\"",
        "\\u0000",
        "18446744073709551616",
        ",",
        "0.5",
        "true",
        ":",
    ];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=rng.below(4) {
        let at = rng.below(bytes.len());
        match rng.below(5) {
            0 => bytes[at] = rng.next().to_le_bytes()[0],
            1 => bytes.truncate(at.max(1)),
            2 => {
                let until = bytes.len().min(at + rng.below(20));
                bytes.drain(at..until);
            }
            _ => {
                let word = WORDS[rng.below(WORDS.len())];
                let until = bytes.len().min(at + rng.below(6));
                bytes.splice(at..until, word.bytes());
            }
        }
        if bytes.is_empty() {
            bytes.push(b' ');
        }
    }
    bytes
}

/// What is read is written and read again as the same.
fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize>(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<T>(bytes) else { return false };
    let json = serde_json::to_string(&value).unwrap();
    let again = serde_json::to_string(&serde_json::from_str::<T>(&json).unwrap()).unwrap();
    assert_eq!(json, again);
    true
}

#[test]
fn letters_are_read_or_refused() {
    let run = RunKeys {
        video_id: "01890a5d-ac96-774b-bcce-b302099a80f7".parse().unwrap(),
        recipe: "abcd1234".into(),
        generation: 1,
    };
    let source = SourceObject { key: "f7/x/source".into(), size_bytes: 7, etag: "\"e\"".into() };
    let (owner_id, task) = (OwnerId::local(), Task::Close { rendition: "480p".into() });
    let plan = Plan::new(clip(1920, 1080), Recipe::standard()).unwrap();
    let renditions = vec![RenditionName::from("480p")];
    let happening = crate::Happening::Started { renditions, plan: Box::new(plan.clone()) };
    let event = ProgressEvent { version: 1, run: run.clone(), happening };
    let job = VideoJob { version: 1, run, owner_id, source, attempt: 1, task };
    let texts = [
        serde_json::to_string(&job).unwrap(),
        serde_json::to_string(&event).unwrap(),
        serde_json::to_string(&StoredPlan::Accepted(Box::new(plan))).unwrap(),
    ];
    let (mut rng, mut read) = (Rng(4), 0);
    for round in 0..6000 {
        let bytes = mutated(&texts[round % 3], &mut rng);
        read += usize::from(match round % 3 {
            0 => round_trip::<VideoJob>(&bytes),
            1 => round_trip::<ProgressEvent>(&bytes),
            _ => round_trip::<StoredPlan>(&bytes),
        });
    }
    assert!(read > 100, "{read}");
}

#[test]
fn names_and_keys_are_read_or_refused() {
    let mut rng = Rng(5);
    for _ in 0..20_000 {
        let bytes = mutated("f7/01890a5d-ac96-774b-bcce-b302099a80f7/r-1/480p/00042.m4s", &mut rng);
        let text = String::from_utf8_lossy(&bytes);
        if let Some(index) = keys::segment_index(&text) {
            assert!(text.ends_with(&keys::segment_file(index)), "{text}");
        }
        if let Ok(id) = text.parse::<VideoId>() {
            assert_eq!(id.to_string().parse::<VideoId>().unwrap(), id);
        }
    }
}

#[test]
fn playlists_are_whole_lines_whatever_the_grid() {
    let mut rng = Rng(6);
    for _ in 0..300 {
        let rate = FrameRate::choose(rng.rate(), rng.rate());
        let frames = 1 + rng.next() % 20_000;
        let grid = SegmentGrid::Video { rate, frames };
        let available = rng.unsigned() % (grid.segments() + 2);
        let text = MediaPlaylist { grid, available, folder: "480p".into() }.to_string();
        assert!(text.starts_with("#EXTM3U\n") && text.ends_with('\n'));
        let target = text.lines().find_map(|line| line.strip_prefix("#EXT-X-TARGETDURATION:"));
        let target: f64 = target.unwrap().parse().unwrap();
        let lengths = text.lines().filter_map(|line| line.strip_prefix("#EXTINF:"));
        for length in lengths.map(|line| line.trim_end_matches(',').parse::<f64>().unwrap()) {
            assert!(length > 0.0 && length.round() <= target, "{rate:?} {frames}: {length}");
        }
    }
}
