//! All hostile files: a name, the bytes, and how it may end.

use crate::{
    audio, fuzz, iso, matroska, pictures, riff, rng::Rng, seeds, seeds::Seed, strangers, texts,
    watch::Watch,
};

/// How a file may end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect {
    /// Refused by the plan, with one of these codes.
    Refused(&'static [&'static str]),
    /// Made in full, or refused with any reason.
    AnyEnd,
    /// Odd, but people have such files: made.
    Made,
}

/// What is said of files that are no media.
pub(crate) const NOT_MEDIA: &[&str] = &["unreadable", "no_video_stream"];
/// What is said of files that end early.
pub(crate) const CUT: &[&str] = &["truncated", "unreadable", "no_video_stream"];

/// A hostile file.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) expect: Expect,
    /// Whether it tries to make its reader open something else.
    pub(crate) lures: bool,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>, expect: Expect) -> Self {
        let name = name.into();
        let lures = ["text/", "/reference/", "/subtitle/", "/links", "playlist"];
        let lures = lures.iter().any(|part| name.contains(part));
        Self { name, bytes: bytes.into(), expect, lures }
    }
}

/// The whole corpus, the same on every run but for the canary's path and the lure's port.
/// `flips` is how many damaged copies are made of each valid file.
pub(crate) fn all(watch: &Watch, flips: u64) -> Vec<Case> {
    let seeds = seeds::all();
    let seed = |name: &str| -> &[u8] {
        &seeds.iter().find(|seed| seed.name == name).unwrap_or_else(|| panic!("{name}")).bytes
    };
    let jpeg = seeds::jpeg();
    let (path, host) = (watch.path(), watch.host());
    let mut cases = texts::cases(path, &host);
    cases.extend(strangers::cases(seed("mp4"), seed("mkv"), &jpeg, path, &host));
    cases.extend(iso::cases(seed("mp4"), seed("fragmented"), path, &host));
    cases.extend(matroska::cases(seed("mkv"), &jpeg, path, &host));
    cases.extend(riff::cases(seed("avi"), &jpeg, path, &host));
    cases.extend(audio::cases(seed("mp4")));
    cases.extend(pictures::cases(seed("mp4"), &jpeg));
    cases.extend(seeds.iter().map(|Seed { name, bytes }| {
        Case::new(format!("valid/{name}"), bytes.clone(), Expect::Made)
    }));
    cases.extend(fuzz::truncated(&seeds));
    cases.extend(fuzz::damaged(&seeds, flips, &mut Rng::new(2026)));
    cases
}
