//! Bad input gets a clear answer, nothing half-made is left, and the product goes on.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use serde_json::Value;
use tests::{
    clip::{Clip, folder},
    product::Product,
};

const SMALL: Clip = Clip { width: 320, height: 180, rate: "25", seconds: 3, has_sound: true };

fn assert_rejected(video: &Value, code: &str) {
    assert_eq!(video["state"], "rejected", "{video:#}");
    assert_eq!(video["reason"]["code"], code);
    assert!(video["reason"]["message"].as_str().is_some_and(|words| words.len() > 20));
    assert!(video["playlist_url"].is_null() && video["poster_url"].is_null(), "{video:#}");
}

fn titles(product: &Product) -> Vec<String> {
    let (status, page) = product.json("GET", "/api/videos?limit=100").unwrap();
    assert_eq!(status, 200);
    let videos = page["videos"].as_array().unwrap();
    videos.iter().map(|video| video["title"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_text_file_called_mp4_is_rejected() {
    let product = Product::running();
    let file = folder().unwrap().join("letter.mp4");
    std::fs::write(&file, "Dear reader, this is no video.\n".repeat(100)).unwrap();
    let id = product.upload(&file, "filename=letter.mp4").unwrap();
    assert_rejected(&product.settled(&id).unwrap(), "unreadable");
    let (status, problem) = product.json("GET", &format!("/v/{id}/master.m3u8")).unwrap();
    assert_eq!((status, problem["status"].as_u64()), (404, Some(404)), "{problem}");
}

#[test]
fn a_truncated_mp4_is_rejected() {
    let product = Product::running();
    let whole = std::fs::read(SMALL.film("to-cut").unwrap()).unwrap();
    let file = folder().unwrap().join("cut.mp4");
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let id = product.upload(&file, "filename=cut.mp4").unwrap();
    assert_rejected(&product.settled(&id).unwrap(), "truncated");
}

/// Files that try something, and the codes with which they may be refused.
fn hostile_files(clip: &[u8]) -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    let changed = |from: &[u8], to: &[u8]| {
        let mut bytes = clip.to_vec();
        let at = bytes.windows(from.len()).position(|part| part == from).expect("in every MP4");
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let hls = "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n";
    let sdp =
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n";
    let dash = "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period>\
        <BaseURL>http://127.0.0.1:9/</BaseURL></Period></MPD>";
    let svg =
        "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"file:///etc/hostname\"/></svg>";
    let noise = (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes());
    vec![
        ("hls.mp4", hls.into(), &["unreadable"]),
        ("sdp.avi", sdp.into(), &["unreadable"]),
        ("dash.mkv", dash.into(), &["unreadable"]),
        ("concat.mp4", b"ffconcat version 1.0\nfile /etc/hostname\n".to_vec(), &["unreadable"]),
        ("picture.svg", svg.into(), &["unreadable"]),
        ("noise.mp4", noise.collect(), &["unreadable", "no_video_stream"]),
        ("program.mp4", [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 5000]].concat(), &["unreadable"]),
        ("one-byte.mp4", vec![7], &["unreadable"]),
        (
            "no-decoder.mp4",
            changed(b"avc1\0\0\0\0\0\0", b"SVQ3"),
            &["unreadable", "unsupported_codec"],
        ),
        (
            // Four thousand million samples of a byte each.
            "samples.mp4",
            changed(b"stsz\0\0\0\0", b"stsz\0\0\0\0\0\0\0\x01\xff\xff\xff\xff"),
            &["unreadable", "truncated"],
        ),
    ]
}

#[test]
fn hostile_files_are_refused_and_the_workers_live_on() {
    let product = Product::running();
    let clip = std::fs::read(SMALL.film("to-bend").unwrap()).unwrap();
    let uploads: Vec<_> = hostile_files(&clip)
        .into_iter()
        .map(|(name, bytes, codes)| {
            let file = folder().unwrap().join(format!("hostile-{name}"));
            std::fs::write(&file, bytes).unwrap();
            (name, product.upload(&file, &format!("filename={name}")).unwrap(), codes)
        })
        .collect();
    for (name, id, codes) in uploads {
        let video = product.settled(&id).unwrap();
        let ended = video["state"].as_str().unwrap();
        assert!(matches!(ended, "rejected" | "failed"), "{name}: {video:#}");
        let code = video["reason"]["code"].as_str().unwrap();
        assert!(codes.contains(&code), "{name}: {video:#}");
    }
    let file = SMALL.film("after-the-storm").unwrap();
    product.ready(&file, "after-the-storm").unwrap();
}

#[test]
fn sound_alone_is_rejected() {
    let product = Product::running();
    let clip = SMALL.film("to-mute").unwrap();
    let sound = clip.with_extension("m4a");
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-y", "-i"]).arg(&clip).args(["-vn", "-c", "copy"]).arg(&sound);
    tests::run(&mut ffmpeg).unwrap();
    let id = product.upload(&sound, "filename=song.m4a").unwrap();
    assert_rejected(&product.settled(&id).unwrap(), "no_video_stream");
}

#[test]
fn refusals_are_problems_with_codes() {
    let product = Product::running();
    let long = "x".repeat(201);
    let nobody = "01890a5d-ac96-774b-bcce-b302099a80f7";
    for (method, path, status, code) in [
        ("POST", "/api/videos?title=Empty".to_owned(), 400, "empty_body"),
        ("POST", format!("/api/videos?title={long}"), 400, "title_too_long"),
        ("GET", format!("/api/videos/{nobody}"), 404, "video_not_found"),
        ("GET", "/api/videos/..%2F..%2Fetc".to_owned(), 404, "video_not_found"),
        ("GET", format!("/v/{nobody}/master.m3u8"), 404, "video_not_found"),
        ("PUT", "/api/videos".to_owned(), 405, "method_not_allowed"),
        ("GET", "/api/nothing".to_owned(), 404, "not_found"),
    ] {
        let (answered, problem) = product.json(method, &path).unwrap();
        let told = (answered, problem["code"].as_str().unwrap_or_default());
        assert_eq!(told, (status, code), "{method} {path}: {problem}");
        assert!(problem["detail"].is_string() && problem["title"].is_string(), "{problem}");
    }
    assert!(!titles(&product).contains(&"Empty".to_owned()), "nothing is left of a refused upload");
}

#[test]
fn a_path_in_a_filename_is_dropped() {
    let product = Product::running();
    let file = SMALL.film("traversal").unwrap();
    let id = product.upload(&file, "filename=..%2F..%2Fetc%2Fpasswd.mp4").unwrap();
    let video = product.settled(&id).unwrap();
    assert_eq!(video["source"]["filename"], "passwd.mp4");
    assert_eq!((&video["title"], &video["state"]), (&"passwd".into(), &"ready".into()));
}

/// Promises a body of 20 MB, sends 9 MB of it and hangs up; returns what was answered.
fn hang_up(product: &Product, title: &str, shutdown: Shutdown) -> String {
    let address = product.url("").replace("http://", "");
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = format!(
        "POST /api/videos?title={title} HTTP/1.1\r\nHost: {address}\r\n\
         Content-Length: 20000000\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&vec![7; 9_000_000]).unwrap();
    stream.shutdown(shutdown).unwrap();
    let mut answer = String::new();
    if shutdown == Shutdown::Write {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.read_to_string(&mut answer).ok();
    }
    answer
}

#[test]
fn a_broken_upload_leaves_nothing() {
    let product = Product::running();
    hang_up(&product, "aborted", Shutdown::Both);
    let answer = hang_up(&product, "short", Shutdown::Write);
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    let begun = Instant::now();
    loop {
        let left: Vec<_> =
            titles(&product).into_iter().filter(|t| t == "aborted" || t == "short").collect();
        if left.is_empty() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "still listed: {left:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
