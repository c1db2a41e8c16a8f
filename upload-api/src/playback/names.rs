//! The names that playback URLs end in, and the names that downloads get.

use std::fmt::Write;

use domain::{CaptionsName, RenditionName, keys};

/// A file of a video.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum File {
    Multivariant,
    Manifest,
    Playlist(RenditionName),
    Mp4(RenditionName),
    CaptionsPlaylist(CaptionsName),
    Captions(CaptionsName),
    /// A candidate for the poster, from 1, which is the poster.
    Poster(u32),
    Storyboard,
    /// A sheet of the storyboard, from 1.
    Sheet(u32),
    Preview,
}

/// A file of a rendition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Init,
    Segment(u32),
}

pub(super) fn file(name: &str) -> Option<File> {
    match (name, name.rsplit_once('.')?) {
        ("master.m3u8", _) => Some(File::Multivariant),
        ("manifest.mpd", _) => Some(File::Manifest),
        ("poster.jpg", _) => Some(File::Poster(1)),
        ("storyboard.vtt", _) => Some(File::Storyboard),
        ("preview.mp4", _) => Some(File::Preview),
        (_, (name, "jpg")) => numbered(name),
        (_, (captions, "vtt")) => CaptionsName::parse(captions).map(File::Captions),
        (_, (name, "m3u8")) => Some(match CaptionsName::parse(name) {
            Some(captions) => File::CaptionsPlaylist(captions),
            None => File::Playlist(name.into()),
        }),
        (_, (rendition, "mp4")) => Some(File::Mp4(rendition.into())),
        _ => None,
    }
}

fn numbered(name: &str) -> Option<File> {
    let (kind, digits) = name.rsplit_once('-')?;
    let number: u32 = digits.parse().ok()?;
    // One name for each: neither zero nor leading zeros nor a sign.
    let is_plain = number > 0 && number.to_string() == digits;
    match kind {
        "poster" if is_plain => Some(File::Poster(number)),
        "storyboard" if is_plain => Some(File::Sheet(number)),
        _ => None,
    }
}

pub(super) fn piece(name: &str) -> Option<Piece> {
    match name {
        "init.mp4" => Some(Piece::Init),
        _ => keys::segment_index(name).map(Piece::Segment),
    }
}

/// `Content-Disposition` (RFC 6266) that saves a file under this name.
pub(super) fn attachment(name: &str) -> String {
    let name = name.replace(['/', '\\'], "_");
    let plain: String = name.chars().map(|char| if is_plain(char) { char } else { '_' }).collect();
    // RFC 8187: every byte but those of `attr-char` is escaped.
    let mut escaped = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _infallible = write!(escaped, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{escaped}")
}

fn is_plain(char: char) -> bool {
    char.is_ascii_alphanumeric() || " ()-._,+".contains(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files() {
        assert_eq!(file("master.m3u8"), Some(File::Multivariant));
        assert_eq!(file("manifest.mpd"), Some(File::Manifest));
        assert_eq!(file("audio.m3u8"), Some(File::Playlist("audio".into())));
        assert_eq!(file("720p.mp4"), Some(File::Mp4("720p".into())));
        let cc1 = CaptionsName::closed(0);
        assert_eq!(file("cc1.m3u8"), Some(File::CaptionsPlaylist(cc1)));
        let first = CaptionsName::text(0);
        assert_eq!(file("subtitles-1.vtt"), Some(File::Captions(first)));
        assert_eq!(file("poster.jpg"), Some(File::Poster(1)));
        assert_eq!(file("poster-3.jpg"), Some(File::Poster(3)));
        assert_eq!(file("storyboard.vtt"), Some(File::Storyboard));
        assert_eq!(file("storyboard-2.jpg"), Some(File::Sheet(2)));
        assert_eq!(file("preview.mp4"), Some(File::Preview));
        let odd = ["poster-0.jpg", "poster-01.jpg", "poster-+1.jpg", "storyboard-.jpg", "a-1.jpg"];
        for none in
            ["480p.vtt", "", "master", "720p.mp3", "poster.png", "m3u8"].into_iter().chain(odd)
        {
            assert_eq!(file(none), None, "{none}");
        }
        assert_eq!(piece("init.mp4"), Some(Piece::Init));
        assert_eq!(piece("00012.m4s"), Some(Piece::Segment(12)));
        assert_eq!(piece("12.m4s"), None);
    }

    #[test]
    fn a_download_is_named_after_the_video() {
        assert_eq!(
            attachment("Straße \"A\"/B (480p).mp4"),
            "attachment; filename=\"Stra_e _A__B (480p).mp4\"; \
             filename*=UTF-8''Stra%C3%9Fe%20%22A%22_B%20%28480p%29.mp4"
        );
    }
}
