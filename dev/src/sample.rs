//! A clip for people who have none at hand: made, uploaded and followed until it is ready.

use crate::{commands, home::Home, http, status};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::Value;
use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    thread,
    time::{Duration, Instant},
};

/// A flight into a fractal in muted colours under film grain: detail and motion everywhere, as from a camera.
const PICTURE: &str = "mandelbrot=s=960x540:r=30:start_scale=1.6:end_scale=0.0004:end_pts=900:maxiter=500,\
    scale=1920:1080:flags=bicubic,hue=h=200+20*sin(t/4):s=0.45,vignette=PI/5,\
    noise=alls=7:allf=t,format=yuv420p[picture]";
/// A slow chord that breathes, and some wind.
const SOUND: &str = "aevalsrc='0.16*(sin(440*PI*t)+sin(554.37*PI*t)+sin(659.25*PI*t))*(0.6+0.4*sin(t))|\
    0.16*(sin(440*PI*t)+sin(587.33*PI*t)+sin(880*PI*t))*(0.6+0.4*cos(t))':s=48000:d=30[chord];\
    anoisesrc=c=pink:a=0.05:r=48000:d=30:seed=7,aformat=channel_layouts=stereo[wind];\
    [chord][wind]amix=inputs=2:duration=first[sound]";
/// Longer than any machine takes for 30 s, and short enough to notice that nothing happens.
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Args)]
pub struct SampleArgs {
    /// Upload this file instead of the made clip
    file: Option<PathBuf>,
}

pub fn run(home: &Home, args: &SampleArgs) -> Result<ExitCode> {
    let running = status::read(home).and_then(|status| Some(status["url"].as_str()?.to_owned()));
    let url = running.context("nothing runs here: start it with `cargo dev up`")?;
    let address: SocketAddr = url.trim_start_matches("http://").parse()?;
    let clip = match &args.file {
        Some(file) => file.clone(),
        None => made_clip(home)?,
    };
    let video = upload(address, &clip)?;
    let id = video["id"].as_str().context("the answer has no id")?.to_owned();
    println!("{url}/watch/{id}");
    follow(address, &id)
}

/// Makes the clip once.
fn made_clip(home: &Home) -> Result<PathBuf> {
    let clip = home.tools.join("sample.mp4");
    if clip.exists() {
        return Ok(clip);
    }
    println!("Making a clip: 30 s of 1080p with sound");
    let partial = home.tools.join("sample.partial.mp4");
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-v", "error", "-stats", "-y", "-filter_complex", &format!("{PICTURE};{SOUND}")]);
    ffmpeg.args(["-map", "[picture]", "-map", "[sound]", "-t", "30", "-movflags", "+faststart"]);
    ffmpeg.args([
        "-c:v", "libx264", "-preset", "veryfast", "-b:v", "10M", "-c:a", "aac", "-b:a", "192k",
    ]);
    commands::run(ffmpeg.arg(&partial), "making the clip")?;
    fs::rename(partial, &clip)?;
    Ok(clip)
}

fn upload(address: SocketAddr, clip: &Path) -> Result<Value> {
    let file = File::open(clip).with_context(|| format!("cannot read {}", clip.display()))?;
    let length = file.metadata()?.len();
    println!("Uploading {} MiB", length >> 20);
    let name = clip.file_name().unwrap_or_default().to_string_lossy();
    let path = format!("/api/videos?title={}&filename={}", encoded("Sample clip"), encoded(&name));
    let answer = http::post(address, &path, file, length)?;
    if answer.status != 201 {
        bail!("the upload was refused ({}): {}", answer.status, answer.body);
    }
    answer.json()
}

/// Tells what changes until the video is in a state that it keeps.
fn follow(address: SocketAddr, id: &str) -> Result<ExitCode> {
    let uploaded = Instant::now();
    let mut told = String::new();
    let mut playable = None;
    while uploaded.elapsed() < PATIENCE {
        let video =
            http::get(address, &format!("/api/videos/{id}"), Duration::from_secs(10))?.json()?;
        let seconds = uploaded.elapsed().as_secs_f64();
        if playable.is_none() && video["playlist_url"].is_string() {
            playable = Some(seconds);
        }
        let line = progress_line(&video);
        if line != told {
            println!("{seconds:6.1} s  {line}");
            told = line;
        }
        match video["state"].as_str() {
            Some("ready") => {
                println!(
                    "first playable after {:.1} s, ready after {seconds:.1} s",
                    playable.unwrap_or(seconds)
                );
                return Ok(ExitCode::SUCCESS);
            }
            Some(state @ ("partial" | "failed" | "rejected" | "expired")) => {
                let reason = video["reason"]["message"].as_str().unwrap_or("no reason given");
                bail!("the video is {state}: {reason} Failed: {}", failures(&video));
            }
            _ => thread::sleep(Duration::from_millis(200)),
        }
    }
    bail!("not ready after {} s", PATIENCE.as_secs())
}

/// `processing: audio complete, 480p 40 %, 720p pending`
fn progress_line(video: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let renditions = video["renditions"].as_array().into_iter().flatten().map(|rendition| {
        let progress = rendition["progress"].as_f64().unwrap_or(0.0) * 100.0;
        match rendition["state"].as_str() {
            Some("running" | "playable") => format!("{} {progress:.0} %", text(&rendition["name"])),
            _ => format!("{} {}", text(&rendition["name"]), text(&rendition["state"])),
        }
    });
    format!("{}: {}", text(&video["state"]), renditions.collect::<Vec<_>>().join(", "))
}

/// What of a video failed: `480p MP4, thumbnails`.
fn failures(video: &Value) -> String {
    let renditions = video["renditions"].as_array().into_iter().flatten().flat_map(|rendition| {
        let name = rendition["name"].as_str().unwrap_or("?");
        let failed = |key: &str| rendition[key] == "failed";
        [
            failed("state").then(|| name.to_owned()),
            failed("mp4_state").then(|| format!("{name} MP4")),
        ]
    });
    let thumbnails = (video["thumbnails"]["state"] == "failed").then(|| "thumbnails".to_owned());
    let failed: Vec<_> = renditions.flatten().chain(thumbnails).collect();
    if failed.is_empty() { "everything".into() } else { failed.join(", ") }
}

/// For a query (RFC 3986 2.3).
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_progress_in_one_line() {
        let video = serde_json::json!({"state": "playable", "renditions": [
            {"name": "audio", "state": "complete", "progress": 1.0},
            {"name": "480p", "state": "playable", "progress": 0.4},
            {"name": "720p", "state": "pending", "progress": 0.0},
        ]});
        assert_eq!(progress_line(&video), "playable: audio complete, 480p 40 %, 720p pending");
    }

    #[test]
    fn names_what_failed() {
        let video = serde_json::json!({"thumbnails": {"state": "failed"}, "renditions": [
            {"name": "audio", "state": "complete", "mp4_state": "skipped"},
            {"name": "480p", "state": "complete", "mp4_state": "failed"},
            {"name": "720p", "state": "failed", "mp4_state": "pending"},
        ]});
        assert_eq!(failures(&video), "480p MP4, 720p, thumbnails");
        assert_eq!(failures(&serde_json::json!({})), "everything");
    }

    #[test]
    fn a_query_takes_any_name() {
        assert_eq!(encoded("Ä b&c.mp4"), "%C3%84%20b%26c.mp4");
    }
}
