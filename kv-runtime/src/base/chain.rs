//! An error and what led to it.

use std::error::Error;
use std::iter::successors;

/// The error itself, then what led to it, outermost first.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| <dyn Error + 'static>::source(*error))
}

/// The error with what led to it, on one line.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
