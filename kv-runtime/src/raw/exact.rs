//! Finds integers in JSON that JavaScript would round: a Worker's metadata passes through it.

use std::ops::Range;

/// Up to here, JavaScript represents every integer exactly.
const LARGEST: u64 = 1 << 53;

/// Where a JSON text has integers beyond 2^53.
pub(super) fn large_integers(json: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut bytes = json.bytes().enumerate().peekable();
    while let Some((start, byte)) = bytes.next() {
        match byte {
            b'"' => {
                while let Some((_, byte)) = bytes.next().filter(|(_, byte)| *byte != b'"') {
                    if byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            b'-' | b'0'..=b'9' => {
                let mut end = start + 1;
                while bytes.next_if(|(_, byte)| b"0123456789+-.eE".contains(byte)).is_some() {
                    end += 1;
                }
                let digits = json[start..end].trim_start_matches('-');
                let integer = digits.bytes().all(|byte| byte.is_ascii_digit());
                if integer && digits.parse::<u64>().map_or(true, |size| size > LARGEST) {
                    found.push(start..end);
                }
            }
            _ => {}
        }
    }
    found
}

/// Turns the large integers in JSON from JavaScript into floats, since JavaScript rounded them.
pub(super) fn no_large_integers(mut json: String) -> String {
    for number in large_integers(&json).iter().rev() {
        json.insert_str(number.end, "e0");
    }
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_beyond_2_to_the_53_are_found_wherever_they_are() {
        let json = r#"{"9007199254740993\"":[-9007199254740993,9007199254740992,1e300],"\\":18446744073709551616}"#;
        let found: Vec<&str> = large_integers(json).into_iter().map(|at| &json[at]).collect();
        assert_eq!(found, ["-9007199254740993", "18446744073709551616"]);
        assert!(large_integers(r#"["ü", 0, -1, 1.5, null, true, "1"]"#).is_empty());
    }

    #[test]
    fn a_number_that_javascript_may_have_rounded_is_no_integer() {
        let json =
            no_large_integers(r#"[100000000000000000000,-9007199254740994,7,"x"]"#.to_owned());
        assert_eq!(json, r#"[100000000000000000000e0,-9007199254740994e0,7,"x"]"#);
        assert!(serde_json::from_str::<Vec<u64>>("[9007199254740994e0]").is_err());
        assert!(serde_json::from_str::<f64>("100000000000000000000e0").is_ok());
    }
}
