//! What the probe finds out.

use domain::FrameRate;

use crate::clips::{Dir, probe};

#[test]
fn a_plain_clip() {
    let dir = Dir::new();
    let args = "-f lavfi -i testsrc2=s=320x180:r=30000/1001:d=5 -f lavfi -i sine=r=44100:d=4 \
        -c:v libx264 -pix_fmt yuv420p -colorspace bt709 -c:a aac";
    for name in ["clip.mp4", "clip.mkv", "clip.ts", "clip.mov", "frag.mp4", "clip.flv"] {
        let flags = if name == "frag.mp4" { "-movflags frag_keyframe+empty_moov" } else { "" };
        let info = probe(&dir.clip(name, &format!("{args} {flags}"))).unwrap();
        let video = info.video.unwrap();
        assert_eq!((video.width, video.height, video.codec.as_str()), (320, 180, "h264"), "{name}");
        let rate = FrameRate::choose(video.average_rate, video.base_rate);
        assert_eq!(rate, FrameRate::new(30_000, 1001), "{name}");
        assert_eq!(video.sample_aspect_ratio, (1, 1));
        assert!(!video.interlaced);
        assert_eq!(video.color.matrix, "bt709", "{name}");
        let audio = info.audio.unwrap();
        assert_eq!((audio.sample_rate, audio.codec.as_str()), (44_100, "aac"), "{name}");
        let near = |us: i64, seconds: f64| (us as f64 / 1e6 - seconds).abs() < 0.07;
        assert!(near(video.duration_us, 5.005), "{name}: {}", video.duration_us);
        // Packets are whole, and the first and last hold more than the tone.
        let long = audio.duration_us as f64 / 1e6;
        assert!((3.95..4.08).contains(&long), "{name}: {long}");
        assert!(near(video.start_us - audio.start_us, 0.0), "{name}: {audio:?} {}", video.start_us);
    }
}

#[test]
fn what_has_an_index_of_near_key_frames_can_be_cut() {
    let dir = Dir::new();
    let cases = [
        ("near.mp4", 50, true),
        ("near.mkv", 50, true),
        ("near.avi", 50, true),
        ("far.mp4", 105, false),
        ("far.mkv", 105, false),
        ("near.ts", 50, false),
        ("frag.mp4", 50, true),
    ];
    for (name, apart, cuttable) in cases {
        let flags = if name == "frag.mp4" { "-movflags frag_keyframe+empty_moov" } else { "" };
        let args = format!(
            "-f lavfi -i testsrc2=s=64x48:r=5:d=64 -c:v libx264 -preset ultrafast -g {apart} \
             -sc_threshold 0 -pix_fmt yuv420p {flags}"
        );
        let info = probe(&dir.clip(name, &args)).unwrap();
        assert_eq!(info.video.unwrap().cuttable, cuttable, "{name}");
    }
}

#[test]
fn the_real_picture_and_the_default_sound() {
    let dir = Dir::new();
    let cover = dir.clip("cover.jpg", "-f lavfi -i color=red:s=640x640 -frames:v 1");
    let args = format!(
        "-i {} -f lavfi -i testsrc2=s=160x90:r=25:d=1 -f lavfi -i sine=r=48000:d=1 \
         -f lavfi -i sine=r=32000:d=1 -map 0 -map 1 -map 2 -map 3 -c:v:0 copy \
         -disposition:v:0 attached_pic -c:v:1 libx264 -c:a aac -disposition:a:0 0 \
         -disposition:a:1 default",
        cover.display()
    );
    let info = probe(&dir.clip("album.mp4", &args)).unwrap();
    assert_eq!(info.video.unwrap().width, 160);
    assert_eq!(info.audio.unwrap().sample_rate, 32_000);
}

#[test]
fn recorders_that_never_say_how_long() {
    let dir = Dir::new();
    // To a pipe: no duration, no index, as browsers record.
    let args = "-f lavfi -i testsrc2=s=160x90:r=25:d=3 -c:v libvpx -f webm pipe:1";
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    let bytes = crate::clips::run(ffmpeg.args(["-v", "error"]).args(args.split_whitespace()));
    let info = probe(&dir.file("browser.webm", &bytes)).unwrap();
    let seconds = info.video.unwrap().duration_us as f64 / 1e6;
    assert!((seconds - 3.0).abs() < 0.1, "{seconds}");
}
