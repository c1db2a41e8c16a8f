//! Children that die, and parents that do. Each scene is played by a process of its own, which has
//! one child at a time and can therefore tell it.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use domain::{Recipe, StoredPlan};
use media::{Cage, Limits, MediaError};
use rustix::process::{Pid, Signal, getpid, kill_process, test_kill_process};

use crate::{
    Test,
    clips::{Dir, open, run},
    same::{CLIP, LOCKED},
};

pub(crate) fn trials() -> Vec<Test> {
    vec![
        ("trouble::children_have_nothing", children_have_nothing),
        ("trouble::a_crash_costs_one_child", a_crash_costs_one_child),
        ("trouble::what_ends_two_children_is_rejected", what_ends_two_children_is_rejected),
        ("trouble::no_child_outlives_its_parent", no_child_outlives_its_parent),
        ("trouble::a_memory_bomb_costs_one_child", a_memory_bomb_costs_one_child),
    ]
}

/// In a process of its own.
pub(crate) fn play(scene: &str, clip: &Path) {
    match scene {
        "leaky" => {
            // A descriptor that any child would inherit, as careless starters leave behind.
            let leak = fs::File::open("/etc/passwd").unwrap();
            rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
            probe(clip, |child| println!("{}", belongings(child))).unwrap();
        }
        "crash" => {
            let killed = probe(clip, |child| kill_process(child, Signal::ABORT).unwrap());
            println!("{}", killed.unwrap_err());
            println!("{}", probe(clip, |_| ()).is_ok());
        }
        "crash twice" => {
            let source = Box::new(Staged::new(clip, |child| {
                kill_process(child, Signal::ABORT).unwrap();
            }));
            let size = fs::metadata(clip).unwrap().len();
            match LOCKED.plan(source, size, Recipe::standard()).unwrap() {
                StoredPlan::Rejected(reason) => println!("{}", reason.code),
                StoredPlan::Accepted(_) => println!("accepted"),
            }
        }
        "linger" => {
            let _ = probe(clip, |child| {
                println!("{}", child.as_raw_nonzero());
                thread::sleep(Duration::from_secs(60));
            });
        }
        other => panic!("nobody knows the scene {other}"),
    }
}

/// A file that does something to the child that reads it, before it answers.
struct Staged<F> {
    file: fs::File,
    act: F,
}

impl<F: FnMut(Pid)> Staged<F> {
    fn new(clip: &Path, act: F) -> Self {
        Self { file: *open(clip), act }
    }
}

impl<F: FnMut(Pid)> Read for Staged<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.act)(child());
        self.file.read(buffer)
    }
}

impl<F> Seek for Staged<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Probes with an act at the first read.
fn probe(clip: &Path, mut act: impl FnMut(Pid) + Send + 'static) -> Result<(), MediaError> {
    let mut acted = false;
    let source = Staged::new(clip, move |child| {
        if !std::mem::replace(&mut acted, true) {
            act(child);
        }
    });
    LOCKED.probe(Box::new(source), fs::metadata(clip).unwrap().len()).map(drop)
}

/// The one child of this process.
fn child() -> Pid {
    let is_ours = |stat: &str| {
        let fields = stat.rsplit(')').next().unwrap().split_whitespace();
        let [state, parent] = fields.take(2).collect::<Vec<_>>()[..] else { return false };
        state != "Z" && parent == getpid().as_raw_nonzero().to_string()
    };
    let children: Vec<_> = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|s| is_ours(&s)))
        .collect();
    assert_eq!(children.len(), 1);
    Pid::from_raw(children[0]).unwrap()
}

/// Environment, descriptors and privileges of a process.
fn belongings(child: Pid) -> String {
    let proc = format!("/proc/{}", child.as_raw_nonzero());
    let environment = fs::read(format!("{proc}/environ")).unwrap().len();
    let mut files: Vec<String> = fs::read_dir(format!("{proc}/fd"))
        .unwrap()
        .map(|entry| fs::read_link(entry.unwrap().path()).unwrap())
        .map(|link| link.to_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    files.sort();
    let status = fs::read_to_string(format!("{proc}/status")).unwrap();
    let is_locked = status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2");
    format!("{environment} {} {is_locked}", files.join(","))
}

fn scene(name: &str, clip: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["scene", name]).arg(clip).env("AWS_SECRET_ACCESS_KEY", "secret");
    command
}

fn lines(name: &str) -> Vec<String> {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let printed = String::from_utf8(run(&mut scene(name, &clip))).unwrap();
    printed.lines().map(str::to_owned).collect()
}

fn children_have_nothing() {
    // The socket twice: as standard input, and as the one that is used.
    assert_eq!(lines("leaky"), ["0 /dev/null,/dev/null,socket,socket true"]);
}

fn a_crash_costs_one_child() {
    let lines = lines("crash");
    assert!(lines[0].contains("crashed: aborted"), "{lines:?}");
    assert_eq!(lines[1], "true", "the next one works");
}

fn what_ends_two_children_is_rejected() {
    assert_eq!(lines("crash twice"), ["decoder_crashed"]);
}

fn no_child_outlives_its_parent() {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let mut parent = scene("linger", &clip).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let child = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
    assert!(test_kill_process(child).is_ok());
    parent.kill().unwrap();
    parent.wait().unwrap();
    let died = Instant::now();
    // Whoever adopts orphans may be slow to bury them: dead is enough.
    let is_alive = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.as_raw_nonzero()));
        stat.is_ok_and(|stat| !stat.contains(") Z"))
    };
    while is_alive() {
        assert!(died.elapsed() < Duration::from_secs(10), "an orphan lives on");
        thread::sleep(Duration::from_millis(20));
    }
}

fn a_memory_bomb_costs_one_child() {
    let dir = Dir::new();
    let clip = dir.clip("clip.mp4", CLIP);
    let size = fs::metadata(&clip).unwrap().len();
    // Less than the program itself takes: whatever it does, it runs out of memory.
    let starving = Cage::Locked(Limits { memory_bytes: 16 << 20, ..Limits::default() });
    let bomb = starving.probe(open(&clip), size);
    assert!(matches!(bomb, Err(MediaError::Crashed(_))), "{bomb:?}");
    LOCKED.probe(open(&clip), size).unwrap();
}
