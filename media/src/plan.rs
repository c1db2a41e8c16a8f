//! The decision about a source: probe it, apply the rules.

use domain::{Plan, Recipe, SourceInfo, StoredPlan};

use crate::{MediaError, Source, probe};

/// Looks at a source and decides what becomes of it. An input at fault is a decision, too.
///
/// # Errors
/// [`MediaError::Source`] if its bytes could not be read.
pub fn plan(
    source: Box<dyn Source>,
    size_bytes: u64,
    recipe: Recipe,
) -> Result<StoredPlan, MediaError> {
    decide(probe(source, size_bytes), recipe)
}

/// The rules applied to what the probe saw.
pub(crate) fn decide(
    probed: Result<SourceInfo, MediaError>,
    recipe: Recipe,
) -> Result<StoredPlan, MediaError> {
    let planned = match probed {
        Ok(info) => Plan::new(info, recipe),
        Err(MediaError::Rejected(reason)) => Err(reason),
        Err(other) => return Err(other),
    };
    Ok(match planned {
        Ok(plan) => StoredPlan::Accepted(Box::new(plan)),
        Err(reason) => StoredPlan::Rejected(reason),
    })
}
