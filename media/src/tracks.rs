//! Which tracks of a file are meant when someone says "the video", and what they say of themselves.

use std::ffi::CStr;

use domain::{
    FrameRate, Reason, captions,
    source::{CaptionTrack, MAX_KEY_FRAME_GAP_US, Orientation},
};
use ffmpeg_next::{
    FieldOrder, Rational, Stream, codec::packet::side_data, ffi, format::stream::Disposition, media,
};

use crate::{MediaError, decoding, input::Input, limits, orientation, time};

/// The picture track: the default one, else the largest. Covers and thumbnails are none.
pub(crate) fn best_video(input: &Input) -> Result<Option<usize>, MediaError> {
    let still = Disposition::ATTACHED_PIC;
    let best = input
        .context()
        .streams()
        .filter(|stream| stream.parameters().medium() == media::Type::Video)
        .filter(|stream| !stream.disposition().intersects(still))
        .max_by_key(|stream| {
            let (width, height) = size(stream);
            let pixels = u64::from(width) * u64::from(height);
            let default = stream.disposition().contains(Disposition::DEFAULT);
            (is_taken(stream), default, pixels, std::cmp::Reverse(stream.index()))
        });
    let Some(stream) = best else { return Ok(None) };
    if !is_taken(&stream) {
        return Err(unsupported(&stream));
    }
    if let Some(profile) = profile_without_base(&stream) {
        let name = format!("Dolby Vision profile {profile}");
        return Err(MediaError::Rejected(Reason::unsupported_codec(&name)));
    }
    let (width, height) = size(&stream);
    if !limits::takes_size(width, height) {
        return Err(MediaError::Rejected(Reason::picture_too_large(width, height)));
    }
    Ok(Some(stream.index()))
}

/// The sound track: the default one, else the first, of those we decode.
pub(crate) fn best_audio(input: &Input) -> Option<usize> {
    sounds(input)
        .filter(|stream| {
            let shape = sound_shape(stream);
            shape.is_some_and(|(rate, channels)| limits::takes_sound(rate, channels))
                && is_taken(stream)
        })
        .filter(|stream| decoding::open_decoder(stream.parameters(), stream.time_base()).is_ok())
        .max_by_key(|stream| {
            let default = stream.disposition().contains(Disposition::DEFAULT);
            (default, std::cmp::Reverse(stream.index()))
        })
        .map(|stream| stream.index())
}

/// The codec of a sound track, whether we decode it or not.
pub(crate) fn any_sound(input: &Input) -> Option<&'static str> {
    sounds(input).map(|stream| stream.parameters().id().name()).next()
}

fn sounds(input: &Input) -> impl Iterator<Item = Stream<'_>> {
    input.context().streams().filter(|stream| stream.parameters().medium() == media::Type::Audio)
}

/// Text tracks that can become captions, in the file's order.
pub(crate) fn captions(input: &Input) -> Vec<CaptionTrack> {
    let tracks = input
        .context()
        .streams()
        .filter(|stream| stream.parameters().medium() == media::Type::Subtitle)
        .filter(|stream| limits::takes_captions(stream.parameters().id().name()));
    let described = tracks.filter_map(|stream| {
        Some(CaptionTrack {
            stream: u32::try_from(stream.index()).ok()?,
            codec: stream.parameters().id().name().to_owned(),
            language: tag(&stream, c"language").and_then(|code| captions::language(&code)),
            title: tag(&stream, c"title").and_then(|title| captions::title(&title)),
            forced: stream.disposition().contains(Disposition::FORCED),
        })
    });
    described.take(captions::MAX_TRACKS).collect()
}

/// A track's metadata. Files may hold bytes that are no text, which the safe reader takes for text.
fn tag(stream: &Stream, name: &CStr) -> Option<String> {
    // SAFETY: the dictionary belongs to the stream, which is borrowed; an entry's value is never
    // null and ends with a zero byte (dict.h), and it is copied before anything can change it.
    unsafe {
        let metadata = (*stream.as_ptr()).metadata;
        let entry = ffi::av_dict_get(metadata, name.as_ptr(), std::ptr::null(), 0);
        (!entry.is_null()).then(|| CStr::from_ptr((*entry).value).to_string_lossy().into_owned())
    }
}

