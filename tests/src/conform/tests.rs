//! The checker finds what is wrong, and nothing in what is right.

use super::{
    faults,
    sample::{Wrong, stream},
};

#[test]
fn finds_nothing_in_what_is_right() {
    let (stream, maxrates) = stream(Wrong::Nothing);
    assert_eq!(faults(&stream, &maxrates), [""; 0]);
}

#[test]
fn finds_faults_in_boxes() {
    for (wrong, told) in [
        (Wrong::NoIdr, "720p.m3u8: segment 3 does not begin with an IDR picture"),
        (Wrong::NoIdr, "do not align"),
        (Wrong::Late, "tfdt of segment 3 is 363000 instead of 360000"),
        (Wrong::Late, "DASH: timeline of 720p.m3u8"),
        (Wrong::Number, "sequence number of segment 3 is 4"),
        (Wrong::Burst, "VBV: 720p.m3u8 lacks"),
        (Wrong::Burst, "BANDWIDTH of 720p.m3u8"),
        (Wrong::TwoMoofs, "not one moof and one mdat"),
        (Wrong::Level, "CODECS of 720p.m3u8"),
        (Wrong::NoEdit, "is shown at Some(6000)"),
    ] {
        let (stream, maxrates) = stream(wrong);
        let found = faults(&stream, &maxrates);
        assert!(found.iter().any(|fault| fault.contains(told)), "{wrong:?}: {found:#?}");
    }
}

#[test]
fn finds_faults_in_texts() {
    for (from, to, told) in [
        ("RESOLUTION=1280x720", "RESOLUTION=1280x718", "RESOLUTION of 720p.m3u8"),
        ("FRAME-RATE=30.000", "FRAME-RATE=29.970", "FRAME-RATE of 480p.m3u8"),
        ("avc1.64001f,mp4a", "avc1.640028,mp4a", "CODECS of 480p.m3u8"),
        (",AVERAGE-BANDWIDTH=", ",AVERAGE-BANDWIDTH=1", "AVERAGE-BANDWIDTH of 480p.m3u8"),
        (":BANDWIDTH=", ":BANDWIDTH=1", "BANDWIDTH of 480p.m3u8"),
        ("AUDIO=\"audio\",CLOSED", "CLOSED", "audio group"),
        ("#EXT-X-INDEPENDENT-SEGMENTS\n", "", "no EXT-X-INDEPENDENT-SEGMENTS"),
        ("#EXT-X-TARGETDURATION:4", "#EXT-X-TARGETDURATION:3", "target duration"),
        ("#EXTINF:1.000000", "#EXTINF:1.040000", "EXTINF 4 of 480p.m3u8 says 1.0"),
        ("#EXT-X-ENDLIST\n", "", "no EXT-X-ENDLIST of audio.m3u8"),
        ("TYPE:EVENT", "TYPE:VOD", "type of 480p.m3u8"),
        ("TIME-OFFSET=0", "TIME-OFFSET=-4", "start of 480p.m3u8"),
        ("d=\"360000\"", "d=\"360001\"", "DASH: timeline of 480p.m3u8"),
        ("type=\"static\"", "type=\"dynamic\"", "DASH: type"),
        ("PT9.000S", "PT9.500S", "DASH: it lasts 9 s"),
        ("frameRate=\"30\"", "frameRate=\"25\"", "frameRate of 480p.m3u8"),
        ("id=\"720p\"", "id=\"1080p\"", "DASH: 1080p.m3u8 is not in HLS"),
        ("startWithSAP=\"1\"", "startWithSAP=\"2\"", "DASH: startWithSAP"),
    ] {
        let (mut stream, maxrates) = stream(Wrong::Nothing);
        let mut changed = false;
        let texts = stream.tracks.values_mut().map(|track| &mut track.playlist);
        for text in texts.chain([&mut stream.master, &mut stream.manifest]) {
            changed |= text.contains(from);
            *text = text.replace(from, to);
        }
        assert!(changed, "{from} is nowhere");
        let found = faults(&stream, &maxrates);
        assert!(found.iter().any(|fault| fault.contains(told)), "{from} → {to}: {found:#?}");
    }
}
