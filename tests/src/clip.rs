//! Clips with known contents: four coloured quadrants, a white flash and a beep in each second.

use std::{path::PathBuf, process::Command};

use anyhow::Context;

use crate::run;

/// Colours of the quadrants as RGB: top left, top right, bottom left, bottom right.
pub const QUADRANTS: [[u8; 3]; 4] = [[192, 32, 32], [32, 160, 32], [32, 32, 192], [192, 176, 32]];
/// Within each second, flash and beep begin here and last 0.1 s.
pub const FLASH_AT: f64 = 0.5;

/// What to film.
#[derive(Clone, Copy, Debug)]
pub struct Clip {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames per second, as ffmpeg reads it.
    pub rate: &'static str,
    /// Length in seconds.
    pub seconds: u32,
    /// Whether there is sound.
    pub has_sound: bool,
}

impl Clip {
    /// Writes the clip as a faststart MP4 and returns its path.
    ///
    /// # Errors
    /// If ffmpeg is missing or fails.
    pub fn film(self, name: &str) -> anyhow::Result<PathBuf> {
        let path = folder()?.join(format!("{name}-{}.mp4", std::process::id()));
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-y", "-f", "lavfi", "-i", &self.picture()]);
        if self.has_sound {
            ffmpeg.args(["-f", "lavfi", "-i", &self.sound(), "-c:a", "aac", "-b:a", "128k"]);
        }
        ffmpeg.args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-crf",
            "16",
            "-pix_fmt",
            "yuv420p",
        ]);
        ffmpeg.args(["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]);
        ffmpeg.args(["-color_range", "tv", "-movflags", "+faststart"]).arg(&path);
        run(&mut ffmpeg)?;
        Ok(path)
    }

    fn picture(self) -> String {
        let (w, h, rate, d) = (self.width / 2, self.height / 2, self.rate, self.seconds);
        let quadrant = |[r, g, b]: [u8; 3]| {
            format!("color=0x{r:02x}{g:02x}{b:02x}:s={w}x{h}:r={rate}:d={d},format=rgb24")
        };
        let [a, b, c, e] = QUADRANTS.map(quadrant);
        let end = FLASH_AT + 0.1;
        format!(
            "{a}[a];{b}[b];{c}[c];{e}[e];[a][b][c][e]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0,\
             drawbox=c=white:t=fill:enable='between(mod(t+0.001,1),{FLASH_AT},{end})',\
             scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
        )
    }

    fn sound(self) -> String {
        let (d, end) = (self.seconds, FLASH_AT + 0.1);
        let beep = format!("between(mod(t,1),{FLASH_AT},{end})");
        format!("aevalsrc='0.8*sin(2*PI*1000*t)*{beep}':s=44100:d={d}")
    }
}

/// Where clips lie while the tests run.
///
/// # Errors
/// If it cannot be made.
pub fn folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join("fantail-tests");
    std::fs::create_dir_all(&folder).context("making a folder for clips")?;
    Ok(folder)
}
