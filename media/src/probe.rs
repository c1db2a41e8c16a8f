//! What a source is: container, tracks, times, colours. One picture is really decoded.

use std::io::SeekFrom;

use domain::{
    Reason, SourceInfo,
    source::{AudioTrack, Color, VideoTrack},
};
use ffmpeg_next::{Stream, codec::packet::Packet, ffi, frame, util::frame::side_data};

use crate::{
    MediaError, Source, Stop, boxes, ebml,
    input::{Input, Next},
    orientation,
    picture::pixel_name,
    pictures::Pictures,
    time, tracks,
};

/// Pictures looked at to learn whether they are pairs of fields.
const LOOK_AT: usize = 8;
/// Pictures looked at to find one that says when it is shown.
const UNTIMED: i64 = 250;
/// Where pictures without a time are put while it is not known: before all that have one.
const UNTIMED_US: i64 = -86_400_000_000;
/// How far before the end the last packets of each track are looked for, in microseconds.
const TAILS_US: [i64; 2] = [5_000_000, 60_000_000];

/// How much longer than the container says a track may be, in microseconds.
const BEYOND_US: i64 = 10_000_000;

/// See [`crate::probe`].
pub(crate) fn probe(
    mut source: Box<dyn Source>,
    size_bytes: u64,
) -> Result<SourceInfo, MediaError> {
    let cut = boxes::is_cut_short(&mut *source, size_bytes).map_err(MediaError::Source)?
        || ebml::is_cut_short(&mut *source, size_bytes).map_err(MediaError::Source)?;
    if cut {
        return Err(MediaError::Rejected(Reason::truncated()));
    }
    source.seek(SeekFrom::Start(0)).map_err(MediaError::Source)?;
    let stop = Stop::default();
    let mut input = Input::open(source, &stop)?;
    let container = input.context().format().name().to_owned();
    let video = tracks::best_video(&input)?;
    let audio = tracks::best_audio(&input);
    let refused_audio = if audio.is_none() { tracks::any_sound(&input) } else { None };
    let wanted: Vec<usize> = video.into_iter().chain(audio).collect();
    if container.starts_with("mov") && tracks::points_behind_end(&mut input, &wanted, size_bytes) {
        return Err(MediaError::Rejected(Reason::truncated()));
    }
    let captions = tracks::captions(&input);
    let mut sound = audio.and_then(|index| audio_track(&input, index));
    let (mut picture, mut input) = match video {
        Some(index) => {
            let (track, input) = video_track(input, index, &stop)?;
            (Some(track), input)
        }
        None => (None, input),
    };
    // Before more is read: libav also counts what it has seen in passing as its index.
    let key_frames = match video {
        Some(index) => indexed_key_frames(&mut input, index)?,
        None => Vec::new(),
    };
    measure(&mut input, &wanted, &mut picture, &mut sound)?;
    if let Some(track) = &mut picture
        && track.duration_us > 0
    {
        // No track has more than the file; MPEG's headers say so of what they do not know.
        let bits = u128::from(size_bytes) * 8 * 1_000_000;
        let whole = u64::try_from(bits / u128::from(track.duration_us.unsigned_abs())).ok();
        let told = track.bitrate_bps.unwrap_or(u64::MAX);
        track.bitrate_bps = whole.map(|whole| whole.min(told));
    }
    if let Some(track) = &mut picture {
        let end_us = track.start_us.saturating_add(track.duration_us);
        track.cuttable = tracks::reach_all(key_frames, track.start_us, end_us);
    }
    let refused_audio = refused_audio.map(str::to_owned);
    Ok(SourceInfo { container, size_bytes, video: picture, audio: sound, refused_audio, captions })
}

/// Times of the key frames that the container's index knows. Matroska's lies behind the media and
/// is read with the first seek.
fn indexed_key_frames(input: &mut Input, index: usize) -> Result<Vec<i64>, MediaError> {
    if input.context().format().name().starts_with("matroska") {
        input.seek(i64::MAX / 2)?;
    }
    Ok(tracks::indexed_key_frames_us(input, index))
}

fn audio_track(input: &Input, index: usize) -> Option<AudioTrack> {
    let stream = input.context().stream(index)?;
    let (sample_rate, channels) = tracks::sound_shape(&stream)?;
    let (start, end) = tracks::extent_us(input, &stream);
    let start_us = start.unwrap_or(0);
    Some(AudioTrack {
        stream: u32::try_from(index).ok()?,
        codec: stream.parameters().id().name().to_owned(),
        sample_rate,
        channels,
        start_us,
        duration_us: end.map_or(0, |end| end - start_us),
    })
}

