//! The DASH manifest (ISO/IEC 23009-1): its structure, and that it lists what HLS lists.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::{FaultsOf, Stream, cmaf::Read};

const NAMESPACE: &str = "urn:mpeg:dash:schema:mpd:2011";

pub(super) fn check(stream: &Stream, tracks: &BTreeMap<&str, Read>, faults: &mut FaultsOf<'_>) {
    let document = match Document::parse(&stream.manifest) {
        Ok(document) => document,
        Err(error) => return faults.say(format!("no XML: {error}")),
    };
    let mpd = document.root_element();
    faults.same(
        "root",
        (mpd.tag_name().namespace(), mpd.tag_name().name()),
        (Some(NAMESPACE), "MPD"),
    );
    faults.same("type", mpd.attribute("type"), Some("static"));
    let profile = Some("urn:mpeg:dash:profile:isoff-live:2011");
    faults.same("profiles", mpd.attribute("profiles"), profile);
    faults.unless(seconds(mpd, "minBufferTime").is_some_and(|buffer| buffer > 0.0), || {
        "no minBufferTime".to_owned()
    });
    let lasts = tracks
        .values()
        .filter(|track| track.is_video())
        .map(|track| track.ticks() as f64 / f64::from(track.timescale))
        .fold(0.0, f64::max);
    let told = seconds(mpd, "mediaPresentationDuration").unwrap_or(0.0);
    faults.unless((told - lasts).abs() <= 0.001, || format!("it lasts {lasts} s, not {told} s"));
    let periods: Vec<_> = children(mpd, "Period").collect();
    let [period] = periods.as_slice() else {
        return faults.say(format!("{} periods", periods.len()));
    };
    let mut seen = Vec::new();
    for set in children(*period, "AdaptationSet") {
        check_set(set, tracks, &mut seen, faults);
    }
    seen.sort_unstable();
    faults.same("representations", seen, tracks.keys().map(|uri| (*uri).to_owned()).collect());
}

fn children<'a>(node: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    node.children().filter(move |child| child.has_tag_name((NAMESPACE, name)))
}

/// A duration in seconds (XML Schema 3.2.6) of the one form that is used here, `PT1.5S`.
fn seconds(node: Node<'_, '_>, attribute: &str) -> Option<f64> {
    node.attribute(attribute)?.strip_prefix("PT")?.strip_suffix('S')?.parse().ok()
}

fn check_set(
    set: Node<'_, '_>,
    tracks: &BTreeMap<&str, Read>,
    seen: &mut Vec<String>,
    faults: &mut FaultsOf<'_>,
) {
    faults.same("segmentAlignment", set.attribute("segmentAlignment"), Some("true"));
    faults.same("startWithSAP", set.attribute("startWithSAP"), Some("1"));
    let templates: Vec<_> = children(set, "SegmentTemplate").collect();
    let [template] = templates.as_slice() else {
        return faults.say(format!("{} segment templates", templates.len()));
    };
    let told = ["initialization", "media", "startNumber"].map(|name| template.attribute(name));
    let init = "$RepresentationID$/init.mp4";
    let media = "$RepresentationID$/$Number%05d$.m4s";
    faults.same("addresses", told, [Some(init), Some(media), Some("1")]);
    let timeline = timeline(*template);
    for representation in children(set, "Representation") {
        let attribute = |name| representation.attribute(name).or(set.attribute(name));
        let uri = format!("{}.m3u8", attribute("id").unwrap_or_default());
        let Some(track) = tracks.get(uri.as_str()) else {
            faults.say(format!("{uri} is not in HLS"));
            continue;
        };
        let what = |text: &str| format!("{text} of {uri}");
        let kind = if track.is_video() { "video" } else { "audio" };
        let mime = format!("{kind}/mp4");
        faults.same(&what("mimeType"), attribute("mimeType"), Some(mime.as_str()));
        faults.same(&what("contentType"), attribute("contentType"), Some(kind));
        faults.same(&what("codecs"), attribute("codecs"), Some(track.codecs().as_str()));
        let timescale = track.timescale.to_string();
        let told = template.attribute("timescale");
        faults.same(&what("timescale"), told, Some(timescale.as_str()));
        let is: Vec<_> = track.segments.iter().map(|(_, f)| (f.start, f.ticks())).collect();
        faults.same(&what("timeline"), timeline.as_slice(), is.as_slice());
        check_bandwidth(&uri, attribute("bandwidth"), track, faults);
        check_kind(&uri, track, &attribute, faults);
        seen.push(uri);
    }
}

/// Start and duration of each segment in ticks.
fn timeline(template: Node<'_, '_>) -> Vec<(u64, u64)> {
    let (mut segments, mut at) = (Vec::new(), 0);
    for entry in children(template, "SegmentTimeline").flat_map(|list| children(list, "S")) {
        let number = |name| entry.attribute(name).and_then(|text| text.parse::<u64>().ok());
        at = number("t").unwrap_or(at);
        for _ in 0..=number("r").unwrap_or(0) {
            let duration = number("d").unwrap_or(0);
            segments.push((at, duration));
            at += duration;
        }
    }
    segments
}

/// 5.3.5.2: with `minBufferTime` in hand nothing stalls at this rate. It must be at least that of
/// the whole, and no whole segment of full length may come faster.
fn check_bandwidth(uri: &str, told: Option<&str>, track: &Read, faults: &mut FaultsOf<'_>) {
    let told: f64 = told.and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let peak = super::rates::peak(track, 4);
    faults.unless(told + 2.0 >= peak && told <= peak * 1.5, || {
        format!("bandwidth of {uri} is {peak:.0} b/s, not {told}")
    });
}

fn check_kind<'a>(
    uri: &str,
    track: &Read,
    attribute: &impl Fn(&'static str) -> Option<&'a str>,
    faults: &mut FaultsOf<'_>,
) {
    let super::cmaf::ReadCodec::Video(avc) = &track.codec else {
        return faults.same("audioSamplingRate", attribute("audioSamplingRate"), Some("48000"));
    };
    let size = [avc.visual.width.to_string(), avc.visual.height.to_string()];
    let told = ["width", "height"].map(attribute);
    faults.same(&format!("size of {uri}"), told, [Some(size[0].as_str()), Some(size[1].as_str())]);
    let rate = attribute("frameRate").unwrap_or_default();
    let (num, den) = rate.split_once('/').unwrap_or((rate, "1"));
    let frame = track.segments[0].1.samples.first().map_or(0, |sample| sample.ticks);
    let same = num.parse::<u64>().is_ok_and(|num| {
        den.parse::<u64>().is_ok_and(|den| num * frame == den * u64::from(track.timescale))
    });
    faults.unless(same, || format!("frameRate of {uri} is {rate}"));
}
