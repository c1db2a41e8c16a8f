//! Every check of the ledger fails when it should: a sound run, and each violation put into it.

use super::*;

const KEY: &str = "abcd-1/480p/00001.m4s";

fn id(number: u8) -> VideoId {
    format!("01890a5d-ac96-774b-bcce-b302099a80{number:02x}").parse().unwrap()
}

fn listed(number: u8, title: &str, state: &str) -> Listed {
    let (title, state) = (title.to_owned(), state.to_owned());
    Listed { id: id(number), title, state, reason: String::new() }
}

fn claim(title: &str, kind: Kind, promise: Promise) -> Claim {
    Claim { title: title.to_owned(), kind, promise }
}

fn object(key: &str, hash: &str) -> Objects {
    Objects::from([(key.to_owned(), hash.to_owned())])
}

/// One that is ready, one rejected, one deleted, one that nobody answered and one that broke off.
fn sound() -> (Vec<Claim>, Findings, Clean) {
    let claims = vec![
        claim("blink 1 1", Kind::Blink, Promise::Taken(id(1))),
        claim("garbage 2 1", Kind::Garbage, Promise::Taken(id(2))),
        claim("blink 3 1", Kind::Blink, Promise::Deleted(id(3))),
        claim("blink 4 1", Kind::Blink, Promise::Unanswered),
        claim("blink 5 1", Kind::Blink, Promise::Unanswered),
    ];
    let found = Findings {
        listed: vec![
            listed(1, "blink 1 1", "ready"),
            listed(2, "garbage 2 1", "rejected"),
            listed(4, "blink 4 1", "ready"),
            listed(5, "blink 5 1", "uploading"),
        ],
        media: [1, 4].map(|number| (id(number), object(KEY, "aa"))).into(),
        raw: [1, 2, 4].map(|number| (id(number), object("source", "cc"))).into(),
        tombstones: [id(3)].into(),
        messages: [("audio".to_owned(), 0)].into(),
        ..Findings::default()
    };
    (claims, found, [(Kind::Blink, object(KEY, "aa"))].into())
}

/// The checks that fail when a sound run is spoilt so.
fn broken(spoil: impl FnOnce(&mut Vec<Claim>, &mut Findings)) -> Vec<&'static str> {
    let (mut claims, mut found, clean) = sound();
    spoil(&mut claims, &mut found);
    audit(&claims, &found, &clean).into_keys().collect()
}

#[test]
fn a_sound_run_is_sound() {
    assert_eq!(broken(|_, _| ()), [""; 0]);
}

#[test]
fn a_lost_video_is_missed() {
    assert_eq!(
        broken(|_, found| {
            found.listed.remove(0);
            found.media.remove(&id(1));
            found.raw.remove(&id(1));
        }),
        [LOST]
    );
    assert_eq!(broken(|_, found| drop(found.raw.remove(&id(1)))), [LOST], "its source");
}

#[test]
fn who_is_listed_twice_is_seen() {
    let again = listed(1, "blink 1 1", "ready");
    assert_eq!(broken(|_, found| found.listed.push(again)), [LISTED_TWICE]);
    let mut other = listed(6, "blink 1 1", "ready");
    other.id = id(6);
    let spoil = |_: &mut Vec<Claim>, found: &mut Findings| {
        found.listed.push(other);
        found.media.insert(id(6), object(KEY, "aa"));
        found.raw.insert(id(6), object("source", "cc"));
    };
    assert_eq!(broken(spoil), [LISTED_TWICE], "one upload, two videos");
}

#[test]
fn who_came_from_nowhere_is_seen() {
    let stranger = listed(6, "who", "rejected");
    assert_eq!(broken(|_, found| found.listed.push(stranger)), [UNKNOWN]);
}

#[test]
fn who_is_stuck_or_ends_wrongly_is_seen() {
    for (state, check) in [
        ("processing", STUCK),
        ("uploaded", STUCK),
        ("playable", STUCK),
        ("uploading", STUCK),
        ("partial", WRONG_END),
        ("failed", WRONG_END),
        ("rejected", WRONG_END),
    ] {
        let state = state.to_owned();
        assert_eq!(broken(|_, found| found.listed[0].state = state.clone()), [check], "{state}");
    }
    let accepted = broken(|_, found| found.listed[1].state = "ready".into());
    assert_eq!(accepted, [WRONG_END], "garbage is no video");
}

#[test]
fn what_is_deleted_must_be_gone() {
    let lives = listed(3, "blink 3 1", "ready");
    let spoil = |_: &mut Vec<Claim>, found: &mut Findings| {
        found.listed.push(lives);
        found.media.insert(id(3), object(KEY, "aa"));
        found.raw.insert(id(3), object("source", "cc"));
    };
    assert_eq!(broken(spoil), [DELETED_LIVES]);
    let rest = object(KEY, "aa");
    assert_eq!(broken(|_, found| drop(found.media.insert(id(3), rest))), [DELETED_LIVES]);
    let source = object("source", "cc");
    assert_eq!(broken(|_, found| drop(found.raw.insert(id(3), source))), [DELETED_LIVES]);
    assert_eq!(broken(|_, found| found.tombstones.clear()), [DELETED_LIVES]);
}

#[test]
fn other_bytes_are_seen() {
    let media = |found: &mut Findings, objects| drop(found.media.insert(id(4), objects));
    assert_eq!(broken(|_, found| media(found, object(KEY, "ab"))), [DIFFERENT]);
    assert_eq!(broken(|_, found| media(found, Objects::new())), [DIFFERENT], "a missing one");
    let more = |_: &mut Vec<Claim>, found: &mut Findings| {
        let objects = found.media.get_mut(&id(4)).unwrap();
        objects.insert("abcd-1/480p/00002.m4s".into(), "aa".into());
    };
    assert_eq!(broken(more), [DIFFERENT], "one too many");
    let anew = |_: &mut Vec<Claim>, found: &mut Findings| {
        let objects = found.media.get_mut(&id(1)).unwrap();
        objects.insert(KEY.replace("-1/", "-2/"), "aa".into());
    };
    assert_eq!(broken(anew), [""; 0], "the last making counts");
}

#[test]
fn what_is_left_over_is_seen() {
    let of_nobody = object(KEY, "aa");
    assert_eq!(broken(|_, found| drop(found.media.insert(id(9), of_nobody))), [ORPHANS]);
    let source = object("source", "cc");
    assert_eq!(broken(|_, found| drop(found.raw.insert(id(9), source))), [ORPHANS]);
    assert_eq!(broken(|_, found| found.strays.push("odd".into())), [ORPHANS]);
    assert_eq!(broken(|_, found| found.unfinished.push("a/b/source".into())), [UNFINISHED]);
    assert_eq!(broken(|_, found| found.letters.push("480p: make".into())), [LETTERS]);
    let left = |_: &mut Vec<Claim>, found: &mut Findings| {
        found.messages.insert("480p".into(), 1);
    };
    assert_eq!(broken(left), [MESSAGES]);
}

#[test]
fn every_check_is_broken_above() {
    let source = include_str!("tests.rs");
    let names = include_str!("../ledger.rs");
    for name in names.lines().filter_map(|line| line.strip_prefix("pub(crate) const ")) {
        let name = name.split(':').next().unwrap();
        let is_a_check = names.contains(&format!("    {name},\n"));
        assert!(!is_a_check || source.contains(name), "nobody breaks {name}");
    }
    assert_eq!(CHECKS.iter().collect::<BTreeSet<_>>().len(), CHECKS.len());
}
