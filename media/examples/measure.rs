//! Makes renditions of a local file and says what they cost: to compare with the ffmpeg command
//! line, and the cage with none.
//!
//! `measure [--open] [--spans N] [--from S] [--segments N] clip.mp4 480p,720p,audio out/`: several
//! rungs joined by `+` share one decode; `--spans` children work at once, as in a worker.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use domain::{Plan, Recipe, RenditionName, StoredPlan};
use media::{AudioSpan, Cage, Limits, SpanOutput, Stop, VideoSpan};

/// A failure of a thread.
type Failure = Box<dyn Error + Send + Sync>;

struct Options {
    cage: Cage,
    spans: usize,
    /// First segment and how many.
    from: u32,
    segments: u32,
    rest: Vec<String>,
}

fn options() -> Result<Options, Failure> {
    let cage = Cage::Locked(Limits::default());
    let mut options = Options { cage, spans: 1, from: 1, segments: u32::MAX, rest: Vec::new() };
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|n| n.parse().ok()).ok_or("a number, please");
        match argument.as_str() {
            "--open" => options.cage = Cage::Open,
            "--spans" => options.spans = number()? as usize,
            "--from" => options.from = number()?,
            "--segments" => options.segments = number()?,
            _ => options.rest.push(argument),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Failure> {
    media::cage::enter_if_asked();
    let options = options()?;
    let [clip, names, folder] = options.rest.as_slice() else {
        return Err("usage: measure [options] <clip> <renditions> <folder>".into());
    };
    let (began, reads) = (Instant::now(), Reads::default());
    let peak = Peak::watch();
    let size = fs::metadata(clip)?.len();
    let plan = match options.cage.plan(reads.open(clip)?, size, Recipe::standard())? {
        StoredPlan::Accepted(plan) => *plan,
        StoredPlan::Rejected(reason) => return Err(reason.to_string().into()),
    };
    println!("plan: {:.2?}, read {}", began.elapsed(), reads.take(size));
    for group in names.split(',') {
        let began = Instant::now();
        let files = make(&options, &plan, group, &|| reads.open(clip))?;
        println!("{group}: {:.2?}, read {}", began.elapsed(), reads.take(size));
        for (name, bytes) in files {
            fs::write(Path::new(folder).join(format!("{name}.mp4")), bytes)?;
        }
    }
    println!("peak: {} MiB in all processes together", peak.mebibytes());
    println!("CPU: {:.2} s, children included", cpu_seconds()?);
    Ok(())
}

/// Makes one group of renditions; returns the track of each.
fn make(
    options: &Options,
    plan: &Plan,
    group: &str,
    open: &(dyn Fn() -> io::Result<Box<dyn media::Source>> + Sync),
) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let renditions: Vec<RenditionName> = group.split('+').map(RenditionName::from).collect();
    let grid = plan.grid(&renditions[0]).ok_or("no such rendition")?;
    let last = grid.segments().min(options.segments.saturating_add(options.from - 1));
    let (each, all) = match renditions[0].is_audio() {
        true => (1, 0..grid.chunks()),
        false => (if options.spans > 1 { 4 } else { 16 }, options.from..last + 1),
    };
    let starts = (0..).map(|number: u32| all.start.saturating_add(number.saturating_mul(each)));
    let starts = starts.take_while(|start| all.contains(start));
    let spans = starts.map(|start| start..all.end.min(start.saturating_add(each)));
    let waiting = Mutex::new(spans.collect::<Vec<_>>().into_iter());
    let made = Mutex::new(BTreeMap::new());
    let work = || -> Result<(), Failure> {
        let next = || waiting.lock().map(|mut spans| spans.next()).unwrap_or(None);
        while let Some(span) = next() {
            make_span(options.cage, plan, &renditions, span, open()?, &made)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.spans).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a panic")?)
    })?;
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for ((name, _), bytes) in made.into_inner().map_err(|_| "a panic")? {
        files.entry(name).or_default().extend(bytes);
    }
    Ok(files)
}

/// By rendition and index; the init segment is number 0.
type Made = Mutex<BTreeMap<(String, u32), Vec<u8>>>;

fn make_span(
    cage: Cage,
    plan: &Plan,
    renditions: &[RenditionName],
    span: Range<u32>,
    source: Box<dyn media::Source>,
    made: &Made,
) -> Result<(), Failure> {
    let plan = plan.clone();
    let mut take = |output| {
        let (key, bytes) = match output {
            SpanOutput::Init { rendition, bytes } => ((rendition.0, 0), bytes),
            SpanOutput::Segment { rendition, index, bytes } => ((rendition.0, index), bytes),
            _ => return Ok(()),
        };
        made.lock().map_err(|_| io::Error::other("a panic"))?.insert(key, bytes);
        Ok(())
    };
    let stop = Stop::default();
    if renditions[0].is_audio() {
        let span = AudioSpan { plan, chunk: span.start };
        cage.encode_audio(source, &span, &mut take, &stop)?;
    } else {
        let span = VideoSpan { plan, renditions: renditions.to_vec(), segments: span };
        cage.encode_video(source, &span, &mut take, &stop)?;
    }
    Ok(())
}

/// Bytes that were asked for.
#[derive(Clone, Default)]
struct Reads(Arc<AtomicU64>);

struct Counted {
    file: fs::File,
    reads: Reads,
}

impl Reads {
    fn open(&self, clip: &str) -> io::Result<Box<dyn media::Source>> {
        Ok(Box::new(Counted { file: fs::File::open(clip)?, reads: self.clone() }))
    }

    fn take(&self, size: u64) -> String {
        let bytes = self.0.swap(0, Relaxed);
        format!("{bytes} bytes, {:.1} % of the file", bytes as f64 / size as f64 * 100.0)
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.reads.0.fetch_add(read as u64, Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// The most memory that this process and its children hold together, from twenty looks a second.
struct Peak {
    kibibytes: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Peak {
    fn watch() -> Self {
        let (kibibytes, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (most, end) = (Arc::clone(&kibibytes), Arc::clone(&over));
        thread::spawn(move || {
            while !end.load(Relaxed) {
                most.fetch_max(resident_kibibytes(), Relaxed);
                thread::sleep(Duration::from_millis(50));
            }
        });
        Self { kibibytes, over }
    }

    fn mebibytes(&self) -> u64 {
        self.over.store(true, Relaxed);
        self.kibibytes.load(Relaxed) / 1024
    }
}

/// What this process and its children hold for themselves, shared pages in parts (PSS).
fn resident_kibibytes() -> u64 {
    let own = std::process::id().to_string();
    let children = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let children =
        children.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<String> =
        children.flat_map(|list| list.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    let pss = |process: &String| -> Option<u64> {
        let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    std::iter::once(&own).chain(&children).filter_map(pss).sum()
}

/// User and system time of this process and all children it has waited for (proc(5): fields 14 to
/// 17, in hundredths of a second).
fn cpu_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks / 100.0)
}
