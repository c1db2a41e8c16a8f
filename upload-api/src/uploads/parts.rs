//! `POST /api/uploads/{id}/parts`: URLs that take one part each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use axum::{Json, extract::State};
use domain::{PartChecksum, Upload, UploadState, keys};
use platform::objects::PartRequest;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    direct::{UploadId, find, not_open},
    view::{PartUrlView, PartUrlsView},
};
use crate::{
    App,
    auth::Caller,
    clock,
    extract::Input,
    problem::{Problem, ProblemResponse},
};

/// How long a URL takes the beginning of its part, in seconds.
const TTL: u64 = 3600;
/// URLs of one answer.
const MAX_URLS: usize = 100;

/// Which parts are to be sent next.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartsWanted {
    /// From 1; at most 100.
    #[schema(min_items = 1, max_items = 100, example = json!([1, 2, 3]))]
    numbers: Vec<u32>,
    /// The parts' checksums in Base64 by number, if the upload was begun with checksums.
    #[serde(default)]
    #[schema(value_type = Option<std::collections::HashMap<String, String>>)]
    checksums: BTreeMap<u32, String>,
}

/// Ask for URLs of parts
///
/// A URL takes its part for an hour. Ask again for any that has expired, or whose part went wrong:
/// the last of several tries counts.
#[utoipa::path(
    post,
    path = "/api/uploads/{id}/parts",
    operation_id = "sign_parts",
    tag = "uploads",
    params(("id" = String, Path, description = "The upload's id")),
    request_body = PartsWanted,
    responses((status = 200, description = "Where to send them", body = PartUrlsView), ProblemResponse)
)]
pub(crate) async fn sign(
    State(app): State<Arc<App>>,
    caller: Caller,
    UploadId(id): UploadId,
    Input(wanted): Input<PartsWanted>,
) -> Result<Json<PartUrlsView>, Problem> {
    let (_, upload) = find(&app, &caller, id).await?;
    let wanted = requests(&upload, &wanted)?;
    let now = clock::unix_now();
    let ttl = TTL.min(upload.expires_at.saturating_sub(now));
    if upload.state != UploadState::Open {
        return Err(not_open(&upload));
    }
    if ttl == 0 {
        return Err(not_open(&Upload { state: UploadState::Expired, ..upload }));
    }
    let direct = app.raw.direct(&keys::source(id), &upload.multipart_id, upload.checksum);
    let mut parts = Vec::with_capacity(wanted.len());
    for part in wanted {
        let signed = direct.presign(&part, Duration::from_secs(ttl)).await;
        let signed = signed.map_err(|error| Problem::unavailable(error.into()))?;
        let mut headers = signed.headers;
        // Every client sends it by itself, and a browser's page may not set it.
        headers.remove("content-length");
        let (number, size_bytes) = (part.number, part.size_bytes);
        parts.push(PartUrlView { number, url: signed.url, size_bytes, headers });
    }
    Ok(Json(PartUrlsView { parts, expires_at: clock::rfc3339(now + ttl) }))
}

/// The parts that are asked for, each once.
fn requests(upload: &Upload, wanted: &PartsWanted) -> Result<Vec<PartRequest>, Problem> {
    let layout = upload.layout();
    if wanted.numbers.is_empty() || MAX_URLS < wanted.numbers.len() {
        let detail = format!("Ask for 1 to {MAX_URLS} parts at a time.");
        return Err(Problem::bad_request("invalid_part_numbers", detail));
    }
    let mut seen = BTreeSet::new();
    let once = wanted.numbers.iter().filter(|number| seen.insert(**number));
    once.map(|&number| {
        let size_bytes = layout.part_bytes(number).ok_or_else(|| {
            let detail = format!("Parts have numbers from 1 to {}.", layout.part_count());
            Problem::bad_request("invalid_part_numbers", detail)
        })?;
        let checksum = wanted.checksums.get(&number).cloned();
        check_checksum(upload.checksum, number, checksum.as_deref())?;
        Ok(PartRequest { number, size_bytes, checksum })
    })
    .collect()
}

fn check_checksum(
    kind: Option<PartChecksum>,
    number: u32,
    checksum: Option<&str>,
) -> Result<(), Problem> {
    let detail = match (kind, checksum) {
        (None, None) => return Ok(()),
        (Some(kind), Some(checksum)) if is_base64(checksum, kind.len_bytes()) => return Ok(()),
        (None, Some(_)) => "This upload was begun without checksums.".to_owned(),
        (Some(kind), _) => {
            let bytes = kind.len_bytes();
            format!("Part {number} needs its checksum: {bytes} bytes in Base64.")
        }
    };
    Err(Problem::bad_request("invalid_checksum", detail))
}

/// Whether a text is so many bytes in Base64 (RFC 4648 4).
fn is_base64(text: &str, bytes: usize) -> bool {
    let padding = (3 - bytes % 3) % 3;
    let digits = text.len().saturating_sub(padding);
    let is_digit = |char: u8| char.is_ascii_alphanumeric() || matches!(char, b'+' | b'/');
    text.len() == bytes.div_ceil(3) * 4
        && text.as_bytes()[..digits].iter().copied().all(is_digit)
        && text.as_bytes()[digits..].iter().all(|char| *char == b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn upload(checksum: Option<PartChecksum>) -> Upload {
        Upload {
            state: UploadState::Open,
            size_bytes: 20 * MIB,
            part_size_bytes: 8 * MIB,
            multipart_id: "m".into(),
            content_type: None,
            fingerprint: None,
            checksum,
            expires_at: 0,
        }
    }

    fn asked(numbers: &[u32], checksums: &[(u32, &str)]) -> PartsWanted {
        let checksums = checksums.iter().map(|(number, sum)| (*number, (*sum).to_owned()));
        PartsWanted { numbers: numbers.to_vec(), checksums: checksums.collect() }
    }

    #[test]
    fn each_part_is_signed_once_in_its_size() {
        let parts = requests(&upload(None), &asked(&[3, 1, 3], &[])).unwrap();
        let sizes: Vec<_> = parts.iter().map(|part| (part.number, part.size_bytes)).collect();
        assert_eq!(sizes, [(3, 4 * MIB), (1, 8 * MIB)]);
    }

    #[test]
    fn parts_that_there_are_not_are_refused() {
        for numbers in [&[][..], &[0], &[4], &[1, u32::MAX], &[1; 101]] {
            let refused = requests(&upload(None), &asked(numbers, &[])).unwrap_err();
            assert_eq!(refused.code(), "invalid_part_numbers", "{numbers:?}");
        }
    }

    #[test]
    fn checksums_come_with_all_parts_or_with_none() {
        let crc = upload(Some(PartChecksum::Crc32c));
        let code = |upload: &Upload, checksums: &[(u32, &str)]| {
            requests(upload, &asked(&[1], checksums)).err().map(|problem| problem.code())
        };
        assert_eq!(code(&crc, &[(1, "fx4FQw==")]), None);
        assert_eq!(code(&upload(None), &[]), None);
        let sha = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=";
        assert_eq!(code(&upload(Some(PartChecksum::Sha256)), &[(1, sha)]), None);
        for bad in [&[][..], &[(2, "fx4FQw==")], &[(1, "fx4FQw=")], &[(1, "fx4FQ!==")], &[(1, sha)]]
        {
            assert_eq!(code(&crc, bad), Some("invalid_checksum"), "{bad:?}");
        }
        assert_eq!(code(&upload(None), &[(1, sha)]), Some("invalid_checksum"));
    }
}
