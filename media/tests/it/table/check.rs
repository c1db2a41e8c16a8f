//! What holds for every output: looked at in the MP4, which is made of the segments.

use std::{
    collections::HashMap,
    fs,
    io::{Cursor, Read, Seek, SeekFrom, Write},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use domain::{FrameRate, Plan, Recipe, RenditionName, StoredPlan};
use media::Mp4Request;

use super::{
    Row,
    material::{self, BITS, COLORS},
};
use crate::clips::{Dir, all_audio, open, run, video, whole};

/// By how much a beep may be off its picture, in seconds.
pub(super) const DRIFT: f64 = 0.020;

/// Makes the clip of a row, encodes it and checks what comes out.
pub(super) fn holds(row: &Row) {
    let dir = Dir::new();
    let clip = (row.patch)(&dir, dir.quiet_clip(row.file, &material::args(row, &dir)));
    let size_bytes = fs::metadata(&clip).unwrap().len();
    let plan = match media::plan(open(&clip), size_bytes, Recipe::standard()).unwrap() {
        StoredPlan::Accepted(plan) => *plan,
        StoredPlan::Rejected(reason) => {
            assert_eq!(Some(reason.code.as_str()), row.refused, "{}", reason.message);
            return;
        }
    };
    assert_eq!(row.refused, None, "is taken");
    check_plan(row, &plan);
    let (init, mp4) = encode(&clip, &plan);
    check_codecs(&plan, &init);
    let seen = decode(&dir, &dir.file("out.mp4", &mp4), &plan);
    check_facts(&plan, &seen.facts);
    check_pictures(row, &plan, &seen);
    check_sound(row, &plan, &seen);
}

fn check_plan(row: &Row, plan: &Plan) {
    let (num, den) = row.fps.unwrap_or(row.rate);
    assert_eq!(plan.frame_rate, FrameRate::new(num, den), "frame rate: {:?}", plan.source.video);
    let frames = (row.seconds * f64::from(num) / f64::from(den)).round() as u64;
    assert_eq!(plan.frames, row.frames.unwrap_or(frames), "frames: {:?}", plan.source);
    let rung = plan.video_encode(&"480p".into()).unwrap();
    assert_eq!((rung.width, rung.height), row.size, "size");
    (row.planned)(plan);
}

/// The init segment of the rung, and an MP4 of all segments. The last segment must be the same
/// when it is made alone.
fn encode(clip: &Path, plan: &Plan) -> (Vec<u8>, Vec<u8>) {
    let rung = RenditionName::from("480p");
    let made = whole(clip, plan, "480p");
    let last = plan.grid(&rung).unwrap().segments();
    if last > 1 {
        let alone = video(clip, plan, &["480p"], last..last + 1);
        assert_eq!(alone.inits, made.inits);
        assert!(alone.segment("480p", last) == made.segment("480p", last), "not a pure function");
    }
    let sound = plan.has_audio().then(|| all_audio(clip, plan).track("audio"));
    let sound = sound.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read + Send>);
    let request = Mp4Request { plan: plan.clone(), rendition: rung };
    let sink = Sink::default();
    let pictures = Box::new(Cursor::new(made.track("480p")));
    media::mux_mp4(pictures, sound, &request, sink.clone()).unwrap();
    let mp4 = sink.0.lock().unwrap().get_ref().clone();
    (made.inits[0].1.clone(), mp4)
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Cursor<Vec<u8>>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.lock().unwrap().seek(to)
    }
}

/// The codec string in the playlists is what the decoder configuration says
/// (ISO 14496-15 5.3.3.1: profile, compatibility and level behind the version).
fn check_codecs(plan: &Plan, init: &[u8]) {
    let at = init.windows(4).position(|kind| kind == b"avcC").unwrap() + 5;
    let told = format!("avc1.{:02x}{:02x}{:02x}", init[at], init[at + 1], init[at + 2]);
    assert_eq!(told, plan.video_encode(&"480p".into()).unwrap().codecs());
}

/// What a player of the MP4 gets.
struct Seen {
    /// What ffprobe says of each track, and of the file.
    facts: Vec<HashMap<String, String>>,
    /// RGB of each frame.
    frames: Vec<Vec<u8>>,
    /// Left channel at 48 kHz.
    sound: Vec<f32>,
}

