//! A file on its way through the calls that workers make.

use std::io::Cursor;

use domain::{Plan, Recipe, RenditionName, StoredPlan};
use media::{
    AudioSpan, Cage, CaptionsRequest, MediaError, SpanOutput, StillsRequest, Stop, VideoSpan,
};

use crate::watch::Watch;

/// How a file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The plan says no, for this reason.
    Refused(String),
    /// The plan says yes, a later call says no, for this reason.
    Failed(String),
    /// Everything was made and looks right.
    Made,
    /// What must not happen.
    Fault(String),
}

type Checked = Result<(), Verdict>;

/// Plan, picture, sound, stills.
pub(crate) fn through(cage: Cage, bytes: &[u8]) -> Verdict {
    let planned = cage.plan(source(bytes), bytes.len() as u64, Recipe::standard());
    let plan = match planned {
        Ok(StoredPlan::Accepted(plan)) => plan,
        Ok(StoredPlan::Rejected(reason)) => return Verdict::Refused(reason.code),
        Err(error) => return fault("plan", &error),
    };
    let all = || {
        pictures(cage, bytes, &plan)?;
        sound(cage, bytes, &plan)?;
        stills(cage, bytes, &plan)?;
        captions(cage, bytes, &plan)
    };
    match all().err().unwrap_or(Verdict::Made) {
        Verdict::Failed(code) if !is_known(&code) => Verdict::Fault(format!("unknown: {code}")),
        verdict => verdict,
    }
}

fn source(bytes: &[u8]) -> Box<Cursor<Vec<u8>>> {
    Box::new(Cursor::new(bytes.to_vec()))
}

/// Every reason that a file may end with.
fn is_known(code: &str) -> bool {
    const REASONS: &str = include_str!("../../../domain/src/reason.rs");
    REASONS.contains(&format!("\"{code}\","))
}

fn fault(call: &str, error: &MediaError) -> Verdict {
    Verdict::Fault(format!("{call}: {error:?}"))
}

fn failed(call: &str, error: &MediaError) -> Verdict {
    match error.reason() {
        Some(reason) => Verdict::Failed(reason.code),
        None => fault(call, error),
    }
}

/// The first segments of the smallest rung and the last one.
fn pictures(cage: Cage, bytes: &[u8], plan: &Plan) -> Checked {
    let name = plan.made_rungs().next().ok_or_else(|| Verdict::Fault("no rung".into()))?.clone();
    let grid = plan.grid(&name).ok_or_else(|| Verdict::Fault("no grid".into()))?;
    let last = grid.segments();
    for segments in [1..last.min(2) + 1, last..last + 1].into_iter().take(last.min(2) as usize) {
        let renditions = vec![name.clone()];
        let span = VideoSpan { plan: plan.clone(), renditions, segments: segments.clone() };
        let mut made = Made::default();
        let sink = &mut |output| made.take(output);
        let stats = cage
            .encode_video(source(bytes), &span, sink, &Stop::default())
            .map_err(|error| failed("picture", &error))?;
        made.check(segments.clone())?;
        let frames: u64 =
            segments.map(|index| grid.units_of(index)).map(|units| units.end - units.start).sum();
        if stats.encoded != frames {
            return Err(Verdict::Fault(format!("{} of {frames} pictures", stats.encoded)));
        }
    }
    Ok(())
}

/// The first chunk and the last one.
fn sound(cage: Cage, bytes: &[u8], plan: &Plan) -> Checked {
    let Some(grid) = plan.grid(&RenditionName::audio()) else { return Ok(()) };
    let last = grid.chunks() - 1;
    for chunk in [0, last].into_iter().take(if last == 0 { 1 } else { 2 }) {
        let span = AudioSpan { plan: plan.clone(), chunk };
        let mut made = Made::default();
        let sink = &mut |output| made.take(output);
        cage.encode_audio(source(bytes), &span, sink, &Stop::default())
            .map_err(|error| failed("sound", &error))?;
        made.check(grid.chunk_segments(chunk))?;
    }
    Ok(())
}

fn stills(cage: Cage, bytes: &[u8], plan: &Plan) -> Checked {
    let request =
        StillsRequest { plan: plan.clone(), positions: vec![100, 500, 900], max_width: 640 };
    let stills = cage.stills(source(bytes), &request).map_err(|error| failed("stills", &error))?;
    let whole = |still: &media::Still| still.rgb.len() as u32 == still.width * still.height * 3;
    let text = CaptionsRequest { plan: plan.clone() };
    cage.captions(source(bytes), &text, &Stop::default())
        .map_err(|error| failed("captions", &error))?;
    let right = !stills.is_empty() && stills.iter().all(whole);
    if right { Ok(()) } else { Err(Verdict::Fault("stills that are none".into())) }
}

/// Text tracks; one that cannot be read says so by itself.
fn captions(cage: Cage, bytes: &[u8], plan: &Plan) -> Checked {
    if plan.source.captions.is_empty() {
        return Ok(());
    }
    let request = CaptionsRequest { plan: plan.clone() };
    let tracks = cage
        .captions(source(bytes), &request, &Stop::default())
        .map_err(|error| failed("captions", &error))?;
    let leaks = |track: &media::Captions| Watch::leaked(format!("{track:?}").as_bytes());
    let unknown =
        |track: &media::Captions| track.cues.as_ref().is_err_and(|reason| !is_known(&reason.code));
    match tracks.iter().find(|track| leaks(track) || unknown(track)) {
        Some(track) => Err(Verdict::Fault(format!("captions: {track:?}"))),
        None => Ok(()),
    }
}

#[derive(Default)]
struct Made {
    init: Vec<u8>,
    segments: Vec<(u32, Vec<u8>)>,
}

impl Made {
    fn take(&mut self, output: SpanOutput) -> std::io::Result<()> {
        match output {
            SpanOutput::Init { bytes, .. } => self.init = bytes,
            SpanOutput::Segment { index, bytes, .. } => self.segments.push((index, bytes)),
            _ => {}
        }
        Ok(())
    }

    /// Every segment in order, and together a file that can be read.
    fn check(self, wanted: std::ops::Range<u32>) -> Checked {
        let wrong = |what: &str| Err(Verdict::Fault(what.into()));
        if !self.segments.iter().map(|(index, _)| *index).eq(wanted) {
            return wrong("segments are missing");
        }
        let bodies = self.segments.iter().flat_map(|(_, bytes)| bytes);
        let track: Vec<u8> = self.init.iter().chain(bodies).copied().collect();
        if Watch::leaked(&track) {
            return wrong("the canary's words");
        }
        let size = track.len() as u64;
        match media::probe(Box::new(Cursor::new(track)), size) {
            Ok(info) if info.video.is_some() || info.audio.is_some() => Ok(()),
            other => Err(Verdict::Fault(format!("what was made cannot be read: {other:?}"))),
        }
    }
}
