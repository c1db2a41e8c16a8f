//! What time it is, as the catalogue writes it.

use std::time::{SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Unix time in seconds.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A time in Unix seconds as RFC 3339, UTC.
pub(crate) fn rfc3339(unix: u64) -> String {
    let time = i64::try_from(unix).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    let time = time.and_then(|time| time.format(&Rfc3339).ok());
    time.unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

/// RFC 3339, UTC, to the second.
pub(crate) fn rfc3339_now() -> String {
    rfc3339(unix_now())
}
