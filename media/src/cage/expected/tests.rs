//! What a hostile inmate may say, and what is believed of it.

use domain::{
    FrameRate, Recipe, SourceInfo,
    source::{AudioTrack, Color, VideoTrack},
};

use super::*;

/// 10 s of 480p with sound.
fn plan() -> Plan {
    let rate = Some(FrameRate::new(25, 1));
    let video = VideoTrack {
        stream: 0,
        codec: "h264".into(),
        width: 854,
        height: 480,
        sample_aspect_ratio: (1, 1),
        orientation: Default::default(),
        average_rate: rate,
        base_rate: rate,
        start_us: 0,
        late_us: 0,
        duration_us: 10_000_000,
        bitrate_bps: None,
        interlaced: false,
        cuttable: true,
        pixel_format: "yuv420p".into(),
        color: Color::default(),
    };
    let audio = AudioTrack {
        stream: 1,
        codec: "aac".into(),
        sample_rate: 48_000,
        channels: 2,
        start_us: 0,
        duration_us: 10_000_000,
    };
    let container = "matroska,webm".into();
    let info = SourceInfo {
        container,
        size_bytes: 1,
        video: Some(video),
        audio: Some(audio),
        refused_audio: None,
        captions: Vec::new(),
    };
    Plan::new(info, Recipe::standard()).unwrap()
}

fn init(rendition: &str) -> Word {
    Word::Output(SpanOutput::Init { rendition: rendition.into(), bytes: Vec::new() })
}

fn segment(rendition: &str, index: u32) -> Word {
    Word::Output(SpanOutput::Segment { rendition: rendition.into(), index, bytes: Vec::new() })
}

fn captions(index: u32) -> Word {
    let rendition = "480p".into();
    Word::Output(SpanOutput::ClosedCaptions { rendition, index, bytes: Vec::new() })
}

/// Whether all are taken, and whether they are all that was asked for.
fn outcome(mut expected: Expected<'_>, words: Vec<Word>, size: usize) -> (bool, bool) {
    let mut lengths = Vec::new();
    let all = words.into_iter().all(|word| {
        let mut out = |mut output| {
            lengths.push(bytes_of(&mut output).map_or(0, |bytes| bytes.len()));
            Ok(())
        };
        expected.take(word, vec![0; size], &mut out).is_ok()
    });
    assert!(lengths.iter().all(|length| *length == size), "bytes are put back in");
    (all, expected.is_complete())
}

#[test]
fn only_what_was_asked_for_in_order() {
    let span = VideoSpan { plan: plan(), renditions: vec!["480p".into()], segments: 2..4 };
    let cases = [
        (vec![init("480p"), segment("480p", 2), segment("480p", 3)], (true, true)),
        (vec![init("480p"), segment("480p", 2)], (true, false)),
        (vec![], (true, false)),
        (vec![segment("480p", 2)], (false, false)),
        (vec![init("480p"), init("480p")], (false, false)),
        (vec![init("720p")], (false, false)),
        (vec![init("480p"), segment("480p", 3)], (false, false)),
        (vec![init("480p"), segment("480p", 1)], (false, false)),
        (vec![init("480p"), segment("480p", 2), segment("480p", 2)], (false, true)),
        (vec![captions(2), captions(3), init("480p"), segment("480p", 2)], (true, false)),
        (vec![captions(3), captions(2)], (false, false)),
        (vec![captions(2), captions(2)], (false, false)),
        (vec![captions(4)], (false, false)),
        (vec![init("480p"), segment("480p", 2), captions(2)], (false, false)),
        (vec![Word::Write { offset: 0 }], (false, false)),
    ];
    for (words, wanted) in cases {
        let said = format!("{words:?}");
        assert_eq!(outcome(Expected::video(&span), words, 1), wanted, "{said}");
    }
    let span = AudioSpan { plan: plan(), chunk: 0 };
    let all = (1..=4).map(|index| segment("audio", index));
    let words = std::iter::once(init("audio")).chain(all).collect();
    assert_eq!(outcome(Expected::audio(&span), words, 1), (true, true));
}

#[test]
fn nothing_that_is_too_large() {
    let span = VideoSpan { plan: plan(), renditions: vec!["480p".into()], segments: 1..2 };
    let mut expected = Expected::video(&span);
    let mut out = |_| Ok(());
    assert!(expected.take(init("480p"), vec![0; 2 << 20], &mut out).is_err());
    assert!(expected.take(init("480p"), vec![0; 1 << 20], &mut out).is_ok());
    assert!(expected.take(segment("480p", 1), vec![0; 4 << 20], &mut out).is_err());
    // 1.4 Mb/s for 10 s, and the sound.
    let request = Mp4Request { plan: plan(), rendition: "480p".into() };
    assert!((3 << 20..8 << 20).contains(&most_mp4_bytes(&request)));
}

#[test]
fn stills_are_of_the_size_they_say() {
    let asked = StillsRequest { plan: plan(), positions: vec![100], max_width: 4 };
    let word =
        |width, height| Word::Still(Still { at_us: 0, width, height, rgb: Vec::new(), score: 1.0 });
    assert_eq!(still(word(4, 2), vec![7; 24], &asked).unwrap().rgb, [7; 24]);
    assert!(still(word(4, 2), vec![7; 23], &asked).is_err());
    assert!(still(word(8, 1), vec![7; 24], &asked).is_err());
    assert!(still(word(u32::MAX, u32::MAX), vec![7; 24], &asked).is_err());
    assert!(still(init("480p"), vec![7; 24], &asked).is_err());
}
