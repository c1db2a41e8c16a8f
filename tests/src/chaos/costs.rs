//! What processes have cost, as Linux counts it.

use std::{collections::BTreeSet, fs};

/// Clock ticks per second in /proc: fixed to 100 in Linux's interface.
const TICKS: f64 = 100.0;

/// One process in `/proc`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stat {
    parent: u32,
    /// Its own CPU seconds.
    own: f64,
    /// Those of its children that have ended.
    ended: f64,
}

fn stat(id: u32) -> Option<Stat> {
    parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// proc(5): behind the name in parentheses come state, parent, …; the times are fields 14 to 17.
fn parse(line: &str) -> Option<Stat> {
    let fields: Vec<_> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u32>().ok();
    let seconds = |at: usize| Some(f64::from(number(at)? + number(at + 1)?) / TICKS);
    Some(Stat { parent: number(1)?, own: seconds(11)?, ended: seconds(13)? })
}

/// Processes that this one has started and that live.
pub(crate) fn children(id: u32) -> BTreeSet<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|other| stat(*other).is_some_and(|stat| stat.parent == id)).collect()
}

/// CPU seconds of a process in itself.
pub(crate) fn own_seconds(id: u32) -> f64 {
    stat(id).map_or(0.0, |stat| stat.own)
}

/// CPU seconds of a process and all its children so far.
pub(crate) fn all_seconds(id: u32) -> f64 {
    let of_children: f64 = children(id).into_iter().map(own_seconds).sum();
    stat(id).map_or(0.0, |stat| stat.own + stat.ended) + of_children
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_kernel_writes() {
        let line = "42 (a) b) R 7 42 42 0 -1 4194304 1 2 3 4 150 50 30 20 20 0 1 0 5";
        assert_eq!(parse(line), Some(Stat { parent: 7, own: 2.0, ended: 0.5 }));
        assert_eq!(parse("42 (x) R 7"), None);
    }

    #[test]
    fn sees_its_own_children() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        assert!(children(std::process::id()).contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!children(std::process::id()).contains(&child.id()));
        let own = own_seconds(std::process::id()); // it grows
        assert!(all_seconds(std::process::id()) >= own);
    }
}
