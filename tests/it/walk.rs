//! A video walks the whole way: upload, ladder, playlists, segments, MP4, poster.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::{
    clip::{Clip, FLASH_AT, QUADRANTS},
    look,
    product::{Product, rendition},
};

use crate::conform::{assert_conforms, watch_it_grow};

const LANDSCAPE: Clip = Clip { width: 1920, height: 1080, rate: "30", seconds: 7, has_sound: true };

/// Attributes of the `EXT-X-STREAM-INF` lines, by playlist.
fn variants(master: &str) -> BTreeMap<String, String> {
    let lines: Vec<_> = master.lines().collect();
    let pair = |pair: &[&str]| {
        let attributes = pair[0].strip_prefix("#EXT-X-STREAM-INF:")?;
        Some((pair[1].to_owned(), attributes.to_owned()))
    };
    lines.windows(2).filter_map(pair).collect()
}

/// Start times of all segments of a media playlist, and the end.
fn boundaries(playlist: &str) -> Vec<f64> {
    let mut times = vec![0.0];
    for line in playlist.lines().filter_map(|line| line.strip_prefix("#EXTINF:")) {
        let duration: f64 = line.trim_end_matches(',').parse().unwrap();
        times.push(times.last().unwrap() + duration);
    }
    times
}

fn assert_quadrants(input: &str, expected: [[u8; 3]; 4]) {
    let seen = look::quadrants(input, 2.0).unwrap();
    let same = seen.iter().zip(expected).all(|(a, b)| look::similar(*a, b));
    assert!(same, "{input}: {seen:?} instead of {expected:?}");
}

pub(crate) fn assert_in_sync(input: &str, seconds: u32, rate: f64) {
    let flashes = look::flashes(input).unwrap();
    let beeps = look::beeps(input).unwrap();
    assert_eq!(flashes.len(), seconds as usize, "{flashes:?}");
    assert_eq!(beeps.len(), flashes.len(), "{beeps:?}");
    for (second, (flash, beep)) in flashes.into_iter().zip(beeps).enumerate() {
        let due = second as f64 + FLASH_AT;
        assert!((flash as f64 / rate - due).abs() <= 1.0 / rate, "flash {flash} is due at {due}");
        assert!((beep - due).abs() <= 0.020, "the beep at {beep} is due at {due}");
    }
}

pub(crate) fn path<'a>(video: &'a Value, field: &str) -> &'a str {
    video[field].as_str().unwrap_or_else(|| panic!("no {field} in {video:#}"))
}

#[test]
fn landscape_1080p_becomes_a_ladder() {
    let product = Product::running();
    let file = LANDSCAPE.film("landscape").unwrap();
    let id = product.upload(&file, "title=landscape&filename=landscape.mp4").unwrap();
    let video = watch_it_grow(&product, &id);
    assert_eq!(video["state"], "ready", "{video:#}");
    assert_conforms(&product, &video);
    assert!((video["duration_seconds"].as_f64().unwrap() - 7.0).abs() <= 1.0 / 30.0, "{video:#}");

    let master = product.text(path(&video, "playlist_url")).unwrap();
    let variants = variants(&master);
    let names: Vec<_> = variants.keys().map(String::as_str).collect();
    assert_eq!(names, ["1080p.m3u8", "480p.m3u8", "720p.m3u8"]);
    assert!(master.contains("URI=\"audio.m3u8\""), "{master}");

    let mut grids = Vec::new();
    for (name, size) in [("480p", (854, 480)), ("720p", (1280, 720)), ("1080p", (1920, 1080))] {
        let rung = rendition(&video, name);
        assert_eq!(rung["state"], "complete");
        assert_eq!(rung["progress"], 1.0);
        let playlist_path = path(rung, "playlist_url");
        let playlist = product.text(playlist_path).unwrap();
        assert!(playlist.ends_with("#EXT-X-ENDLIST\n"), "{playlist}");
        let url = product.url(playlist_path);

        // What the master playlist says is what is in the segments.
        let stream = &look::streams(&url).unwrap()["streams"][0];
        let level = stream["level"].as_u64().unwrap();
        assert_eq!((&stream["codec_name"], &stream["profile"]), (&"h264".into(), &"High".into()));
        assert_eq!((&stream["width"], &stream["height"]), (&size.0.into(), &size.1.into()));
        for (tag, value) in [
            ("pix_fmt", "yuv420p"),
            ("color_space", "bt709"),
            ("color_transfer", "bt709"),
            ("color_primaries", "bt709"),
            ("color_range", "tv"),
        ] {
            assert_eq!(stream[tag], value, "{name} {tag}");
        }
        let told = &variants[&format!("{name}.m3u8")];
        assert!(told.contains(&format!("RESOLUTION={}x{}", size.0, size.1)), "{told}");
        assert!(told.contains(&format!("CODECS=\"avc1.6400{level:02x},mp4a.40.2\"")), "{told}");
        assert!(told.contains("FRAME-RATE=30.000"), "{told}");

        let packets = look::packets(&url, "v:0").unwrap();
        assert_eq!(packets.len(), 210, "{name}: every frame once");
        assert!(packets[0].at.abs() < 0.001, "{name} begins at {}", packets[0].at);
        let keys: Vec<_> = packets.iter().filter(|packet| packet.is_key).map(|p| p.at).collect();
        let starts = boundaries(&playlist);
        for start in &starts[..starts.len() - 1] {
            assert!(
                keys.iter().any(|key| (key - start).abs() < 0.001),
                "{name}: no key at {start}"
            );
        }
        grids.push((starts, keys));
        assert_quadrants(&url, QUADRANTS);
    }
    assert_eq!(grids[0], grids[1], "rungs switch at the same places");
    assert_eq!(grids[0], grids[2], "rungs switch at the same places");
    assert_in_sync(&product.url(path(&video, "playlist_url")), 7, 30.0);
    let manifest = path(&video, "playlist_url").replace("master.m3u8", "manifest.mpd");
    let pictures = look::packets(&product.url(&manifest), "v:0").unwrap();
    assert_eq!(pictures.len(), 210, "DASH plays every frame, too");
    assert_in_sync(&product.url(&manifest), 7, 30.0);
}

