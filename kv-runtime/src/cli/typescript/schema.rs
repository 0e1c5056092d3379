//! JSON Schema, as `schemars` derives it for a user's type, as TypeScript.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::typed::declaration::Schema;

/// What a schema takes if it says nothing.
const ANY: &str = "unknown";

/// Where the schemas of other types are in the schema of a type.
const DEFINITIONS: &str = "$defs";

/// The named types of a file.
#[derive(Default)]
pub(super) struct Definitions {
    all: BTreeMap<String, Definition>,
    /// Names that are used for something else.
    taken: BTreeSet<String>,
}

struct Definition {
    /// Its schema and those that it refers to: types that have equal ones are one type.
    schemas: Value,
    code: String,
}

impl Definitions {
    pub(super) fn take(&mut self, name: String) {
        self.taken.insert(name);
    }

    /// The type of a user's type, if it derives a schema.
    pub(super) fn of(&mut self, schema: Schema, namespace: &str) -> Option<String> {
        schema.and_then(|schema| schema()).map(|schema| self.add(&schema, namespace))
    }

    /// The type of a schema. What the schema defines is added; `of` tells apart two types of one name.
    fn add(&mut self, schema: &Value, of: &str) -> String {
        let root = schema.get("title").and_then(Value::as_str).filter(|_| is_named(schema));
        let others = schema.get(DEFINITIONS).and_then(Value::as_object);
        let others = others.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema));
        let others = others.map(|(name, schema)| (format!("#/{DEFINITIONS}/{name}"), name, schema));
        let root = root.map(|name| ("#".to_owned(), name, schema));
        let defined: Vec<_> = others.chain(root).collect();
        let schemas: HashMap<&str, &Value> =
            defined.iter().map(|(reference, _, schema)| (reference.as_str(), *schema)).collect();
        let mut names = HashMap::new();
        let mut added = Vec::new();
        for (reference, name, schema) in &defined {
            let reached = reached(schema, &schemas);
            let (name, is_new) = self.name(name, of, &reached);
            if is_new {
                let definition = Definition { schemas: reached, code: String::new() };
                self.all.insert(name.clone(), definition);
                added.push((name.clone(), *schema));
            }
            names.insert(reference.clone(), name);
        }
        for (name, schema) in added {
            let code = format!("export type {name} = {};\n", ty(schema, &names));
            if let Some(definition) = self.all.get_mut(&name) {
                definition.code = code;
            }
        }
        names.get("#").cloned().unwrap_or_else(|| ty(schema, &names))
    }

    /// The name of a type, and whether it is new.
    fn name(&self, name: &str, of: &str, schemas: &Value) -> (String, bool) {
        let name: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let numbered = (2..).map(|number| format!("{of}{name}{number}"));
        for name in [name.clone(), format!("{of}{name}")].into_iter().chain(numbered) {
            match self.all.get(&name) {
                Some(known) if known.schemas == *schemas => return (name, false),
                None if !self.taken.contains(&name) => return (name, true),
                _ => {}
            }
        }
        (name, false)
    }

    pub(super) fn code(&self) -> impl Iterator<Item = &str> {
        self.all.values().map(|definition| definition.code.as_str())
    }
}

/// Whether a type is worth a name: lists and numbers are written where they are used.
fn is_named(schema: &Value) -> bool {
    ["properties", "oneOf", "anyOf", "allOf", "enum", "const", "$ref"]
        .into_iter()
        .any(|keyword| schema.get(keyword).is_some())
}

/// A schema with all that it refers to.
fn reached(schema: &Value, schemas: &HashMap<&str, &Value>) -> Value {
    let mut found = BTreeMap::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                open.extend(
                    members.iter().filter(|(name, _)| *name != DEFINITIONS).map(|(_, v)| v),
                );
                let reference = members.get("$ref").and_then(Value::as_str).unwrap_or_default();
                if let Some(schema) = schemas.get(reference)
                    && found.insert(reference.to_owned(), bare(schema)).is_none()
                {
                    open.push(schema);
                }
            }
            _ => {}
        }
    }
    found.insert(String::new(), bare(schema));
    found.into_iter().collect()
}

/// A schema without what differs between a type by itself and as a part of another.
fn bare(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(members) = &mut schema {
        members.retain(|name, _| !["$schema", "title", DEFINITIONS].contains(&name.as_str()));
    }
    schema
}

/// The type of a schema, whose references have these names.
fn ty(schema: &Value, names: &HashMap<String, String>) -> String {
    let Value::Object(schema) = schema else {
        return if *schema == Value::Bool(false) { "never" } else { ANY }.to_owned();
    };
    // Each keyword narrows the type.
    let mut parts = Vec::new();
    if let Some(reference) = schema.get("$ref") {
        let name = reference.as_str().and_then(|reference| names.get(reference));
        parts.push(name.map_or(ANY, String::as_str).to_owned());
    }
    if let Some(value) = schema.get("const") {
        parts.push(literal(value));
    } else if let Some(Value::Array(values)) = schema.get("enum") {
        parts.push(union(values.iter().map(literal)));
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(schemas)) = schema.get(keyword) {
            parts.push(union(schemas.iter().map(|schema| ty(schema, names))));
        }
    }
    if let Some(Value::Array(schemas)) = schema.get("allOf") {
        parts.extend(schemas.iter().map(|schema| ty(schema, names)));
    }
    if parts.is_empty() || schema.contains_key("properties") {
        parts.push(match schema.get("type") {
            Some(Value::String(name)) => of_type(name, schema, names),
            Some(Value::Array(all)) => {
                union(all.iter().filter_map(Value::as_str).map(|name| of_type(name, schema, names)))
            }
            _ => ANY.to_owned(),
        });
    }
    parts.retain(|part| part != ANY);
    match parts.as_slice() {
        [] => ANY.to_owned(),
        [one] => one.clone(),
        parts => parts.iter().map(|part| enclosed(part)).collect::<Vec<_>>().join(" & "),
    }
}

