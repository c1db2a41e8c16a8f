//! How much faster more workers are: the same upload over one worker and over two, each pinned to a
//! core of its own. Wall times mean something on an idle machine only; CPU seconds always do.
//!
//! ```sh
//! cargo build --release -p transcoder -p tests --example speedup
//! cargo dev standins --detach && set -a && . .fantail/env && set +a
//! target/release/examples/speedup clip.mp4 1080p        # or several: 480p,720p,1080p
//! ```

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use domain::{
    OwnerId, Recipe, SourceObject, Task, VideoId, VideoJob,
    keys::{self, RunKeys},
    message,
};
use platform::objects::Objects;
use tests::pipeline::Pipeline;

/// For the longest clip that anybody has the time for.
const PATIENCE: Duration = Duration::from_secs(4 * 60 * 60);
/// A worker is ready by then, and waits for messages.
const START: Duration = Duration::from_secs(2);

struct Run {
    wall: Duration,
    cpu_seconds: f64,
    segments: BTreeMap<String, Vec<u8>>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [clip, renditions] = arguments.as_slice() else {
        bail!("usage: speedup <clip> <renditions, comma-separated>");
    };
    let cores = std::thread::available_parallelism()?.get();
    ensure!(cores >= 2, "two cores are needed");
    let fleet = renditions.replace(',', "-");
    let mut pipeline = Pipeline::deploy("fantail-speedup", &fleet).await?;
    let one = run(&mut pipeline, clip, renditions, 1).await?;
    let two = run(&mut pipeline, clip, renditions, 2).await?;
    let same = one.segments == two.segments;
    println!(
        "2 workers are {:.2} times as fast for {:.2} times the CPU seconds; {} segments, {}",
        one.wall.as_secs_f64() / two.wall.as_secs_f64(),
        two.cpu_seconds / one.cpu_seconds,
        one.segments.len(),
        if same { "all with the same bytes" } else { "NOT WITH THE SAME BYTES" }
    );
    ensure!(same, "segments differ");
    Ok(())
}

async fn run(
    pipeline: &mut Pipeline,
    clip: &str,
    renditions: &str,
    workers: usize,
) -> anyhow::Result<Run> {
    let job = upload(&pipeline.raw, clip, workers).await?;
    let raw = pipeline.raw.bucket().to_owned();
    let pids: Vec<u32> = (0..workers)
        .map(|core| pipeline.start(renditions, &raw, Some(core)))
        .collect::<anyhow::Result<_>>()?;
    tokio::time::sleep(START).await;
    let began = Instant::now();
    pipeline.publish(&job, message::EVERY_RENDITION).await?;
    for rendition in renditions.split(',') {
        pipeline.when_there(&job.run.index(&rendition.into()), PATIENCE).await?;
    }
    let wall = began.elapsed();
    let cpu_seconds = pids.iter().map(|pid| cpu_seconds(*pid)).sum::<anyhow::Result<f64>>()?;
    pipeline.stop();
    println!("{workers} workers: {:.1} s, {cpu_seconds:.1} CPU s", wall.as_secs_f64());
    let segments = segments(&pipeline.media, &job.run, renditions).await?;
    Ok(Run { wall, cpu_seconds, segments })
}

/// Puts the clip where the API would, under an id of its own for each run.
async fn upload(raw: &Objects, clip: &str, run: usize) -> anyhow::Result<VideoJob> {
    let id = format!("01980000-0000-7000-8000-{run:012}");
    let video_id: VideoId = id.parse().ok().context("an id")?;
    let key = keys::source(video_id);
    raw.put(&key, fs::read(clip)?, "video/mp4").await?;
    let source = raw.head(&key).await?;
    Ok(VideoJob {
        version: 1,
        run: RunKeys { video_id, recipe: Recipe::standard().id(), generation: 1 },
        owner_id: OwnerId::local(),
        source: SourceObject { key, size_bytes: source.size_bytes, etag: source.etag },
        attempt: 1,
        task: Task::Make,
    })
}

async fn segments(
    media: &Objects,
    run: &RunKeys,
    renditions: &str,
) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut all = BTreeMap::new();
    for rendition in renditions.split(',') {
        for object in media.list(&run.rendition(&rendition.into())).await? {
            if keys::segment_index(&object.key).is_some() {
                let name = object.key.strip_prefix(&run.prefix()).unwrap_or_default().to_owned();
                all.insert(name, media.bytes(&object.key).await?.to_vec());
            }
        }
    }
    Ok(all)
}

/// Of a process and those of its children that have ended (proc(5): utime, stime, cutime, cstime).
fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(')').context("a line of /proc")?.1.split_whitespace();
    let ticks = fields.skip(11).take(4).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS_PER_SECOND)
}
