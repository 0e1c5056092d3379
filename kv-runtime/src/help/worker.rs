//! Errors in a Worker's handler.

use crate::base::chain::with_sources;
use crate::typed::Error;

/// So that a Worker's handler can use `?`. The text says all that a log should.
impl From<Error> for worker::Error {
    fn from(error: Error) -> Self {
        let mut text = with_sources(&error);
        if let Some(help) = error.help() {
            text = format!("{text} ({help})");
        }
        Self::RustError(text)
    }
}
