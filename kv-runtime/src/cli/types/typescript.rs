//! Writes the pairs as TypeScript.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::definitions::{Definitions, referred};
use super::pairs::{Format, Key, Pair, Type, distinct, notation, pairs};
use crate::cli::init::pascal;
use crate::typed::Declaration;

/// What a schema takes if it says nothing.
const ANY: &str = "unknown";

const HEAD: &str = "\
// Written by `deploy types --typescript` from the declarations in Rust: do not edit.

";

/// The methods that are the same for all keys.
const REST: &str = "  \
  put(
    key: KEY,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: { expiration?: number; expirationTtl?: number; metadata?: unknown },
  ): Promise<void>;
  delete(key: KEY): Promise<void>;
  list<M = unknown>(options?: { prefix?: string | null; limit?: number; cursor?: string | null }): Promise<{
    keys: Array<{ name: KEY; expiration?: number; metadata?: M }>;
    list_complete: boolean;
    cursor?: string;
  }>;
}
";

/// The types of all pairs of some declarations.
pub(in crate::cli) fn typescript(declarations: &[&'static Declaration]) -> String {
    let mut definitions = Definitions::default();
    for declaration in declarations {
        let name = pascal(declaration.id);
        definitions.take(format!("{name}Key"));
        definitions.take(format!("{name}Namespace"));
    }
    let namespaces =
        declarations.iter().map(|declaration| namespace(declaration, &mut definitions));
    let namespaces: Vec<_> = namespaces.collect();
    let parts: Vec<_> = named(&definitions).into_iter().chain(namespaces).collect();
    format!("{HEAD}{}", parts.join("\n"))
}

/// The types that have names.
fn named(definitions: &Definitions) -> Vec<String> {
    let all = definitions.all();
    all.map(|(name, schema)| format!("export type {name} = {};\n", ty(schema))).collect()
}

fn namespace(declaration: &Declaration, definitions: &mut Definitions) -> String {
    let name = pascal(declaration.id);
    let pairs = pairs(declaration, &name, definitions);
    let keys: Vec<_> = pairs.iter().map(|pair| format!("\n  | {}", key_type(&pair.key))).collect();
    let keys = if keys.is_empty() { " never".to_owned() } else { keys.concat() };
    let mut out = format!(
        "/** The keys of `{}`. */\nexport type {name}Key ={keys};\n\n\
         /** The binding `{}`: `const {} = env.{} as {name}Namespace`. */\n\
         export interface {name}Namespace {{\n",
        declaration.id, declaration.binding, declaration.id, declaration.binding,
    );
    for Pair { key, value, .. } in &pairs {
        let (argument, ty) = read(value);
        let _ = writeln!(out, "  get(key: {}, {argument}): Promise<{ty} | null>;", key_type(key));
    }
    for Pair { key, value, metadata } in &pairs {
        let (argument, ty) = read(value);
        let metadata = metadata.as_ref().map_or_else(|| ANY.to_owned(), self::ty);
        let _ = writeln!(
            out,
            "  getWithMetadata<M = {metadata}>(\n    key: {},\n    {argument},\n  \
             ): Promise<{{ value: {ty} | null; metadata: M | null }}>;",
            key_type(key)
        );
    }
    let _ = write!(out, "{}", REST.replace("KEY", &format!("{name}Key")));
    out
}

/// The second argument of `get`, and what it makes `get` return. Text is what it reads by itself.
fn read(Type { format, schema }: &Type) -> (&'static str, String) {
    match format {
        Format::Text => ("type?: \"text\"", ty(schema)),
        Format::Json => ("type: \"json\"", ty(schema)),
        Format::Bytes => ("type: \"arrayBuffer\"", "ArrayBuffer".to_owned()),
    }
}

fn key_type(key: &Key) -> String {
    match key {
        Key::One(key) => quoted(key),
        Key::Family(pattern) => template(pattern),
        Key::Any => "string".to_owned(),
    }
}

/// The keys of a family as a template literal type.
fn template(pattern: &kv_rules::Pattern<'_>) -> String {
    format!("`{}`", notation(pattern, "`\\$", "${string}"))
}

fn member(name: &str) -> String {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$');
    if starts && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$') {
        return name.to_owned();
    }
    quoted(name)
}

