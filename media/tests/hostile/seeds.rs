//! Valid files of every container, small; what damage is done to.

use std::process::Command;

/// A valid file.
pub(crate) struct Seed {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Name, codecs and container of each seed: one second of moving picture with a tone.
const RECIPES: [(&str, &str); 16] = [
    ("mp4", "-c:v libx264 -bf 2 -c:a aac -f mp4"),
    ("faststart", "-c:v libx264 -bf 2 -c:a aac -movflags +faststart -f mp4"),
    ("fragmented", "-c:v libx264 -g 5 -c:a aac -movflags frag_keyframe+empty_moov -f mp4"),
    ("prores", "-c:v prores_ks -profile:v 0 -c:a pcm_s16le -f mov"),
    ("mkv", "-c:v libx264 -c:a flac -f matroska"),
    ("webm", "-c:v libvpx -c:a libopus -f webm"),
    ("vp9", "-c:v libvpx-vp9 -cpu-used 8 -c:a libvorbis -f webm"),
    ("ts", "-c:v mpeg2video -c:a mp2 -f mpegts"),
    ("hevc", "-c:v libx265 -preset ultrafast -x265-params log-level=none -c:a ac3 -f mpegts"),
    ("avi", "-c:v mpeg4 -c:a libmp3lame -f avi"),
    ("flv", "-c:v flv -c:a pcm_s16le -ar 44100 -f flv"),
    ("ogg", "-c:v vp8 -c:a libvorbis -f ogg"),
    ("wmv", "-c:v wmv2 -c:a wmav2 -f asf"),
    ("tx3g", "-c:v mpeg4 -c:a aac -c:s mov_text -f mp4"),
    ("subrip", "-c:v mpeg4 -c:a aac -c:s subrip -f matroska"),
    ("mpeg", "-c:v mpeg2video -c:a mp2 -f mpeg"),
];

/// Two cues of SubRip, `hello` and `world`.
const CUES: &str = "MQowMDowMDowMCwxMDAgLS0+IDAwOjAwOjAwLDUwMApoZWxsbwoKMgowMDowMDowMCw2MDAgLS0+IDAwOjAw\
    OjAwLDkwMAp3b3JsZAo=";

/// Makes all seeds.
pub(crate) fn all() -> Vec<Seed> {
    RECIPES.into_iter().map(|(name, codecs)| Seed { name, bytes: clip(codecs) }).collect()
}

/// One JPEG of 128×96, to build files around.
pub(crate) fn jpeg() -> Vec<u8> {
    ffmpeg("-f lavfi -i testsrc2=s=128x96 -frames:v 1 -c:v mjpeg -pix_fmt yuvj420p -f mjpeg")
}

fn clip(codecs: &str) -> Vec<u8> {
    let mut inputs =
        "-f lavfi -i testsrc2=s=128x96:r=25:d=1 -f lavfi -i sine=r=44100:d=1".to_owned();
    if codecs.contains("-c:s") {
        inputs += " -f srt -i data:text/plain;base64,";
        inputs += CUES;
    }
    ffmpeg(
        &format!("{inputs} -pix_fmt yuv420p {codecs}")
            .replace("-pix_fmt yuv420p -c:v prores_ks", "-pix_fmt yuv422p10le -c:v prores_ks"),
    )
}

/// To a file, because many containers are finished by going back.
fn ffmpeg(args: &str) -> Vec<u8> {
    let name = format!("fantail-hostile-{}-{:?}", std::process::id(), std::thread::current().id());
    let path = std::env::temp_dir().join(name);
    let exact = "-fflags +bitexact -flags:v +bitexact -flags:a +bitexact -threads 1 -y";
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error"]).args(args.split_whitespace()).args(exact.split_whitespace());
    let output = command.arg(&path).output().unwrap();
    assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    bytes
}
