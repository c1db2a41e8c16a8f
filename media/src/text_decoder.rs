//! libav's decoders of text: packets in, ASS dialogue text out, whatever the format was.

use std::ffi::CStr;

use ffmpeg_next::{Dictionary, Error, Packet, Rational, codec, decoder, ffi};

use crate::{MediaError, limits};

/// Fields before the text of a dialogue as libav's decoders write it: order, layer, style, name,
/// three margins, effect.
const FIELDS_BEFORE_TEXT: usize = 8;

/// Decodes one track.
pub(crate) struct TextDecoder(decoder::Subtitle);

/// What is said at one time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dialogue {
    /// In microseconds, if the decoder gave it a time.
    pub(crate) start_us: Option<i64>,
    /// How long it is shown, in milliseconds; 0 or more than a day if not known.
    pub(crate) shown_ms: u32,
    /// ASS text, lines parted by `\N`; empty for a pause.
    pub(crate) text: String,
}

impl TextDecoder {
    /// For a track of a file.
    pub(crate) fn open(
        parameters: codec::Parameters,
        time_base: Rational,
    ) -> Result<Self, MediaError> {
        let id = parameters.id();
        if !limits::takes_captions(id.name()) {
            return Err(MediaError::unreadable());
        }
        let context =
            codec::Context::from_parameters(parameters).map_err(|_| MediaError::unreadable())?;
        Self::of(context, id, time_base, Dictionary::new())
    }

    /// For CEA-608, field 0 or 1, with times in microseconds.
    pub(crate) fn closed_captions(field: usize) -> Result<Self, MediaError> {
        let id = codec::Id::EIA_608;
        let codec = decoder::find(id)
            .ok_or_else(|| MediaError::Internal("libav was built without CEA-608".into()))?;
        let mut options = Dictionary::new();
        options.set("data_field", if field == 0 { "first" } else { "second" });
        Self::of(codec::Context::new_with_codec(codec), id, Rational(1, 1_000_000), options)
    }

    fn of(
        context: codec::Context,
        id: codec::Id,
        time_base: Rational,
        options: Dictionary,
    ) -> Result<Self, MediaError> {
        let codec = decoder::find(id).ok_or_else(MediaError::unreadable)?;
        let mut context = context.decoder();
        context.set_packet_time_base(time_base);
        let opened = context.open_as_with(codec, options).map_err(|_| MediaError::unreadable())?;
        Ok(Self(opened.subtitle().map_err(|_| MediaError::unreadable())?))
    }

    /// What a packet says, if anything; an empty packet is the end.
    pub(crate) fn decode(&mut self, packet: &Packet) -> Result<Option<Dialogue>, Error> {
        let mut decoded = ffmpeg_next::Subtitle::new();
        let got = self.0.decode(packet, &mut decoded)?;
        // SAFETY: `decoded` was filled by the decoder; its rectangles are `num_rects` pointers to
        // valid ones, whose `ass` is null or ends with a zero byte. They are read before they are
        // freed, once: `Subtitle` itself frees nothing.
        unsafe {
            let found = &mut *decoded.as_mut_ptr();
            let count = if found.rects.is_null() { 0 } else { found.num_rects as usize };
            let lines: Vec<String> = (0..count)
                .map(|number| (**found.rects.add(number)).ass)
                .filter(|ass| !ass.is_null())
                .map(|ass| text_of(&CStr::from_ptr(ass).to_string_lossy()))
                .collect();
            let start_us = Some(found.pts).filter(|&pts| pts != ffi::AV_NOPTS_VALUE);
            let shown_ms = found.end_display_time;
            ffi::avsubtitle_free(found);
            Ok(got.then(|| Dialogue { start_us, shown_ms, text: lines.join("\\N") }))
        }
    }
}

fn text_of(dialogue: &str) -> String {
    dialogue.splitn(FIELDS_BEFORE_TEXT + 1, ',').nth(FIELDS_BEFORE_TEXT).unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_comes_after_the_fields() {
        assert_eq!(text_of("0,0,Default,,0,0,0,,Hello, world"), "Hello, world");
        assert_eq!(text_of("damaged"), "");
    }
}
