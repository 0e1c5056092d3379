//! Writes JSON Schema as types of TypeScript.

use serde_json::{Map, Value, json};

use super::quoted;
use crate::cli::types::definitions::referred;
use crate::cli::types::pairs::distinct;

/// What a schema takes if it says nothing.
const ANY: &str = "unknown";

/// The longest list that is written item by item.
const LONGEST_TUPLE: u64 = 16;

/// A type: one of these.
pub(super) struct Ty(Vec<String>);

impl Ty {
    fn one(code: impl Into<String>) -> Self {
        Self(vec![code.into()])
    }

    pub(super) fn any() -> Self {
        Self::one(ANY)
    }

    fn is_any(&self) -> bool {
        self.0.iter().any(|one| one == ANY)
    }

    /// One of several types.
    pub(super) fn union(types: impl IntoIterator<Item = Self>) -> Self {
        let all = Self(distinct(types.into_iter().flat_map(|ty| ty.0)));
        if all.is_any() { Self::any() } else { all }
    }

    /// What is of all these types.
    fn intersection(mut types: Vec<Self>) -> Self {
        types.retain(|ty| !ty.is_any());
        match types.len() {
            0 => Self::any(),
            1 => types.remove(0),
            _ => Self::one(types.iter().map(Self::enclosed).collect::<Vec<_>>().join(" & ")),
        }
    }

    pub(super) fn code(&self) -> String {
        if self.0.is_empty() { "never".to_owned() } else { self.0.join(" | ") }
    }

    /// In parentheses if it is a union.
    fn enclosed(&self) -> String {
        if self.0.len() > 1 { format!("({})", self.code()) } else { self.code() }
    }
}

/// The type of a schema.
pub(super) fn ty(schema: &Value) -> Ty {
    let Value::Object(schema) = schema else {
        return if *schema == Value::Bool(false) { Ty(Vec::new()) } else { Ty::any() };
    };
    // Each keyword narrows the type.
    let mut parts = Vec::new();
    if let Some(reference) = schema.get("$ref") {
        parts.push(reference.as_str().and_then(referred).map_or_else(Ty::any, Ty::one));
    }
    if let Some(value) = schema.get("const") {
        parts.push(literal(value));
    } else if let Some(Value::Array(values)) = schema.get("enum") {
        parts.push(Ty::union(values.iter().map(literal)));
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(schemas)) = schema.get(keyword) {
            parts.push(Ty::union(schemas.iter().map(ty)));
        }
    }
    if let Some(Value::Array(schemas)) = schema.get("allOf") {
        parts.extend(schemas.iter().map(ty));
    }
    if parts.is_empty() || schema.contains_key("properties") {
        parts.push(match schema.get("type") {
            Some(Value::String(name)) => of_type(name, schema),
            Some(Value::Array(all)) => {
                Ty::union(all.iter().filter_map(Value::as_str).map(|name| of_type(name, schema)))
            }
            _ => Ty::any(),
        });
    }
    Ty::intersection(parts)
}

/// The type of one `type` of a schema.
fn of_type(name: &str, schema: &Map<String, Value>) -> Ty {
    match name {
        "null" | "boolean" | "string" | "number" => Ty::one(name),
        "integer" => Ty::one("number"),
        "array" => Ty::one(array(schema)),
        "object" => Ty::one(object(schema)),
        _ => Ty::any(),
    }
}

fn array(schema: &Map<String, Value>) -> String {
    if let Some(Value::Array(items)) = schema.get("prefixItems") {
        return tuple(items);
    }
    let Some(item) = schema.get("items") else { return format!("Array<{ANY}>") };
    let length = |keyword| schema.get(keyword).and_then(Value::as_u64);
    match (length("minItems"), length("maxItems")) {
        (Some(least), Some(most)) if least == most && most <= LONGEST_TUPLE => {
            tuple(std::iter::repeat_n(item, usize::try_from(most).unwrap_or_default()))
        }
        _ => format!("Array<{}>", ty(item).code()),
    }
}

fn tuple<'a>(items: impl IntoIterator<Item = &'a Value>) -> String {
    let items: Vec<_> = items.into_iter().map(|item| ty(item).code()).collect();
    format!("[{}]", items.join(", "))
}

fn object(schema: &Map<String, Value>) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let members: Vec<_> =
        properties.into_iter().flatten().map(|property| member(property, schema)).collect();
    let others = others(schema);
    match (members.is_empty(), others) {
        (true, None) if properties.is_some() => "{}".to_owned(),
        // An alias such as `Record` cannot contain the type that it is in.
        (true, others) => format!("{{ [key: string]: {} }}", others.unwrap_or_else(Ty::any).code()),
        (false, None) => braced(&members),
        // An index signature would have to agree with the members.
        (false, Some(_)) => format!("{} & {{ [key: string]: {ANY} }}", braced(&members)),
    }
}

