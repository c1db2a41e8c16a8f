//! What the table's refusals mean.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
};
use platform::outage;

use super::CatalogueError;

/// Whether an item was not as a condition says.
pub(super) fn is_refused<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Whether an item of a transaction was not as a condition says, or another write is under way.
pub(super) fn is_conflict<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
        error.as_service_error()
    else {
        return false;
    };
    let codes = cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
    let mut codes = codes.filter(|code| *code != "None").peekable();
    codes.peek().is_some()
        && codes.all(|code| matches!(code, "ConditionalCheckFailed" | "TransactionConflict"))
}

/// Everything else that may go wrong.
pub(super) fn unavailable<E>(
    doing: &'static str,
    error: SdkError<E, HttpResponse>,
) -> CatalogueError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    CatalogueError::Unavailable(outage::told(error).context(doing))
}
