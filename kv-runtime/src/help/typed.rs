//! What to do about an error of a get, a put, a delete or a listing.

use crate::typed::Error;

impl Error {
    /// What to do next, where the message does not say it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.help(),
            _ => None,
        }
    }
}
