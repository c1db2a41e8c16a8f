//! WebVTT (W3C) from cues of strangers: nothing gets through but text, line breaks and the tags
//! for bold, italics and underline; times lie on the video's own timeline.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::Reason;

/// Cues of a track; twelve hours of rolled-up live captions have fewer.
const MAX_CUES: usize = 50_000;
/// Bytes of all cues' text.
const MAX_BYTES: usize = 4 << 20;
/// Bytes of one cue's text as it comes from the file; the rest is left out.
const MAX_CUE_BYTES: usize = 4096;
/// How long a cue without an end is shown at most, in microseconds.
const ENDLESS_US: i64 = 5_000_000;

/// One caption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cue {
    /// From the start of the video, in milliseconds.
    pub start_ms: u64,
    /// Later than the start.
    pub end_ms: u64,
    /// WebVTT cue text, escaped.
    pub text: String,
}

/// Cues being gathered, put on the video's timeline.
#[derive(Clone, Debug)]
pub struct Cues {
    offset_us: i64,
    length_us: i64,
    /// Start, end if known, text.
    found: Vec<(i64, Option<i64>, String)>,
    bytes: usize,
}

impl Cues {
    /// For a video of `length_us` that begins at `offset_us` of the source's time.
    pub fn new(offset_us: i64, length_us: i64) -> Self {
        Self { offset_us, length_us, found: Vec::new(), bytes: 0 }
    }

    /// Takes a caption in the text format of ASS dialogue, its times in the source's time.
    ///
    /// # Errors
    /// If the track holds more than any video needs.
    pub fn push(&mut self, start_us: i64, end_us: Option<i64>, ass: &str) -> Result<(), Reason> {
        let start = start_us.saturating_sub(self.offset_us);
        let end = end_us.map(|end| end.saturating_sub(self.offset_us).min(self.length_us));
        if start >= self.length_us || end.is_some_and(|end| end <= start.max(0)) {
            return Ok(());
        }
        let text = cue_text(ass);
        if text.is_empty() {
            // Says nothing itself, but ends one that knew no end.
            if let Some((_, open @ None, _)) = self.found.last_mut() {
                *open = Some(start);
            }
            return Ok(());
        }
        self.bytes += text.len();
        if self.found.len() >= MAX_CUES || self.bytes > MAX_BYTES {
            return Err(Reason::too_many_captions());
        }
        self.found.push((start, end, text));
        Ok(())
    }

    /// All cues in the order of their starts.
    pub fn finish(mut self) -> Vec<Cue> {
        self.found.sort_by_key(|(start, ..)| *start);
        let starts: Vec<i64> = self.found.iter().map(|(start, ..)| *start).collect();
        let mut cues = Vec::new();
        for (at, (start, end, text)) in self.found.into_iter().enumerate() {
            let longest = start.saturating_add(ENDLESS_US).min(self.length_us);
            let next = || starts[at..].iter().copied().find(|&next| next > start);
            let end = end.unwrap_or_else(|| next().map_or(longest, |next| next.min(longest)));
            let ms = |us: i64| u64::try_from(us / 1000).unwrap_or(0);
            let (start_ms, end_ms) = (ms(start), ms(end));
            if end_ms > start_ms {
                cues.push(Cue { start_ms, end_ms, text });
            }
        }
        cues
    }
}

/// A whole WebVTT file, which is also the one segment of an HLS subtitle playlist: there it needs
/// to say which media time its zero is (RFC 8216 3.5).
pub fn file(cues: &[Cue]) -> String {
    let mut text = "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n".to_owned();
    for cue in cues {
        let (start, end) = (Timestamp(cue.start_ms), Timestamp(cue.end_ms));
        let _infallible = write!(text, "\n{start} --> {end}\n{}\n", cue.text);
    }
    text
}

struct Timestamp(u64);

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (seconds, ms) = (self.0 / 1000, self.0 % 1000);
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        write!(f, "{hours:02}:{minutes:02}:{:02}.{ms:03}", seconds % 60)
    }
}

/// WebVTT cue text from ASS dialogue text, the form into which libav's decoders bring all others.
fn cue_text(ass: &str) -> String {
    let mut writer = CueWriter::default();
    let mut rest = &ass[..ass.floor_char_boundary(MAX_CUE_BYTES)];
    while let Some(char) = rest.chars().next() {
        let block = rest.strip_prefix('{').and_then(|inside| inside.split_once('}'));
        rest = match (char, block) {
            ('{', Some((tags, after))) => {
                writer.obey(tags);
                after
            }
            ('\\', _) if rest.starts_with("\\N") || rest.starts_with("\\n") => {
                writer.put('\n');
                &rest[2..]
            }
            ('\\', _) if rest.starts_with("\\h") => {
                writer.put(' ');
                &rest[2..]
            }
            _ => {
                writer.put(char);
                &rest[char.len_utf8()..]
            }
        };
    }
    writer.finish()
}

/// Writes text line by line; empty lines, which would end a cue, do not come about.
#[derive(Default)]
struct CueWriter {
    lines: Vec<String>,
    line: String,
    /// Tags that are open, in order.
    open: Vec<char>,
    /// In a drawing: numbers that mean lines and curves.
    draws: bool,
}

impl CueWriter {
    fn put(&mut self, char: char) {
        match char {
            _ if self.draws => {}
            '\n' => self.end_line(),
            '&' => self.line.push_str("&amp;"),
            '<' => self.line.push_str("&lt;"),
            '>' => self.line.push_str("&gt;"),
            char if char.is_control() => {}
            char => self.line.push(char),
        }
    }

