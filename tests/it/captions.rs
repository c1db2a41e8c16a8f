//! Captions of a file show up beside its pictures, and its sound says how loud it is.

use std::{fs, path::PathBuf, process::Command};

use tests::{
    clip,
    closed_captions::{PopOn, add},
    product::{Product, rendition},
    run,
};

use crate::walk::path;

const SRT: &str = "1\n00:00:01,000 --> 00:00:02,500\nGuten <i>Tag</i>\n";

/// Six seconds with a tone at -20 dBFS, German subtitles, and closed captions in the pictures.
fn film() -> PathBuf {
    let file = |name: &str| {
        clip::folder().unwrap().join(format!("captions-{}-{name}", std::process::id()))
    };
    let ffmpeg = || {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-y"]);
        ffmpeg
    };
    let plain = file("plain.h264");
    let picture = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=6"];
    let encode = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "50"];
    let slices = ["-x264-params", "slices=1:threads=1", "-pix_fmt", "yuv420p"];
    run(ffmpeg().args(picture).args(encode).args(slices).arg(&plain)).unwrap();
    let said = PopOn { text: "GOOD DAY", shown: 50, erased: 100 };
    fs::write(file("spoken.h264"), add(&fs::read(plain).unwrap(), &[said])).unwrap();
    fs::write(file("subtitles.srt"), SRT).unwrap();
    let whole = file("whole.mp4");
    let mut mux = ffmpeg();
    mux.args(["-framerate", "25", "-i"]).arg(file("spoken.h264"));
    mux.args(["-f", "lavfi", "-i", "aevalsrc=0.1*sin(2*PI*1000*t):s=48000:d=6:c=stereo", "-i"]);
    mux.arg(file("subtitles.srt")).args(["-c:v", "copy", "-c:a", "aac", "-c:s", "mov_text"]);
    run(mux.args(["-metadata:s:s:0", "language=deu"]).arg(&whole)).unwrap();
    whole
}

#[test]
fn captions_and_loudness_of_a_file_are_made() {
    let product = Product::running();
    let video = product.ready(&film(), "captions").unwrap();
    let told: Vec<_> = video["captions"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 2, "{video:#}");
    assert_eq!((&told[0]["name"], &told[0]["language"]), (&"subtitles-1".into(), &"de".into()));
    assert_eq!((&told[1]["name"], &told[1]["title"]), (&"cc1".into(), &"CC1".into()));

    let master = product.text(path(&video, "playlist_url")).unwrap();
    let folder = path(&video, "playlist_url").strip_suffix("master.m3u8").unwrap();
    assert!(master.contains(",LANGUAGE=\"de\","), "{master}");
    assert!(master.contains("SUBTITLES=\"subtitles\""), "{master}");
    for (track, cue) in [
        (told[0], "00:00:01.000 --> 00:00:02.500\nGuten <i>Tag</i>\n"),
        (told[1], "00:00:02.000 --> 00:00:04.000\nGOOD DAY\n"),
    ] {
        let name = track["name"].as_str().unwrap();
        assert!(master.contains(&format!("URI=\"{name}.m3u8\"")), "{master}");
        let playlist = product.text(&format!("{folder}{name}.m3u8")).unwrap();
        assert!(playlist.contains(&format!("#EXTINF:6.000000,\n{name}.vtt\n")), "{playlist}");
        let file = product.text(path(track, "vtt_url")).unwrap();
        assert!(file.starts_with("WEBVTT\nX-TIMESTAMP-MAP="), "{file}");
        assert!(file.ends_with(cue), "{file}");
    }

    // A tone of 1 kHz in both channels is as many LUFS as dBFS of its peak (EBU Tech 3341).
    let loudness = &rendition(&video, "audio")["loudness"];
    let integrated = loudness["integrated_lufs"].as_f64().unwrap();
    assert!((integrated + 20.0).abs() <= 0.2, "{loudness}");
    assert!(rendition(&video, "480p")["loudness"].is_null());
}
