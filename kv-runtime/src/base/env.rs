//! Environment variables, and those that a file gives in their place.

use std::collections::BTreeMap;
use std::env::{self, VarError};
use std::sync::OnceLock;

/// What a file gives where the environment says nothing.
static OF_FILE: OnceLock<BTreeMap<String, String>> = OnceLock::new();

/// Takes variables where the environment has none of their names; once in a process.
#[cfg(feature = "cli")]
pub(crate) fn add(variables: BTreeMap<String, String>) {
    // A second time is none: what was read is in use.
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

/// An environment variable that must be there.
pub(crate) fn variable(name: &str) -> Result<String, String> {
    match read(name) {
        Ok(text) => Ok(text),
        Err(VarError::NotPresent) => Err(format!("the environment variable {name} is not set")),
        Err(VarError::NotUnicode(_)) => {
            Err(format!("the environment variable {name} is not UTF-8"))
        }
    }
}

/// Where the environment says that Cloudflare's API is.
#[cfg(any(feature = "rest", feature = "s3"))]
pub(crate) fn api_base_url() -> Option<String> {
    ["CLOUDFLARE_API_BASE_URL", "CLOUDFLARE_BASE_URL"].into_iter().find_map(optional)
}

/// An environment variable that may be there; an empty one counts as not set.
pub(crate) fn optional(name: &str) -> Option<String> {
    match read(name) {
        Ok(text) => Some(text).filter(|text| !text.is_empty()),
        Err(VarError::NotPresent) => None,
        // What it is used for tells that it is not one.
        Err(VarError::NotUnicode(text)) => Some(text.to_string_lossy().into_owned()),
    }
}
