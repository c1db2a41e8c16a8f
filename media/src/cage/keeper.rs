//! The parent's side: starts the inmate, serves its reads, takes what it makes, and tells from its
//! end what went wrong.

use std::{
    io::{self, Read, SeekFrom, Write},
    os::{fd::OwnedFd, unix::net::UnixStream, unix::process::CommandExt},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use super::{
    Limits,
    end::{end_of, misbehaved, refusal},
    frame, inmate,
    watch::Watch,
    words::{Answer, Fault, Given, Order, Request, Word},
};
use crate::{MediaError, Source, Stop};

/// Where an input's bytes come from.
pub(super) enum Input<'a> {
    /// Read anywhere within its size in bytes.
    File(&'a mut dyn Source, u64),
    /// Read from front to back.
    Stream(Box<dyn Read + Send>),
}

/// Takes what the inmate hands out, but for reads and the last word.
pub(super) type Take<'a> = &'a mut dyn FnMut(Word, Vec<u8>) -> Result<(), MediaError>;

/// Runs one request in a cage of its own, made of this very program.
pub(super) fn keep(
    limits: Limits,
    request: Request,
    inputs: Vec<Input<'_>>,
    take: Take<'_>,
    stop: &Stop,
) -> Result<Answer, MediaError> {
    let mut command = Command::new("/proc/self/exe");
    command.arg(inmate::ARGUMENT);
    keep_in(command, limits, request, inputs, take, stop)
}

/// The same with any program.
pub(super) fn keep_in(
    command: Command,
    limits: Limits,
    request: Request,
    mut inputs: Vec<Input<'_>>,
    take: Take<'_>,
    stop: &Stop,
) -> Result<Answer, MediaError> {
    let starting = |error: io::Error| MediaError::Internal(format!("starting a cage: {error}"));
    let (socket, mut child) = start(command).map_err(starting)?;
    let watch = Watch::over(&child, limits);
    let sizes = inputs.iter().map(Input::size).collect();
    let order = Order { limits, request, inputs: sizes };
    let said = thread::scope(|scope| {
        let (end, ended) = mpsc::channel::<()>();
        let watching = thread::Builder::new().name("cage watch".into());
        let watching = watching.spawn_scoped(scope, || {
            let ended = ended;
            watch.stand(&socket, stop, &ended);
        });
        let said = watching
            .map_err(starting)
            .and_then(|_| converse(&mut &socket, &order, &mut inputs, take, &watch));
        drop(end);
        said
    });
    // Whatever it said, it does not outlive this.
    let end = end_of(&mut child, matches!(said, Ok(None)), limits);
    match said? {
        Some(answer) => Ok(answer),
        None => Err(watch.verdict().unwrap_or(end)),
    }
}

fn start(mut command: Command) -> io::Result<(UnixStream, Child)> {
    let (ours, theirs) = UnixStream::pair()?;
    let child = command
        .env_clear()
        .current_dir("/")
        // Signals of a terminal are for us: we decide when the inmate ends.
        .process_group(0)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok((ours, child)) // `command` goes, and with it our copy of their end
}

/// Until the last word; `None` if the inmate ends without one.
fn converse(
    socket: &mut (impl Read + Write),
    order: &Order,
    inputs: &mut [Input<'_>],
    take: Take<'_>,
    watch: &Watch,
) -> Result<Option<Answer>, MediaError> {
    let mut failed_read = None;
    if frame::send(socket, order, &[]).is_err() {
        return Ok(None);
    }
    loop {
        watch.its_turn();
        let said = match frame::receive::<Word>(socket) {
            Ok(Some(said)) => said,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Err(misbehaved("it talks nonsense"));
            }
            Ok(None) | Err(_) => return Ok(None),
        };
        watch.our_turn();
        match said {
            (Word::Read { input, offset, length }, _) => {
                let (given, bytes) = match read(inputs, input, offset, length)? {
                    Ok(bytes) => (Given::Bytes, bytes),
                    Err(error) => {
                        failed_read = Some(error);
                        (Given::Failed, Vec::new())
                    }
                };
                watch.its_turn(); // to listen
                if frame::send(socket, &given, &bytes).is_err() {
                    return Ok(None);
                }
            }
            (Word::Done(Ok(answer)), _) => return Ok(Some(answer)),
            // A read that failed explains whatever followed from it.
            (Word::Done(Err(fault)), _) => return Err(explain(fault, failed_read)),
            (word, body) => {
                take(word, body)?;
                watch.progressed();
            }
        }
    }
}

fn explain(fault: Fault, failed_read: Option<io::Error>) -> MediaError {
    failed_read.map_or_else(|| refusal(fault), MediaError::Source)
}

/// The outer error is the inmate's fault, the inner one the store's.
fn read(
    inputs: &mut [Input<'_>],
    input: usize,
    offset: Option<u64>,
    length: u32,
) -> Result<io::Result<Vec<u8>>, MediaError> {
    let allowed = length <= inmate::MOST;
    let mut bytes = vec![0; if allowed { length as usize } else { 0 }];
    let read = match (inputs.get_mut(input), offset) {
        (Some(Input::File(file, size)), Some(offset)) if allowed && offset < *size => {
            file.seek(SeekFrom::Start(offset)).and_then(|_| some(*file, &mut bytes))
        }
        (Some(Input::Stream(stream)), None) if allowed => some(stream, &mut bytes),
        _ => return Err(misbehaved("it asked for bytes it was not given")),
    };
    Ok(read.map(|count| {
        bytes.truncate(count);
        bytes
    }))
}

fn some(source: &mut (impl Read + ?Sized), bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

impl Input<'_> {
    fn size(&self) -> Option<u64> {
        match self {
            Self::File(_, size) => Some(*size),
            Self::Stream(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
