//! Tells the faults of what we depend on from all others: they pass by themselves, and no job is to
//! blame for them.

use std::error::Error as StdError;

use anyhow::anyhow;
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

/// What we depend on did not answer, or answered that it cannot.
#[derive(Debug, thiserror::Error)]
#[error("a dependency fails")]
pub struct Outage(#[source] anyhow::Error);

/// Whether an outage is among an error's causes.
#[must_use]
pub fn is_behind(error: &anyhow::Error) -> bool {
    error.chain().any(<dyn StdError>::is::<Outage>)
}

/// An error of the SDK as one of ours, an [`Outage`] if it is one. Give it a context.
pub fn told<E>(error: SdkError<E, HttpResponse>) -> anyhow::Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let is_outage = match &error {
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) | SdkError::ResponseError(_) => {
            true
        }
        SdkError::ServiceError(answer) => {
            is_passing(answer.raw().status().as_u16(), error.code().unwrap_or_default())
        }
        _ => false,
    };
    let error = anyhow::Error::new(error);
    if is_outage { anyhow!(Outage(error)) } else { error }
}

/// An answer that ends in the middle.
pub(crate) fn torn(error: impl Into<anyhow::Error>) -> anyhow::Error {
    anyhow!(Outage(error.into()))
}

/// 5xx, and throttling, which AWS calls by many names and some services answer with 400.
fn is_passing(status: u16, code: &str) -> bool {
    let code = code.to_ascii_lowercase();
    status >= 500
        || status == 429
        || ["throttl", "slowdown", "toomanyrequests", "limitexceeded", "throughputexceeded"]
            .iter()
            .any(|word| code.contains(word))
}

/// What an answer of this status becomes, for tests.
#[cfg(test)]
pub(crate) fn answered(status: u16) -> anyhow::Error {
    let error = anyhow!("status {status}");
    if is_passing(status, "") { anyhow!(Outage(error)) } else { error }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::objects::ObjectError;

    #[test]
    fn who_says_so_is_away_and_who_refuses_is_not() {
        for (status, code) in [
            (500, ""),
            (503, "SlowDown"),
            (429, ""),
            (400, "ProvisionedThroughputExceededException"),
        ] {
            assert!(is_passing(status, code), "{status} {code}");
        }
        for (status, code) in [(400, "InvalidArgument"), (403, "AccessDenied"), (404, "NoSuchKey")]
        {
            assert!(!is_passing(status, code), "{status} {code}");
        }
    }

    #[test]
    fn it_is_found_behind_whatever_was_said_on_the_way() {
        let outage = || anyhow!(Outage(anyhow!("connection refused"))).context("storing a/b");
        assert!(is_behind(&outage().context("encoding")));
        assert!(is_behind(&anyhow::Error::new(ObjectError::Other(outage()))));
        let read = io::Error::other(ObjectError::Other(outage()));
        assert!(is_behind(&anyhow::Error::new(read).context("reading the source")));
        assert!(!is_behind(&anyhow!("connection refused")));
        assert_eq!(
            format!("{:#}", outage()),
            "storing a/b: a dependency fails: connection refused"
        );
    }
}
