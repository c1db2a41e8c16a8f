//! A span of video segments: decoded once, sampled to the plan's rate, encoded for each rung.
//!
//! The decoder and each rung's encoder run on threads of their own, a few pictures apart; what
//! they make is handed out on the caller's thread.

use std::{
    io,
    ops::Range,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

use domain::{Plan, Reason, RenditionName, source::VideoTrack};
use ffmpeg_next::{Rational, frame};

use crate::{
    MediaError, Source, SpanOutput, SpanStats, Stop, VideoSpan, closed_captions::Gatherer,
    deinterlace::Deinterlacer, limits, pictures::Pictures, rung::Rung, sample::Sampler, time,
};

/// Pictures that may wait for an encoder: at full size, so few.
const AHEAD: usize = 3;
/// The least that has to be missing before a file counts as cut short.
const MISSING_US: i64 = 2_000_000;

/// A picture and the frames that show it.
pub(crate) type Shown = (Arc<frame::Video>, Range<u64>);

/// See [`crate::encode_video`].
pub(crate) fn encode_video(
    source: Box<dyn Source>,
    span: &VideoSpan,
    out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    stop: &Stop,
) -> Result<SpanStats, MediaError> {
    let track = span.plan.source.video.as_ref().ok_or_else(|| unplanned("pictures"))?;
    let frames = frames_of(span)?;
    let stop = &stop.child();
    let (outputs, made) = channel();
    thread::scope(|scope| {
        let mut ways = Vec::new();
        let mut rungs = Vec::new();
        for name in &span.renditions {
            let rung = Rung::new(&span.plan, track, name, span.segments.clone(), outputs.clone())?;
            let (way, pictures) = sync_channel(AHEAD);
            ways.push(way);
            rungs.push(scope.spawn(move || encode(rung, &pictures)));
        }
        let captions = Gatherer::of(span, &outputs);
        drop(outputs);
        let plan = &span.plan;
        let decoder =
            scope.spawn(move || decode(source, plan, track, frames, captions, &ways, stop));
        let sent = hand_out(&made, out, stop);
        // Threads end by themselves: the decoder at its end or when no encoder listens any more,
        // the encoders when the decoder hangs up. The first cause counts, not what it caused.
        let decoded = joined(decoder);
        let encoded: Result<Vec<u64>, MediaError> = rungs.into_iter().map(joined).collect();
        sent?;
        let mut stats = decoded?;
        stats.encoded = encoded?.into_iter().sum();
        Ok(stats)
    })
}

/// The plan does not have what the span asks for.
pub(crate) fn unplanned(what: &str) -> MediaError {
    MediaError::Internal(format!("the plan has no {what}"))
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, Result<T, MediaError>>) -> Result<T, MediaError> {
    thread.join().unwrap_or_else(|_| Err(MediaError::Internal("a thread panicked".into())))
}

/// Frames of all segments of the span; the same for all rungs.
fn frames_of(span: &VideoSpan) -> Result<Range<u64>, MediaError> {
    let name = span.renditions.first().ok_or_else(|| unplanned("renditions"))?;
    let grid = span.plan.grid(name).ok_or_else(|| unplanned("such rendition"))?;
    let last = span.segments.end.saturating_sub(1);
    let frames = grid.units_of(span.segments.start).start..grid.units_of(last).end;
    if span.segments.start == 0 || frames.is_empty() {
        return Err(unplanned("such segments"));
    }
    Ok(frames)
}

fn hand_out(
    made: &Receiver<SpanOutput>,
    out: &mut dyn FnMut(SpanOutput) -> io::Result<()>,
    stop: &Stop,
) -> Result<(), MediaError> {
    let mut frames = 0;
    for mut output in made {
        if let SpanOutput::Progress { frames: more } = &mut output {
            frames += *more;
            *more = frames;
        }
        if let Err(error) = out(output) {
            stop.stop();
            return Err(MediaError::Sink(error));
        }
    }
    Ok(())
}

fn encode(mut rung: Rung<'_>, pictures: &Receiver<Shown>) -> Result<u64, MediaError> {
    for (picture, frames) in pictures {
        rung.show(&picture, frames)?;
    }
    rung.finish()
}

/// Decodes what the frames show and sends it to every rung.
fn decode(
    source: Box<dyn Source>,
    plan: &Plan,
    track: &VideoTrack,
    frames: Range<u64>,
    mut captions: Option<Gatherer>,
    ways: &[SyncSender<Shown>],
    stop: &Stop,
) -> Result<SpanStats, MediaError> {
    let mut pictures = Pictures::open(source, track, stop)?;
    let rate = plan.frame_rate;
    let frame_base = Rational(
        i32::try_from(rate.den).unwrap_or(i32::MAX),
        i32::try_from(rate.num).unwrap_or(i32::MAX),
    );
    let at_us = |frame: u64| {
        let frame = i64::try_from(frame).unwrap_or(i64::MAX);
        time::to_us(frame, frame_base).saturating_add(plan.offset_us)
    };
    let mut deinterlacer = track.interlaced.then(Deinterlacer::default);
    // The picture before the first one may be the one that is shown.
    let margin = if track.interlaced { Deinterlacer::CONTEXT_US } else { 0 };
    pictures.start_before(at_us(frames.start) - margin)?;

    let mut sampler = Sampler::new(frames.clone());
    let send = |shown: Option<(frame::Video, Range<u64>)>| {
        let Some((picture, frames)) = shown else { return true };
        let picture = Arc::new(picture);
        ways.iter().all(|way| way.send((Arc::clone(&picture), frames.clone())).is_ok())
    };
    let due = |picture: &frame::Video, base| {
        let pts = picture.pts().unwrap_or(0);
        time::unit_at(pts, base, plan.offset_us, rate.num, rate.den)
    };
    let (mut end_us, mut listening) = (None, true);
    while !sampler.is_done() {
        let next = pictures.next()?;
        let is_last = next.is_none();
        end_us = next.as_ref().map(|picture| pictures.end_of(picture)).or(end_us);
        let base = pictures.time_base();
        if let (Some(captions), Some(picture)) = (&mut captions, &next) {
            let at_us = time::to_us(picture.pts().unwrap_or(0), base) - plan.offset_us;
            captions.look(picture, due(picture, base), at_us);
        }
        match &mut deinterlacer {
            None => {
                if let Some(picture) = next {
                    let due = due(&picture, base);
                    listening &= send(sampler.push(due, picture));
                }
            }
            Some(deinterlacer) => {
                for picture in deinterlacer.fields(next, base)? {
                    let due = due(&picture, deinterlacer.time_base());
                    listening &= send(sampler.push(due, picture));
                }
            }
        }
        if is_last {
            expect_complete(plan, track, end_us, at_us(frames.end))?;
            break;
        }
        if !listening {
            break; // an encoder hung up and says why
        }
    }
    if let Some(captions) = captions {
        captions.finish();
    }
    let stats = SpanStats { encoded: 0, decoded: pictures.decoded, errors: pictures.errors() };
    // A frozen picture is no video, however complete it looks.
    if stats.errors >= limits::MANY_ERRORS && stats.errors > stats.decoded {
        return Err(MediaError::Rejected(Reason::damaged()));
    }
    send(sampler.finish());
    Ok(stats)
}

/// The decoder is at its end: did the pictures last as long as the probe said?
fn expect_complete(
    plan: &Plan,
    track: &VideoTrack,
    end_us: Option<i64>,
    wanted_us: i64,
) -> Result<(), MediaError> {
    let Some(end_us) = end_us else { return Err(MediaError::unreadable()) };
    let planned_us = track.start_us.saturating_add(track.duration_us).max(plan.offset_us);
    let slack = MISSING_US.max(track.duration_us / 50);
    if end_us.saturating_add(slack) < planned_us.min(wanted_us) {
        return Err(MediaError::Rejected(Reason::truncated()));
    }
    Ok(())
}

/// Sends outputs of one rendition.
pub(crate) struct Outlet {
    pub(crate) rendition: RenditionName,
    pub(crate) to: Sender<SpanOutput>,
}

impl Outlet {
    pub(crate) fn init(&self, bytes: Vec<u8>) {
        self.send(SpanOutput::Init { rendition: self.rendition.clone(), bytes });
    }

    pub(crate) fn segment(&self, index: u32, bytes: Vec<u8>) {
        self.send(SpanOutput::Segment { rendition: self.rendition.clone(), index, bytes });
    }

    pub(crate) fn progress(&self, frames: u64) {
        self.send(SpanOutput::Progress { frames });
    }

    /// Nobody listens when the caller's sink failed; then the decoder is told to stop.
    fn send(&self, output: SpanOutput) {
        let _ = self.to.send(output);
    }
}
