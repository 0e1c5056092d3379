//! What this project asks of JSON text beyond its grammar.

use std::borrow::Cow;

/// How many arrays and objects may be within each other: as deep as `serde_json` reads.
pub const MAX_JSON_DEPTH: usize = 127;

/// JSON text without the white space between its tokens: names keep their order and numbers their
/// digits. What is no JSON gives some other text.
///
/// ```
/// assert_eq!(kv_rules::compact_json(r#"{ "a b": [1.50, 2] }"#), r#"{"a b":[1.50,2]}"#);
/// ```
#[must_use]
pub fn compact_json(json: &str) -> Cow<'_, str> {
    if !json.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return Cow::Borrowed(json);
    }
    let (mut in_string, mut is_escaped) = (false, false);
    let mut keep = |c: char| {
        let keep = in_string || !c.is_ascii_whitespace();
        if c == '"' && !is_escaped {
            in_string = !in_string;
        }
        is_escaped = c == '\\' && !is_escaped;
        keep
    };
    Cow::Owned(json.chars().filter(|c| keep(*c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_goes() {
        let json = "{ \"b \\\" \\\\\" :\n[ 1 , 10000000000000000000001.50 ],\t\"a\": \"x y\" }";
        let expected = "{\"b \\\" \\\\\":[1,10000000000000000000001.50],\"a\":\"x y\"}";
        assert_eq!(compact_json(json), expected);
        assert!(matches!(compact_json("[1]"), Cow::Borrowed("[1]")));
    }
}
