//! What is known of the declared pairs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definitions::Definitions;
use crate::typed::Declaration;
use crate::typed::declaration::{
    Check, DeclaredFamily, DeclaredText, DeclaredTypes, DeclaredValue, Schema,
};

/// A key or the keys of a family, and what is stored there.
pub(super) struct Pair {
    pub(super) key: Key,
    pub(super) value: Type,
    /// The schema of the metadata, if it is known.
    pub(super) metadata: Option<Value>,
}

/// A key, or several.
pub(super) enum Key {
    One(String),
    /// Those of a pattern.
    Family(kv_rules::Pattern<'static>),
    /// Those of seeds, which are read when deploying.
    Any,
}

/// How a value is read, and the schema of what is read.
#[derive(Clone, PartialEq)]
pub(super) struct Type {
    pub(super) format: Format,
    pub(super) schema: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    Bytes,
}

/// The pairs of a declaration. Of a key that several are about, the first one tells.
pub(super) fn pairs(
    declaration: &Declaration,
    namespace: &str,
    definitions: &mut Definitions,
) -> Vec<Pair> {
    let mut pairs = entries(declaration, namespace, definitions);
    let families = declaration.families.iter().filter_map(|family| {
        let pattern = kv_rules::Pattern::parse(family.pattern).ok()?;
        Some((family, pattern))
    });
    // A key of several families is of the one that is not a catch-all.
    let (last, families): (Vec<_>, Vec<_>) =
        families.partition(|(_, pattern)| pattern.is_catch_all());
    for (DeclaredFamily { types, .. }, pattern) in families.into_iter().chain(last) {
        let schema = definitions.of(types.value_schema, namespace);
        pairs.push(Pair {
            key: Key::Family(pattern),
            value: Type::of_type(types.value, schema),
            metadata: definitions.of(types.metadata_schema, namespace),
        });
    }
    if !declaration.spreads.is_empty() {
        pairs.push(Pair { key: Key::Any, value: Type::json(json!(true)), metadata: None });
    }
    pairs
}

/// The pairs of the entries. An entry can have another value in each stage.
fn entries(declaration: &Declaration, namespace: &str, definitions: &mut Definitions) -> Vec<Pair> {
    let texts = declaration.read_texts().into_iter();
    let texts = texts.map(|DeclaredText { key, text, types }| {
        (key, types, vec![Type::of_stored(text.as_bytes())])
    });
    let entries = declaration.entries.iter().map(|entry| {
        let values = entry.by_stage.iter().map(|(_, value)| value).chain([&entry.value]);
        (entry.key.to_owned(), entry.types, values.map(Type::of_value).collect())
    });
    let mut all: BTreeMap<String, (Option<DeclaredTypes>, Vec<Type>)> = BTreeMap::new();
    for (key, types, mut found) in texts.chain(entries) {
        let (declared, known) = all.entry(key).or_default();
        *declared = declaration.types(types);
        known.append(&mut found);
    }
    let pair = |(key, (declared, found)): (String, (Option<DeclaredTypes>, Vec<Type>))| {
        let mut of = |schema: Schema| definitions.of(schema, namespace);
        let schema = declared.and_then(|types| Some((types.value, of(types.value_schema)?)));
        let typed = schema.map(|(check, schema)| Type::of_type(check, Some(schema)));
        Pair {
            key: Key::One(key),
            value: typed.unwrap_or_else(|| Type::one_of(found)),
            metadata: declared.and_then(|types| of(types.metadata_schema)),
        }
    };
    all.into_iter().map(pair).collect()
}

impl Type {
    fn json(schema: Value) -> Self {
        Self { format: Format::Json, schema }
    }

    fn text() -> Self {
        Self { format: Format::Text, schema: json!({ "type": "string" }) }
    }

    fn bytes() -> Self {
        Self {
            format: Format::Bytes,
            schema: json!({ "type": "string", "contentEncoding": "base64" }),
        }
    }

