//! Text tracks and closed captions become cues on the video's own timeline.

use std::path::{Path, PathBuf};

use domain::{Plan, webvtt::Cue};
use media::{Captions, CaptionsRequest, ClosedCaptionsRequest, Stop};

use crate::{
    clips::{Dir, open, plan, video, whole},
    closed_captions::{PopOn, add},
};

const PICTURE: &str = "-f lavfi -i testsrc2=s=64x36:r=25:d=5";
const ENCODE: &str = "-c:v libx264 -preset ultrafast";
const SRT: &str = "1\n00:00:00,500 --> 00:00:01,500\nHello <i>world</i>\n\n\
    2\n00:00:02,000 --> 00:00:03,250\na < b & c\n{\\an8}second line\n\n\
    3\n00:00:04,000 --> 00:00:59,000\n<font color=\"red\">too long</font>\n";
const VTT: &str = "WEBVTT\n\n00:00.500 --> 00:01.500 line:0\n<v Ann>Hello <i>world</i>\n\n\
    00:02.000 --> 00:03.250\na &lt; b &amp; c\nsecond line\n\n\
    00:04.000 --> 00:59.000\n<c.red>too long</c>\n";
const ASS: &str = "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n\
    Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n\
    Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n\n[Events]\n\
    Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
    Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{\\pos(10,20)\\b1}Sign{\\b0}, posted\n";

fn cue(start_ms: u64, end_ms: u64, text: &str) -> Cue {
    Cue { start_ms, end_ms, text: text.into() }
}

fn srt_cues() -> Vec<Cue> {
    vec![
        cue(500, 1500, "Hello <i>world</i>"),
        cue(2000, 3250, "a &lt; b &amp; c\nsecond line"),
        cue(4000, 5000, "too long"),
    ]
}

fn read(clip: &Path, plan: &Plan) -> Vec<Captions> {
    let request = CaptionsRequest { plan: plan.clone() };
    media::captions(open(clip), &request, &Stop::default()).unwrap()
}

#[test]
fn every_kind_of_text_track_is_read() {
    let dir = Dir::new();
    let srt = dir.file("in.srt", SRT.as_bytes());
    let ass = dir.file("in.ass", ASS.as_bytes());
    let vtt = dir.file("in.vtt", VTT.as_bytes());
    let map = "-map 0:v -map 1 -map 2 -metadata:s:s:0 language=ger -metadata:s:s:0 title=Deutsch \
               -metadata:s:s:1 language=eng -disposition:s:1 forced";
    let sign = vec![cue(1000, 2000, "<b>Sign</b>, posted")];
    for (name, first, codecs, more) in [
        ("text.mp4", &srt, "-c:s mov_text", ""),
        ("text.mkv", &srt, "-c:s:0 srt -c:s:1 ass", ""),
        ("webvtt.mkv", &vtt, "-c:s:0 copy -c:s:1 webvtt", ""),
        // All tracks begin three seconds in; so does the video's own timeline.
        ("late.mkv", &srt, "-c:s:0 srt -c:s:1 ass", "-output_ts_offset 3"),
        ("late.mp4", &srt, "-c:s mov_text", "-output_ts_offset 3"),
    ] {
        let text = format!("-i {} -i {}", first.display(), ass.display());
        let clip = dir.clip(name, &format!("{PICTURE} {text} {map} {ENCODE} {codecs} {more}"));
        let plan = plan(&clip);
        let tracks = &plan.source.captions;
        let told: Vec<_> =
            tracks.iter().map(|t| (t.language.as_deref().unwrap(), t.forced)).collect();
        assert_eq!(told, [("de", false), ("en", true)], "{name}");
        // libav's MP4 muxer writes no titles of tracks.
        let title = (!name.ends_with("mp4")).then_some("Deutsch");
        assert_eq!(tracks[0].title.as_deref(), title, "{name}");
        let made = read(&clip, &plan);
        let names: Vec<_> = made.iter().map(|made| made.name.as_str()).collect();
        assert_eq!(names, ["subtitles-1", "subtitles-2"]);
        assert_eq!(made[0].cues, Ok(srt_cues()), "{name}");
        assert_eq!(made[1].cues.as_ref().unwrap(), &sign, "{name}");
    }
}

#[test]
fn edit_lists_move_captions_with_the_pictures() {
    let dir = Dir::new();
    let srt = dir.file("in.srt", SRT.as_bytes());
    let args = format!("{PICTURE} -i {} {ENCODE} -bf 2 -c:s mov_text", srt.display());
    let whole = dir.clip("whole.mp4", &args);
    let cut = dir.clip("cut.mp4", &format!("-ss 1 -i {} -map 0 -c copy", whole.display()));
    let plan = plan(&cut);
    let cues = read(&cut, &plan).remove(0).cues.unwrap();
    // The command line laid the first packet at the start of the track, half a second early, and an
    // edit list of one second over it.
    let second = cues.iter().find(|cue| cue.text.starts_with("a &lt;")).unwrap();
    assert!((second.start_ms, second.end_ms) == (500, 1750), "{cues:?}");
}

