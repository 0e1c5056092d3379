//! What to do if a get, a put, a delete or a listing fails.

use crate::typed::Error;

impl Error {
    /// What to do next, if the message does not say it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.help(),
            _ => None,
        }
    }
}