fn is_taken(stream: &Stream) -> bool {
    let name = stream.parameters().id().name();
    limits::takes_video(name) || limits::takes_audio(name)
}

fn unsupported(stream: &Stream) -> MediaError {
    MediaError::Rejected(Reason::unsupported_codec(stream.parameters().id().name()))
}

/// The profile of Dolby Vision without a picture that other decoders can show: profile 5, and
/// others whose base layer is compatible with nothing (Dolby Vision Streams Within the ISO Base
/// Media File Format 3.2: `dv_bl_signal_compatibility_id` 0).
fn profile_without_base(stream: &Stream) -> Option<u8> {
    // As libav keeps it: versions, profile, level, three flags, compatibility.
    let config = stream.side_data().find(|data| data.kind() == side_data::Type::DOVI_CONF)?;
    let (profile, compatible) = (*config.data().get(2)?, *config.data().get(7)?);
    (profile == 5 || (profile >= 8 && compatible == 0)).then_some(profile)
}

/// Width and height in pixels as stored.
pub(crate) fn size(stream: &Stream) -> (u32, u32) {
    // SAFETY: the parameters belong to the stream, which is borrowed; plain fields are read.
    let (width, height) = unsafe {
        let parameters = stream.parameters().as_ptr();
        ((*parameters).width, (*parameters).height)
    };
    (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0))
}

/// Sampling rate in Hz and channels of a sound track, if it says both.
pub(crate) fn sound_shape(stream: &Stream) -> Option<(u32, u32)> {
    // SAFETY: as in `size`.
    let (rate, channels) = unsafe {
        let parameters = stream.parameters().as_ptr();
        ((*parameters).sample_rate, (*parameters).channels)
    };
    let positive = |value: i32| u32::try_from(value).ok().filter(|&value| value > 0);
    Some((positive(rate)?, positive(channels)?))
}

/// Sample aspect ratio, if the track says one.
pub(crate) fn sample_aspect(stream: &Stream) -> Option<(u32, u32)> {
    // SAFETY: as in `size`.
    let (outer, inner) = unsafe {
        let parameters = stream.parameters().as_ptr();
        ((*stream.as_ptr()).sample_aspect_ratio, (*parameters).sample_aspect_ratio)
    };
    ratio(Rational::from(outer)).or_else(|| ratio(Rational::from(inner)))
}

/// Sample aspect ratio, if it stands in the container and not only in the pictures.
pub(crate) fn container_aspect(stream: &Stream) -> Option<(u32, u32)> {
    // SAFETY: as in `size`.
    ratio(Rational::from(unsafe { (*stream.as_ptr()).sample_aspect_ratio }))
}

/// Pictures by which decoding may run ahead of showing.
pub(crate) fn reorder_delay(stream: &Stream) -> i64 {
    // SAFETY: as in `size`.
    i64::from(unsafe { (*stream.parameters().as_ptr()).video_delay })
}

/// A ratio of two positive numbers.
pub(crate) fn ratio(value: Rational) -> Option<(u32, u32)> {
    let positive = |value: i32| u32::try_from(value).ok().filter(|&value| value > 0);
    Some((positive(value.0)?, positive(value.1)?))
}

/// A frame rate, if there is one.
pub(crate) fn frame_rate(value: Rational) -> Option<FrameRate> {
    ratio(value).map(|(num, den)| FrameRate::new(num, den))
}

/// What the container says about fields: interlaced or not, or nothing.
pub(crate) fn interlaced(stream: &Stream) -> Option<bool> {
    // SAFETY: as in `size`.
    let order = unsafe { (*stream.parameters().as_ptr()).field_order };
    match FieldOrder::from(order) {
        FieldOrder::Unknown => None,
        FieldOrder::Progressive => Some(false),
        _ => Some(true),
    }
}

