//! Environment variables.

use std::env::{self, VarError};

/// An environment variable that must be there.
pub(crate) fn variable(name: &str) -> Result<String, String> {
    match env::var(name) {
        Ok(text) => Ok(text),
        Err(VarError::NotPresent) => Err(format!("the environment variable {name} is not set")),
        Err(VarError::NotUnicode(_)) => {
            Err(format!("the environment variable {name} is not UTF-8"))
        }
    }
}

/// An environment variable that may be there; an empty one counts as not set.
pub(crate) fn optional(name: &str) -> Option<String> {
    match env::var(name) {
        Ok(text) => Some(text).filter(|text| !text.is_empty()),
        Err(VarError::NotPresent) => None,
        // What it is used for tells that it is not one.
        Err(VarError::NotUnicode(text)) => Some(text.to_string_lossy().into_owned()),
    }
}
