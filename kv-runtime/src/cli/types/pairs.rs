//! What is known of the declared pairs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::definitions::Definitions;
use crate::typed::Declaration;
use crate::typed::declaration::{
    DeclaredFamily, DeclaredText, DeclaredTypes, DeclaredValue, Described, Outline,
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
    /// Any: those of seeds are read when deploying, and a namespace may declare none.
    Any,
}

impl Key {
    /// What the keys begin with.
    pub(super) fn prefix(&self) -> &str {
        match self {
            Self::One(key) => key,
            Self::Family(pattern) => match pattern.segments().first() {
                Some(kv_rules::Segment::Literal(literal)) => literal,
                _ => "",
            },
            Self::Any => "",
        }
    }
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
    /// Whatever the reader knows of it.
    Any,
}

/// The pairs of a declaration. Of a key that several are about, the first one tells.
pub(super) fn of(
    declaration: &Declaration,
    namespace: &str,
    definitions: &mut Definitions,
) -> Vec<Pair> {
    let mut pairs = entries(declaration, namespace, definitions);
    let families = declaration.families.iter().filter_map(|family| {
        let pattern = kv_rules::Pattern::parse(family.pattern).ok()?;
        Some((family, pattern))
    });
    let mut families: Vec<_> = families.collect();
    // A key of several families is of the one that is not a catch-all.
    families.sort_by_key(|(family, pattern)| (pattern.is_catch_all(), family.pattern));
    for (DeclaredFamily { types, .. }, pattern) in families {
        pairs.push(Pair {
            key: Key::Family(pattern),
            value: Type::of_type(types.value_type, namespace, definitions),
            metadata: schema(types.metadata_type, namespace, definitions)
                .or_else(|| json_outline(types.metadata_type)),
        });
    }
    if !declaration.spreads.is_empty() || pairs.is_empty() {
        let value = Type { format: Format::Any, schema: json!(true) };
        pairs.push(Pair { key: Key::Any, value, metadata: None });
    }
    pairs
}

/// What is known of a key from its entries.
#[derive(Default)]
struct Known {
    types: Option<DeclaredTypes>,
    values: Vec<Type>,
    metadata: Vec<Value>,
}

/// The pairs of the entries. An entry can have another value in each stage.
fn entries(declaration: &Declaration, namespace: &str, definitions: &mut Definitions) -> Vec<Pair> {
    let mut all: BTreeMap<String, Known> = BTreeMap::new();
    for DeclaredText { key, text, types } in declaration.read_texts() {
        let known = all.entry(key).or_default();
        known.types = declaration.types(types);
        known.values.push(Type::of_stored(text.as_bytes()));
    }
    for entry in declaration.entries {
        let known = all.entry(entry.key.to_owned()).or_default();
        known.types = declaration.types(entry.types);
        let values = entry.by_stage.iter().map(|(_, value)| value).chain([&entry.value]);
        let described = known.types.map_or(Described::ANYTHING, |types| types.value_type);
        known.values.extend(values.map(|value| Type::of_value(value, described)));
        let metadata = entry.metadata.and_then(|metadata| serde_json::from_str(metadata.json).ok());
        known.metadata.extend(metadata.as_ref().map(of_json));
    }
    let pair = |(key, known): (String, Known)| {
        let typed = known.types.and_then(|types| {
            Some(Type {
                format: Format::Json,
                schema: schema(types.value_type, namespace, definitions)?,
            })
        });
        let ty = known.types.map_or(Described::ANYTHING, |types| types.metadata_type);
        let of_values = (!known.metadata.is_empty()).then(|| any_of(known.metadata));
        Pair {
            key: Key::One(key),
            value: typed.unwrap_or_else(|| Type::one_of(known.values)),
            metadata: schema(ty, namespace, definitions).or(of_values).or_else(|| json_outline(ty)),
        }
    };
    all.into_iter().map(pair).collect()
}

/// The schema that a type derives for what is stored as JSON.
fn schema(ty: Described, namespace: &str, definitions: &mut Definitions) -> Option<Value> {
    let Outline::Json(_) = (ty.outline)() else { return None };
    Some(definitions.add(&ty.schema?()?, namespace))
}

/// The outline of a type whose values are JSON wherever they are stored, if it says anything.
fn json_outline(ty: Described) -> Option<Value> {
    match (ty.outline)() {
        Outline::Json(Value::Bool(true)) | Outline::Bytes => None,
        Outline::Json(outline) => Some(outline),
        Outline::Text => Some(json!({ "type": "string" })),
    }
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

    /// That of the value of an entry, which may have a type.
    fn of_value(value: &DeclaredValue, ty: Described) -> Self {
        let stored = match value {
            DeclaredValue::Text(text) => return Self::of_stored(text.as_bytes()),
            DeclaredValue::File(bytes, _) => return Self::of_stored(bytes),
            DeclaredValue::Env(_, None) => return Self::text(),
            DeclaredValue::Env(_, Some(_)) => return Self::outline(ty),
            DeclaredValue::Typed(json, encode) => encode(json).ok(),
            DeclaredValue::Rust(value) => value().ok(),
        };
        stored.map_or_else(|| Self::outline(ty), |stored| Self::of_stored(&stored))
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
    fn of_type(ty: Described, namespace: &str, definitions: &mut Definitions) -> Self {
        schema(ty, namespace, definitions).map_or_else(|| Self::outline(ty), Self::json)
    }

    /// That of a Rust type that derives no schema.
    fn outline(ty: Described) -> Self {
        match (ty.outline)() {
            Outline::Text => Self::text(),
            Outline::Bytes => Self::bytes(),
            Outline::Json(schema) => Self::json(schema),
        }
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

/// A pattern in another notation.
pub(super) fn notation(
    pattern: &kv_rules::Pattern<'_>,
    literal: impl Fn(&str) -> String,
    param: impl Fn(kv_rules::Param<'_>) -> &'static str,
) -> String {
    let segments = pattern.segments().iter();
    let written = segments.map(|segment| match segment {
        kv_rules::Segment::Literal(text) => literal(text),
        kv_rules::Segment::Param(found) => param(*found).to_owned(),
    });
    written.collect()
}