    /// Override tags, such as `\i1\pos(3,4)`.
    fn obey(&mut self, tags: &str) {
        for tag in tags.split('\\').map(str::trim) {
            let mut chars = tag.chars();
            match (chars.next(), chars.as_str()) {
                (Some(style @ ('b' | 'i' | 'u')), "0") => self.style(style, false),
                // A weight of a font counts as bold from 600 on.
                (Some(style @ ('b' | 'i' | 'u')), "1" | "600" | "700" | "800" | "900") => {
                    self.style(style, true);
                }
                (Some('r'), _) => self.close_all(),
                (Some('p'), scale) if !scale.is_empty() => {
                    if let Ok(scale) = scale.parse::<u8>() {
                        self.draws = scale > 0;
                    }
                }
                _ => {}
            }
        }
    }

    fn style(&mut self, style: char, on: bool) {
        let place = self.open.iter().position(|open| *open == style);
        match (on, place) {
            (true, None) => {
                self.open.push(style);
                let _infallible = write!(self.line, "<{style}>");
            }
            (false, Some(place)) => {
                // What was opened inside is closed with it and opened again.
                let inside = self.open.split_off(place + 1);
                for style in inside.iter().rev().chain([&style]) {
                    let _infallible = write!(self.line, "</{style}>");
                }
                self.open.pop();
                for style in inside {
                    self.style(style, true);
                }
            }
            _ => {}
        }
    }

    fn close_all(&mut self) {
        while let Some(style) = self.open.pop() {
            let _infallible = write!(self.line, "</{style}>");
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if !line.is_empty() {
            self.lines.push(line.to_owned());
        }
    }

    fn finish(mut self) -> String {
        self.close_all();
        self.end_line();
        let text = self.lines.join("\n");
        let says_something = without_tags(&text).chars().any(|char| !char.is_whitespace());
        if says_something { text } else { String::new() }
    }
}

/// Our own tags taken out again: `<` in text is escaped.
fn without_tags(text: &str) -> String {
    let pieces = text.split('<').enumerate();
    pieces
        .map(
            |(n, piece)| {
                if n == 0 { piece } else { &piece[piece.find('>').map_or(0, |at| at + 1)..] }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text() {
        assert_eq!(cue_text(r"One\Ntwo\h three\n\N"), "One\ntwo  three");
        assert_eq!(cue_text("a < b & c --> d\u{0}\u{1b}"), "a &lt; b &amp; c --&gt; d");
        assert_eq!(cue_text("<script>x</script>"), "&lt;script&gt;x&lt;/script&gt;");
        assert_eq!(cue_text("a {not closed"), "a {not closed");
        assert_eq!(cue_text(r"C:\temp"), r"C:\temp");
        assert_eq!(cue_text("\u{202e}שלום"), "\u{202e}שלום");
        assert_eq!(cue_text(&"ä".repeat(5000)).len(), 4096);
    }

    #[test]
    fn styles_nest() {
        assert_eq!(cue_text(r"{\i1}it{\i0} {\b1}bold"), "<i>it</i> <b>bold</b>");
        assert_eq!(cue_text(r"{\i1}a{\b1}b{\i0}c"), "<i>a<b>b</b></i><b>c</b>");
        assert_eq!(cue_text(r"{\an8\pos(9,9)\fnArial\c&HFF&\bord2}up"), "up");
        assert_eq!(cue_text(r"{\u1}a{\r}b{\u1}c"), "<u>a</u>b<u>c</u>");
        assert_eq!(cue_text(r"{\i1}{\i0}\N{\b1} "), "", "nothing to read");
        assert_eq!(cue_text(r"{\p1}m 0 0 l 100 0{\p0}seen"), "seen");
    }

    #[test]
    fn times_are_the_videos() {
        let mut cues = Cues::new(1_400_000, 10_000_000);
        let mut push = |start, end, text| cues.push(start, end, text).unwrap();
        push(9_400_000, Some(99_000_000), "past the end");
        push(1_000_000, Some(2_400_000), "begun before");
        push(0, Some(1_400_000), "over before");
        push(11_400_000, None, "after it");
        push(3_400_000, None, "until the next");
        push(4_400_000, None, "");
        push(5_400_000, None, "five seconds");
        push(i64::MAX, Some(i64::MIN), "nonsense");
        let times: Vec<_> = cues.finish().into_iter().map(|c| (c.start_ms, c.end_ms)).collect();
        assert_eq!(times, [(0, 1000), (2000, 3000), (4000, 8000), (8000, 10_000)]);
    }

    #[test]
    fn a_file() {
        let cue = |start_ms, end_ms, text: &str| Cue { start_ms, end_ms, text: text.into() };
        assert_eq!(
            file(&[cue(500, 1500, "a\nb"), cue(3_600_000, 36_061_001, "<i>c</i>")]),
            "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n\
             00:00:00.500 --> 00:00:01.500\na\nb\n\n01:00:00.000 --> 10:01:01.001\n<i>c</i>\n"
        );
    }

    #[test]
    fn there_is_an_end_to_it() {
        let mut cues = Cues::new(0, i64::MAX);
        let pushed = (0..60_000).map(|n| cues.push(n * 1000, Some(n * 1000 + 900), "x"));
        let refused = pushed.filter(Result::is_err).count();
        assert_eq!(refused, 10_000);
        assert_eq!(cues.finish().len(), 0, "shorter than a millisecond");
    }
}