#[test]
fn what_is_no_text_is_no_track() {
    let dir = Dir::new();
    let clip = dir.clip("plain.mp4", &format!("{PICTURE} {ENCODE}"));
    let mut plan = plan(&clip);
    assert!(plan.source.captions.is_empty());
    // A plan and a file that do not fit are a reason, not an end.
    let srt = dir.file("in.srt", SRT.as_bytes());
    let args = format!("{PICTURE} -i {} {ENCODE} -c:s mov_text", srt.display());
    plan.source.captions = crate::clips::plan(&dir.clip("text.mp4", &args)).source.captions;
    let made = read(&clip, &plan);
    assert_eq!(made[0].cues.as_ref().unwrap_err().code, "unreadable_captions");
}

/// 25 pictures a second with two captions, the second over the boundary at 4 s.
fn captioned(dir: &Dir, name: &str) -> PathBuf {
    let encode = "-c:v libx264 -preset ultrafast -bf 0 -g 50 -x264-params slices=1:threads=1";
    let plain = dir.clip("plain.h264", &format!("-f lavfi -i testsrc2=s=64x36:r=25:d=7 {encode}"));
    let first = PopOn { text: "HELLO WORLD", shown: 25, erased: 60 };
    let second = PopOn { text: "OVER THE BOUNDARY", shown: 90, erased: 125 };
    let spoken = add(&std::fs::read(plain).unwrap(), &[first, second]);
    let spoken = dir.file("spoken.h264", &spoken);
    dir.clip(name, &format!("-framerate 25 -i {} -c copy", spoken.display()))
}

#[test]
fn closed_captions_are_gathered_by_segment() {
    let dir = Dir::new();
    for name in ["cc.mp4", "cc.ts"] {
        let clip = captioned(&dir, name);
        let plan = plan(&clip);
        let made = whole(&clip, &plan, "480p");
        let segments: Vec<_> = made.captions.iter().map(|(index, _)| *index).collect();
        assert_eq!(segments, [1, 2, 3], "{name}: what is padding only has none");
        for index in (1..=3).rev() {
            let alone = video(&clip, &plan, &["480p"], index..index + 1);
            assert!(alone.captions == made.captions[index as usize - 1..index as usize], "{name}");
        }
        let data: Vec<u8> = made.captions.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let request = ClosedCaptionsRequest { plan };
        let captions =
            media::closed_captions(Box::new(std::io::Cursor::new(data)), &request).unwrap();
        assert_eq!(captions.len(), 1, "{name}: the second field is silent");
        assert_eq!(captions[0].name.as_str(), "cc1");
        let cues = captions[0].cues.as_ref().unwrap();
        let expected = [cue(1000, 2400, "HELLO WORLD"), cue(3600, 5000, "OVER THE BOUNDARY")];
        assert_eq!(cues.len(), 2, "{name}: {cues:?}");
        for (cue, expected) in cues.iter().zip(expected) {
            assert_eq!(cue.text, expected.text, "{name}");
            assert!(cue.start_ms.abs_diff(expected.start_ms) <= 40, "{name}: {cue:?}");
            assert!(cue.end_ms.abs_diff(expected.end_ms) <= 40, "{name}: {cue:?}");
        }
        // The renditions say it in a playlist, not in their pictures as well.
        assert!(!made.segments.iter().any(|(.., bytes)| bytes.windows(4).any(|w| w == b"GA94")));
    }
}

#[test]
fn damaged_closed_captions_are_an_error_or_nothing() {
    let dir = Dir::new();
    let plan = plan(&dir.clip("plain.mp4", &format!("{PICTURE} {ENCODE}")));
    let request = ClosedCaptionsRequest { plan };
    let made = |data: &[u8]| {
        media::closed_captions(Box::new(std::io::Cursor::new(data.to_vec())), &request)
    };
    assert_eq!(made(&[]).unwrap(), []);
    assert!(made(&[0; 5]).is_err(), "ends in mid-record");
    let mut noise = 7_u32;
    let mut records = Vec::new();
    for at in 0..5000_u64 {
        records.extend((at * 1000).to_be_bytes());
        records.push(2);
        for kind in [0xfc, 0xfd] {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            records.extend([kind, (noise >> 24) as u8, (noise >> 16) as u8]);
        }
    }
    for captions in made(&records).unwrap() {
        for cue in captions.cues.unwrap() {
            assert!(!cue.text.contains("-->") && !cue.text.contains("\n\n"), "{cue:?}");
        }
    }
}