fn decode(dir: &Dir, mp4: &Path, plan: &Plan) -> Seen {
    let mut command = Command::new("ffprobe");
    let wanted = "-v error -show_streams -show_format -of default=nokey=0";
    let text = run(command.args(wanted.split_whitespace()).arg(mp4));
    let mut facts: Vec<HashMap<String, String>> = Vec::new();
    for line in String::from_utf8(text).unwrap().lines() {
        match line.split_once('=') {
            Some((key, value)) => {
                facts.last_mut().unwrap().insert(key.to_owned(), value.to_owned());
            }
            None if matches!(line, "[STREAM]" | "[FORMAT]") => facts.push(HashMap::new()),
            None => {}
        }
    }
    let (pictures, sound) = (dir.path("pictures.raw"), dir.path("sound.raw"));
    let mut command = Command::new("ffmpeg");
    let rgb = "-map 0:v -fps_mode passthrough -vf scale=in_color_matrix=bt709:in_range=tv \
        -pix_fmt rgb24 -f rawvideo";
    command.args(["-v", "error", "-i"]).arg(mp4).args(rgb.split_whitespace()).arg(&pictures);
    if plan.has_audio() {
        let left = "-map 0:a -af pan=mono|c0=c0 -f f32le";
        command.args(left.split_whitespace()).arg(&sound);
    }
    run(&mut command);
    let rung = plan.video_encode(&"480p".into()).unwrap();
    let size = rung.width as usize * rung.height as usize * 3;
    let frames = fs::read(pictures).unwrap().chunks(size).map(<[u8]>::to_vec).collect();
    let samples = if plan.has_audio() { fs::read(sound).unwrap() } else { Vec::new() };
    let sound = samples.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
    Seen { facts, frames, sound: sound.collect() }
}

fn check_facts(plan: &Plan, facts: &[HashMap<String, String>]) {
    let rung = plan.video_encode(&"480p".into()).unwrap();
    let (width, height) = (rung.width.to_string(), rung.height.to_string());
    let level = rung.level.to_string();
    let rate = format!("{}/{}", plan.frame_rate.num, plan.frame_rate.den);
    let picture = [
        ("codec_name", "h264"),
        ("profile", "High"),
        ("level", level.as_str()),
        ("width", width.as_str()),
        ("height", height.as_str()),
        ("sample_aspect_ratio", "1:1"),
        ("pix_fmt", "yuv420p"),
        ("color_range", "tv"),
        ("color_space", "bt709"),
        ("color_transfer", "bt709"),
        ("color_primaries", "bt709"),
        ("field_order", "progressive"),
    ];
    let sound = [
        ("codec_name", "aac"),
        ("profile", "LC"),
        ("sample_rate", "48000"),
        ("channels", "2"),
        ("channel_layout", "stereo"),
    ];
    let says = |track: &HashMap<String, String>, wanted: &[(&str, &str)]| {
        for (key, value) in wanted {
            assert_eq!(track.get(*key).map(String::as_str), Some(*value), "{key}");
        }
        let start: f64 = track["start_time"].parse().unwrap();
        assert!(start.abs() < 0.001, "starts at {start}");
        let turned = track.keys().any(|key| key.contains("rotat") || key == "displaymatrix");
        assert!(!turned, "still turned: {track:?}");
    };
    says(&facts[0], &picture);
    if plan.frames > 1 {
        let reduced = |text: &str| {
            let (num, den) = text.split_once('/').unwrap();
            num.parse::<f64>().unwrap() / den.parse::<f64>().unwrap()
        };
        assert!((reduced(&facts[0]["avg_frame_rate"]) - reduced(&rate)).abs() < 0.001, "{rate}");
    }
    assert_eq!(facts.len(), if plan.has_audio() { 3 } else { 2 }, "tracks");
    if plan.has_audio() {
        says(&facts[1], &sound);
    }
    // What recorders write about people and places stays with the original.
    let ours = ["major_brand", "minor_version", "compatible_brands", "encoder"];
    for (key, value) in facts.last().unwrap() {
        let known = key.strip_prefix("TAG:").is_none_or(|tag| ours.contains(&tag));
        assert!(known, "tells {key}: {value}");
    }
}

