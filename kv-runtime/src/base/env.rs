//! Environment variables, and defaults for them from a file.

use std::collections::BTreeMap;
use std::env::{self, VarError};
use std::sync::OnceLock;

/// Variables from a file, for those that the environment does not set.
static OF_FILE: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// Sets defaults for environment variables; only once per process.
#[cfg(feature = "cli")]
pub(crate) fn add(variables: BTreeMap<String, String>) {
    // A second call has no effect, since values already read are in use.
    let _ = OF_FILE.set(variables);
}

fn read(name: &str) -> Result<String, VarError> {
    match env::var(name) {
        Err(VarError::NotPresent) => {
            let given = OF_FILE.get().and_then(|variables| variables.get(name));
            given.cloned().ok_or(VarError::NotPresent)
        }
        read => read,
    }
}

/// A required environment variable.
pub(crate) fn variable(name: &str) -> Result<String, String> {
    match read(name) {
        Ok(text) => Ok(text),
        Err(VarError::NotPresent) => Err(format!("the environment variable {name} is not set")),
        Err(VarError::NotUnicode(_)) => {
            Err(format!("the environment variable {name} is not UTF-8"))
        }
    }
}

/// The variables that set the base URL of Cloudflare's API.
#[cfg(any(feature = "rest", feature = "s3"))]
pub(crate) const API_BASE_URL: [&str; 2] = ["CLOUDFLARE_API_BASE_URL", "CLOUDFLARE_BASE_URL"];

/// An optional environment variable; an empty one counts as not set.
pub(crate) fn optional(name: &str) -> Option<String> {
    match read(name) {
        Ok(text) => Some(text).filter(|text| !text.is_empty()),
        Err(VarError::NotPresent) => None,
        // Invalid UTF-8 fails later, where the value is checked.
        Err(VarError::NotUnicode(text)) => Some(text.to_string_lossy().into_owned()),
    }
}