/// Describes the picture track and decodes its first pictures.
fn video_track(input: Input, index: usize, stop: &Stop) -> Result<(VideoTrack, Input), MediaError> {
    let stream = input.context().stream(index).ok_or_else(MediaError::unreadable)?;
    let (start, end) = tracks::extent_us(&input, &stream);
    let counts_packets = input.context().format().name() == "avi";
    let container_says_fields = tracks::interlaced(&stream);
    let mut track = VideoTrack {
        stream: u32::try_from(index).unwrap_or(u32::MAX),
        codec: stream.parameters().id().name().to_owned(),
        width: 0,
        height: 0,
        sample_aspect_ratio: tracks::sample_aspect(&stream).unwrap_or((1, 1)),
        orientation: Default::default(),
        average_rate: tracks::frame_rate(stream.avg_frame_rate()),
        base_rate: tracks::frame_rate(stream.rate()),
        start_us: start.unwrap_or(0),
        late_us: 0,
        duration_us: 0,
        bitrate_bps: u64::try_from(stream.parameters().bit_rate()).ok().filter(|&bps| bps > 0),
        interlaced: container_says_fields.unwrap_or(false),
        pixel_format: String::new(),
        color: Color::default(),
        cuttable: false,
    };
    let aspect_known = tracks::sample_aspect(&stream).is_some();
    let turned = tracks::display_orientation(&stream);
    let mut pictures = Pictures::of(input, index, UNTIMED_US, stop)?;
    let first = pictures.next()?.ok_or_else(MediaError::unreadable)?;
    (track.width, track.height) = (first.width(), first.height());
    track.pixel_format = pixel_name(first.format()).to_owned();
    track.color = color(&first);
    track.start_us = first_us(&first, &mut pictures, track.start_us)?;
    if counts_packets && let Some(start) = start {
        // AVI has no times but those of packets: its pictures come a reorder delay late.
        track.late_us = track.start_us - start;
        track.start_us = start;
    }
    track.duration_us = end.map_or(0, |end| end - track.start_us);
    if !aspect_known {
        track.sample_aspect_ratio = tracks::ratio(first.aspect_ratio()).unwrap_or((1, 1));
    }
    track.orientation = turned
        .or_else(|| {
            let matrix = first.side_data(side_data::Type::DisplayMatrix)?;
            orientation::from_matrix(matrix.data())
        })
        .unwrap_or_default();
    if container_says_fields.is_none() {
        track.interlaced = are_mostly_fields(&first, &mut pictures)?;
    }
    Ok((track, pictures.into_input()))
}

/// When the first picture is shown. Where it does not say (Matroska has no negative times),
/// counted back from the first that does.
fn first_us(first: &frame::Video, more: &mut Pictures, otherwise: i64) -> Result<i64, MediaError> {
    if let Some(ticks) = first.timestamp() {
        return Ok(time::to_us(ticks, more.time_base()));
    }
    for before in 1..UNTIMED {
        let Some(picture) = more.next()? else { break };
        if let Some(ticks) = picture.timestamp() {
            let first = ticks.saturating_sub(more.step().saturating_mul(before));
            return Ok(time::to_us(first, more.time_base()));
        }
    }
    Ok(otherwise)
}

fn are_mostly_fields(first: &frame::Video, more: &mut Pictures) -> Result<bool, MediaError> {
    let (mut seen, mut fields) = (1, usize::from(first.is_interlaced()));
    while seen < LOOK_AT {
        let Some(picture) = more.next()? else { break };
        seen += 1;
        fields += usize::from(picture.is_interlaced());
    }
    Ok(fields * 2 > seen)
}

fn color(picture: &frame::Video) -> Color {
    let named = |name: Option<&str>| name.unwrap_or("unknown").to_owned();
    Color {
        primaries: named(picture.color_primaries().name()),
        transfer: named(picture.color_transfer_characteristic().name()),
        matrix: named(picture.color_space().name()),
        range: named(picture.color_range().name()),
    }
}