/// The type of one `type` of a schema.
fn of_type(name: &str, schema: &Map<String, Value>, names: &HashMap<String, String>) -> String {
    match name {
        "null" | "boolean" | "string" | "number" => name.to_owned(),
        "integer" => "number".to_owned(),
        "array" => array(schema, names),
        "object" => object(schema, names),
        _ => ANY.to_owned(),
    }
}

fn array(schema: &Map<String, Value>, names: &HashMap<String, String>) -> String {
    if let Some(Value::Array(items)) = schema.get("prefixItems") {
        let items: Vec<_> = items.iter().map(|schema| ty(schema, names)).collect();
        return format!("[{}]", items.join(", "));
    }
    let item = schema.get("items").map_or_else(|| ANY.to_owned(), |schema| ty(schema, names));
    format!("Array<{item}>")
}

fn object(schema: &Map<String, Value>, names: &HashMap<String, String>) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|all| all.iter().any(|required| required == name));
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let members: Vec<_> = members
        .map(|(name, schema)| {
            let optional = if is_required(name) { "" } else { "?" };
            format!("{}{optional}: {}", super::member(name), ty(schema, names))
        })
        .collect();
    let others = schema.get("additionalProperties").filter(|others| others.is_object());
    match (members.is_empty(), others) {
        (false, None) => format!("{{ {} }}", members.join("; ")),
        // An index signature would have to agree with the members.
        (false, Some(_)) => format!("{{ {} }} & Record<string, {ANY}>", members.join("; ")),
        (true, Some(others)) => format!("Record<string, {}>", ty(others, names)),
        (true, None) => format!("Record<string, {ANY}>"),
    }
}

fn literal(value: &Value) -> String {
    if value.is_array() || value.is_object() { ANY.to_owned() } else { value.to_string() }
}

fn union(types: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for ty in types {
        if !all.contains(&ty) {
            all.push(ty);
        }
    }
    match all.as_slice() {
        [] => "never".to_owned(),
        all if all.iter().any(|ty| ty == ANY) => ANY.to_owned(),
        all => all.join(" | "),
    }
}

/// A type in parentheses if it is a union.
fn enclosed(ty: &str) -> String {
    if ty.contains(" | ") { format!("({ty})") } else { ty.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &str) -> String {
        let mut definitions = Definitions::default();
        let ty = definitions.add(&serde_json::from_str(schema).unwrap(), "Of");
        let code: Vec<_> = definitions.code().collect();
        format!("{}{ty}", code.concat())
    }

    #[test]
    fn every_keyword_has_its_type() {
        for (schema, ty) in [
            ("true", "unknown"),
            ("false", "never"),
            (r#"{"type":"integer","format":"uint8"}"#, "number"),
            (r#"{"type":["string","null"]}"#, "string | null"),
            (r#"{"type":"array","items":{"type":["string","null"]}}"#, "Array<string | null>"),
            (r#"{"type":"array","prefixItems":[{"type":"string"},true]}"#, "[string, unknown]"),
            (
                r#"{"type":"object","additionalProperties":{"type":"boolean"}}"#,
                "Record<string, boolean>",
            ),
            (r#"{"const":"a\"b"}"#, r#""a\"b""#),
            (r##"{"$ref":"#/$defs/Lost"}"##, "unknown"),
        ] {
            assert_eq!(written(schema), ty, "{schema}");
        }
    }

    #[test]
    fn an_enum_with_data_is_a_union_and_what_it_is_tagged_with_a_literal() {
        let schema = r#"{"title":"Plan","oneOf":[
            {"type":"object","properties":{"kind":{"type":"string","const":"free"}},"required":["kind"]},
            {"type":"object","properties":{"kind":{"type":"string","const":"paid"},"seats":{"type":"integer"}},"required":["kind"]}
        ]}"#;
        let code =
            "export type Plan = { kind: \"free\" } | { kind: \"paid\"; seats?: number };\nPlan";
        assert_eq!(written(schema), code);
    }

    #[test]
    fn a_type_may_contain_itself() {
        let schema = r##"{"title":"Node","type":"object","properties":{"children":{"type":"array","items":{"$ref":"#"}}}}"##;
        assert_eq!(written(schema), "export type Node = { children?: Array<Node> };\nNode");
    }

    #[test]
    fn equal_types_are_written_once_and_others_of_the_same_name_apart() {
        let session = |role: &str| {
            let schema = r##"{"title":"Session","type":"object","properties":{"role":{"$ref":"#/$defs/Role"}},"required":["role"],"$defs":{"Role":{"enum":[ROLE]}}}"##;
            serde_json::from_str::<Value>(&schema.replace("ROLE", role)).unwrap()
        };
        let mut definitions = Definitions::default();
        assert_eq!(definitions.add(&session(r#""admin""#), "One"), "Session");
        assert_eq!(definitions.add(&session(r#""admin""#), "Two"), "Session");
        assert_eq!(definitions.add(&session(r#""guest""#), "Two"), "TwoSession");
        let code: Vec<_> = definitions.code().collect();
        let written = "export type Role = \"admin\";\n\
                       export type Session = { role: Role };\n\
                       export type TwoRole = \"guest\";\n\
                       export type TwoSession = { role: TwoRole };\n";
        assert_eq!(code.concat(), written);
    }
}
