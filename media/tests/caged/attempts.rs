//! What a taken-over inmate would try, each in a process that locks itself in first.

use std::{
    fs::{self, File},
    io::Write,
    net::{TcpListener, TcpStream, UdpSocket},
    os::unix::{net::UnixStream, process::CommandExt},
    process::{Command, exit},
    time::Duration,
};

use media::Limits;
use rustix::process::{Pid, Signal, getppid, kill_process};

/// The attempt was answered by an error.
pub(crate) const REFUSED: i32 = 42;
/// The attempt went through: the cage leaks.
pub(crate) const SUCCEEDED: i32 = 43;

/// Locks this process in and tries.
pub(crate) fn run(what: &str) {
    let held = File::options().append(true).open("/dev/null").unwrap();
    let limits = Limits { memory_bytes: 256 << 20, cpu_seconds: 1, ..Limits::default() };
    media::cage::lock_in(limits).unwrap();
    exit(if succeeds(what, held) { SUCCEEDED } else { REFUSED });
}

fn succeeds(what: &str, mut held: File) -> bool {
    match what {
        "read a file" => fs::read("/etc/passwd").is_ok(),
        "write a file" => fs::write("/tmp/escaped", "x").is_ok(),
        "look at itself" => fs::read("/proc/self/environ").is_ok(),
        "list a folder" => fs::read_dir("/").is_ok(),
        "ask for a file's facts" => fs::metadata("/etc/passwd").is_ok(),
        "remove a file" => fs::remove_file("/tmp/escaped").is_ok(),
        "connect by TCP" => TcpStream::connect("127.0.0.1:1").is_ok(),
        "send by UDP" => UdpSocket::bind("127.0.0.1:0").is_ok(),
        "listen" => TcpListener::bind("127.0.0.1:0").is_ok(),
        "pair sockets" => UnixStream::pair().is_ok(),
        "start a program" => Command::new("/bin/true").spawn().is_ok(),
        "become a program" => Command::new("/bin/true").exec().kind() == std::io::ErrorKind::Other,
        "kill its keeper" => {
            let keeper = getppid().unwrap();
            kill_process(keeper, Signal::CONT).is_ok()
        }
        "kill everyone" => kill_process(Pid::INIT, Signal::CONT).is_ok(),
        "raise its limits" => rlimit::Resource::NOFILE.set(64, 64).is_ok(),
        "take memory" => std::hint::black_box(vec![1_u8; 1 << 30]).len() == 1 << 30,
        "take time" => loop {
            std::hint::black_box(0);
        },
        // What it must be able to do.
        "start a thread" => std::thread::spawn(|| ()).join().is_ok(),
        "sleep" => {
            std::thread::sleep(Duration::from_millis(1));
            true
        }
        "use what it holds" => held.write_all(b"x").is_ok(),
        other => panic!("nobody knows how to {other}"),
    }
}
