//! What a video and its file may be called.

use crate::problem::Problem;

/// Longest title, in characters.
pub const MAX_TITLE: usize = 200;
/// Longest file name, in characters: what file systems take.
pub const MAX_FILENAME: usize = 255;

/// A title as people may give it: trimmed, not empty, not too long, on one line.
///
/// # Errors
/// 400 with what is wrong with it.
pub fn title(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Problem::bad_request("title_empty", "The title is empty."));
    }
    if text.chars().count() > MAX_TITLE {
        let detail = format!("The title is longer than {MAX_TITLE} characters.");
        return Err(Problem::bad_request("title_too_long", detail));
    }
    if text.chars().any(char::is_control) {
        let detail = "The title contains line breaks or other control characters.";
        return Err(Problem::bad_request("title_invalid", detail));
    }
    Ok(text.to_owned())
}

/// The file name alone, whatever path came with it. `None` if nothing of it is left.
///
/// # Errors
/// 400 if it is too long.
pub fn filename(text: &str) -> Result<Option<String>, Problem> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|char| !char.is_control()).collect();
    let name = name.trim();
    if name.chars().count() > MAX_FILENAME {
        let detail = format!("The file name is longer than {MAX_FILENAME} characters.");
        return Err(Problem::bad_request("filename_too_long", detail));
    }
    Ok((!name.is_empty() && name != "." && name != "..").then(|| name.to_owned()))
}

/// The title that was given, or the one that the file's name gives.
///
/// # Errors
/// 400 with what is wrong with it.
pub fn title_or_default(text: Option<&str>, filename: Option<&str>) -> Result<String, Problem> {
    match text.filter(|text| !text.trim().is_empty()) {
        Some(text) => title(text),
        None => Ok(default_title(filename)),
    }
}

/// What to call a video that nobody gave a title.
pub fn default_title(filename: Option<&str>) -> String {
    let stem = filename.map(|name| match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    });
    let stem: String = stem.unwrap_or_default().chars().take(MAX_TITLE).collect();
    match stem.trim() {
        "" => "Untitled".to_owned(),
        stem => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles() {
        assert_eq!(title("  Mein Hund 🐕 ").unwrap(), "Mein Hund 🐕");
        assert!(title(&"é".repeat(200)).is_ok(), "characters count, not bytes");
        let code = |text: &str| title(text).unwrap_err().code();
        assert_eq!(code(" \t"), "title_empty");
        assert_eq!(code(&"x".repeat(201)), "title_too_long");
        assert_eq!(code("a\nb"), "title_invalid");
    }

    #[test]
    fn only_the_last_part_of_a_path_counts() {
        let name = |text: &str| filename(text).unwrap();
        assert_eq!(name("clip.mp4").unwrap(), "clip.mp4");
        assert_eq!(name("../../etc/passwd").unwrap(), "passwd");
        assert_eq!(name("C:\\Users\\me\\clip.mov").unwrap(), "clip.mov");
        assert_eq!(name("a\0b\r\n.mp4").unwrap(), "ab.mp4");
        for nothing in ["", "/", "a/..", ".", "  ", "x/ "] {
            assert_eq!(name(nothing), None, "{nothing:?}");
        }
        assert_eq!(filename(&"x".repeat(256)).unwrap_err().code(), "filename_too_long");
    }

    #[test]
    fn a_title_comes_from_the_file() {
        assert_eq!(default_title(Some("holiday.final.mp4")), "holiday.final");
        assert_eq!(default_title(Some(".hidden")), ".hidden");
        assert_eq!(default_title(Some("noextension")), "noextension");
        assert_eq!(default_title(Some(&"x".repeat(255))).len(), 200);
        assert_eq!(default_title(None), "Untitled");
    }
}