/// A string literal. JSON's are TypeScript's.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The type of a schema.
fn ty(schema: &Value) -> String {
    let Value::Object(schema) = schema else {
        return if *schema == Value::Bool(false) { "never" } else { ANY }.to_owned();
    };
    // Each keyword narrows the type.
    let mut parts = Vec::new();
    if let Some(reference) = schema.get("$ref") {
        parts.push(reference.as_str().and_then(referred).unwrap_or(ANY).to_owned());
    }
    if let Some(value) = schema.get("const") {
        parts.push(literal(value));
    } else if let Some(Value::Array(values)) = schema.get("enum") {
        parts.push(union(values.iter().map(literal)));
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(schemas)) = schema.get(keyword) {
            parts.push(union(schemas.iter().map(ty)));
        }
    }
    if let Some(Value::Array(schemas)) = schema.get("allOf") {
        parts.extend(schemas.iter().map(ty));
    }
    if parts.is_empty() || schema.contains_key("properties") {
        parts.push(match schema.get("type") {
            Some(Value::String(name)) => of_type(name, schema),
            Some(Value::Array(all)) => {
                union(all.iter().filter_map(Value::as_str).map(|name| of_type(name, schema)))
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
fn of_type(name: &str, schema: &Map<String, Value>) -> String {
    match name {
        "null" | "boolean" | "string" | "number" => name.to_owned(),
        "integer" => "number".to_owned(),
        "array" => array(schema),
        "object" => object(schema),
        _ => ANY.to_owned(),
    }
}

fn array(schema: &Map<String, Value>) -> String {
    if let Some(Value::Array(items)) = schema.get("prefixItems") {
        let items: Vec<_> = items.iter().map(ty).collect();
        return format!("[{}]", items.join(", "));
    }
    let item = schema.get("items").map_or_else(|| ANY.to_owned(), ty);
    format!("Array<{item}>")
}

fn object(schema: &Map<String, Value>) -> String {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|all| all.iter().any(|required| required == name));
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let members: Vec<_> = members
        .map(|(name, schema)| {
            let optional = if is_required(name) { "" } else { "?" };
            format!("{}{optional}: {}", member(name), ty(schema))
        })
        .collect();
    let others = schema.get("additionalProperties").filter(|others| others.is_object());
    if schema.get("properties").is_some_and(|members| members == &json!({})) && others.is_none() {
        return "{}".to_owned();
    }
    match (members.is_empty(), others) {
        (false, None) => format!("{{ {} }}", members.join("; ")),
        // An index signature would have to agree with the members.
        (false, Some(_)) => format!("{{ {} }} & Record<string, {ANY}>", members.join("; ")),
        (true, Some(others)) => format!("Record<string, {}>", ty(others)),
        (true, None) => format!("Record<string, {ANY}>"),
    }
}

fn literal(value: &Value) -> String {
    if value.is_array() || value.is_object() { ANY.to_owned() } else { value.to_string() }
}

fn union(types: impl Iterator<Item = String>) -> String {
    let all = distinct(types);
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
        let schema = definitions.add(&serde_json::from_str(schema).unwrap(), "Of");
        format!("{}{}", named(&definitions).concat(), ty(&schema))
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
            (r#"{"$ref":"elsewhere"}"#, "unknown"),
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
            assert_eq!(ty(&definitions.add(&serde_json::from_str(schema).unwrap(), "Of")), name);
        }
        assert_eq!(definitions.all().count(), 2);
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
        assert_eq!(ty(&definitions.add(&session(r#""admin""#), "One")), "Session");
        assert_eq!(ty(&definitions.add(&session(r#""admin""#), "Two")), "Session");
        assert_eq!(ty(&definitions.add(&session(r#""guest""#), "Two")), "TwoSession");
        assert_eq!(ty(&definitions.add(&session(r#""guest""#), "Three")), "TwoSession");
        let written = "export type Role = \"admin\";\n\
                       export type Session = { role: Role };\n\
                       export type TwoRole = \"guest\";\n\
                       export type TwoSession = { role: TwoRole };\n";
        assert_eq!(named(&definitions).concat(), written);
    }
}
