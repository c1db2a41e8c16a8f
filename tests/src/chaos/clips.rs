//! The clips: tiny, so that encoding costs little, and each of another kind.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::run;

/// What a video of the crowd is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Two seconds with sound.
    Blink,
    /// Twelve seconds without.
    Silent,
    /// 23.976 frames per second, six seconds.
    Film,
    /// Upright.
    Portrait,
    /// Two rungs.
    Hd,
    /// Three rungs.
    FullHd,
    /// Matroska.
    Matroska,
    /// 130 s, so that its fleets cut it into chunks.
    Long,
    /// Small, in a file so large that it is uploaded in parts.
    Bulky,
    /// No video at all.
    Garbage,
    /// Only sound.
    NoPicture,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::Long,
        Self::Blink,
        Self::Garbage,
        Self::Film,
        Self::Bulky,
        Self::Hd,
        Self::NoPicture,
        Self::Silent,
        Self::Portrait,
        Self::FullHd,
        Self::Matroska,
    ];

    /// How often each is drawn.
    pub(crate) fn weighted() -> [(u32, Self); 11] {
        Self::ALL.map(|kind| match kind {
            Self::Long => (8, kind),
            Self::Garbage | Self::NoPicture => (4, kind),
            Self::Bulky | Self::FullHd | Self::Hd => (6, kind),
            _ => (13, kind),
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blink => "blink",
            Self::Silent => "silent",
            Self::Film => "film",
            Self::Portrait => "portrait",
            Self::Hd => "hd",
            Self::FullHd => "fullhd",
            Self::Matroska => "matroska",
            Self::Long => "long",
            Self::Bulky => "bulky",
            Self::Garbage => "garbage",
            Self::NoPicture => "nopicture",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the file itself allows.
    pub(crate) fn is_rejected(self) -> bool {
        matches!(self, Self::Garbage | Self::NoPicture)
    }

    /// Length in seconds; 0 of what is no video.
    pub(crate) fn seconds(self) -> u32 {
        match self {
            Self::Blink | Self::Hd | Self::FullHd => 2,
            Self::Matroska => 3,
            Self::Portrait | Self::Bulky => 4,
            Self::Film => 6,
            Self::Silent => 12,
            Self::Long => 130,
            Self::Garbage | Self::NoPicture => 0,
        }
    }

    /// Picture size and frame rate.
    fn picture(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Blink => ("160x90", "25"),
            Self::Silent => ("128x72", "15"),
            Self::Film => ("192x108", "24000/1001"),
            Self::Portrait => ("90x160", "30"),
            Self::Hd => ("1280x720", "5"),
            Self::FullHd => ("1920x1080", "3"),
            Self::Matroska => ("160x120", "10"),
            Self::Long => ("160x90", "5"),
            Self::Bulky => ("144x82", "12"),
            Self::Garbage | Self::NoPicture => return None,
        })
    }

    /// Makes the clip, once.
    ///
    /// # Errors
    /// If ffmpeg is missing or fails.
    pub(crate) fn film(self, folder: &Path) -> anyhow::Result<PathBuf> {
        let ending = if self == Self::Matroska { "mkv" } else { "mp4" };
        let path = folder.join(format!("{}.{ending}", self.name()));
        if path.exists() {
            return Ok(path);
        }
        let partial = folder.join(format!("partial.{ending}"));
        if self == Self::Garbage {
            // It begins like an MP4 and goes on like nothing.
            let noise = (0..60_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8);
            let head = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".iter().copied();
            fs::write(&partial, head.chain(noise).collect::<Vec<_>>())?;
        } else {
            run(self.ffmpeg().arg(&partial))?;
        }
        if self == Self::Bulky {
            // A `free` box (ISO 14496-12 8.1.2) holds nothing of interest.
            let mut file = fs::read(&partial)?;
            let size = 9_u32 << 20;
            file.extend(size.to_be_bytes().into_iter().chain(*b"free"));
            file.resize(file.len() + size as usize - 8, 0);
            fs::write(&partial, file)?;
        }
        fs::rename(&partial, &path).context("keeping a clip")?;
        Ok(path)
    }

    fn ffmpeg(self) -> Command {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-y"]);
        if let Some((size, rate)) = self.picture() {
            let (seconds, kind) = (self.seconds(), Self::ALL.iter().position(|kind| *kind == self));
            // Each kind shows something else.
            let hue = 30 * kind.unwrap_or_default();
            let picture = format!("testsrc2=s={size}:r={rate}:d={seconds},hue=h={hue}");
            ffmpeg.args(["-f", "lavfi", "-i", &picture]);
        }
        if self != Self::Silent {
            let seconds = self.seconds().max(5);
            let sound = format!("sine=f=440:r=44100:d={seconds},tremolo=f=3");
            ffmpeg.args(["-f", "lavfi", "-i", &sound, "-c:a", "aac", "-b:a", "96k"]);
        }
        if self.picture().is_some() {
            ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-shortest"]);
            ffmpeg.args(["-pix_fmt", "yuv420p"]);
        }
        ffmpeg.args(["-movflags", "+faststart"]);
        ffmpeg
    }
}
