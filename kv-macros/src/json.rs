//! Text as JSON writes it.

/// Appends a text as a JSON string.
pub(crate) fn push_text(json: &mut String, text: &str) {
    // Most texts need no escapes, and serde_json, which cargo builds unoptimised in a macro, is slow
    // to find that out.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn a_text_of_any_content_is_read_back(text: String) {
            let mut json = String::new();
            push_text(&mut json, &text);
            proptest::prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