/// How the container wants the picture turned.
pub(crate) fn display_orientation(stream: &Stream) -> Option<Orientation> {
    stream
        .side_data()
        .find(|data| data.kind() == side_data::Type::DisplayMatrix)
        .and_then(|data| orientation::from_matrix(data.data()))
}

/// Start and end of a track in microseconds, as far as the container knows. Some know
/// no end: for MPEG's libav takes the start of the last packet, for ASF that of the longest track.
pub(crate) fn extent_us(input: &Input, stream: &Stream) -> (Option<i64>, Option<i64>) {
    let container = input.context().format().name().to_owned();
    let guesses = container.starts_with("mpeg") || container == "asf";
    let known = |ticks: i64| (ticks != ffi::AV_NOPTS_VALUE).then_some(ticks);
    let start = known(stream.start_time());
    let length = known(stream.duration()).filter(|&ticks| ticks > 0 && !guesses);
    let us = |ticks| time::to_us(ticks, stream.time_base());
    (start.map(us), length.map(|ticks| us(start.unwrap_or(0).saturating_add(ticks))))
}

/// Times of the key frames in a track's index, in microseconds.
pub(crate) fn indexed_key_frames_us(input: &mut Input, index: usize) -> Vec<i64> {
    let Some(mut stream) = input.context_mut().stream_mut(index) else { return Vec::new() };
    let base = stream.time_base();
    // SAFETY: as in `points_behind_end`.
    unsafe {
        let stream = stream.as_mut_ptr();
        let entries = 0..ffi::avformat_index_get_entries_count(stream);
        let time = |number| {
            let entry = ffi::avformat_index_get_entry(stream, number);
            let is_key = !entry.is_null() && (*entry).flags() & ffi::AVINDEX_KEYFRAME != 0;
            is_key.then(|| time::to_us((*entry).timestamp, base))
        };
        entries.filter_map(time).collect()
    }
}

/// Whether key frames reach from `start_us` to `end_us` and are close enough together for decoding
/// to begin anywhere.
pub(crate) fn reach_all(key_frames_us: Vec<i64>, start_us: i64, end_us: i64) -> bool {
    let mut last = start_us;
    for key in key_frames_us.into_iter().chain([end_us]) {
        if key.saturating_sub(last) > MAX_KEY_FRAME_GAP_US {
            return false;
        }
        last = last.max(key);
    }
    true
}

/// Whether an index entry of a wanted track points behind the end of the file.
pub(crate) fn points_behind_end(input: &mut Input, streams: &[usize], size_bytes: u64) -> bool {
    streams.iter().any(|&index| {
        let Some(mut stream) = input.context_mut().stream_mut(index) else { return false };
        // SAFETY: the stream belongs to the input, which is borrowed mutably; entries are asked
        // for within their count and read before anything else can move them.
        unsafe {
            let stream = stream.as_mut_ptr();
            (0..ffi::avformat_index_get_entries_count(stream)).any(|number| {
                let entry = ffi::avformat_index_get_entry(stream, number);
                !entry.is_null() && {
                    let end = (*entry).pos.saturating_add(i64::from((*entry).size()));
                    u64::try_from(end).unwrap_or(0) > size_bytes
                }
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::reach_all;

    #[test]
    fn key_frames_must_reach_from_end_to_end() {
        const S: i64 = 1_000_000;
        let reach = |keys: &[i64], end: i64| {
            reach_all(keys.iter().map(|key| key * S).collect(), 0, end * S)
        };
        assert!(reach(&[0, 20, 40], 60));
        assert!(!reach(&[0, 21], 30));
        assert!(!reach(&[0, 10], 60), "an index of what has been read so far");
        assert!(!reach(&[], 60));
        assert!(reach(&[], 10), "all of it is within reach of the first picture");
    }
}
