//! What this project requires of JSON text beyond its grammar.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How deeply arrays and objects may be nested: as deeply as `serde_json` reads.
pub const MAX_JSON_DEPTH: usize = 127;

/// JSON text without the white space between its tokens: names keep their order and numbers their
/// digits. For text that is not JSON the result is unspecified.
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

/// Appends a text as a JSON string, byte for byte as `serde_json` writes it. With this, cargo need not
/// compile `serde_json` a second time for the macro.
///
/// ```
/// let mut json = String::new();
/// kv_rules::push_json_text(&mut json, "a \"b\"\u{1b}");
/// assert_eq!(json, r#""a \"b\"\u001b""#);
/// ```
pub fn push_json_text(json: &mut String, text: &str) {
    json.push('"');
    let mut rest = text;
    // The macro does this for each entry without optimization: bytes take a third of the time of chars.
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\')
    {
        let (plain, after) = rest.split_at(at);
        json.push_str(plain);
        let mut chars = after.chars();
        match chars.next() {
            Some('"') => json.push_str("\\\""),
            Some('\\') => json.push_str("\\\\"),
            Some('\n') => json.push_str("\\n"),
            Some('\r') => json.push_str("\\r"),
            Some('\t') => json.push_str("\\t"),
            Some('\u{8}') => json.push_str("\\b"),
            Some('\u{c}') => json.push_str("\\f"),
            // Writing to a `String` cannot fail.
            Some(control) => drop(write!(json, "\\u{:04x}", u32::from(control))),
            None => {}
        }
        rest = chars.as_str();
    }
    json.push_str(rest);
    json.push('"');
}

/// Reads a JSON integer; `None` if neither `i64` nor `u64` can hold it.
///
/// ```
/// assert_eq!(kv_rules::json_integer("-7"), Some(-7));
/// assert_eq!(kv_rules::json_integer("99999999999999999999"), None);
/// ```
#[must_use]
pub fn json_integer(digits: &str) -> Option<i128> {
    let value = digits.parse().ok()?;
    (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&value).then_some(value)
}

/// The message for an integer that [`json_integer`] does not read.
pub const BEYOND_U64: &str = "JSON integers are kept exact from i64::MIN to u64::MAX \
     (18446744073709551615); write a larger number as text";

/// The message for a number that no `f64` can hold.
pub const BEYOND_F64: &str = "a number is at most 1.7976931348623157e308, the largest f64";

/// A number as `serde_json` writes it, except for the last digit if two are equally near; `None` if
/// JSON cannot express the number.
///
/// ```
/// assert_eq!(kv_rules::json_number(1.5).as_deref(), Some("1.5"));
/// assert_eq!(kv_rules::json_number(f64::NAN), None);
/// ```
#[must_use]
pub fn json_number(number: f64) -> Option<String> {
    if !number.is_finite() {
        return None;
    }
    if (1e-5..1e-4).contains(&number.abs()) {
        return Some(number.to_string());
    }
    let text = format!("{number:?}");
    Some(match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_and_numbers_are_written_as_serde_json_does(
            text: String,
            controls in "[\u{0}-\u{20}\u{7f}\"\\\\é]{0,20}",
            number: f64,
            exponent in -20..20_i32,
        ) {
            for text in [text, controls] {
                let mut json = String::new();
                push_json_text(&mut json, &text);
                prop_assert_eq!(json, serde_json::to_string(&text).unwrap());
            }
            for number in [number, number.signum() * 1.25 * 10_f64.powi(exponent), 0.0, -0.0, 1e-5, 1e-4] {
                let (ours, theirs) = (json_number(number), serde_json::Number::from_f64(number));
                let theirs = theirs.map(|number| number.to_string());
                prop_assert_eq!(ours.as_ref().map(String::len), theirs.as_ref().map(String::len));
                prop_assert!(ours.is_none_or(|ours| ours.parse() == Ok(number)));
            }
        }
    }

    #[test]
    fn only_white_space_between_tokens_is_removed() {
        let json = "{ \"b \\\" \\\\\" :\n[ 1 , 10000000000000000000001.50 ],\t\"a\": \"x y\" }";
        let expected = "{\"b \\\" \\\\\":[1,10000000000000000000001.50],\"a\":\"x y\"}";
        assert_eq!(compact_json(json), expected);
        assert!(matches!(compact_json("[1]"), Cow::Borrowed("[1]")));
    }
}
