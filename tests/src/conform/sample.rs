//! A small stream that keeps all rules, made by hand: 9 s of two rungs at 30 frames a second.

use mp4_atom::{
    Audio, Avc1, Avcc, Codec, Colr, Edts, Elst, ElstEntry, Encode, Esds, FourCC, Ftyp, Mdat, Mdhd,
    Mdia, Mfhd, Minf, Moof, Moov, Mp4a, Mvex, Mvhd, Smhd, Stbl, Stco, Stsd, Styp, Tfdt, Tfhd, Tkhd,
    Traf, Trak, Trex, Trun, TrunEntry, TrunSamples, Visual, Vmhd,
};

use super::{Maxrates, Stream, Track};

/// Ticks of a frame in 90 kHz.
pub(super) const FRAME: u32 = 3000;
const EDIT: u32 = 2 * FRAME;
/// Frames before each boundary: 2 s, 2 s, 4 s and 1 s.
const SEGMENTS: [u32; 4] = [60, 60, 120, 30];

/// What a test may make wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wrong {
    Nothing,
    /// The third segment begins with another picture than an IDR picture.
    NoIdr,
    /// The third segment's `tfdt` is a frame late.
    Late,
    /// The third segment says that it is the fourth.
    Number,
    /// The third segment's first picture is eight times as large.
    Burst,
    /// A pair of boxes more in the third segment.
    TwoMoofs,
    /// The init segment says another level.
    Level,
    /// The init segment has no edit list.
    NoEdit,
}

type Write<'a> = &'a dyn Fn(&mut Vec<u8>);

fn bytes(parts: &[Write]) -> Vec<u8> {
    let mut bytes = Vec::new();
    parts.iter().for_each(|part| part(&mut bytes));
    bytes
}

fn init(trak: Trak) -> Vec<u8> {
    let brands = [b"iso6", b"cmfc", b"dash", b"mp41"].map(FourCC::new).to_vec();
    let ftyp =
        Ftyp { major_brand: FourCC::new(b"iso6"), minor_version: 0, compatible_brands: brands };
    let trex = Trex { track_id: 1, default_sample_description_index: 1, ..Default::default() };
    let moov = Moov {
        mvhd: Mvhd { timescale: 1000, ..Default::default() },
        mvex: Some(Mvex { mehd: None, trex: vec![trex] }),
        trak: vec![trak],
        ..Default::default()
    };
    bytes(&[&|to| ftyp.encode(to).unwrap(), &|to| moov.encode(to).unwrap()])
}

fn trak(timescale: u32, handler: &[u8; 4], codec: Codec, minf: Minf) -> Trak {
    let stbl = Stbl {
        stsd: Stsd { codecs: vec![codec] },
        stco: Some(Stco::default()),
        ..Default::default()
    };
    let hdlr = mp4_atom::Hdlr { handler: FourCC::new(handler), name: String::new() };
    let mdhd = Mdhd { timescale, language: "und".into(), ..Default::default() };
    let mdia = Mdia { mdhd, hdlr, minf: Minf { stbl, ..minf } };
    Trak { tkhd: Tkhd { track_id: 1, ..Default::default() }, mdia, ..Default::default() }
}

fn video_init(width: u16, height: u16, wrong: Wrong) -> Vec<u8> {
    let mut avcc = Avcc::new(&[0x67, 100, 0, 31, 0xac, 0xd9], &[0x68, 0xee]).unwrap();
    avcc.length_size = 4;
    avcc.avc_level_indication = if wrong == Wrong::Level { 30 } else { 31 };
    let visual = Visual { data_reference_index: 1, width, height, ..Default::default() };
    let avc = Avc1 {
        visual,
        avcc,
        btrt: None,
        colr: Colr::new(1, 1, 1, false).ok(),
        pasp: None,
        taic: None,
        fiel: None,
        spatial: None,
    };
    let minf = Minf { vmhd: Some(Vmhd::default()), ..Default::default() };
    let mut trak = trak(90_000, b"vide", Codec::Avc1(avc), minf);
    (trak.tkhd.width, trak.tkhd.height) = (width.into(), height.into());
    let edit =
        ElstEntry { segment_duration: 0, media_time: Some(EDIT.into()), media_rate: 1.into() };
    if wrong != Wrong::NoEdit {
        trak.edts = Some(Edts { elst: Some(Elst { entries: vec![edit] }) });
    }
    init(trak)
}