fn check_pictures(row: &Row, plan: &Plan, seen: &Seen) {
    assert_eq!(seen.frames.len() as u64, plan.frames, "pictures in the MP4");
    let (width, height) = (row.size.0 as usize, row.size.1 as usize);
    let pixel = |frame: &[u8], x: usize, y: usize| -> [u8; 3] {
        frame[(y * width + x) * 3..][..3].try_into().unwrap()
    };
    if let Some(number) = row.look_at {
        let frame = &seen.frames[number];
        let places = [(1, 20), (3, 20), (1, 60), (3, 60)];
        for ((x, y), wanted) in places.into_iter().zip(COLORS) {
            let found = pixel(frame, width * x / 4, height * y / 90);
            let off = found.iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max().unwrap();
            assert!(off <= row.tolerance, "colour at {x}/4, {y}/90: {found:?}, not {wanted:?}");
        }
    }
    (row.seen)(&seen.frames);
    for (n, frame) in (0..).zip(&seen.frames) {
        let shown = number_in(width, height, |x, y| pixel(frame, x, y));
        let Some(wanted) = (row.shows)(n).map(|number| number % (1 << BITS)) else { continue };
        assert_eq!(shown, wanted, "frame {n} shows picture {shown}: {:?}", numbers(row, seen));
    }
}

/// The number that the cells at the foot of a picture show.
pub(super) fn number_in(
    width: usize,
    height: usize,
    pixel: impl Fn(usize, usize) -> [u8; 3],
) -> u64 {
    let cells = 2 * BITS as usize;
    let lit = |bit: &u32| {
        let bit = *bit as usize;
        pixel(width * (2 * bit + 1) / cells, height * 85 / 90)[1] > 128
    };
    let gray: u64 = (0..BITS).filter(lit).map(|bit| 1 << bit).sum();
    (0..BITS).fold(0, |number, shift| number ^ gray >> shift)
}

fn numbers(row: &Row, seen: &Seen) -> Vec<u64> {
    let (width, height) = (row.size.0 as usize, row.size.1 as usize);
    let number = |frame: &Vec<u8>| {
        number_in(width, height, |x, y| frame[(y * width + x) * 3..][..3].try_into().unwrap())
    };
    seen.frames.iter().map(number).collect()
}

/// Each beep is heard when its picture is seen, and nothing else is heard.
fn check_sound(row: &Row, plan: &Plan, seen: &Seen) {
    if !plan.has_audio() {
        return;
    }
    let seconds = seen.sound.len() as f64 / 48_000.0;
    let over = seconds - plan.duration_seconds();
    assert!((-0.001..0.022).contains(&over), "sound lasts {over} s longer than the pictures");
    let heard = onsets(&seen.sound);
    let flash = |&beep: &f64| {
        let number = material::number_at(row, beep);
        let frame = (0..plan.frames).find(|&n| (row.shows)(n) >= Some(number)).unwrap();
        frame as f64 / plan.frame_rate.fps()
    };
    let flashes: Vec<f64> = row.beeps.iter().map(flash).collect();
    assert_eq!(heard.len(), flashes.len(), "beeps at {heard:?}, pictures at {flashes:?}");
    for (beep, flash) in heard.iter().zip(&flashes) {
        let drift = beep - flash;
        assert!(drift.abs() <= DRIFT, "off by {drift:.3} s: {heard:?}, pictures at {flashes:?}");
    }
}

/// Where it becomes loud after a tenth of a second of quiet, in seconds.
pub(super) fn onsets(samples: &[f32]) -> Vec<f64> {
    let most = samples.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
    let mut found = Vec::new();
    let mut quiet = usize::MAX / 2;
    for (n, sample) in samples.iter().enumerate() {
        if sample.abs() < most.max(0.05) * 0.3 {
            quiet += 1;
            continue;
        }
        if quiet > 4800 {
            found.push(n as f64 / 48_000.0);
        }
        quiet = 0;
    }
    found
}
