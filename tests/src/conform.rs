//! Does a finished video keep the rules of HLS (RFC 8216, Apple's authoring specification), CMAF
//! (ISO/IEC 23000-19) and DASH (ISO/IEC 23009-1)? Bytes and texts in, faults out; fetching is
//! [`fetch`]'s.

mod cmaf;
mod dash;
mod fetch;
pub mod growing;
mod hls;
mod rates;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use self::fetch::fetch;

/// Everything that a player can be given of a finished video.
#[derive(Clone, Debug)]
pub struct Stream {
    /// The multivariant playlist.
    pub master: String,
    /// The DASH manifest.
    pub manifest: String,
    /// Media playlists and what they list, by the URI that the master playlist has.
    pub tracks: BTreeMap<String, Track>,
}

/// A media playlist and what it lists.
#[derive(Clone, Debug)]
pub struct Track {
    /// The media playlist.
    pub playlist: String,
    /// The init segment.
    pub init: Vec<u8>,
    /// In the playlist's order.
    pub segments: Vec<Vec<u8>>,
}

/// What an encoder was told, by the URI of its playlist: maxrate in bits per second, which is also
/// the size of the buffer in bits.
pub type Maxrates = BTreeMap<String, u64>;

/// Everything that is wrong with a finished video.
pub fn faults(stream: &Stream, maxrates: &Maxrates) -> Vec<String> {
    let mut faults = Faults::default();
    let mut tracks = BTreeMap::new();
    for (uri, track) in &stream.tracks {
        match cmaf::read(track) {
            Ok(read) => {
                cmaf::check(&read, &mut faults.of(uri));
                tracks.insert(uri.as_str(), read);
            }
            Err(error) => faults.of(uri).say(format!("cannot be read: {error:#}")),
        }
    }
    hls::check(stream, &tracks, &mut faults.of("HLS"));
    rates::check_buffers(&tracks, maxrates, &mut faults.of("VBV"));
    dash::check(stream, &tracks, &mut faults.of("DASH"));
    faults.found
}

/// What was found so far.
#[derive(Debug, Default)]
struct Faults {
    found: Vec<String>,
}

/// Faults of one thing.
struct FaultsOf<'a> {
    faults: &'a mut Faults,
    what: String,
}

impl Faults {
    fn of(&mut self, what: &str) -> FaultsOf<'_> {
        FaultsOf { faults: self, what: what.to_owned() }
    }
}

impl FaultsOf<'_> {
    fn say(&mut self, fault: impl Into<String>) {
        self.faults.found.push(format!("{}: {}", self.what, fault.into()));
    }

    fn unless(&mut self, right: bool, fault: impl FnOnce() -> String) {
        if !right {
            self.say(fault());
        }
    }

    /// Two things that must be the same.
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, is: T, wanted: T) {
        if is != wanted {
            self.say(format!("{what} is {is:?} instead of {wanted:?}"));
        }
    }
}