fn audio_init() -> Vec<u8> {
    let mut esds = Esds::default();
    let config = &mut esds.es_desc.dec_config;
    (config.object_type_indication, config.stream_type) = (0x40, 5);
    let specific = config.dec_specific.get_or_insert_default();
    (specific.profile, specific.freq_index, specific.chan_conf) = (2, 3, 2);
    let audio = Audio {
        data_reference_index: 1,
        channel_count: 2,
        sample_size: 16,
        sample_rate: 48_000.into(),
    };
    let mp4a = Mp4a { audio, esds, btrt: None, taic: None };
    let minf = Minf { smhd: Some(Smhd::default()), ..Default::default() };
    init(trak(48_000, b"soun", Codec::Mp4a(mp4a), minf))
}

fn segment(number: u32, start: u64, entries: Vec<TrunEntry>, data: Vec<u8>) -> Vec<u8> {
    let brands = [b"msdh", b"cmfs"].map(FourCC::new).to_vec();
    let styp =
        Styp { major_brand: FourCC::new(b"msdh"), minor_version: 0, compatible_brands: brands };
    let tfhd = Tfhd { track_id: 1, default_base_is_moof: true, ..Default::default() };
    let fragment = |data_offset| Moof {
        mfhd: Mfhd { sequence_number: number },
        traf: vec![Traf {
            tfhd: tfhd.clone(),
            tfdt: Some(Tfdt { base_media_decode_time: start }),
            trun: vec![Trun { data_offset, samples: TrunSamples::Explicit(entries.clone()) }],
            ..Default::default()
        }],
    };
    let size = bytes(&[&|to| fragment(Some(0)).encode(to).unwrap()]).len();
    let moof = fragment(i32::try_from(size + 8).ok());
    bytes(&[&|to| styp.encode(to).unwrap(), &|to| moof.encode(to).unwrap(), &|to| {
        Mdat { data: data.clone() }.encode(to).unwrap();
    }])
}

/// Pictures of about 500 kb/s; an IDR picture every 2 s.
fn video_segments(wrong: Wrong) -> Vec<Vec<u8>> {
    let (mut segments, mut frame) = (Vec::new(), 0);
    for (number, frames) in (1..).zip(SEGMENTS) {
        let (mut entries, mut data) = (Vec::new(), Vec::new());
        let is_wrong = |what| wrong == what && number == 3;
        for n in 0..frames {
            let idr = n % 60 == 0;
            let mut size = if idr { 20_000 } else { 1500 };
            size *= if is_wrong(Wrong::Burst) && n == 0 { 8 } else { 1 };
            let real = idr && !(is_wrong(Wrong::NoIdr) && n == 0);
            data.extend(u32::try_from(size - 4).unwrap().to_be_bytes());
            data.push(if real { 0x65 } else { 0x41 });
            data.resize(data.len() + size - 5, 0);
            entries.push(TrunEntry {
                duration: Some(FRAME),
                size: u32::try_from(size).ok(),
                flags: Some(if idr { 0x0200_0000 } else { 0x0101_0000 }),
                cts: Some(EDIT.into()),
            });
        }
        let late = if is_wrong(Wrong::Late) { u64::from(FRAME) } else { 0 };
        let told = if is_wrong(Wrong::Number) { 4 } else { number };
        let start = u64::from(frame * FRAME) + late;
        let mut segment = segment(told, start, entries, data);
        if is_wrong(Wrong::TwoMoofs) {
            segment.extend_from_within(24..);
        }
        segments.push(segment);
        frame += frames;
    }
    segments
}

/// 9 s of sound at 128 kb/s: 422 frames, cut at the first one at or after a boundary.
fn audio_segments() -> Vec<Vec<u8>> {
    let cuts = [0, 94, 188, 375, 422_u32];
    let piece = |(number, cut): (u32, &[u32])| {
        let entry = TrunEntry {
            duration: Some(1024),
            size: Some(341),
            flags: Some(0x0200_0000),
            cts: None,
        };
        let count = (cut[1] - cut[0]) as usize;
        let data = vec![0; count * 341];
        segment(number, u64::from(cut[0]) * 1024, vec![entry; count], data)
    };
    (1..).zip(cuts.windows(2)).map(piece).collect()
}

fn list(folder: &str, durations: &[f64]) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:EVENT\n\
         #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n\
         #EXT-X-MAP:URI=\"{folder}/init.mp4\"\n"
    );
    for (n, seconds) in (1..).zip(durations) {
        text += &format!("#EXTINF:{seconds:.6},\n{folder}/{n:05}.m4s\n");
    }
    text + "#EXT-X-ENDLIST\n"
}

