//! What all parts say: each raw in a file of its own, and all together in one stream with names in front.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, IsTerminal, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

/// A log file is put aside at this size and when a product starts; the one put aside before it goes.
const ROTATE_BYTES: u64 = 32 << 20;
const COLOURS: [u8; 8] = [36, 33, 32, 35, 34, 96, 93, 92];
/// As long as the longest part's name.
const NAME_WIDTH: usize = 16;

/// Where lines go. Clones write to the same places.
#[derive(Clone)]
pub struct Logs {
    dir: PathBuf,
    stream: Arc<Mutex<Stream>>,
}

enum Stream {
    Terminal { colours: bool },
    File(RotatingFile),
}

impl Logs {
    /// To standard output, or into `all.log` for a product without a terminal.
    pub fn open(dir: &Path, to_terminal: bool) -> io::Result<Self> {
        let stream = if to_terminal {
            let colours = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            Stream::Terminal { colours }
        } else {
            Stream::File(RotatingFile::open(dir.join("all.log"))?)
        };
        Ok(Self { dir: dir.to_owned(), stream: Arc::new(Mutex::new(stream)) })
    }

    /// A line of the supervisor's own.
    pub fn say(&self, line: &str) {
        self.write("dev", line);
    }

    /// Follows one part until its output ends. Lines for which `minor` holds go to its file only.
    pub fn follow(
        &self,
        name: &str,
        output: io::PipeReader,
        file: LogFile,
        minor: fn(&str) -> bool,
    ) {
        let (logs, name) = (self.clone(), name.to_owned());
        thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                let line = line.trim_end();
                file.write(line);
                if !minor(line) {
                    logs.write(&name, line);
                }
            }
        });
    }

    /// A part's own file; it lives over the part's restarts.
    pub fn file(&self, name: &str) -> io::Result<LogFile> {
        let file = RotatingFile::open(self.dir.join(format!("{name}.log")))?;
        Ok(LogFile(Arc::new(Mutex::new(file))))
    }

    fn write(&self, name: &str, line: &str) {
        let Ok(mut stream) = self.stream.lock() else { return };
        // A closed terminal or a full disk must not stop the product.
        let _ = match &mut *stream {
            Stream::Terminal { colours } => {
                writeln!(io::stdout(), "{}", prefixed(name, line, *colours))
            }
            Stream::File(file) => file.write(&prefixed(name, line, false)),
        };
    }
}

fn prefixed(name: &str, line: &str, colours: bool) -> String {
    if !colours {
        return format!("{name:NAME_WIDTH$} │ {line}");
    }
    let sum: usize = name.bytes().map(usize::from).sum();
    let colour = COLOURS[sum % COLOURS.len()];
    format!("\x1b[{colour}m{name:NAME_WIDTH$} │\x1b[0m {line}")
}

#[derive(Clone)]
pub struct LogFile(Arc<Mutex<RotatingFile>>);

impl LogFile {
    fn write(&self, line: &str) {
        if let Ok(mut file) = self.0.lock() {
            let _ = file.write(line);
        }
    }
}

struct RotatingFile {
    path: PathBuf,
    file: File,
    written: u64,
}

impl RotatingFile {
    fn open(path: PathBuf) -> io::Result<Self> {
        if path.exists() {
            fs::rename(&path, path.with_extension("log.1"))?;
        }
        Ok(Self { file: File::create(&path)?, path, written: 0 })
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        self.written += line.len() as u64 + 1;
        if self.written > ROTATE_BYTES {
            *self = Self::open(self.path.clone())?;
        }
        writeln!(self.file, "{line}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_one_column() {
        assert_eq!(prefixed("upload-api", "listening", false), "upload-api       │ listening");
        assert_eq!(prefixed("transcoder-1080p", "ready", false), "transcoder-1080p │ ready");
        assert!(prefixed("dev", "x", true).starts_with("\x1b["));
    }

    #[test]
    fn the_log_of_the_run_before_is_kept_and_no_more() {
        let dir = std::env::temp_dir().join(format!("fantail-logs-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("part.log");
        for run in ["first", "second", "third"] {
            RotatingFile::open(path.clone()).unwrap().write(run).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "third\n");
        assert_eq!(fs::read_to_string(dir.join("part.log.1")).unwrap(), "second\n");
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 2);
        fs::remove_dir_all(dir).unwrap();
    }
}
