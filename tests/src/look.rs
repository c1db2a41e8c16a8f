//! Eyes and ears: what a viewer would notice, taken from decoded output.

use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use crate::run;

/// Samples a second at which sound is listened to.
const RATE: usize = 48_000;

/// One decoded packet of a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Packet {
    /// Presentation time in seconds.
    pub at: f64,
    /// Whether decoding can begin here.
    pub is_key: bool,
}

/// All packets of a track (`v:0` or `a:0`) of a file or URL, in presentation order.
///
/// # Errors
/// If ffprobe cannot read it.
pub fn packets(input: &str, track: &str) -> anyhow::Result<Vec<Packet>> {
    let fields = "packet=pts_time,flags";
    let json = probe(input, &["-select_streams", track, "-show_entries", fields])?;
    let mut packets = Vec::new();
    for packet in json["packets"].as_array().into_iter().flatten() {
        let at = packet["pts_time"].as_str().context("a packet without a time")?.parse()?;
        let is_key = packet["flags"].as_str().is_some_and(|flags| flags.contains('K'));
        packets.push(Packet { at, is_key });
    }
    packets.sort_by(|a, b| a.at.total_cmp(&b.at));
    Ok(packets)
}

/// What ffprobe says of all streams and the format.
///
/// # Errors
/// If it cannot read the input.
pub fn streams(input: &str) -> anyhow::Result<Value> {
    probe(input, &["-show_streams", "-show_format"])
}

fn probe(input: &str, wanted: &[&str]) -> anyhow::Result<Value> {
    let mut ffprobe = Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-of", "json"]).args(wanted).arg(input);
    Ok(serde_json::from_slice(&run(&mut ffprobe)?)?)
}

/// Mean colours of the four corners (a sixteenth of the area each) of the picture at `at` seconds.
///
/// # Errors
/// If ffmpeg cannot decode the input there.
pub fn quadrants(input: &str, at: f64) -> anyhow::Result<[[u8; 3]; 4]> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i", input, "-ss", &at.to_string(), "-frames:v", "1"]);
    // Size first, then colours: in one step FFmpeg 5.1's scaler forgets the matrix.
    let fields = "scale=4:4:flags=area,format=yuv444p,scale=in_color_matrix=bt709,format=rgb24";
    ffmpeg.args(["-vf", fields]);
    let pixels = run(ffmpeg.args(["-f", "rawvideo", "-"]))?;
    let pixel = |x: usize, y: usize| {
        let at = (y * 4 + x) * 3;
        pixels.get(at..at + 3).and_then(|rgb| rgb.try_into().ok()).context("no picture")
    };
    Ok([pixel(0, 0)?, pixel(3, 0)?, pixel(0, 3)?, pixel(3, 3)?])
}

/// Whether two colours look the same after lossy coding.
pub fn similar(a: [u8; 3], b: [u8; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.abs_diff(b) <= 14)
}

/// Numbers of the frames at which the picture turns white.
///
/// # Errors
/// If ffmpeg cannot decode the input.
pub fn flashes(input: &str) -> anyhow::Result<Vec<usize>> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i", input, "-map", "0:v:0", "-fps_mode", "passthrough"]);
    let luma =
        run(ffmpeg.args(["-vf", "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "-"]))?;
    let white = |luma: u8| luma > 200;
    let turns = (1..luma.len()).filter(|&n| white(luma[n]) && !white(luma[n - 1]));
    Ok(turns.collect())
}

/// Times in seconds at which a beep begins, after at least a third of a second of silence.
///
/// # Errors
/// If ffmpeg cannot decode the input.
pub fn beeps(input: &str) -> anyhow::Result<Vec<f64>> {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-i", input, "-map", "0:a:0", "-ac", "1", "-ar", "48000"]);
    let bytes = run(ffmpeg.args(["-af", "aresample=async=1:first_pts=0", "-f", "s16le", "-"]))?;
    let samples = bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    let (mut beeps, mut last_loud) = (Vec::new(), None);
    for (n, _) in samples.enumerate().filter(|(_, sample)| sample.unsigned_abs() > 8000) {
        if last_loud.is_none_or(|last| n - last > RATE / 3) {
            beeps.push(n as f64 / RATE as f64);
        }
        last_loud = Some(n);
    }
    Ok(beeps)
}
