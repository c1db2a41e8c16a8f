//! Captions of a video: text tracks of the source, and the closed captions (CEA-608) that hide in
//! its pictures. Each becomes one WebVTT file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Reason, source::CaptionTrack};

/// Text tracks made of one source; more are left out.
pub const MAX_TRACKS: usize = 16;
/// Characters of a track's title.
const MAX_TITLE: usize = 80;
/// What comes before the number of a text track.
const TEXT: &str = "subtitles-";

/// One track of captions: `subtitles-1` is the first text track of the plan, `cc1` and `cc3` are
/// the primary and secondary caption service of CEA-608.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaptionsName(String);

impl CaptionsName {
    /// The text track at place `index` (from 0) of the plan's list.
    pub fn text(index: usize) -> Self {
        Self(format!("{TEXT}{}", index + 1))
    }

    /// The service of field `field` (0 or 1) of CEA-608.
    pub fn closed(field: usize) -> Self {
        Self(if field == 0 { "cc1" } else { "cc3" }.to_owned())
    }

    /// The name, if it is one.
    pub fn parse(name: &str) -> Option<Self> {
        let known = Self(name.to_owned());
        (known.is_closed() || known.place().is_some()).then_some(known)
    }

    /// As it stands in URLs and keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it comes from the pictures.
    pub fn is_closed(&self) -> bool {
        matches!(self.0.as_str(), "cc1" | "cc3")
    }

    /// Place of a text track in the plan's list, from 0.
    pub fn place(&self) -> Option<usize> {
        let number: usize = self.0.strip_prefix(TEXT)?.parse().ok()?;
        let place = number.checked_sub(1).filter(|&place| place < MAX_TRACKS)?;
        (Self::text(place) == *self).then_some(place)
    }

    /// Text tracks as the source has them, then closed captions.
    pub(crate) fn order(&self) -> (Option<usize>, &str) {
        match self.place() {
            Some(place) => (Some(place), ""),
            None => (Some(MAX_TRACKS), &self.0),
        }
    }
}

impl std::fmt::Display for CaptionsName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CaptionsName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name).ok_or("not a track of captions")
    }
}

impl From<CaptionsName> for String {
    fn from(name: CaptionsName) -> Self {
        name.0
    }
}

/// Where a track of captions stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaptionsState {
    /// Not yet made.
    Pending,
    /// In the bucket.
    Complete,
    /// It will not be made.
    Failed,
    /// It holds nothing to read.
    Skipped,
}

impl CaptionsState {
    /// States move to higher ranks only.
    pub(crate) fn rank(self) -> u8 {
        match self {
            Self::Pending => 0,
            Self::Failed => 1,
            Self::Complete | Self::Skipped => 2,
        }
    }
}

/// One track of captions in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptionsStatus {
    /// Which one.
    pub name: CaptionsName,
    /// Where it stands.
    pub state: CaptionsState,
    /// Why, when skipped or failed.
    pub reason: Option<Reason>,
}

/// A track as a player lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptionsLabel {
    /// Which one.
    pub name: CaptionsName,
    /// What a person picks, different for each track of a video.
    pub title: String,
    /// RFC 5646 tag, if the source says.
    pub language: Option<String>,
    /// Whether it is for what is not in the viewer's language only.
    pub forced: bool,
}

/// Labels for tracks of which `tracks` are the plan's; each title is used once
/// (RFC 8216 4.3.4.1.1).
pub fn labels<'a>(
    names: impl IntoIterator<Item = &'a CaptionsName>,
    tracks: &[CaptionTrack],
) -> Vec<CaptionsLabel> {
    let mut taken = BTreeSet::new();
    let label = |name: &CaptionsName| {
        let track = name.place().and_then(|place| tracks.get(place));
        let language = track.and_then(|track| track.language.clone());
        let title = match (track.and_then(|track| track.title.as_deref()), &language, name.place())
        {
            (Some(title), ..) => title.to_owned(),
            (None, Some(language), _) => language.clone(),
            (None, None, Some(_)) => "Subtitles".to_owned(),
            (None, None, None) => name.as_str().to_uppercase(),
        };
        let numbered = (2..).map(|number| format!("{title} ({number})"));
        let mut titles = std::iter::once(title.clone()).chain(numbered);
        let title = titles.find(|title| taken.insert(title.clone())).unwrap_or_default();
        let forced = track.is_some_and(|track| track.forced);
        CaptionsLabel { name: name.clone(), title, language, forced }
    };
    names.into_iter().map(label).collect()
}

/// A title from a file's metadata as it may stand in a playlist and on a page: one line, without
/// the quotes that a playlist cannot escape (RFC 8216 4.2).
pub fn title(text: &str) -> Option<String> {
    let kept = text.chars().filter(|char| !char.is_control() && *char != '"').take(MAX_TITLE);
    let title = kept.collect::<String>().trim().to_owned();
    (!title.is_empty()).then_some(title)
}

