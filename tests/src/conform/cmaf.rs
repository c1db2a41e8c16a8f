//! Tracks as CMAF wants them: an init segment without samples, segments of one fragment each, whose
//! times follow each other without gap or overlap.

use anyhow::{Context, bail, ensure};
use mp4_atom::{Any, Avc1, Codec, Colr, Decode, FourCC, Moof, Moov, Mp4a, Trak};

use super::{FaultsOf, Track};

/// ISO 14496-12 8.8.3.1: decoding cannot begin at this sample.
const NON_SYNC: u32 = 0x0001_0000;
/// NAL unit type of an IDR slice (ISO 14496-10 table 7-1).
const IDR: u8 = 5;

/// A track that could be read.
pub(super) struct Read {
    brands: Vec<FourCC>,
    /// The `moov` box as it lies there.
    moov_bytes: Vec<u8>,
    moov: Moov,
    pub(super) codec: ReadCodec,
    pub(super) timescale: u32,
    /// Bytes of a segment's object, and the fragment in it.
    pub(super) segments: Vec<(u64, Fragment)>,
}

pub(super) enum ReadCodec {
    Video(Box<Avc1>),
    Audio(Box<Mp4a>),
}

/// A segment's fragment.
pub(super) struct Fragment {
    boxes: Vec<FourCC>,
    moof: Moof,
    moof_size: usize,
    mdat_size: usize,
    /// `tfdt` in ticks.
    pub(super) start: u64,
    pub(super) samples: Vec<Sample>,
}

/// A sample with what it inherits filled in.
pub(super) struct Sample {
    pub(super) ticks: u64,
    pub(super) size: usize,
    /// Presentation after decoding, in ticks.
    offset: i64,
    is_sync: bool,
    /// Whether a decoder can really begin here: an IDR slice, or any AAC frame.
    is_random_access: bool,
}

impl Fragment {
    pub(super) fn ticks(&self) -> u64 {
        self.samples.iter().map(|sample| sample.ticks).sum()
    }

    /// Decode times of all samples in ticks.
    fn times(&self) -> impl Iterator<Item = (u64, &Sample)> {
        self.samples.iter().scan(self.start, |at, sample| {
            let now = *at;
            *at += sample.ticks;
            Some((now, sample))
        })
    }

    /// Decode times of the samples at which decoding can begin.
    pub(super) fn keys(&self) -> Vec<u64> {
        self.times().filter(|(_, sample)| sample.is_random_access).map(|(at, _)| at).collect()
    }
}

impl Read {
    pub(super) fn is_video(&self) -> bool {
        matches!(self.codec, ReadCodec::Video(_))
    }

    /// RFC 6381.
    pub(super) fn codecs(&self) -> String {
        match &self.codec {
            ReadCodec::Video(avc) => {
                let avc = &avc.avcc;
                format!(
                    "avc1.{:02x}{:02x}{:02x}",
                    avc.avc_profile_indication, avc.profile_compatibility, avc.avc_level_indication
                )
            }
            ReadCodec::Audio(mp4a) => {
                let config = &mp4a.esds.es_desc.dec_config;
                let profile = config.dec_specific.as_ref().map_or(0, |specific| specific.profile);
                format!("mp4a.{:x}.{profile}", config.object_type_indication)
            }
        }
    }

    pub(super) fn ticks(&self) -> u64 {
        self.segments.iter().map(|(_, fragment)| fragment.ticks()).sum()
    }
}

/// Reads all boxes of a track.
pub(super) fn read(track: &Track) -> anyhow::Result<Read> {
    let (mut brands, mut moov, mut moov_bytes) = (Vec::new(), None, Vec::new());
    let mut rest = track.init.as_slice();
    while !rest.is_empty() {
        let before = rest;
        match Any::decode(&mut rest).context("init segment")? {
            Any::Ftyp(ftyp) => brands = ftyp.compatible_brands,
            Any::Moov(found) => {
                moov_bytes = before[..before.len() - rest.len()].to_vec();
                moov = Some(found);
            }
            other => bail!("a {} in the init segment", other.kind()),
        }
    }
    let moov = moov.context("no moov")?;
    let [trak] = moov.trak.as_slice() else { bail!("{} tracks", moov.trak.len()) };
    let codec = match trak.mdia.minf.stbl.stsd.codecs.as_slice() {
        [Codec::Avc1(avc)] => ReadCodec::Video(Box::new(avc.clone())),
        [Codec::Mp4a(mp4a)] => ReadCodec::Audio(Box::new(mp4a.clone())),
        other => bail!("sample entries {other:?}"),
    };
    let timescale = trak.mdia.mdhd.timescale;
    let mut read = Read { brands, moov_bytes, codec, timescale, segments: Vec::new(), moov };
    for (n, bytes) in track.segments.iter().enumerate() {
        let fragment = read_fragment(&read, bytes).with_context(|| format!("segment {}", n + 1))?;
        read.segments.push((bytes.len() as u64, fragment));
    }
    ensure!(!read.segments.is_empty(), "no segments");
    Ok(read)
}

