//! Text of others in a message.

/// A text for a message: as it is, but for quotes, backslashes and what a terminal would obey, which
/// are written as Rust writes them.
#[must_use]
pub fn shown(text: &str) -> String {
    // A Worker has the code of this for other messages, and would grow by that of `escape_debug`.
    let quoted = format!("{text:?}");
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_do_harm_is_escaped() {
        assert_eq!(shown("user:zoë/🎉"), "user:zoë/🎉");
        assert_eq!(shown("\u{1b}[2J\n\"a\""), "\\u{1b}[2J\\n\\\"a\\\"");
        assert_eq!(shown(""), "");
    }
}