/// Bits per second of some bytes.
fn rate(segments: &[Vec<u8>], seconds: f64) -> f64 {
    segments.iter().map(Vec::len).sum::<usize>() as f64 * 8.0 / seconds
}

/// All of it; `wrong` is in the larger rung.
pub(super) fn stream(wrong: Wrong) -> (Stream, Maxrates) {
    let seconds = [2.0, 2.0, 4.0, 1.0];
    let frames = [94.0, 94.0, 187.0, 47.0];
    let sound = frames.map(|frames: f64| frames * 1024.0 / 48_000.0);
    let video = |folder: &str, width, height, wrong| Track {
        playlist: list(folder, &seconds),
        init: video_init(width, height, wrong),
        segments: video_segments(wrong),
    };
    let audio =
        Track { playlist: list("audio", &sound), init: audio_init(), segments: audio_segments() };
    let large = video("720p", 1280, 720, wrong);
    let right = video_segments(Wrong::Nothing);
    // The first segment and the second are alike, and the third has two of them.
    let last_two = rate(&right[2..], 5.0);
    let peak = rate(&right[..1], 2.0).max(last_two);
    let audio_peak = rate(&audio.segments[..1], sound[0]);
    let average = rate(&right, 9.0) + rate(&audio.segments, sound.iter().sum());
    let mut master = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Audio\",DEFAULT=YES,AUTOSELECT=YES,\
        CHANNELS=\"2\",URI=\"audio.m3u8\"\n"
        .to_owned();
    for (name, size) in [("480p", "854x480"), ("720p", "1280x720")] {
        master += &format!(
            "#EXT-X-STREAM-INF:BANDWIDTH={:.0},AVERAGE-BANDWIDTH={average:.0},RESOLUTION={size},\
             FRAME-RATE=30.000,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"audio\",\
             CLOSED-CAPTIONS=NONE\n{name}.m3u8\n",
            peak + audio_peak + 1.0
        );
    }
    let tracks = [
        ("480p.m3u8", video("480p", 854, 480, Wrong::Nothing)),
        ("720p.m3u8", large),
        ("audio.m3u8", audio),
    ];
    let tracks = tracks.map(|(uri, track)| (uri.to_owned(), track)).into();
    let maxrates = ["480p.m3u8", "720p.m3u8"].map(|uri| (uri.to_owned(), 600_000)).into();
    let manifest = manifest(peak + 1.0, audio_peak + 1.0);
    (Stream { master, manifest, tracks }, maxrates)
}

fn manifest(video: f64, audio: f64) -> String {
    let template = |timescale, timeline| {
        format!(
            "<SegmentTemplate timescale=\"{timescale}\" startNumber=\"1\" \
             initialization=\"$RepresentationID$/init.mp4\" \
             media=\"$RepresentationID$/$Number%05d$.m4s\"><SegmentTimeline>{timeline}\
             </SegmentTimeline></SegmentTemplate>"
        )
    };
    let pictures =
        template(90_000, "<S t=\"0\" d=\"180000\" r=\"1\"/><S d=\"360000\"/><S d=\"90000\"/>");
    let sound =
        template(48_000, "<S t=\"0\" d=\"96256\" r=\"1\"/><S d=\"191488\"/><S d=\"48128\"/>");
    let rung = |id, width, height| {
        format!(
            "<Representation id=\"{id}\" codecs=\"avc1.64001f\" width=\"{width}\" \
             height=\"{height}\" bandwidth=\"{video:.0}\"/>"
        )
    };
    let (small, large) = (rung("480p", 854, 480), rung("720p", 1280, 720));
    format!(
        "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" \
         profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" mediaPresentationDuration=\"PT9.000S\" \
         minBufferTime=\"PT4S\"><Period><AdaptationSet contentType=\"video\" \
         mimeType=\"video/mp4\" segmentAlignment=\"true\" startWithSAP=\"1\" frameRate=\"30\">\
         {pictures}{small}{large}</AdaptationSet><AdaptationSet contentType=\"audio\" \
         mimeType=\"audio/mp4\" segmentAlignment=\"true\" startWithSAP=\"1\" \
         audioSamplingRate=\"48000\">{sound}<Representation id=\"audio\" codecs=\"mp4a.40.2\" \
         bandwidth=\"{audio:.0}\"/></AdaptationSet></Period></MPD>"
    )
}