fn read_fragment(track: &Read, bytes: &[u8]) -> anyhow::Result<Fragment> {
    let (mut boxes, mut moofs, mut mdats, mut moof_size) = (Vec::new(), vec![], vec![], 0);
    let mut rest = bytes;
    while !rest.is_empty() {
        let before = rest.len();
        let any = Any::decode(&mut rest)?;
        boxes.push(any.kind());
        match any {
            Any::Moof(moof) => {
                moof_size = before - rest.len();
                moofs.push(moof);
            }
            Any::Mdat(mdat) => mdats.push(mdat.data),
            _ => {}
        }
    }
    let (Ok([moof]), Ok([mdat])) = (<[_; 1]>::try_from(moofs), <[_; 1]>::try_from(mdats)) else {
        bail!("not one moof and one mdat: {boxes:?}");
    };
    let [traf] = moof.traf.as_slice() else { bail!("{} traf", moof.traf.len()) };
    let [trun] = traf.trun.as_slice() else { bail!("{} trun", traf.trun.len()) };
    let start = traf.tfdt.as_ref().context("no tfdt")?.base_media_decode_time;
    let trex = track.moov.mvex.as_ref().and_then(|mvex| mvex.trex.first()).context("no trex")?;
    let (mut samples, mut at) = (Vec::new(), 0);
    for entry in trun.samples.iter() {
        let inherited =
            |own: Option<u32>, fragment: Option<u32>, all: u32| own.or(fragment).unwrap_or(all);
        let ticks = inherited(
            entry.duration,
            traf.tfhd.default_sample_duration,
            trex.default_sample_duration,
        );
        let size = inherited(entry.size, traf.tfhd.default_sample_size, trex.default_sample_size);
        let flags =
            inherited(entry.flags, traf.tfhd.default_sample_flags, trex.default_sample_flags);
        let size = usize::try_from(size)?;
        let data = mdat.get(at..at + size).context("a sample beyond its mdat")?;
        at += size;
        samples.push(Sample {
            ticks: ticks.into(),
            size,
            offset: entry.cts.unwrap_or(0),
            is_sync: flags & NON_SYNC == 0,
            is_random_access: !track.is_video() || has_idr(data),
        });
    }
    Ok(Fragment { boxes, moof_size, mdat_size: mdat.len(), start, samples, moof })
}

/// Whether a sample of 4-byte length-prefixed NAL units holds an IDR slice.
fn has_idr(mut sample: &[u8]) -> bool {
    while let Some((size, rest)) = sample.split_first_chunk::<4>() {
        if rest.first().is_some_and(|first| first & 0x1f == IDR) {
            return true;
        }
        let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
        sample = rest.get(size..).unwrap_or_default();
    }
    false
}

/// Checks a track by itself.
pub(super) fn check(track: &Read, faults: &mut FaultsOf<'_>) {
    check_init(track, faults);
    let (mut end, mut id) = (0, 0);
    if let Some(trak) = track.moov.trak.first() {
        id = trak.tkhd.track_id;
    }
    for (n, (_, fragment)) in (1_u32..).zip(&track.segments) {
        let what = |text: &str| format!("{text} of segment {n}");
        let kinds: Vec<_> = fragment.boxes.iter().map(ToString::to_string).collect();
        faults.same(&what("order of boxes"), kinds.join(" ").as_str(), "styp moof mdat");
        faults.same(&what("sequence number"), fragment.moof.mfhd.sequence_number, n);
        faults.same(&what("tfdt"), fragment.start, end);
        end = fragment.start + fragment.ticks();
        for traf in &fragment.moof.traf {
            faults.same(&what("track id"), traf.tfhd.track_id, id);
            let (base, moof) = (traf.tfhd.base_data_offset, traf.tfhd.default_base_is_moof);
            faults.same(&what("base of offsets"), (base, moof), (None, true));
            let data = i32::try_from(fragment.moof_size + 8).ok();
            faults.same(&what("data offset"), traf.trun.first().and_then(|t| t.data_offset), data);
        }
        let samples: usize = fragment.samples.iter().map(|sample| sample.size).sum();
        faults.same(&what("size of the samples"), samples, fragment.mdat_size);
        check_samples(track, n, fragment, faults);
    }
}

fn check_samples(track: &Read, n: u32, fragment: &Fragment, faults: &mut FaultsOf<'_>) {
    let begins = fragment.samples.first().is_some_and(|first| first.is_random_access);
    faults.unless(begins, || format!("segment {n} does not begin with an IDR picture"));
    let lying = fragment.samples.iter().filter(|s| s.is_sync != s.is_random_access).count();
    faults.unless(lying == 0, || format!("{lying} samples of segment {n} have wrong sync flags"));
    // After the edit list each picture is shown inside its own segment: nothing refers across.
    let edit = i64::try_from(edit(track)).unwrap_or(i64::MAX);
    let at = |ticks: u64| i64::try_from(ticks).unwrap_or(i64::MAX);
    let mut shown: Vec<i64> =
        fragment.times().map(|(time, sample)| at(time) + sample.offset - edit).collect();
    shown.sort_unstable();
    let due: Vec<i64> = fragment.times().map(|(time, _)| at(time)).collect();
    faults.unless(shown == due, || {
        format!("segment {n} is shown at {:?}…, not {:?}…", shown.first(), due.first())
    });
}

