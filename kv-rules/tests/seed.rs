//! Seed files: which pairs are read from them, and how their mistakes are reported.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::io::Read;

use kv_rules::Expiry;
use kv_rules::seed::{SeedMistakes, SeedValue, read_pairs};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A file that gives a few bytes at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(61);
        self.0.read(&mut buffer[..most])
    }
}

/// The pairs of a file, each as a key, a value, metadata and an expiry; and what is wrong.
type Pairs = Vec<(String, Vec<u8>, Option<String>, Option<Expiry>)>;

fn read(text: &[u8]) -> (Pairs, Vec<String>) {
    let (mut pairs, mut mistakes) = (Vec::new(), SeedMistakes::default());
    read_pairs(Slow(text), &mut mistakes, |pair, _| {
        // Reading a value again from its place gives the same value.
        let at = usize::try_from(pair.value.at).unwrap();
        let again = std::str::from_utf8(&text[at..at + pair.value.json.len()]).unwrap();
        assert_eq!(again, pair.value.json);
        let decoded = SeedValue::decode(again, pair.value.is_base64).unwrap();
        assert_eq!(decoded, pair.value.bytes);
        let metadata = pair.metadata.map(std::borrow::Cow::into_owned);
        pairs.push((pair.key.into_owned(), decoded.into_owned(), metadata, pair.expiry));
    })
    .unwrap();
    (pairs, mistakes.messages("s.json", text).unwrap())
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let (pairs, mistakes) = read("\u{feff}[{\"key\":\"a\",\"value\":\"b\"}]".as_bytes());
    assert_eq!((pairs.len(), mistakes), (1, Vec::<String>::new()));
}

#[test]
fn a_list_may_be_empty() {
    assert_eq!(read(b" [ ] "), (Vec::new(), Vec::new()));
}

#[test]
fn every_mistake_has_its_line_and_column() {
    let pair = r#"{"key":"a","value":"b"}"#;
    for (text, expected) in [
        (String::new(), "s.json:1:1: this is not JSON: a seed file is a list of pairs"),
        ("{}".to_owned(), "s.json:1:1: this is one object: a seed file is a list of pairs"),
        ("key: a\nvalue: b".to_owned(), "s.json:1:1: this is not JSON"),
        (format!("{pair}\n{pair}"), "s.json:1:1: these are pairs one after another"),
        (format!("[{pair}"), "s.json:1:25: expected `,` or `]`, found the end of the file"),
        (format!("[{pair},]"), "s.json:1:25: JSON takes no trailing comma"),
        (format!("[{pair}]\n x"), "s.json:2:2: expected the end of the file, found `x`"),
        (format!("[{pair}\n{pair}]"), "s.json:2:1: expected `,` or `]`, found `{`"),
        (format!("[\n{pair}}}]"), "s.json:2:24: expected `,` or `]`, found `}`"),
        (format!("[\n{pair},\n 5]"), "s.json:3:2: a pair is an object"),
        (
            "[\n{\"key\":\"a\n\",\"value\":\"\"}]".to_owned(),
            "s.json:2:10: this text has no closing quote",
        ),
        ("[{\"key\":\"a\\".to_owned(), "s.json:1:11: this is not a JSON escape"),
        ("[{\"key\":\"a".to_owned(), "s.json:1:11: expected the closing `\"` of a string"),
        ("[{\"key\":\"a\",\"value\":\"b\"".to_owned(), "s.json:1:24: expected `,` or `}`"),
    ] {
        let (_, mistakes) = read(text.as_bytes());
        assert_eq!(mistakes.len(), 1, "{text}: {mistakes:?}");
        assert!(mistakes[0].starts_with(expected), "{text}: {mistakes:?}");
    }
    let (_, mistakes) = read(b"[\n{\"key\":\"\xff\",\"value\":\"\"}]");
    assert!(mistakes[0].starts_with("s.json:2:9: this is not UTF-8"), "{mistakes:?}");
}

fn pair() -> impl Strategy<Value = (String, Vec<u8>, bool, bool, bool)> {
    let value = prop_oneof![any::<String>().prop_map(String::into_bytes), any::<Vec<u8>>()];
    ("[^.]{1,40}", value, any::<bool>(), any::<bool>(), any::<bool>())
}

proptest! {
    #[test]
    fn what_is_written_is_read(pairs in proptest::collection::vec(pair(), 0..20), pretty: bool) {
        use base64::Engine as _;
        let (mut written, mut expected) = (Vec::new(), Vec::new());
        for (key, value, ttl, metadata, ascii) in pairs {
            let mut item = json!({ "key": key });
            match String::from_utf8(value.clone()) {
                Ok(text) if ascii => item["value"] = Value::from(text),
                _ => {
                    let text = base64::engine::general_purpose::STANDARD.encode(&value);
                    item["value"] = Value::from(text);
                    item["base64"] = Value::from(true);
                }
            }
            if ttl {
                item["expiration_ttl"] = Value::from(60);
            }
            if metadata {
                item["metadata"] = json!({ "a ": [1, "}]"] });
            }
            let metadata = metadata.then(|| r#"{"a ":[1,"}]"]}"#.to_owned());
            expected.push((key, value, metadata, ttl.then_some(Expiry::Ttl(60))));
            written.push(item);
        }
        let text = if pretty {
            serde_json::to_string_pretty(&written)
        } else {
            serde_json::to_string(&written)
        };
        let (found, mistakes) = read(text.unwrap().as_bytes());
        prop_assert_eq!(mistakes, Vec::<String>::new());
        prop_assert_eq!(found, expected);
    }

    /// A pair of a key and a value only is read in a faster way.
    #[test]
    fn a_pair_is_read_alike_with_and_without_a_property_that_changes_nothing(
        key in "[ab.]{0,3}|[^\"\\\\]{0,3}|(\\\\[nu\"q]|[0-9a-f]{4}|\t){0,4}",
        value in "[ab]{0,3}|[^\"\\\\]{0,3}|(\\\\[nu\"q]|[0-9a-f]{4}|\n){0,4}",
        space in "[ \n]{0,2}",
    ) {
        let pair = format!("{{{space}\"key\"{space}:\"{key}\",\"value\":{space}\"{value}\"{space}");
        let plain = read(format!("[{pair}}}]").as_bytes());
        let more = read(format!("[{pair},\"base64\":false}}]").as_bytes());
        prop_assert_eq!(plain, more);
    }

    #[test]
    fn no_text_panics_and_every_mistake_has_a_place(text in "[\\[\\]{}\",:\\\\ a0-9\n]{0,60}") {
        let (_, mistakes) = read(text.as_bytes());
        for mistake in mistakes {
            prop_assert!(mistake.starts_with("s.json:"), "{}", mistake);
        }
    }
}