#[test]
fn mp4s_and_poster_are_whole() {
    let product = Product::running();
    let clip = Clip { width: 1280, height: 720, seconds: 5, ..LANDSCAPE };
    let video = product.ready(&clip.film("whole").unwrap(), "whole").unwrap();
    let top = rendition(&video, "1080p");
    assert_eq!(top["state"], "skipped");
    assert_eq!(top["reason"]["code"], "source_too_small");
    assert!(top["playlist_url"].is_null());

    for name in ["480p", "720p"] {
        let rung = rendition(&video, name);
        assert_eq!(rung["mp4_state"], "complete", "{video:#}");
        let mp4 = product.bytes(path(rung, "mp4_url")).unwrap();
        assert_eq!(rung["mp4_size_bytes"], mp4.len());
        let position = |name: &[u8]| mp4.windows(4).position(|window| window == name).unwrap();
        assert!(position(b"moov") < position(b"mdat"), "{name}: faststart");
        let file = tests::clip::folder().unwrap().join(format!("whole-{name}.mp4"));
        std::fs::write(&file, mp4).unwrap();
        let file = file.to_str().unwrap();
        let probed = look::streams(file).unwrap();
        let kinds: Vec<_> =
            probed["streams"].as_array().unwrap().iter().map(|s| &s["codec_name"]).collect();
        assert_eq!(kinds, ["h264", "aac"]);
        let duration: f64 = probed["format"]["duration"].as_str().unwrap().parse().unwrap();
        assert!((duration - 5.0).abs() <= 0.04, "{name} lasts {duration}");
        assert_in_sync(file, 5, 30.0);
        assert_quadrants(file, QUADRANTS);
    }
    let poster = product.bytes(path(&video, "poster_url")).unwrap();
    assert_eq!(&poster[..3], [0xff, 0xd8, 0xff], "a JPEG");
    let file = tests::clip::folder().unwrap().join("whole-poster.jpg");
    std::fs::write(&file, poster).unwrap();
    let stream = &look::streams(file.to_str().unwrap()).unwrap()["streams"][0];
    assert_eq!((&stream["width"], &stream["height"]), (&1280.into(), &720.into()));
}

#[test]
fn without_sound() {
    let product = Product::running();
    let clip = Clip { width: 640, height: 360, seconds: 3, has_sound: false, ..LANDSCAPE };
    let video = product.ready(&clip.film("silent").unwrap(), "silent").unwrap();
    let audio = rendition(&video, "audio");
    assert_eq!(
        (&audio["state"], &audio["reason"]["code"]),
        (&"skipped".into(), &"no_audio_track".into())
    );
    let master = product.text(path(&video, "playlist_url")).unwrap();
    assert!(!master.contains("AUDIO") && !master.contains("mp4a"), "{master}");
    assert!(master.contains("RESOLUTION=640x360"), "the smallest rung, not blown up: {master}");
    assert_conforms(&product, &video);
    assert_eq!(rendition(&video, "480p")["mp4_state"], "complete");
}

#[test]
fn portrait_stays_upright() {
    let product = Product::running();
    let clip = Clip { width: 720, height: 1280, rate: "25", seconds: 3, has_sound: true };
    let video = product.ready(&clip.film("portrait").unwrap(), "portrait").unwrap();
    // The box of 854×480 is turned upright with the picture.
    for (name, size) in [("480p", (480, 854)), ("720p", (720, 1280))] {
        let rung = rendition(&video, name);
        assert_eq!((&rung["width"], &rung["height"]), (&size.0.into(), &size.1.into()));
        assert_quadrants(&product.url(path(rung, "playlist_url")), QUADRANTS);
    }
    assert_in_sync(&product.url(path(&video, "playlist_url")), 3, 25.0);
}

#[test]
fn a_phone_held_sideways() {
    let product = Product::running();
    let clip = Clip { width: 640, height: 360, rate: "24000/1001", seconds: 3, ..LANDSCAPE };
    let upright = clip.film("sideways").unwrap();
    let turned = upright.with_extension("turned.mp4");
    // The display matrix asks for a quarter turn, as phones write it.
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-i"]).arg(&upright);
    ffmpeg.args(["-c", "copy", "-metadata:s:v:0", "rotate=90"]).arg(&turned);
    tests::run(&mut ffmpeg).unwrap();
    let video = product.ready(&turned, "sideways").unwrap();
    assert_conforms(&product, &video);
    let rung = rendition(&video, "480p");
    assert_eq!((&rung["width"], &rung["height"]), (&360.into(), &640.into()));
    // What players show is what ffmpeg shows, which turns by itself.
    let url = product.url(path(rung, "playlist_url"));
    assert_quadrants(&url, look::quadrants(turned.to_str().unwrap(), 2.0).unwrap());
    assert!(!look::similar(look::quadrants(&url, 2.0).unwrap()[0], QUADRANTS[0]), "it did turn");
}
