//! How much of a source is read: nothing is staged, so every byte that is not needed costs.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
    sync::{Arc, Mutex},
};

use domain::{Plan, Recipe};
use media::{SpanOutput, Stop, VideoSpan};

use crate::clips::Dir;

/// Bytes of one ranged read, as the workers' readers ask for them.
const BLOCK: u64 = 1 << 20;

/// A file that counts the blocks that are fetched, with the last few kept.
struct Blocks {
    file: fs::File,
    at: u64,
    kept: Vec<u64>,
    fetched: Arc<Mutex<Vec<u64>>>,
}

impl Blocks {
    fn open(clip: &Path, fetched: &Arc<Mutex<Vec<u64>>>) -> Box<Self> {
        let file = fs::File::open(clip).unwrap();
        Box::new(Self { file, at: 0, kept: Vec::new(), fetched: Arc::clone(fetched) })
    }
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let block = self.at / BLOCK;
        let rest = (BLOCK - self.at % BLOCK).min(buffer.len() as u64) as usize;
        self.file.seek(SeekFrom::Start(self.at))?;
        let read = self.file.read(&mut buffer[..rest])?;
        if read > 0 && !self.kept.contains(&block) {
            self.fetched.lock().unwrap().push(block);
            self.kept.push(block);
            let over = self.kept.len().saturating_sub(16);
            self.kept.drain(..over);
        }
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Blocks {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(SeekFrom::Start(self.at))?;
        self.at = self.file.seek(to)?;
        Ok(self.at)
    }
}

/// Blocks fetched by a probe, and those by the segments of a span; blocks of the whole file.
fn fetched(clip: &Path, segments: std::ops::Range<u32>) -> (Vec<u64>, Vec<u64>, u64) {
    let size = fs::metadata(clip).unwrap().len();
    let fetched = Arc::new(Mutex::new(Vec::new()));
    let take = || std::mem::take(&mut *fetched.lock().unwrap());
    let info = media::probe(Blocks::open(clip, &fetched), size).unwrap();
    let looked = take();
    let plan = Plan::new(info, Recipe::standard()).unwrap();
    let span = VideoSpan { plan, renditions: vec!["480p".into()], segments };
    let out = &mut |_: SpanOutput| Ok(());
    media::encode_video(Blocks::open(clip, &fetched), &span, out, &Stop::default()).unwrap();
    (looked, take(), size.div_ceil(BLOCK))
}

/// A minute of noise that no codec makes small: more than 30 MB.
fn heavy(dir: &Dir, name: &str, flags: &str) -> std::path::PathBuf {
    let source = "-f lavfi -i testsrc2=s=400x300:r=5:d=60,noise=alls=100:allf=t";
    dir.clip(name, &format!("{source} -c:v mjpeg -q:v 1 -pix_fmt yuvj420p {flags}"))
}

#[test]
fn an_index_at_the_end_costs_a_few_reads_not_a_download() {
    let dir = Dir::new();
    for (name, flags) in [("last.mp4", ""), ("first.mp4", "-movflags faststart"), ("cues.mkv", "")]
    {
        let clip = heavy(&dir, name, flags);
        let (looked, made, all) = fetched(&clip, 12..14);
        assert!(all > 25, "{name}: {all} blocks");
        // Its first pictures, its index, and where that does not tell its end, the last 5 s.
        assert!(looked.len() <= 8, "{name}: {looked:?} of {all} to look at it");
        assert!(made.len() as u64 <= all / 5 + 4, "{name}: {made:?} of {all} for 8 s of 60");
    }
}

#[test]
fn a_whole_file_is_read_once() {
    let dir = Dir::new();
    let clip = heavy(&dir, "last.mp4", "");
    let (_, made, all) = fetched(&clip, 1..17);
    // The end once more for its index.
    assert!(made.len() as u64 <= all + 2, "{made:?} of {all}");
}
