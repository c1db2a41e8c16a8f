//! Text tracks of a source as cues. Only their packets are kept; where the container has an index
//! (MP4), only they are read.

use domain::{CaptionsName, Plan, Reason, source::CaptionTrack, webvtt::Cues};
use ffmpeg_next::{Packet, Rational};

use crate::{
    Captions, CaptionsRequest, MediaError, Source, Stop,
    input::{Input, Next},
    text_decoder::TextDecoder,
    time,
};

/// See [`crate::captions`].
pub(crate) fn captions(
    source: Box<dyn Source>,
    request: &CaptionsRequest,
    stop: &Stop,
) -> Result<Vec<Captions>, MediaError> {
    let plan = &request.plan;
    let mut input = Input::open(source, stop)?;
    let streams: Vec<usize> =
        plan.source.captions.iter().map(|track| track.stream as usize).collect();
    input.keep_only(&streams);
    let tracks = plan.source.captions.iter().enumerate();
    let mut tracks: Vec<Track> =
        tracks.map(|(place, track)| Track::open(&input, plan, place, track)).collect();
    while let Next::Packet(packet) = input.read()? {
        if stop.is_stopped() {
            return Err(MediaError::Stopped);
        }
        for track in tracks.iter_mut().filter(|track| track.stream == packet.stream()) {
            track.take(&packet);
        }
        if tracks.iter().all(|track| track.reading.is_err()) {
            break;
        }
    }
    Ok(tracks.into_iter().map(Track::finish).collect())
}

/// Length of the video in microseconds.
pub(crate) fn length_us(plan: &Plan) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "hours at most")]
    let length = (plan.duration_seconds() * 1e6) as i64;
    length
}

/// One track being read, or why it is not.
struct Track {
    name: CaptionsName,
    stream: usize,
    time_base: Rational,
    reading: Result<(TextDecoder, Cues), Reason>,
}

impl Track {
    fn open(input: &Input, plan: &Plan, place: usize, track: &CaptionTrack) -> Self {
        let stream = track.stream as usize;
        let found = input.context().stream(stream);
        let time_base = found.as_ref().map_or(Rational(1, 1), ffmpeg_next::Stream::time_base);
        let decoder = found
            .filter(|stream| stream.parameters().id().name() == track.codec)
            .and_then(|stream| TextDecoder::open(stream.parameters(), time_base).ok());
        let cues = Cues::new(plan.offset_us, length_us(plan));
        let reading =
            decoder.map(|decoder| (decoder, cues)).ok_or_else(Reason::unreadable_captions);
        Self { name: CaptionsName::text(place), stream, time_base, reading }
    }

    /// Damage is skipped; what is too much ends the track.
    fn take(&mut self, packet: &Packet) {
        let Ok((decoder, cues)) = &mut self.reading else { return };
        let Some(pts) = packet.pts() else { return };
        let Ok(dialogue) = decoder.decode(packet) else { return };
        let start_us = time::to_us(pts, self.time_base);
        let length = Some(packet.duration()).filter(|&ticks| ticks > 0);
        let end_us = length.map(|ticks| time::to_us(pts.saturating_add(ticks), self.time_base));
        let text = dialogue.map_or(String::new(), |dialogue| dialogue.text);
        if let Err(reason) = cues.push(start_us, end_us, &text) {
            self.reading = Err(reason);
        }
    }

    fn finish(self) -> Captions {
        Captions { name: self.name, cues: self.reading.map(|(_, cues)| cues.finish()) }
    }
}
