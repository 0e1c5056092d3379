//! Writes the types of the declared pairs as TypeScript, for the parts of a project that are not Rust.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::init::pascal;
use crate::typed::Declaration;
use crate::typed::declaration::{Check, DeclaredFamily, DeclaredValue};

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

/// A type of TypeScript, and the second argument of `get` that reads it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Type {
    format: &'static str,
    ty: String,
}

/// The types of all pairs of some declarations.
pub(super) fn typescript(declarations: &[&'static Declaration]) -> String {
    let namespaces = declarations.iter().map(|declaration| namespace(declaration));
    format!("{HEAD}{}", namespaces.collect::<Vec<_>>().join("\n"))
}

fn namespace(declaration: &Declaration) -> String {
    let name = pascal(declaration.id);
    let mut reads: Vec<(String, Type)> =
        entries(declaration).into_iter().map(|(key, types)| (quoted(&key), union(types))).collect();
    // A key of several families is of the one that is not a catch-all: overloads are tried in order.
    let (last, families): (Vec<_>, Vec<_>) =
        declaration.families.iter().partition(|family| is_catch_all(family));
    for family in families.into_iter().chain(last) {
        reads.push((key_type(family), probed(family.types.value)));
    }
    if !declaration.spreads.is_empty() {
        reads.push(("string".to_owned(), Type::json("unknown")));
    }
    let keys: Vec<_> = reads.iter().map(|(key, _)| format!("\n  | {key}")).collect();
    let keys = if keys.is_empty() { " never".to_owned() } else { keys.concat() };
    let mut out = format!(
        "/** The keys of `{}`. */\nexport type {name}Key ={keys};\n\n\
         /** The binding `{}`: `const {} = env.{} as {name}Namespace`. */\n\
         export interface {name}Namespace {{\n",
        declaration.id, declaration.binding, declaration.id, declaration.binding,
    );
    // Text is what `get` reads by itself.
    let read = |format: &str| match format {
        "text" => "type?: \"text\"".to_owned(),
        format => format!("type: \"{format}\""),
    };
    for (key, Type { format, ty }) in &reads {
        let _ = writeln!(out, "  get(key: {key}, {}): Promise<{ty} | null>;", read(format));
    }
    for (key, Type { format, ty }) in &reads {
        let _ = writeln!(
            out,
            "  getWithMetadata<M = unknown>(\n    key: {key},\n    {},\n  \
             ): Promise<{{ value: {ty} | null; metadata: M | null }}>;",
            read(format)
        );
    }
    let _ = write!(out, "{}", REST.replace("KEY", &format!("{name}Key")));
    out
}

/// The keys of the entries, and the types of the values that they have in any stage.
fn entries(declaration: &Declaration) -> BTreeMap<String, Vec<Type>> {
    let mut entries: BTreeMap<String, Vec<Type>> = BTreeMap::new();
    for text in declaration.read_texts() {
        entries.entry(text.key).or_default().push(Type::of_stored(text.text.as_bytes()));
    }
    for entry in declaration.entries {
        let values = entry.by_stage.iter().map(|(_, value)| value).chain([&entry.value]);
        let types = values.map(|value| match value {
            DeclaredValue::Text(text) => Type::of_stored(text.as_bytes()),
            DeclaredValue::Typed(json, encode) => match encode(json) {
                Ok(stored) => Type::of_stored(&stored),
                Err(_) => Type::json("unknown"),
            },
            DeclaredValue::File(bytes, _) => Type::of_stored(bytes),
            DeclaredValue::Env(_, check) => check.map_or_else(|| Type::text("string"), probed),
            DeclaredValue::Rust(value) => match value() {
                Ok(stored) => Type::of_stored(&stored),
                Err(_) => Type::json("unknown"),
            },
        });
        entries.entry(entry.key.to_owned()).or_default().extend(types);
    }
    entries
}

impl Type {
    fn json(ty: &str) -> Self {
        Self { format: "json", ty: ty.to_owned() }
    }

    fn text(ty: &str) -> Self {
        Self { format: "text", ty: ty.to_owned() }
    }

    /// That of stored bytes. What is stored as text and is not JSON is read as text.
    fn of_stored(stored: &[u8]) -> Self {
        let Ok(text) = str::from_utf8(stored) else {
            return Self { format: "arrayBuffer", ty: "ArrayBuffer".to_owned() };
        };
        match serde_json::from_str::<Value>(text) {
            Ok(Value::String(_)) | Err(_) => Self::text("string"),
            Ok(value) => Self::json(&of_json(&value)),
        }
    }
}

/// The type of values that are one of several.
fn union(mut types: Vec<Type>) -> Type {
    types.sort_unstable();
    types.dedup();
    match types.as_slice() {
        [one] => one.clone(),
        [first, rest @ ..] if rest.iter().all(|ty| ty.format == first.format) => {
            let all: Vec<_> = types.iter().map(|ty| ty.ty.as_str()).collect();
            Type { format: first.format, ty: all.join(" | ") }
        }
        // What is JSON in one stage and text in another can be read as text only.
        _ => Type::text("string"),
    }
}

fn of_json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "boolean".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(items) => {
            let mut types: Vec<_> = items.iter().map(of_json).collect();
            types.sort_unstable();
            types.dedup();
            match types.as_slice() {
                [] => "unknown[]".to_owned(),
                [one] => format!("Array<{one}>"),
                _ => format!("Array<{}>", types.join(" | ")),
            }
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                // The value of another stage may be there where this one is `null`.
                let ty = if value.is_null() { "unknown".to_owned() } else { of_json(value) };
                format!("{}: {ty}", member(name))
            });
            let members: Vec<_> = members.collect();
            if members.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", members.join("; "))
            }
        }
    }
}

/// What the values of a Rust type look like, as far as its check tells.
fn probed(check: Check) -> Type {
    let takes = |stored: &[u8]| check(stored).is_ok();
    if takes(b"\xff") {
        return Type { format: "arrayBuffer", ty: "ArrayBuffer".to_owned() };
    }
    if takes(b"{not JSON") {
        return Type::text("string");
    }
    let (bool, number, text) = (takes(b"true"), takes(b"1"), takes(b"\"x\""));
    let ty = match (bool, number, text) {
        (true, false, false) => "boolean",
        (false, true, false) => "number",
        (false, false, true) => "string",
        (false, false, false) if takes(b"[]") => "unknown[]",
        (false, false, false) => "Record<string, unknown>",
        _ => "unknown",
    };
    let nullable = if ty != "unknown" && takes(b"null") { " | null" } else { "" };
    Type::json(&format!("{ty}{nullable}"))
}

fn is_catch_all(family: &DeclaredFamily) -> bool {
    kv_rules::Pattern::parse(family.pattern).is_ok_and(|pattern| pattern.is_catch_all())
}

/// The keys of a family as a template literal type.
fn key_type(family: &DeclaredFamily) -> String {
    let Ok(pattern) = kv_rules::Pattern::parse(family.pattern) else { return "string".to_owned() };
    let mut text = String::from("`");
    for segment in pattern.segments() {
        match segment {
            kv_rules::Segment::Literal(literal) => {
                for c in literal.chars() {
                    if matches!(c, '`' | '\\' | '$') {
                        text.push('\\');
                    }
                    text.push(c);
                }
            }
            kv_rules::Segment::Param(_) => text.push_str("${string}"),
        }
    }
    text.push('`');
    text
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
