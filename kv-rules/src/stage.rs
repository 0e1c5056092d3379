//! Which stages a part of a declaration is for.

use crate::shown;
use crate::{IdError, check_id};

/// Why a text is not a pattern of stages.
///
/// ```
/// let error = kv_rules::check_stage_pattern("Prod").unwrap_err();
/// assert_eq!(error.0, "Prod");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a stage, which has only a-z, 0-9, `_` and `-`: write one such as `\"prod\"`, or a \
     pattern such as `\"pr-*\"`", shown(.0)
)]
pub struct StagePatternError(pub String);

/// Checks a pattern of stages: a stage's name, in which `*` stands for any text.
///
/// ```
/// assert!(kv_rules::check_stage_pattern("pr-*").is_ok());
/// assert!(kv_rules::check_stage_pattern("a/b").is_err());
/// ```
pub fn check_stage_pattern(pattern: &str) -> Result<(), StagePatternError> {
    // A stage begins with a letter or digit, which a `*` can stand for.
    let example = pattern.replace('*', "0");
    match check_id(&example) {
        Ok(()) => Ok(()),
        Err(IdError(_)) => Err(StagePatternError(pattern.to_owned())),
    }
}

/// Whether a text matches a pattern in which `*` stands for any text.
///
/// ```
/// assert!(kv_rules::matches_glob("pr-*", "pr-7"));
/// assert!(!kv_rules::matches_glob("pr-*", "prod"));
/// ```
#[must_use]
pub fn matches_glob(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    // The shortest text first: `after` begins wherever it can.
    let begins = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    begins.into_iter().any(|at| rest.get(at..).is_some_and(|rest| matches_glob(after, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, stage, matches) in [
            ("prod", "prod", true),
            ("prod", "prod-2", false),
            ("pr-*", "pr-42", true),
            ("pr-*", "pr-", true),
            ("pr-*", "dev", false),
            ("*", "dev", true),
            ("*-eu", "prod-eu", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
        ] {
            assert_eq!(matches_glob(pattern, stage), matches, "{pattern} {stage}");
        }
    }

    #[test]
    fn a_pattern_that_can_never_match_is_refused() {
        for good in ["dev", "pr-*", "*", "*-eu"] {
            assert_eq!(check_stage_pattern(good), Ok(()), "{good}");
        }
        for bad in ["", "Prod", "a b", "-*", "a/b"] {
            assert!(check_stage_pattern(bad).is_err(), "{bad}");
        }
    }
}
