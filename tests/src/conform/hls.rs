//! Playlists (RFC 8216 and Apple's authoring specification) of a finished video, compared with what
//! is in the tracks.

use std::collections::BTreeMap;

use m3u8_rs::{
    AlternativeMediaType, ClosedCaptionGroupId, MasterPlaylist, MediaPlaylist, MediaPlaylistType,
    VariantStream,
};

use super::{
    FaultsOf, Stream,
    cmaf::{Read, ReadCodec},
    rates,
};

/// What a float of single precision may be off, in seconds.
const EXTINF_SLACK: f64 = 0.000_01;
/// Bandwidths may be told that much higher than they are (Apple allows 10 %).
const BANDWIDTH_SLACK: f64 = 0.01;

pub(super) fn check(stream: &Stream, tracks: &BTreeMap<&str, Read>, faults: &mut FaultsOf<'_>) {
    let Ok((_, master)) = m3u8_rs::parse_master_playlist(stream.master.as_bytes()) else {
        return faults.say("the multivariant playlist cannot be read");
    };
    let mut lists = BTreeMap::new();
    for (uri, track) in &stream.tracks {
        let parsed = m3u8_rs::parse_media_playlist(track.playlist.as_bytes());
        match (parsed, tracks.get(uri.as_str())) {
            (Ok((_, list)), Some(read)) => {
                check_media(uri, &list, read, faults);
                lists.insert(uri.as_str(), list);
            }
            _ => faults.say(format!("{uri} cannot be read")),
        }
    }
    check_master(&master, tracks, &lists, faults);
    check_alignment(tracks, faults);
}

fn check_media(uri: &str, list: &MediaPlaylist, track: &Read, faults: &mut FaultsOf<'_>) {
    let what = |text: &str| format!("{text} of {uri}");
    // 7: EXT-X-MAP in a list of more than I frames needs version 6.
    faults.unless(list.version.is_some_and(|v| v >= 6), || what("version"));
    faults.same(&what("type"), list.playlist_type.clone(), Some(MediaPlaylistType::Event));
    faults.unless(list.end_list, || what("no EXT-X-ENDLIST"));
    faults.unless(list.independent_segments, || what("no EXT-X-INDEPENDENT-SEGMENTS"));
    let start = list.start.as_ref().map(|start| start.time_offset);
    faults.same(&what("start"), start, Some(0.0));
    faults.same(&what("first sequence number"), list.media_sequence, 0);
    let maps: Vec<_> =
        list.segments.iter().filter_map(|s| Some(s.map.as_ref()?.uri.as_str())).collect();
    let folder = uri.trim_end_matches(".m3u8");
    // Whether later segments repeat the map is the parser's business.
    faults.unless(maps.first() == Some(&format!("{folder}/init.mp4").as_str()), || what("map"));
    faults.same(&what("number of segments"), list.segments.len(), track.segments.len());
    let longest = list.segments.iter().map(|s| f64::from(s.duration).round()).fold(0.0, f64::max);
    // 4.3.3.1, and Apple: no shorter segments than it makes players expect.
    faults.same(&what("target duration"), list.target_duration as f64, longest.max(1.0));
    for (n, (told, (_, fragment))) in list.segments.iter().zip(&track.segments).enumerate() {
        let (told, is) =
            (f64::from(told.duration), fragment.ticks() as f64 / f64::from(track.timescale));
        faults.unless((told - is).abs() <= EXTINF_SLACK, || {
            format!("EXTINF {} of {uri} says {told} s instead of {is} s", n + 1)
        });
    }
}

fn check_master(
    master: &MasterPlaylist,
    tracks: &BTreeMap<&str, Read>,
    lists: &BTreeMap<&str, MediaPlaylist>,
    faults: &mut FaultsOf<'_>,
) {
    faults.unless(master.version.is_some_and(|v| v >= 6), || "version".to_owned());
    faults.unless(master.independent_segments, || "no EXT-X-INDEPENDENT-SEGMENTS".to_owned());
    let audio = tracks.iter().find(|(_, track)| !track.is_video());
    let groups: Vec<_> = master
        .alternatives
        .iter()
        .filter(|media| media.media_type == AlternativeMediaType::Audio)
        .collect();
    let told: Vec<_> = groups.iter().filter_map(|media| media.uri.as_deref()).collect();
    faults.same("sound", told, audio.iter().map(|(uri, _)| **uri).collect::<Vec<_>>());
    for media in &groups {
        let told = (media.default, media.autoselect, media.channels.as_deref());
        faults.same("DEFAULT, AUTOSELECT, CHANNELS", told, (true, true, Some("2")));
    }
    let mut uris: Vec<_> = master.variants.iter().map(|variant| variant.uri.as_str()).collect();
    uris.sort_unstable();
    let videos: Vec<_> = tracks.iter().filter(|(_, t)| t.is_video()).map(|(uri, _)| *uri).collect();
    faults.same("variants", uris, videos);
    let target = |uri: &str| lists.get(uri).map_or(0, |list| list.target_duration);
    for variant in &master.variants {
        let Some(video) = tracks.get(variant.uri.as_str()) else { continue };
        let group = groups.first().map(|media| media.group_id.clone());
        faults.same("audio group", variant.audio.clone(), group);
        check_facts(variant, video, audio.map(|(_, track)| track), faults);
        let mut peak = rates::peak(video, target(&variant.uri));
        let mut average = rates::average(video);
        if let Some((uri, audio)) = audio {
            peak += rates::peak(audio, target(uri));
            average += rates::average(audio);
        }
        let told = [
            ("BANDWIDTH", Some(variant.bandwidth), peak),
            ("AVERAGE-BANDWIDTH", variant.average_bandwidth, average),
        ];
        for (name, told, is) in told {
            let told = told.unwrap_or(0) as f64;
            faults.unless(told >= is - 2.0 && told <= is * (1.0 + BANDWIDTH_SLACK) + 2.0, || {
                format!("{name} of {} is {is:.0} b/s, not {told}", variant.uri)
            });
        }
    }
}

