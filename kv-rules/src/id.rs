//! Ids, app names and stage names: the keys of the state.

use crate::shown;

/// The longest id.
pub const MAX_ID_BYTES: usize = 64;

/// Why a text cannot be an id, an app or a stage.
///
/// ```
/// let error = kv_rules::check_id("Dev").unwrap_err();
/// assert_eq!(error.0, "Dev");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` cannot be an id, an app or a stage: these have 1 to {MAX_ID_BYTES} characters of a-z, 0-9, \
     `_` and `-`, and begin with a letter or digit", shown(.0)
)]
pub struct IdError(pub String);

/// Checks an id, an app or a stage: `[a-z0-9][a-z0-9_-]{0,63}`.
///
/// They name entries and files of the state, so they cannot contain anything that a path or a
/// terminal would interpret.
///
/// ```
/// assert!(kv_rules::check_id("pr-12").is_ok());
/// assert!(kv_rules::check_id("../other").is_err());
/// ```
pub fn check_id(id: &str) -> Result<(), IdError> {
    let part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    let starts = id.bytes().next().is_some_and(|b| part(b) && b != b'_' && b != b'-');
    if starts && id.len() <= MAX_ID_BYTES && id.bytes().all(part) {
        return Ok(());
    }
    Err(IdError(id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_the_state_folder() {
        for good in ["dev", "pr-12", "user_sessions", "0", &"a".repeat(64)] {
            assert_eq!(check_id(good), Ok(()), "{good}");
        }
        for bad in ["", "../../x", "Dev", "-a", "_a", "a/b", "a.b", "\u{1b}[2J", &"a".repeat(65)] {
            assert!(check_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_error_shows_control_characters_escaped() {
        assert!(check_id("\u{1b}[2J").unwrap_err().to_string().contains("\\u{1b}"));
    }
}
