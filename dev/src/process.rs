//! Processes as Linux shows them: starting one in a group of its own, signals, memory, who listens where.

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::{
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command},
};

/// What a process gets when we die without stopping it.
pub enum OrphanSignal {
    Term,
    Kill,
}

/// A command whose process gets the signal should we die first, and no Ctrl-C meant for us.
///
/// The thread that spawns it has to live as long as we do: the kernel counts its end as the parent's.
pub fn own_group(program: &Path, orphan: OrphanSignal) -> Command {
    // Without `unsafe` only another program can ask for the signal; util-linux is on every Debian.
    let mut command = Command::new("setpriv");
    let signal = match orphan {
        OrphanSignal::Term => "TERM",
        OrphanSignal::Kill => "KILL",
    };
    command.args(["--pdeathsig", signal, "--"]).arg(program).process_group(0);
    command
}

/// This program once more, also when its file was built anew meanwhile.
pub fn ourselves() -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("cargo-dev");
    command
}

/// Signals a child and everything it started.
pub fn signal_group(child: &Child, signal: Signal) {
    // Fails only when nobody is left in the group.
    let _ = pid(child.id()).map(|pid| kill_process_group(pid, signal));
}

/// Asks one process to end; false if there is none that we may ask.
pub fn terminate(id: u32) -> bool {
    pid(id).is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok())
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Resident memory of a process group in bytes: a worker and the children it decodes in.
pub fn group_memory_bytes(group: u32) -> u64 {
    let mut kib = 0;
    for id in ids() {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        // The program's name may contain spaces and parentheses; what follows its last ')' is state, parent, group.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        if after_name.split_whitespace().nth(2) == Some(&group.to_string()) {
            kib +=
                resident_kib(&fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default());
        }
    }
    kib * 1024
}

fn resident_kib(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn ids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Name and id of the process that listens on a TCP port, if we may see it.
pub fn listener(port: u16) -> Option<String> {
    let socket = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .find_map(|table| listening_inode(&fs::read_to_string(table).ok()?, port))?;
    let link = format!("socket:[{socket}]");
    let id = ids().find(|id| {
        let files = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
        files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|target| target == Path::new(&link))
    })?;
    let name = fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
    Some(format!("{} (process {id})", name.trim()))
}

/// The socket in state LISTEN (0A) on the port, out of a table as in proc(5).
fn listening_inode(table: &str, port: u16) -> Option<u64> {
    let local_port = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let listens = fields.get(1)?.ends_with(&local_port) && *fields.get(3)? == "0A";
        listens.then(|| fields.get(9)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_who_listens_and_not_who_is_connected() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F90 0100007F:B2C4 01 00000000:00000000 00:00000000 00000000     0        0 111 1\n\
            1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 222 1\n";
        assert_eq!(listening_inode(table, 8080), Some(222));
        assert_eq!(listening_inode(table, 8081), None);
    }

    #[test]
    fn reads_resident_memory() {
        assert_eq!(resident_kib("Name:\tx\nVmRSS:\t   1024 kB\nThreads: 1"), 1024);
        assert_eq!(resident_kib("Name:\tkthread"), 0);
    }

    #[test]
    fn memory_counts_the_whole_group() {
        let mut child =
            own_group(Path::new("sleep"), OrphanSignal::Kill).arg("30").spawn().unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while group_memory_bytes(child.id()) == 0 && std::time::Instant::now() < deadline {}
        assert!(group_memory_bytes(child.id()) > 0);
        signal_group(&child, Signal::KILL);
        child.wait().unwrap();
        assert_eq!(group_memory_bytes(child.id()), 0);
    }
}