/// Boxes that hold nothing but boxes.
const CONTAINERS: [&[u8]; 7] = [b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"mvex"];

/// Names all boxes in depth; false if their sizes do not add up.
fn walk(mut bytes: &[u8], names: &mut Vec<String>) -> bool {
    while let Some((size, rest)) = bytes.split_first_chunk::<4>() {
        let size = usize::try_from(u32::from_be_bytes(*size)).unwrap_or(usize::MAX);
        let Some(kind) = rest.get(..4) else { return false };
        let Some(body) = bytes.get(8..size) else { return false };
        names.push(String::from_utf8_lossy(kind).into_owned());
        if CONTAINERS.contains(&kind) && !walk(body, names) {
            return false;
        }
        bytes = &bytes[size..];
    }
    bytes.is_empty()
}

fn edit(track: &Read) -> u64 {
    let elst = track.moov.trak.first().and_then(|trak| trak.edts.as_ref()?.elst.as_ref());
    elst.and_then(|elst| elst.entries.first()?.media_time).unwrap_or(0)
}

fn check_init(track: &Read, faults: &mut FaultsOf<'_>) {
    let has = |brand: &[u8; 4]| track.brands.contains(&FourCC::new(brand));
    faults.unless(has(b"cmfc") && has(b"iso6"), || format!("brands {:?}", track.brands));
    let mut boxes = Vec::new();
    let whole = walk(&track.moov_bytes, &mut boxes);
    faults.unless(whole, || format!("boxes do not fill their boxes: {boxes:?}"));
    // ISO 23000-19 table 4: what a CMAF header has, and has once.
    for kind in
        ["mvhd", "trak", "tkhd", "mdhd", "hdlr", "stsd", "stts", "stsc", "stco", "mvex", "trex"]
    {
        let count = boxes.iter().filter(|found| *found == kind).count();
        faults.unless(count == 1, || format!("{count} boxes {kind}"));
    }
    let Some(trak) = track.moov.trak.first() else { return };
    let lengths = (track.moov.mvhd.duration, trak.tkhd.duration, trak.mdia.mdhd.duration);
    faults.same("length told by mvhd, tkhd, mdhd", lengths, (0, 0, 0));
    let table = &trak.mdia.minf.stbl;
    let empty = table.stts.entries.is_empty()
        && table.stsc.entries.is_empty()
        && table.stco.as_ref().is_none_or(|stco| stco.entries.is_empty());
    faults.unless(empty, || "the init segment lists samples".to_owned());
    let trex: Vec<_> = track.moov.mvex.iter().flat_map(|mvex| &mvex.trex).collect();
    let ids: Vec<_> = trex.iter().map(|trex| trex.track_id).collect();
    faults.same("tracks of mvex", ids, vec![trak.tkhd.track_id]);
    // ISO 23000-19 7.5.13: at most one edit, which takes back the reorder delay and has no end.
    for elst in trak.edts.iter().filter_map(|edts| edts.elst.as_ref()) {
        let lengths: Vec<_> = elst.entries.iter().map(|entry| entry.segment_duration).collect();
        faults.same("lengths of edits", lengths, vec![0]);
    }
    match &track.codec {
        ReadCodec::Video(avc) => check_avc(avc, trak, faults),
        ReadCodec::Audio(mp4a) => check_aac(mp4a, track.timescale, faults),
    }
}

fn check_avc(avc: &Avc1, trak: &Trak, faults: &mut FaultsOf<'_>) {
    let size = (avc.visual.width, avc.visual.height);
    let shown = (trak.tkhd.width.integer(), trak.tkhd.height.integer());
    faults.same("size in tkhd", shown, size);
    faults.same("profile", avc.avcc.avc_profile_indication, 100);
    faults.same("bytes of a NAL unit's length", avc.avcc.length_size, 4);
    let sets = (avc.avcc.sequence_parameter_sets.len(), avc.avcc.picture_parameter_sets.len());
    faults.same("parameter sets", sets, (1, 1));
    faults.same("colours", avc.colr.clone(), Colr::new(1, 1, 1, false).ok());
    let square = avc.pasp.as_ref().is_none_or(|pasp| pasp.h_spacing == pasp.v_spacing);
    faults.unless(square, || format!("pixels are not square: {:?}", avc.pasp));
}

fn check_aac(mp4a: &Mp4a, timescale: u32, faults: &mut FaultsOf<'_>) {
    let config = &mp4a.esds.es_desc.dec_config;
    let specific = config.dec_specific.as_ref();
    // ISO 14496-3: AAC-LC is 2, 48 kHz is 3, stereo is 2.
    let told = specific.map(|specific| (specific.profile, specific.freq_index, specific.chan_conf));
    faults.same("AAC profile, rate, channels", told, Some((2, 3, 2)));
    faults.same("object type", config.object_type_indication, 0x40);
    faults.same("timescale", timescale, 48_000);
}
