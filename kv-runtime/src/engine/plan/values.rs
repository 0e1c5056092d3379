//! How a value changes, for people to read.

use serde::Serialize;
use serde_json::Value;

/// How many characters of a value are shown at most.
const SHOWN: usize = 200;

/// How many parts of a value are shown at most.
const PARTS: usize = 50;

/// The current value of a key, and its new value.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in Notes::deploy().plan().await?.namespaces {
///     for (key, change) in &namespace.values {
///         println!("{key}: {:?} becomes {:?}", change.old, change.new);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ValueChange {
    /// What is stored now, shortened; `None` if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What will be stored, shortened; `None` if nothing will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// The differences between the two, if both are JSON objects or arrays.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartChange>,
}

/// A part of a JSON value that changes.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for namespace in Notes::deploy().plan().await?.namespaces {
///     for part in namespace.values.values().flat_map(|change| &change.parts) {
///         println!("{part:?}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PartChange {
    /// The path to the part, such as `limits.perMinute` or `items[0]`.
    pub path: String,
    /// The current part, as JSON; `None` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new part, as JSON; `None` if there will be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// A value on one side of a change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side<'a> {
    /// There is none.
    None,
    /// A secret, with the text that is shown instead.
    Secret(&'a str),
    Value(&'a [u8]),
}

impl ValueChange {
    pub(crate) fn new(old: Side<'_>, new: Side<'_>) -> Self {
        let mut parts = Vec::new();
        if let (Side::Value(old), Side::Value(new)) = (old, new)
            && let (Some(old), Some(new)) = (composite(old), composite(new))
        {
            compare("", &old, &new, &mut parts);
        }
        Self { old: show(old), new: show(new), parts }
    }
}

/// Parses a value if it is a JSON object or array.
fn composite(value: &[u8]) -> Option<Value> {
    let value = serde_json::from_slice(value).ok();
    value.filter(|value: &Value| value.is_object() || value.is_array())
}

fn compare(path: &str, old: &Value, new: &Value, parts: &mut Vec<PartChange>) {
    match (old, new) {
        _ if parts.len() >= PARTS => {}
        (Value::Object(old), Value::Object(new)) => {
            let added = new.keys().filter(|name| !old.contains_key(*name));
            for name in old.keys().chain(added) {
                part(&member(path, name), old.get(name), new.get(name), parts);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                part(&format!("{path}[{index}]"), old.get(index), new.get(index), parts);
            }
        }
        _ if old != new => parts.push(PartChange {
            path: path.to_owned(),
            old: Some(shorten(&old.to_string())),
            new: Some(shorten(&new.to_string())),
        }),
        _ => {}
    }
}

fn part(path: &str, old: Option<&Value>, new: Option<&Value>, parts: &mut Vec<PartChange>) {
    match (old, new) {
        (Some(old), Some(new)) => compare(path, old, new, parts),
        _ if parts.len() >= PARTS => {}
        (old, new) => {
            let show = |value: &Value| shorten(&value.to_string());
            let (old, new) = (old.map(show), new.map(show));
            parts.push(PartChange { path: path.to_owned(), old, new });
        }
    }
}

fn member(path: &str, name: &str) -> String {
    let is_plain =
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (path.is_empty(), is_plain) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{name:?}]"),
    }
}

fn show(side: Side<'_>) -> Option<String> {
    match side {
        Side::None => None,
        Side::Secret(name) => Some(name.to_owned()),
        Side::Value(value) => Some(match str::from_utf8(value) {
            Ok(text) => shorten(text),
            Err(_) => format!("[{} bytes]", value.len()),
        }),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_compared_by_path() {
        let old = br#"{"a":{"b c":1,"d":[1,2,3]},"gone":true,"same":[{}]}"#;
        let new = br#"{"a":{"b c":2,"d":[1,4]},"same":[{}],"new":null}"#;
        let change = ValueChange::new(Side::Value(old), Side::Value(new));
        let parts: Vec<_> = change
            .parts
            .iter()
            .map(|part| (part.path.as_str(), part.old.as_deref(), part.new.as_deref()))
            .collect();
        assert_eq!(
            parts,
            [
                ("a[\"b c\"]", Some("1"), Some("2")),
                ("a.d[1]", Some("2"), Some("4")),
                ("a.d[2]", Some("3"), None),
                ("gone", Some("true"), None),
                ("new", None, Some("null")),
            ]
        );
    }

    #[test]
    fn long_values_are_shortened_and_bytes_are_counted() {
        let long = "é".repeat(300);
        let change = ValueChange::new(Side::Value(long.as_bytes()), Side::Value(b"\xff\xfe"));
        assert_eq!(change.old, Some(format!("{}… (600 bytes)", "é".repeat(200))));
        assert_eq!((change.new.as_deref(), change.parts.len()), (Some("[2 bytes]"), 0));
    }
}
