//! Values and metadata: how large they may be.

/// The largest value, in bytes as stored: 25 MiB.
pub const MAX_VALUE_BYTES: usize = 25 * 1024 * 1024;

/// The largest metadata, in bytes of compact JSON.
pub const MAX_METADATA_BYTES: usize = 1024;

/// Why a value cannot be stored.
///
/// ```
/// let error = kv_rules::check_value(26 * 1024 * 1024).unwrap_err();
/// assert_eq!(error.bytes, 27_262_976);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this value has {bytes} bytes as stored: Workers KV takes at most 25 MiB \
     ({MAX_VALUE_BYTES} bytes); split it over several keys or put it in R2"
)]
pub struct ValueError {
    /// Its length as stored.
    pub bytes: usize,
}

/// Why metadata cannot be stored.
///
/// ```
/// assert_eq!(kv_rules::check_metadata(2000).unwrap_err().bytes, 2000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this metadata has {bytes} bytes as compact JSON: Workers KV takes at most \
     {MAX_METADATA_BYTES}; move what is large into the value"
)]
pub struct MetadataError {
    /// Its length as compact JSON.
    pub bytes: usize,
}

/// Checks the length of a value as stored.
///
/// ```
/// assert!(kv_rules::check_value(kv_rules::MAX_VALUE_BYTES).is_ok());
/// assert!(kv_rules::check_value(kv_rules::MAX_VALUE_BYTES + 1).is_err());
/// ```
pub fn check_value(bytes: usize) -> Result<(), ValueError> {
    if bytes > MAX_VALUE_BYTES {
        return Err(ValueError { bytes });
    }
    Ok(())
}

/// Checks the length of metadata as compact JSON.
///
/// ```
/// assert!(kv_rules::check_metadata(1024).is_ok());
/// assert!(kv_rules::check_metadata(1025).is_err());
/// ```
pub fn check_metadata(bytes: usize) -> Result<(), MetadataError> {
    if bytes > MAX_METADATA_BYTES {
        return Err(MetadataError { bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_inclusive() {
        assert_eq!(check_value(26_214_400), Ok(()));
        assert_eq!(check_value(26_214_401), Err(ValueError { bytes: 26_214_401 }));
        assert_eq!(check_metadata(1024), Ok(()));
        assert_eq!(check_metadata(1025), Err(MetadataError { bytes: 1025 }));
    }
}