    /// That of the value of an entry.
    fn of_value(value: &DeclaredValue) -> Self {
        let stored = match value {
            DeclaredValue::Text(text) => return Self::of_stored(text.as_bytes()),
            DeclaredValue::File(bytes, _) => return Self::of_stored(bytes),
            DeclaredValue::Env(_, check) => return check.map_or_else(Self::text, Self::probed),
            DeclaredValue::Typed(json, encode) => encode(json).ok(),
            DeclaredValue::Rust(value) => value().ok(),
        };
        stored.map_or_else(|| Self::json(json!(true)), |stored| Self::of_stored(&stored))
    }

    /// That of stored bytes. What is stored as text and is not JSON is read as text.
    fn of_stored(stored: &[u8]) -> Self {
        let Ok(text) = str::from_utf8(stored) else { return Self::bytes() };
        match serde_json::from_str::<Value>(text) {
            Ok(Value::String(_)) | Err(_) => Self::text(),
            Ok(value) => Self::json(of_json(&value)),
        }
    }

    /// That of values that are one of several.
    fn one_of(mut types: Vec<Self>) -> Self {
        types.dedup();
        match types.as_slice() {
            [one] => one.clone(),
            [first, rest @ ..] if rest.iter().all(|ty| ty.format == first.format) => Self {
                format: first.format,
                schema: any_of(types.iter().map(|ty| ty.schema.clone()).collect()),
            },
            // What is JSON in one stage and text in another can be read as text only.
            _ => Self::text(),
        }
    }

    /// That of a Rust type. Text and bytes are stored as they are, whatever schema their type has.
    fn of_type(check: Check, schema: Option<Value>) -> Self {
        let probed = Self::probed(check);
        match schema {
            Some(schema) if probed.format == Format::Json => Self::json(schema),
            _ => probed,
        }
    }

    /// What the values of a Rust type look like, as far as its check tells.
    fn probed(check: Check) -> Self {
        let takes = |stored: &[u8]| check(stored).is_ok();
        if takes(b"\xff") {
            return Self::bytes();
        }
        if takes(b"{not JSON") {
            return Self::text();
        }
        let (bool, number, text) = (takes(b"true"), takes(b"1"), takes(b"\"x\""));
        let name = match (bool, number, text) {
            (true, false, false) => "boolean",
            (false, true, false) => "number",
            (false, false, true) => "string",
            (false, false, false) if takes(b"[]") => "array",
            (false, false, false) => "object",
            _ => return Self::json(json!(true)),
        };
        Self::json(if takes(b"null") {
            json!({ "type": [name, "null"] })
        } else {
            json!({ "type": name })
        })
    }
}

/// The schema of a value that is one of several examples.
fn of_json(value: &Value) -> Value {
    match value {
        Value::Null => json!({ "type": "null" }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(number) if number.is_f64() => json!({ "type": "number" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) if items.is_empty() => json!({ "type": "array" }),
        Value::Array(items) => {
            json!({ "type": "array", "items": any_of(items.iter().map(of_json).collect()) })
        }
        Value::Object(members) => {
            // The value of another stage may be there where this one is `null`.
            let schema = |value: &Value| if value.is_null() { json!(true) } else { of_json(value) };
            let properties: serde_json::Map<_, _> =
                members.iter().map(|(name, value)| (name.clone(), schema(value))).collect();
            let required: Vec<_> = members.keys().collect();
            json!({ "type": "object", "properties": properties, "required": required })
        }
    }
}

fn any_of(schemas: Vec<Value>) -> Value {
    let different = distinct(schemas);
    match different.as_slice() {
        [one] => one.clone(),
        _ => json!({ "anyOf": different }),
    }
}

/// Each item once, in order.
pub(super) fn distinct<T: PartialEq>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for item in items {
        if !distinct.contains(&item) {
            distinct.push(item);
        }
    }
    distinct
}

/// A pattern in another notation, in which some characters have a backslash and parameters are written
/// as `param`.
pub(super) fn notation(pattern: &kv_rules::Pattern<'_>, special: &str, param: &str) -> String {
    let mut written = String::new();
    for segment in pattern.segments() {
        match segment {
            kv_rules::Segment::Literal(literal) => {
                for c in literal.chars() {
                    if special.contains(c) {
                        written.push('\\');
                    }
                    written.push(c);
                }
            }
            kv_rules::Segment::Param(_) => written.push_str(param),
        }
    }
    written
}
