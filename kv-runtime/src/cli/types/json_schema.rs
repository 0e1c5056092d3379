//! Writes the pairs as JSON Schema: an object of namespaces, each an object of its pairs.

use serde_json::{Map, Value, json};

use super::definitions::Definitions;
use super::pairs::{Key, notation, pairs};
use crate::cli::init::pascal;
use crate::typed::Declaration;

const COMMENT: &str =
    "Written by `deploy types --json-schema` from the declarations in Rust: do not edit.";

/// The schema of all pairs of some declarations.
pub(in crate::cli) fn json_schema(declarations: &[&'static Declaration]) -> String {
    let mut definitions = Definitions::default();
    let namespaces: Map<_, _> = declarations
        .iter()
        .map(|declaration| (declaration.id.to_owned(), namespace(declaration, &mut definitions)))
        .collect();
    let types: Map<_, _> =
        definitions.all().map(|(name, schema)| (name.to_owned(), schema.clone())).collect();
    let document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": COMMENT,
        "type": "object",
        "properties": namespaces,
        "$defs": types,
    });
    format!("{document:#}\n")
}

fn namespace(declaration: &Declaration, definitions: &mut Definitions) -> Value {
    let (mut keys, mut families, mut others) = (Map::new(), Map::new(), json!(false));
    for pair in pairs(declaration, &pascal(declaration.id), definitions) {
        let schema = pair.value.schema;
        match pair.key {
            Key::One(key) => drop(keys.insert(key, schema)),
            Key::Family(pattern) if !pattern.is_catch_all() => {
                families.insert(expression(&pattern), schema);
            }
            Key::Family(_) | Key::Any => others = schema,
        }
    }
    json!({
        "description": format!("The keys of `{}` and their values", declaration.id),
        "type": "object",
        "properties": keys,
        "patternProperties": families,
        "additionalProperties": others,
    })
}

/// The regular expression of a family's keys.
fn expression(pattern: &kv_rules::Pattern<'_>) -> String {
    format!("^{}$", notation(pattern, "^$\\.*+?()[]{}|/", ".+"))
}