/// Finds the ends of tracks whose container does not tell them, from their last packets.
fn measure(
    input: &mut Input,
    wanted: &[usize],
    video: &mut Option<VideoTrack>,
    audio: &mut Option<AudioTrack>,
) -> Result<(), MediaError> {
    let known = video.as_ref().is_none_or(|track| track.duration_us > 0)
        && audio.as_ref().is_none_or(|track| track.duration_us > 0);
    if known {
        return Ok(());
    }
    let ends = ends_us(input, wanted)?;
    let end_of = |stream: u32| {
        wanted.iter().zip(&ends).find(|(index, _)| **index == stream as usize)?.1.as_ref().copied()
    };
    if let Some(track) = video
        && track.duration_us <= 0
    {
        track.duration_us = end_of(track.stream).map_or(0, |end| end - track.start_us).max(0);
    }
    if let Some(track) = audio
        && track.duration_us <= 0
    {
        track.duration_us = end_of(track.stream).map_or(0, |end| end - track.start_us).max(0);
    }
    Ok(())
}

fn ends_us(input: &mut Input, wanted: &[usize]) -> Result<Vec<Option<i64>>, MediaError> {
    input.keep_only(wanted);
    let container_end = container_end_us(input);
    // One damaged timestamp must not make hours out of seconds.
    let most = container_end.map_or(i64::MAX, |end| end.saturating_add(BEYOND_US));
    if let Some(end_us) = container_end {
        for tail in TAILS_US {
            if !input.seek(end_us.saturating_sub(tail))? {
                break;
            }
            let ends = read_ends(input, wanted, most)?;
            if ends.iter().all(Option::is_some) {
                return Ok(ends);
            }
        }
    }
    // No length, no index, or a track that ends early: every packet, but without decoding.
    input.rewind()?;
    read_ends(input, wanted, most)
}

/// End of the file in microseconds, unless libav guessed it from the bitrate.
fn container_end_us(input: &Input) -> Option<i64> {
    // SAFETY: the context is open and borrowed; plain fields are read.
    let (start, length, method) = unsafe {
        let context = input.context().as_ptr();
        ((*context).start_time, (*context).duration, (*context).duration_estimation_method)
    };
    let guessed = method == ffi::AVDurationEstimationMethod::AVFMT_DURATION_FROM_BITRATE;
    let start = if start == ffi::AV_NOPTS_VALUE { 0 } else { start };
    (length > 0 && !guessed).then(|| start.saturating_add(length))
}

fn read_ends(
    input: &mut Input,
    wanted: &[usize],
    most: i64,
) -> Result<Vec<Option<i64>>, MediaError> {
    let mut tails: Vec<Tail> = wanted.iter().map(|_| Tail::default()).collect();
    while let Next::Packet(packet) = input.read()? {
        let place = wanted.iter().position(|&index| index == packet.stream());
        if let Some((place, stream)) = place.zip(input.context().stream(packet.stream())) {
            tails[place].add(&packet, &stream, most);
        }
    }
    Ok(tails.iter().map(Tail::end_us).collect())
}

/// The last packets of a track.
#[derive(Default)]
struct Tail {
    /// End of what says when it is shown.
    shown_us: Option<i64>,
    /// End of what says when it is decoded.
    decoded_us: Option<i64>,
    /// Length of a picture that says neither and is shown after what follows it: MPEG streams
    /// leave it to the decoder.
    late_us: i64,
}

impl Tail {
    fn add(&mut self, packet: &Packet, stream: &Stream, most: i64) {
        let base = stream.time_base();
        let length = match packet.duration() {
            0 => {
                let rate = f64::from(stream.avg_frame_rate());
                let us = if rate.is_finite() && rate > 0.0 { 1_000_000.0 / rate } else { 0.0 };
                #[expect(clippy::cast_possible_truncation, reason = "at most minutes")]
                time::from_us(us as i64, base)
            }
            ticks => ticks,
        };
        let until = |ticks: i64| {
            let end = time::to_us(ticks.saturating_add(length), base);
            (end <= most).then_some(end)
        };
        // Without a time to be shown at, it is shown its codec's reorder delay after decoding.
        let delay = tracks::reorder_delay(stream).saturating_mul(length);
        let decoded = packet.dts().and_then(|dts| until(dts.saturating_add(delay)));
        self.decoded_us = self.decoded_us.max(decoded);
        match packet.pts() {
            Some(pts) => {
                self.shown_us = self.shown_us.max(until(pts));
                // One that is itself shown later comes after it.
                if packet.dts().is_some_and(|dts| dts < pts) {
                    self.late_us = 0;
                }
            }
            None => self.late_us = time::to_us(length, base),
        }
    }

    fn end_us(&self) -> Option<i64> {
        self.shown_us.map(|end| end.saturating_add(self.late_us)).or(self.decoded_us)
    }
}