/// An RFC 5646 tag from the language of a track: ISO 639-2 codes become the shorter ones of
/// ISO 639-1 where there is one, as the RFC asks; what is no code is none.
pub fn language(code: &str) -> Option<String> {
    let code = code.trim();
    let parts: Vec<&str> = code.split('-').collect();
    let is_tag = code.len() <= 35
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && parts.iter().all(|part| (1..=8).contains(&part.len()));
    let (first, rest) = parts.split_first().filter(|_| is_tag)?;
    let first = first.to_ascii_lowercase();
    if !matches!(first.len(), 2 | 3) || matches!(first.as_str(), "und" | "mis" | "zxx" | "mul") {
        return None;
    }
    let short = SHORT_CODES.split_whitespace().find_map(|pair| {
        let (long, short) = pair.split_once(':')?;
        (long == first).then_some(short)
    });
    let subtags = rest.iter().map(|part| format!("-{part}"));
    Some(std::iter::once(short.unwrap_or(&first).to_owned()).chain(subtags).collect())
}

/// ISO 639-2 (both its kinds) and ISO 639-1 of languages that subtitles are written in.
const SHORT_CODES: &str = "afr:af sqi:sq alb:sq amh:am ara:ar hye:hy arm:hy aze:az eus:eu baq:eu \
    bel:be ben:bn bos:bs bul:bg mya:my bur:my cat:ca zho:zh chi:zh hrv:hr ces:cs cze:cs dan:da \
    nld:nl dut:nl eng:en epo:eo est:et fin:fi fra:fr fre:fr glg:gl kat:ka geo:ka deu:de ger:de \
    ell:el gre:el guj:gu heb:he hin:hi hun:hu isl:is ice:is ind:id gle:ga ita:it jpn:ja kan:kn \
    kaz:kk khm:km kor:ko lao:lo lat:la lav:lv lit:lt mkd:mk mac:mk msa:ms may:ms mal:ml mar:mr \
    mon:mn nep:ne nor:no nob:nb nno:nn fas:fa per:fa pol:pl por:pt pan:pa ron:ro rum:ro rus:ru \
    srp:sr sin:si slk:sk slo:sk slv:sl som:so spa:es swa:sw swe:sv tgl:tl tam:ta tel:te tha:th \
    tur:tr ukr:uk urd:ur uzb:uz vie:vi cym:cy wel:cy zul:zu";

#[cfg(test)]
mod tests {
    use super::*;

    fn track(language: &str, title: Option<&str>) -> CaptionTrack {
        CaptionTrack {
            stream: 2,
            codec: "subrip".into(),
            language: super::language(language),
            title: title.map(Into::into),
            forced: false,
        }
    }

    #[test]
    fn only_true_names() {
        for name in ["subtitles-1", "subtitles-16", "cc1", "cc3"] {
            assert_eq!(CaptionsName::parse(name).unwrap().as_str(), name);
        }
        for odd in ["subtitles-0", "subtitles-17", "subtitles-01", "subtitles-", "cc2", "480p", ""]
        {
            assert_eq!(CaptionsName::parse(odd), None, "{odd}");
            assert!(serde_json::from_value::<CaptionsName>(odd.into()).is_err());
        }
    }

    #[test]
    fn languages_are_short_where_they_can_be() {
        let expected = [
            ("eng", Some("en")),
            ("ger", Some("de")),
            ("deu", Some("de")),
            ("fil", Some("fil")),
            ("pt-BR", Some("pt-BR")),
            ("EN", Some("en")),
            ("und", None),
            ("", None),
            ("english", None),
            ("en\",DEFAULT=YES", None),
        ];
        for (code, tag) in expected {
            assert_eq!(language(code).as_deref(), tag, "{code}");
        }
    }

    #[test]
    fn titles_fit_into_a_playlist() {
        assert_eq!(
            title(" English \"SDH\"\r\n#EXT-X-ENDLIST "),
            Some("English SDH#EXT-X-ENDLIST".into())
        );
        assert_eq!(title("\u{0}"), None);
        assert_eq!(title(&"ä".repeat(500)).unwrap().chars().count(), MAX_TITLE);
    }

    #[test]
    fn every_label_is_used_once() {
        let tracks =
            [track("eng", None), track("eng", None), track("und", None), track("fre", Some("VF"))];
        let names: Vec<_> =
            (0..4).map(CaptionsName::text).chain([CaptionsName::closed(0)]).collect();
        let labels = labels(&names, &tracks);
        let titles: Vec<_> = labels.iter().map(|label| label.title.as_str()).collect();
        assert_eq!(titles, ["en", "en (2)", "Subtitles", "VF", "CC1"]);
        assert_eq!(labels[3].language.as_deref(), Some("fr"));
    }
}
