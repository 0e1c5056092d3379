//! Errors in a Worker's handler.

use crate::base::chain::with_sources;
use crate::typed::Error;

/// Lets a Worker's handler use `?`. The text includes the sources and the help, so that a log has both.
impl From<Error> for worker::Error {
    fn from(error: Error) -> Self {
        let mut text = with_sources(&error);
        if let Some(help) = error.help() {
            text = format!("{text} ({help})");
        }
        Self::RustError(text)
    }
}