fn check_facts(
    variant: &VariantStream,
    video: &Read,
    audio: Option<&Read>,
    faults: &mut FaultsOf<'_>,
) {
    let what = |text: &str| format!("{text} of {}", variant.uri);
    let mut codecs = video.codecs();
    if let Some(audio) = audio {
        codecs = format!("{codecs},{}", audio.codecs());
    }
    faults.same(&what("CODECS"), variant.codecs.as_deref(), Some(codecs.as_str()));
    if let ReadCodec::Video(avc) = &video.codec {
        let is = (u64::from(avc.visual.width), u64::from(avc.visual.height));
        let told = variant.resolution.map(|size| (size.width, size.height));
        faults.same(&what("RESOLUTION"), told, Some(is));
    }
    let samples = || video.segments.iter().flat_map(|(_, fragment)| &fragment.samples);
    let frame = samples().next().map_or(0, |sample| sample.ticks);
    faults.unless(samples().all(|sample| sample.ticks == frame), || what("pace"));
    let rate = f64::from(video.timescale) / frame as f64;
    // 4.3.4.2: rounded to three places.
    let told = variant.frame_rate.unwrap_or(0.0);
    faults.unless((told - rate).abs() <= 0.000_51, || {
        format!("FRAME-RATE of {} is {rate}, not {told}", variant.uri)
    });
    let captions = matches!(variant.closed_captions, Some(ClosedCaptionGroupId::None));
    faults.unless(captions, || what("no CLOSED-CAPTIONS=NONE"));
}

/// Rungs begin their segments, and all pictures at which decoding can begin, at the same times;
/// the sound begins its segments there too, as far as its frames allow, and lasts as long.
fn check_alignment(tracks: &BTreeMap<&str, Read>, faults: &mut FaultsOf<'_>) {
    let starts = |track: &Read| -> Vec<f64> {
        let start = |fragment: &super::cmaf::Fragment| fragment.start as f64;
        track.segments.iter().map(|(_, f)| start(f) / f64::from(track.timescale)).collect()
    };
    let mut videos = tracks.iter().filter(|(_, track)| track.is_video());
    let Some((name, first)) = videos.next() else { return faults.say("no pictures") };
    let grid = |track: &Read| -> (u32, Vec<u64>, Vec<u64>) {
        let starts = track.segments.iter().map(|(_, fragment)| fragment.start).collect();
        let keys = track.segments.iter().flat_map(|(_, fragment)| fragment.keys()).collect();
        (track.timescale, starts, keys)
    };
    for (other, track) in videos {
        faults.unless(grid(track) == grid(first), || format!("{other} and {name} do not align"));
        faults.unless(track.ticks() == first.ticks(), || format!("{other} ends elsewhere"));
    }
    // Apple: a key frame at least every two seconds; ours are forced there.
    let (timescale, _, keys) = grid(first);
    let end = first.ticks();
    let ends = keys.iter().copied().skip(1).chain([end]);
    let longest = keys.iter().zip(ends).map(|(key, next)| next - key).max().unwrap_or(end);
    let frame = first.segments[0].1.samples.first().map_or(0, |sample| sample.ticks);
    faults.unless(longest <= 2 * u64::from(timescale) + frame, || {
        format!("{longest} ticks of {timescale} between two IDR pictures")
    });
    for (uri, audio) in tracks.iter().filter(|(_, track)| !track.is_video()) {
        // Each begins with its first frame at or after a whole second.
        let (aac_frame, frame) = (1024.0 / 48_000.0, frame as f64 / f64::from(timescale));
        let (sounds, pictures) = (starts(audio), starts(first));
        let far = sounds.iter().zip(&pictures).find(|(sound, picture)| {
            let late = *sound - *picture;
            late <= -frame - 1e-9 || late >= aac_frame + 1e-9
        });
        faults.unless(far.is_none(), || format!("{uri} is cut elsewhere: {far:?}"));
        let lengths =
            (audio.ticks() as f64 / f64::from(audio.timescale), end as f64 / f64::from(timescale));
        let longer = lengths.0 - lengths.1;
        faults.unless((-1e-9..=aac_frame).contains(&longer), || {
            format!("{uri} lasts {} s, the pictures {} s", lengths.0, lengths.1)
        });
    }
}
