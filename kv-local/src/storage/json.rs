//! JSON without its insignificant whitespace.

use serde::de::IgnoredAny;

/// The same JSON, compact. Names keep their order and numbers their digits.
pub(super) fn compact(json: &str) -> Result<String, serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(json)?;
    let mut in_string = false;
    let mut escaped = false;
    let significant = json.chars().filter(|&c| {
        let keep = in_string || !c.is_ascii_whitespace();
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = c == '\\' && !escaped;
        keep
    });
    Ok(significant.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whitespace_between_tokens_goes() {
        let json = "{ \"b \\\" \\\\\" :\n[ 1 , 10000000000000000000001.50 ],\t\"a\": \"x y\" }";
        let expected = "{\"b \\\" \\\\\":[1,10000000000000000000001.50],\"a\":\"x y\"}";
        assert_eq!(compact(json).unwrap(), expected);
    }

    #[test]
    fn what_is_not_json_is_an_error() {
        for bad in ["", "{", "nul", "1 2", "'a'", "{\"a\":1,}"] {
            assert!(compact(bad).is_err(), "{bad}");
        }
    }
}
