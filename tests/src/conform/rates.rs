//! Bit rates as they really are, and whether a player's buffer ever runs dry.

use std::collections::BTreeMap;

use super::{FaultsOf, Maxrates, cmaf::Read};

/// Bits per second of a run of segments.
fn rate(bytes: u64, ticks: u64, timescale: u32) -> f64 {
    bytes as f64 * 8.0 * f64::from(timescale) / ticks as f64
}

/// Peak segment bit rate (RFC 8216 4.1): of all runs of segments that last half to one and a half
/// target durations. The mean if nothing does.
pub(super) fn peak(track: &Read, target_seconds: u64) -> f64 {
    let target = target_seconds as f64 * f64::from(track.timescale);
    let mut peak = 0.0_f64;
    for first in 0..track.segments.len() {
        let (mut bytes, mut ticks) = (0, 0);
        for (size, fragment) in &track.segments[first..] {
            bytes += size;
            ticks += fragment.ticks();
            if (0.5 * target..=1.5 * target).contains(&(ticks as f64)) {
                peak = peak.max(rate(bytes, ticks, track.timescale));
            }
        }
    }
    if peak > 0.0 { peak } else { average(track) }
}

/// Bit rate of all segments.
pub(super) fn average(track: &Read) -> f64 {
    let bytes = track.segments.iter().map(|(size, _)| size).sum();
    rate(bytes, track.ticks(), track.timescale)
}

/// The leaky bucket of ISO 14496-10 annex C: a buffer of `maxrate` bits that begins half full,
/// gains `maxrate` bits a second and gives each picture when it is due to be decoded.
pub(super) fn check_buffers(
    tracks: &BTreeMap<&str, Read>,
    maxrates: &Maxrates,
    faults: &mut FaultsOf<'_>,
) {
    let videos: Vec<_> = tracks.iter().filter(|(_, track)| track.is_video()).collect();
    faults.same("number of maxrates", maxrates.len(), videos.len());
    for (uri, track) in videos {
        let Some(&maxrate) = maxrates.get(*uri) else {
            faults.say(format!("no maxrate of {uri}"));
            continue;
        };
        let full = maxrate as f64;
        let mut level = full / 2.0;
        let samples =
            track.segments.iter().zip(1..).flat_map(|((_, fragment), n)| {
                fragment.samples.iter().map(move |sample| (n, sample))
            });
        for (segment, sample) in samples {
            level -= sample.size as f64 * 8.0;
            if level < 0.0 {
                faults.say(format!("{uri} lacks {:.0} bits in segment {segment}", -level));
                break;
            }
            let seconds = sample.ticks as f64 / f64::from(track.timescale);
            level = (level + full * seconds).min(full);
        }
    }
}
