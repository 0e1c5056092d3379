//! Keys: what may name a pair.

/// The longest key, in bytes of UTF-8.
pub const MAX_KEY_BYTES: usize = 512;

/// Why a key cannot be stored.
///
/// ```
/// use kv_rules::{KeyError, check_key};
///
/// assert_eq!(check_key(&"k".repeat(600)), Err(KeyError::TooLong { bytes: 600 }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key has no bytes.
    #[error("a key cannot be empty: Workers KV takes 1 to {MAX_KEY_BYTES} bytes")]
    Empty,
    /// The key is longer than [`MAX_KEY_BYTES`].
    #[error(
        "this key has {bytes} bytes: Workers KV takes at most {MAX_KEY_BYTES} bytes of UTF-8; \
         shorten it by {}", bytes - MAX_KEY_BYTES
    )]
    TooLong {
        /// Its length in bytes of UTF-8.
        bytes: usize,
    },
    /// The key is `.` or `..`, which a URL cannot carry.
    #[error(
        "a key cannot be `{0}`: Workers KV refuses `.` and `..`, which a URL cannot carry; \
         use a longer name"
    )]
    Dots(&'static str),
}

/// Checks that Workers KV can store `key`.
///
/// Every other text is a valid key, control characters and spaces included.
///
/// ```
/// use kv_rules::{KeyError, check_key};
/// assert_eq!(check_key("session/abc"), Ok(()));
/// assert_eq!(check_key(".."), Err(KeyError::Dots("..")));
/// ```
pub fn check_key(key: &str) -> Result<(), KeyError> {
    match key {
        "" => Err(KeyError::Empty),
        "." => Err(KeyError::Dots(".")),
        ".." => Err(KeyError::Dots("..")),
        _ if key.len() > MAX_KEY_BYTES => Err(KeyError::TooLong { bytes: key.len() }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_counts_bytes_not_characters() {
        assert_eq!(check_key(&"k".repeat(512)), Ok(()));
        assert_eq!(check_key(&"ü".repeat(256)), Ok(()));
        let too_long = KeyError::TooLong { bytes: 514 };
        assert_eq!(check_key(&"ü".repeat(257)), Err(too_long));
    }

    #[test]
    fn only_the_two_dot_names_are_reserved() {
        assert_eq!(check_key("."), Err(KeyError::Dots(".")));
        assert_eq!(check_key(".."), Err(KeyError::Dots("..")));
        assert_eq!(check_key("..."), Ok(()));
        assert_eq!(check_key("a/../b"), Ok(()));
        assert_eq!(check_key(""), Err(KeyError::Empty));
    }
}
