//! An error and its sources.

use std::error::Error;
use std::iter::successors;

/// The error, then its sources, outermost first.
pub(crate) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |error| <dyn Error + 'static>::source(*error))
}

/// The error and its sources on one line.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    chain(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
