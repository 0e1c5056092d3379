//! Writes the pairs as JSON Schema: an object of namespaces, each an object of its pairs.

use serde_json::{Map, Value, json};

use super::pairs::{Key, notation};
use super::{Declared, Namespace};

const COMMENT: &str =
    "Written by `deploy types --json-schema` from the declarations in Rust: do not edit.";

/// The schema of all declared pairs.
pub(super) fn json_schema(declared: &Declared) -> String {
    let namespaces: Map<_, _> = declared
        .namespaces
        .iter()
        .map(|namespace| (namespace.declaration.id.to_owned(), self::namespace(namespace)))
        .collect();
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": COMMENT,
        "type": "object",
        "properties": namespaces,
        "$defs": declared.types,
    });
    format!("{document:#}\n")
}

fn namespace(namespace: &Namespace) -> Value {
    let (mut keys, mut families, mut others) = (Map::new(), Map::new(), json!(false));
    for pair in &namespace.pairs {
        let schema = pair.value.schema.clone();
        match &pair.key {
            Key::One(key) => drop(keys.insert(key.clone(), schema)),
            Key::Family(pattern) if !pattern.is_catch_all() => {
                families.insert(expression(pattern), schema);
            }
            Key::Family(_) | Key::Any => others = schema,
        }
    }
    json!({
        "description": format!("The keys of `{}` and their values", namespace.declaration.id),
        "type": "object",
        "properties": keys,
        "patternProperties": families,
        "additionalProperties": others,
    })
}

/// The regular expression of a family's keys.
fn expression(pattern: &kv_rules::Pattern<'_>) -> String {
    let param = |param: kv_rules::Param<'_>| match param.ty {
        Some(ty) if param.is_integer() && ty.starts_with('u') => "[0-9]+",
        Some(_) if param.is_integer() => "-?[0-9]+",
        // Any text: `.` takes no line break.
        _ => "[\\s\\S]+",
    };
    let literal = |text: &str| {
        let escaped = text.chars().map(|c| match c {
            '^' | '$' | '\\' | '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|'
            | '/' => {
                format!("\\{c}")
            }
            c => c.to_string(),
        });
        escaped.collect()
    };
    format!("^{}$", notation(pattern, literal, param))
}
