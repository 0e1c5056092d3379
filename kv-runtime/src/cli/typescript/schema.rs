//! JSON Schema, as `schemars` derives it for a user's type, as TypeScript.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::typed::declaration::Schema;

/// What a schema takes if it says nothing.
const ANY: &str = "unknown";

/// Where the schemas of other types are in the schema of a type.
const DEFINITIONS: &str = "$defs";

/// Names that a type cannot have: what the written code uses, and what the language reserves.
const RESERVED: &str = "\
    Array ArrayBuffer ArrayBufferView Promise ReadableStream Record any as async await bigint \
    boolean break case catch class const continue debugger default delete do else enum export \
    extends false finally for function if implements import in instanceof interface let never \
    new null number object package private protected public return static string super switch \
    symbol this throw true try type typeof undefined unknown var void while with";

/// The named types of a file.
#[derive(Default)]
pub(super) struct Definitions {
    all: BTreeMap<String, Definition>,
    /// Names that are used for something else.
    taken: BTreeSet<String>,
}

struct Definition {
    /// Its name in Rust.
    name: String,
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
        let root =
            schema.get("title").and_then(Value::as_str).filter(|name| is_named(name, schema));
        let others = schema.get(DEFINITIONS).and_then(Value::as_object);
        let others = others.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema));
        let others =
            others.map(|(name, schema)| (format!("#/{DEFINITIONS}/{name}"), (name, schema)));
        let root = root.map(|name| ("#".to_owned(), (name, schema)));
        let defined: Defined<'_> = others.chain(root).collect();
        let mut names = HashMap::new();
        let mut added = Vec::new();
        for (reference, (rust_name, schema)) in &defined {
            let schemas = reached(schema, &defined);
            let known = self.all.iter().find(|(_, definition)| {
                definition.name == *rust_name && definition.schemas == schemas
            });
            let name = if let Some((name, _)) = known {
                name.clone()
            } else {
                let name = self.free_name(rust_name, of);
                let rust_name = (*rust_name).to_owned();
                let definition = Definition { name: rust_name, schemas, code: String::new() };
                self.all.insert(name.clone(), definition);
                added.push((name.clone(), *schema));
                name
            };
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

    /// A name for a type that no other type has.
    fn free_name(&self, name: &str, of: &str) -> String {
        let name: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let is_free = |name: &String| {
            !self.all.contains_key(name)
                && !self.taken.contains(name)
                && !RESERVED.split(' ').any(|reserved| reserved == name)
        };
        let numbered = (2_u64..).map(|number| format!("{of}{name}{number}"));
        let mut names = [name.clone(), format!("{of}{name}")].into_iter().chain(numbered);
        names.find(is_free).unwrap_or_default()
    }

    pub(super) fn code(&self) -> impl Iterator<Item = &str> {
        self.all.values().map(|definition| definition.code.as_str())
    }
}

/// The types that a schema defines, by their references: each with its name in Rust.
type Defined<'a> = BTreeMap<String, (&'a str, &'a Value)>;

/// Whether a type is worth a name: lists, numbers and options are written where they are used.
fn is_named(name: &str, schema: &Value) -> bool {
    let keywords = ["properties", "oneOf", "anyOf", "allOf", "enum", "const", "$ref"];
    !name.starts_with("Nullable_")
        && keywords.into_iter().any(|keyword| schema.get(keyword).is_some())
}

/// A schema with all that it refers to, by their names in Rust.
fn reached(schema: &Value, defined: &Defined<'_>) -> Value {
    let mut found = BTreeMap::new();
    let mut open = vec![("", schema)];
    while let Some((name, schema)) = open.pop() {
        if !found.contains_key(name) {
            let mut references = Vec::new();
            found.insert(name, bare(schema, defined, &mut references));
            open.extend(references.iter().filter_map(|reference| defined.get(reference).copied()));
        }
    }
    found.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// A schema without what differs between a type by itself and as a part of another. Its references are
/// replaced by names, and collected.
fn bare(schema: &Value, defined: &Defined<'_>, references: &mut Vec<String>) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| bare(item, defined, references)).collect(),
        Value::Object(members) => {
            let members = members.iter().filter(|(name, value)| {
                let is_title = *name == "title" && value.is_string();
                !is_title && *name != "$schema" && *name != DEFINITIONS
            });
            let members = members.map(|(name, value)| {
                let reference = value.as_str().filter(|_| name == "$ref");
                let value = match reference.and_then(|reference| defined.get_key_value(reference)) {
                    Some((reference, (name, _))) => {
                        references.push(reference.clone());
                        (*name).into()
                    }
                    None => bare(value, defined, references),
                };
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        value => value.clone(),
    }
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
    let mut depth = 0_u32;
    let mut in_string = false;
    let mut before = ' ';
    let is_union = ty.chars().any(|c| {
        match c {
            '"' if before != '\\' => in_string = !in_string,
            '{' | '[' | '<' | '(' if !in_string => depth += 1,
            '}' | ']' | '>' | ')' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = if before == '\\' { ' ' } else { c };
        c == '|' && depth == 0 && !in_string
    });
    if is_union { format!("({ty})") } else { ty.to_owned() }
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
    fn a_type_by_itself_and_the_same_as_a_part_of_another_are_one() {
        let node = r##"{"title":"Node","type":"object","properties":{"next":{"$ref":"#"}}}"##;
        let tree = r##"{"title":"Tree","type":"object","properties":{"root":{"$ref":"#/$defs/Node"}},
            "$defs":{"Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"}}}}}"##;
        let mut definitions = Definitions::default();
        for (schema, name) in [(node, "Node"), (tree, "Tree")] {
            assert_eq!(definitions.add(&serde_json::from_str(schema).unwrap(), "Of"), name);
        }
        assert_eq!(definitions.code().count(), 2);
    }

    #[test]
    fn a_name_that_the_language_or_the_code_uses_is_not_taken() {
        let schema = |name| format!(r#"{{"title":"{name}","type":"object","properties":{{}}}}"#);
        assert!(written(&schema("Array")).ends_with("OfArray"));
        assert!(written(&schema("type")).ends_with("Oftype"));
        let option = r##"{"title":"Nullable_Id","anyOf":[{"$ref":"#/$defs/Id"},{"type":"null"}],
            "$defs":{"Id":{"enum":["a","b"]}}}"##;
        assert_eq!(written(option), "export type Id = \"a\" | \"b\";\nId | null");
    }

    #[test]
    fn only_a_union_is_put_in_parentheses() {
        for (ty, is_union) in [
            ("A | B", true),
            ("{ a: A | B }", false),
            (r#""a | b""#, false),
            (r#""a\" | b""#, false),
            ("Array<A | B>", false),
            (r#""x" | { y: 1 }"#, true),
        ] {
            assert_eq!(enclosed(ty).starts_with('('), is_union, "{ty}");
        }
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
        assert_eq!(definitions.add(&session(r#""guest""#), "Three"), "TwoSession");
        let code: Vec<_> = definitions.code().collect();
        let written = "export type Role = \"admin\";\n\
                       export type Session = { role: Role };\n\
                       export type TwoRole = \"guest\";\n\
                       export type TwoSession = { role: TwoRole };\n";
        assert_eq!(code.concat(), written);
    }
}
