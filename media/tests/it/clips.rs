//! Clips made by the ffmpeg command line, and what it sees in our output.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use domain::{Plan, Recipe, RenditionName, loudness::ChunkLoudness};
use media::{AudioSpan, SpanOutput, SpanStats, Stop, VideoSpan};

/// A directory that goes away with the test.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("media-test-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Makes a clip: arguments of ffmpeg up to the output.
    pub(crate) fn clip(&self, name: &str, args: &str) -> PathBuf {
        let path = self.path(name);
        let args = args.split_whitespace();
        run(Command::new("ffmpeg").args(["-v", "error", "-y"]).args(args).arg(&path));
        path
    }

    /// The same with an encoder that talks.
    pub(crate) fn quiet_clip(&self, name: &str, args: &str) -> PathBuf {
        let path = self.path(name);
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-y"]).args(args.split_whitespace()).arg(&path);
        assert!(command.env("SVT_LOG", "0").output().unwrap().status.success(), "{args}");
        path
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a successful command printed.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    assert!(errors.trim().is_empty(), "{command:?}: {errors}");
    output.stdout
}

/// The lines ffprobe prints for `-show_entries` as bare values.
pub(crate) fn ffprobe(path: &Path, args: &str) -> Vec<String> {
    let mut command = Command::new("ffprobe");
    command.args(["-v", "error", "-of", "csv=p=0"]).args(args.split_whitespace()).arg(path);
    let text = String::from_utf8(run(&mut command)).unwrap();
    let lines = text.lines().map(|line| line.trim_end_matches(',').to_owned());
    // Side data leaves lines of its own, without the entries asked for.
    lines.filter(|line| !line.is_empty()).collect()
}

/// Decoded pictures as one byte of brightness or three of colour per pixel.
pub(crate) fn raw(path: &Path, pixels: &str, more: &str) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(path).args(more.split_whitespace());
    command.args(["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixels, "-"]);
    run(&mut command)
}

/// Decoded left channel at 48 kHz.
pub(crate) fn samples(path: &Path) -> Vec<f32> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-i"]).arg(path);
    let bytes = run(command.args(["-af", "pan=mono|c0=c0", "-f", "f32le", "-"]));
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

pub(crate) fn open(path: &Path) -> Box<File> {
    Box::new(File::open(path).unwrap())
}

pub(crate) fn probe(path: &Path) -> Result<domain::SourceInfo, media::MediaError> {
    media::probe(open(path), fs::metadata(path).unwrap().len())
}

pub(crate) fn plan(path: &Path) -> Plan {
    Plan::new(probe(path).unwrap(), Recipe::standard()).unwrap()
}

/// What a span made, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) inits: Vec<(RenditionName, Vec<u8>)>,
    pub(crate) segments: Vec<(RenditionName, u32, Vec<u8>)>,
    pub(crate) frames: u64,
    pub(crate) loudness: Vec<ChunkLoudness>,
    /// Closed captions of segments.
    pub(crate) captions: Vec<(u32, Vec<u8>)>,
}

impl Made {
    fn take(&mut self, output: SpanOutput) -> std::io::Result<()> {
        match output {
            SpanOutput::Init { rendition, bytes } => self.inits.push((rendition, bytes)),
            SpanOutput::Segment { rendition, index, bytes } => {
                self.segments.push((rendition, index, bytes));
            }
            SpanOutput::ClosedCaptions { index, bytes, .. } => self.captions.push((index, bytes)),
            SpanOutput::Loudness { measured, .. } => self.loudness.push(measured),
            SpanOutput::Progress { frames } => self.frames = frames,
        }
        Ok(())
    }

    /// The init segment and all segments in order: what a player puts together.
    pub(crate) fn track(&self, name: &str) -> Vec<u8> {
        let name = RenditionName::from(name);
        let init = &self.inits.iter().find(|(rendition, _)| *rendition == name).unwrap().1;
        let mut segments: Vec<_> = self.segments.iter().filter(|made| made.0 == name).collect();
        segments.sort_by_key(|made| made.1);
        let bodies = segments.into_iter().flat_map(|made| made.2.iter().copied());
        init.iter().copied().chain(bodies).collect()
    }

    pub(crate) fn segment(&self, name: &str, index: u32) -> &[u8] {
        let name = RenditionName::from(name);
        &self.segments.iter().find(|made| made.0 == name && made.1 == index).unwrap().2
    }
}

/// Encodes segments of rungs.
pub(crate) fn video(
    path: &Path,
    plan: &Plan,
    rungs: &[&str],
    segments: std::ops::Range<u32>,
) -> Made {
    let span = VideoSpan {
        plan: plan.clone(),
        renditions: rungs.iter().map(|&name| name.into()).collect(),
        segments,
    };
    let mut made = Made::default();
    let stats = encode_video(path, &span, &mut made).unwrap();
    assert!(stats.encoded > 0);
    made
}

pub(crate) fn encode_video(
    path: &Path,
    span: &VideoSpan,
    made: &mut Made,
) -> Result<SpanStats, media::MediaError> {
    media::encode_video(open(path), span, &mut |output| made.take(output), &Stop::default())
}

/// All segments of a rung.
pub(crate) fn whole(path: &Path, plan: &Plan, rung: &str) -> Made {
    let last = plan.grid(&rung.into()).unwrap().segments();
    video(path, plan, &[rung], 1..last + 1)
}

/// Encodes one chunk of sound.
pub(crate) fn audio(path: &Path, plan: &Plan, chunk: u32) -> Made {
    let span = AudioSpan { plan: plan.clone(), chunk };
    let mut made = Made::default();
    let sink = &mut |output| made.take(output);
    media::encode_audio(open(path), &span, sink, &Stop::default()).unwrap();
    made
}

/// All chunks of sound, put together.
pub(crate) fn all_audio(path: &Path, plan: &Plan) -> Made {
    let chunks = plan.grid(&RenditionName::audio()).unwrap().chunks();
    let mut all = Made::default();
    for chunk in 0..chunks {
        let made = audio(path, plan, chunk);
        all.segments.extend(made.segments);
        all.inits.extend(made.inits);
        all.loudness.extend(made.loudness);
    }
    all
}
