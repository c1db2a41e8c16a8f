//! The child's side: lock yourself in, do the one thing asked for, say what came of it.

use std::{
    io::{self, Read},
    os::{fd::AsFd, unix::net::UnixStream},
    process,
    sync::{Arc, Mutex, PoisonError},
};

use rustix::process::{Signal, set_parent_process_death_signal};

use super::{
    files::{File, Sink, Stream},
    frame,
    lock::lock_in,
    words::{Answer, Fault, Given, Order, Request, Word},
};
use crate::{Captions, MediaError, Source, Stop};

/// The first argument of a program that is to be an inmate.
pub(super) const ARGUMENT: &str = "caged-media";

/// Most bytes asked for or handed over at once.
pub(super) const MOST: u32 = 4 << 20;

/// To be called first in `main` of a program that uses the cage, before there is a second thread:
/// if the program was started as an inmate, this does its work and never returns.
pub fn enter_if_asked() {
    if std::env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT) {
        process::exit(match serve() {
            Ok(()) => 0,
            Err(_) => 1, // the keeper is gone: nobody to tell
        });
    }
}

fn serve() -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    close_inherited();
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let line = Line(Arc::new(Mutex::new(socket)));
    let Some((order, _)) = frame::receive::<Order>(&mut *line.lock())? else { return Ok(()) };
    let done = match lock_in(order.limits) {
        Ok(()) => obey(&line, order.request, &order.inputs).map_err(Fault::from),
        Err(error) => Err(Fault::Internal(format!("the cage cannot be locked: {error}"))),
    };
    line.say(&Word::Done(done), &[])
}

/// Whoever started our parent may have left it descriptors that nobody knows of.
fn close_inherited() {
    // SAFETY: called before anything else in this process has opened a descriptor, so no value
    // owns one above the standard three; the arguments are plain numbers. Where the kernel is too
    // old for the call, landlock is missing, too, and the inmate ends before it decodes.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) };
}

fn obey(line: &Line, request: Request, inputs: &[Option<u64>]) -> Result<Answer, MediaError> {
    let size = inputs.first().copied().flatten().unwrap_or(0);
    let file = || -> Box<dyn Source> { Box::new(File::new(line.clone(), size)) };
    let stream = |input| -> Box<dyn Read + Send> { Box::new(Stream::new(line.clone(), input)) };
    let mut out = |output| {
        let (word, bytes) = Word::output(output);
        line.say(&word, &bytes)
    };
    let never = Stop::default(); // the keeper stops us by killing us
    match request {
        Request::Nothing => Ok(Answer::Nothing),
        Request::Probe => Ok(Answer::Source(Box::new(crate::probe(file(), size)?))),
        Request::Video(span) => {
            crate::encode_video(file(), &span, &mut out, &never).map(Answer::Span)
        }
        Request::Audio(span) => {
            crate::encode_audio(file(), &span, &mut out, &never).map(Answer::Span)
        }
        Request::Mp4(request) => {
            let audio = (inputs.len() > 1).then(|| stream(1));
            crate::mux_mp4(stream(0), audio, &request, Sink::new(line.clone()))?;
            Ok(Answer::Nothing)
        }
        Request::Stills(request) => {
            for still in crate::stills(file(), &request)? {
                let (word, pixels) = Word::still(still);
                line.say(&word, &pixels).map_err(MediaError::Sink)?;
            }
            Ok(Answer::Nothing)
        }
        Request::Captions(request) => {
            line.say_captions(&crate::captions(file(), &request, &never)?)
        }
        Request::ClosedCaptions(request) => {
            line.say_captions(&crate::closed_captions(stream(0), &request)?)
        }
    }
}

/// The socket. A read's answer comes before anything else can be said.
#[derive(Clone)]
pub(super) struct Line(Arc<Mutex<UnixStream>>);

impl Line {
    fn lock(&self) -> std::sync::MutexGuard<'_, UnixStream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn say(&self, word: &Word, body: &[u8]) -> io::Result<()> {
        frame::send(&mut *self.lock(), word, body)
    }

    fn say_captions(&self, tracks: &[Captions]) -> Result<Answer, MediaError> {
        for track in tracks {
            let (word, json) = Word::captions(track)
                .map_err(|error| MediaError::Internal(format!("captions as JSON: {error}")))?;
            self.say(&word, &json).map_err(MediaError::Sink)?;
        }
        Ok(Answer::Nothing)
    }

    pub(super) fn read(
        &self,
        input: usize,
        offset: Option<u64>,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(MOST).min(MOST);
        let mut socket = self.lock();
        frame::send(&mut *socket, &Word::Read { input, offset, length }, &[])?;
        match frame::receive::<Given>(&mut *socket)? {
            Some((Given::Bytes, bytes)) if bytes.len() <= buffer.len() => {
                buffer[..bytes.len()].copy_from_slice(&bytes);
                Ok(bytes.len())
            }
            _ => Err(io::Error::other("the keeper has no bytes")),
        }
    }
}
