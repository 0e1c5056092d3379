//! "Did you mean": the known word that is closest to what was written.

/// The known word that `written` is probably a misspelling of.
///
/// ```
/// assert_eq!(kv_rules::closest("stging", ["dev", "staging"]), Some("staging"));
/// assert_eq!(kv_rules::closest("other", ["dev", "staging"]), None);
/// ```
pub fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(written);
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&folded, &fold(word)), word))
        .filter(|(distance, word)| *distance <= word.len().min(written.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The end of a message that suggests [`closest`], or an empty text.
///
/// ```
/// let hint = kv_rules::did_you_mean("values", ["key", "value"]);
/// assert!(hint.contains("value"), "{hint}");
/// ```
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    closest(written, known).map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_is_recognised_and_another_word_is_not() {
        let known = ["key", "value", "expirationTtl", "expiration", "metadata"];
        for (written, meant) in [
            ("vaule", Some("value")),
            ("expirationTTL", Some("expirationTtl")),
            ("expiration-ttl", Some("expirationTtl")),
            ("expires", None),
            ("meta", None),
            ("kye", Some("key")),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(closest(written, known), meant, "{written}");
        }
    }
}
