//! A chain of libav filters with one way in and one way out.

use ffmpeg_next::{Error, Frame, Rational, filter};

use crate::MediaError;

/// A configured chain.
pub(crate) struct Chain {
    graph: filter::Graph,
    time_base: Rational,
}

impl Chain {
    /// Builds `buffer → spec → sink`, where `buffer` is `buffer` or `abuffer` with its `args`.
    pub(crate) fn new(buffer: &str, args: &str, spec: &str) -> Result<Self, MediaError> {
        Self::build(buffer, args, spec)
            .map_err(|error| MediaError::Internal(format!("filters [{args}] {spec}: {error}")))
    }

    fn build(buffer: &str, args: &str, spec: &str) -> Result<Self, Error> {
        let sink = if buffer == "abuffer" { "abuffersink" } else { "buffersink" };
        let find = |name| filter::find(name).ok_or(Error::FilterNotFound);
        let mut graph = filter::Graph::new();
        // SAFETY: the graph was just allocated and has no filters yet, which is when libavfilter
        // wants to be told (avfilter.h). One thread: cores are filled by spans, not by slices.
        unsafe { (*graph.as_mut_ptr()).nb_threads = 1 };
        graph.add(&find(buffer)?, "in", args)?;
        graph.add(&find(sink)?, "out", "")?;
        graph.output("in", 0)?.input("out", 0)?.parse(spec)?;
        graph.validate()?;
        let time_base = graph.get("out").ok_or(Error::Bug)?.sink().time_base();
        Ok(Self { graph, time_base })
    }

    /// Time base of what comes out.
    pub(crate) fn time_base(&self) -> Rational {
        self.time_base
    }

    /// Puts a frame in; the chain takes what it refers to and leaves it empty.
    pub(crate) fn push(&mut self, frame: &mut Frame) -> Result<(), MediaError> {
        let mut input = self.graph.get("in").ok_or_else(lost)?;
        input.source().add(frame).map_err(|error| MediaError::libav("filter", error))
    }

    /// Says that nothing more will come.
    pub(crate) fn finish(&mut self) -> Result<(), MediaError> {
        let mut input = self.graph.get("in").ok_or_else(lost)?;
        input.source().flush().map_err(|error| MediaError::libav("end of filter", error))
    }

    /// Takes a frame out; `false` if the chain needs more first.
    pub(crate) fn pull(&mut self, frame: &mut Frame) -> Result<bool, MediaError> {
        let mut output = self.graph.get("out").ok_or_else(lost)?;
        match output.sink().frame(frame) {
            Ok(()) => Ok(true),
            Err(Error::Eof | Error::Other { errno: ffmpeg_next::error::EAGAIN }) => Ok(false),
            Err(error) => Err(MediaError::libav("filter", error)),
        }
    }
}

fn lost() -> MediaError {
    MediaError::Internal("a filter graph lost its ends".into())
}