/// A member with its documentation.
fn member((name, schema): (&String, &Value), object: &Map<String, Value>) -> String {
    let required = object.get("required").and_then(Value::as_array);
    let is_required = required.is_some_and(|all| all.iter().any(|required| required == name));
    let optional = if is_required { "" } else { "?" };
    format!("{}{}{optional}: {}", docs(schema), property(name), ty(schema).code())
}

/// The type of the members without a name of their own, if there may be any.
fn others(schema: &Map<String, Value>) -> Option<Ty> {
    let of_patterns = schema.get("patternProperties").and_then(Value::as_object);
    let of_patterns: Vec<_> = of_patterns.into_iter().flat_map(Map::values).map(ty).collect();
    let additional = schema.get("additionalProperties").filter(|others| **others != json!(false));
    let all: Vec<_> = of_patterns.into_iter().chain(additional.map(ty)).collect();
    (!all.is_empty()).then(|| Ty::union(all))
}

/// Members in a line, or one in each line if some have documentation.
fn braced(members: &[String]) -> String {
    if members.iter().any(|member| member.contains('\n')) {
        // Texts have no line breaks: JSON escapes them.
        let members = members.join(";\n").replace('\n', "\n  ");
        return format!("{{\n  {members};\n}}");
    }
    format!("{{ {} }}", members.join("; "))
}

/// The description of a schema as a comment in lines of its own.
pub(super) fn docs(schema: &Value) -> String {
    let Some(text) = schema.get("description").and_then(Value::as_str) else {
        return String::new();
    };
    let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    let text: String = text.replace("*/", "*\\/").chars().map(plain).collect();
    if text.contains('\n') {
        let lines: Vec<_> = text.lines().collect();
        return format!("/**\n * {}\n */\n", lines.join("\n * ").replace(" * \n", " *\n"));
    }
    format!("/** {text} */\n")
}

fn property(name: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let starts = name.chars().next().is_some_and(|c| part(c) && !c.is_ascii_digit());
    if starts && name.chars().all(part) { name.to_owned() } else { quoted(name) }
}

fn literal(value: &Value) -> Ty {
    if value.is_array() || value.is_object() { Ty::any() } else { Ty::one(value.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(schema: &str) -> String {
        ty(&serde_json::from_str(schema).unwrap()).code()
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
                r#"{"type":"array","items":{"type":"number"},"minItems":3,"maxItems":3}"#,
                "[number, number, number]",
            ),
            (
                r#"{"type":"array","items":{"type":"number"},"minItems":300,"maxItems":300}"#,
                "Array<number>",
            ),
            (r#"{"type":"object"}"#, "{ [key: string]: unknown }"),
            (r#"{"type":"object","properties":{}}"#, "{}"),
            (
                r#"{"type":"object","additionalProperties":{"type":"boolean"}}"#,
                "{ [key: string]: boolean }",
            ),
            (
                r#"{"type":"object","patternProperties":{"^\\d+$":{"type":"boolean"}},"additionalProperties":false}"#,
                "{ [key: string]: boolean }",
            ),
            (
                r#"{"type":"object","properties":{"id":{"type":"string"}},"additionalProperties":true}"#,
                "{ id?: string } & { [key: string]: unknown }",
            ),
            (r#"{"const":"a\"b"}"#, r#""a\"b""#),
            (r#"{"$ref":"elsewhere"}"#, "unknown"),
            (r##"{"$ref":"#/$defs/Id"}"##, "Id"),
            (r#"{"anyOf":[{"type":["string","null"]},{"type":"null"}]}"#, "string | null"),
            (r#"{"anyOf":[true,{"type":"null"}]}"#, "unknown"),
            (r##"{"allOf":[{"enum":["a","b"]},{"$ref":"#/$defs/Id"}]}"##, r#"("a" | "b") & Id"#),
        ] {
            assert_eq!(written(schema), ty, "{schema}");
        }
    }

    #[test]
    fn an_enum_with_data_is_a_union_and_what_it_is_tagged_with_a_literal() {
        let schema = r#"{"oneOf":[
            {"type":"object","properties":{"kind":{"type":"string","const":"free"}},"required":["kind"]},
            {"type":"object","properties":{"kind":{"type":"string","const":"paid"},"seats":{"type":"integer"}},"required":["kind"]}
        ]}"#;
        let code = "{ kind: \"free\" } | { kind: \"paid\"; seats?: number }";
        assert_eq!(written(schema), code);
    }

    #[test]
    fn documentation_stays_with_its_members() {
        let schema = r#"{"type":"object","required":["a","b"],"properties":{
            "a":{"type":"object","properties":{"c":{"type":"string","description":"One.\n\nTwo */."}}},
            "b":{"type":"string"}
        }}"#;
        let code = "{\n  a: {\n    /**\n     * One.\n     *\n     * Two *\\/.\n     */\n    c?: string;\n  };\n  b: string;\n}";
        assert_eq!(written(schema), code);
    }
}
