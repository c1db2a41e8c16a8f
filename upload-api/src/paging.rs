//! Pages of lists: how many of them, and where the next one begins. A cursor says which list it is
//! of, so that one of another list is refused instead of taken for a place in this one.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::problem::Problem;

/// Entries of a page, unless asked otherwise.
const PAGE: usize = 20;
/// Most entries of a page.
pub(crate) const MAX_PAGE: usize = 100;

/// How many entries a page is to have.
///
/// # Errors
/// 400 if it is no number, or too large a one.
pub(crate) fn page_size(text: Option<&str>) -> Result<usize, Problem> {
    let Some(text) = text else { return Ok(PAGE) };
    text.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit)).ok_or_else(|| {
        let detail = format!("limit must be a number from 1 to {MAX_PAGE}.");
        Problem::bad_request("invalid_limit", detail)
    })
}

/// The place behind `key` in a list; nobody outside needs to know what is in it.
pub(crate) fn cursor(list: &str, key: impl std::fmt::Display) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list} {key}"))
}

/// The key in a cursor of this list.
///
/// # Errors
/// 400 if it is none, or one of another list.
pub(crate) fn read_cursor<T: std::str::FromStr>(
    list: &str,
    text: Option<&str>,
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let read = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (of, key) = text.split_once(' ')?;
        (of == list).then(|| key.parse().ok()).flatten()
    };
    read().map(Some).ok_or_else(|| {
        let detail = "cursor must be the next_cursor of an earlier answer to the same question.";
        Problem::bad_request("invalid_cursor", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_for_its_own_list_only() {
        let text = cursor("videos", 7);
        assert_eq!(read_cursor::<u64>("videos", Some(&text)).unwrap(), Some(7));
        assert_eq!(read_cursor::<u64>("videos", None).unwrap(), None);
        for (list, wrong) in [
            ("feed", text.as_str()),
            ("videos", ""),
            ("videos", "7"),
            ("videos", "not base64!"),
            ("videos", &cursor("videos", "x")),
        ] {
            let refused = read_cursor::<u64>(list, Some(wrong)).unwrap_err();
            assert_eq!(refused.code(), "invalid_cursor", "{wrong}");
        }
    }

    #[test]
    fn a_page_has_bounds() {
        assert_eq!(page_size(None).unwrap(), 20);
        assert_eq!(page_size(Some("100")).unwrap(), 100);
        for wrong in ["0", "101", "-1", "", "many"] {
            assert_eq!(page_size(Some(wrong)).unwrap_err().code(), "invalid_limit", "{wrong}");
        }
    }
}
