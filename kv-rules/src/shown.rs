//! Text from others in a message.

/// Prepares a text for a message: quotes, backslashes and whatever a terminal would interpret are
/// escaped as in Rust.
///
/// ```
/// assert_eq!(kv_rules::shown("a\u{1b}b"), "a\\u{1b}b");
/// ```
#[must_use]
pub fn shown(text: &str) -> String {
    // A Worker contains the code of `{:?}` anyway; `escape_debug` would add its own.
    let quoted = format!("{text:?}");
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmful_characters_are_escaped() {
        assert_eq!(shown("user:zoë/🎉"), "user:zoë/🎉");
        assert_eq!(shown("\u{1b}[2J\n\"a\""), "\\u{1b}[2J\\n\\\"a\\\"");
        assert_eq!(shown(""), "");
    }
}
