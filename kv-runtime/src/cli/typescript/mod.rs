//! Writes the types of the declared pairs as TypeScript, for the parts of a project that are not Rust.

mod schema;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use self::schema::Definitions;
use super::init::pascal;
use crate::typed::Declaration;
use crate::typed::declaration::{
    Check, DeclaredFamily, DeclaredText, DeclaredTypes, DeclaredValue, Schema,
};

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
    let mut definitions = Definitions::default();
    for declaration in declarations {
        let name = pascal(declaration.id);
        definitions.take(format!("{name}Key"));
        definitions.take(format!("{name}Namespace"));
    }
    let namespaces =
        declarations.iter().map(|declaration| namespace(declaration, &mut definitions));
    let namespaces: Vec<_> = namespaces.collect();
    let parts = definitions.code().chain(namespaces.iter().map(String::as_str));
    format!("{HEAD}{}", parts.collect::<Vec<_>>().join("\n"))
}

fn namespace(declaration: &Declaration, definitions: &mut Definitions) -> String {
    let name = pascal(declaration.id);
    let mut reads = entries(declaration, &name, definitions);
    // A key of several families is of the one that is not a catch-all: overloads are tried in order.
    let (last, families): (Vec<_>, Vec<_>) =
        declaration.families.iter().partition(|family| is_catch_all(family));
    for family in families.into_iter().chain(last) {
        let DeclaredFamily { types, .. } = family;
        let ty = definitions.of(types.value_schema, &name).map(|ty| Type::json(&ty));
        reads.push(Read {
            key: key_type(family),
            ty: ty.unwrap_or_else(|| probed(types.value)),
            metadata: definitions.of(types.metadata_schema, &name),
        });
    }
    if !declaration.spreads.is_empty() {
        let (key, ty) = ("string".to_owned(), Type::json("unknown"));
        reads.push(Read { key, ty, metadata: None });
    }
    let keys: Vec<_> = reads.iter().map(|read| format!("\n  | {}", read.key)).collect();
    let keys = if keys.is_empty() { " never".to_owned() } else { keys.concat() };
    let mut out = format!(
        "/** The keys of `{}`. */\nexport type {name}Key ={keys};\n\n\
         /** The binding `{}`: `const {} = env.{} as {name}Namespace`. */\n\
         export interface {name}Namespace {{\n",
        declaration.id, declaration.binding, declaration.id, declaration.binding,
    );
    // Text is what `get` reads by itself.
    let argument = |format: &str| match format {
        "text" => "type?: \"text\"".to_owned(),
        format => format!("type: \"{format}\""),
    };
    for Read { key, ty: Type { format, ty }, .. } in &reads {
        let _ = writeln!(out, "  get(key: {key}, {}): Promise<{ty} | null>;", argument(format));
    }
    for Read { key, ty: Type { format, ty }, metadata } in &reads {
        let metadata = metadata.as_deref().unwrap_or("unknown");
        let _ = writeln!(
            out,
            "  getWithMetadata<M = {metadata}>(\n    key: {key},\n    {},\n  \
             ): Promise<{{ value: {ty} | null; metadata: M | null }}>;",
            argument(format)
        );
    }
    let _ = write!(out, "{}", REST.replace("KEY", &format!("{name}Key")));
    out
}

/// A key or the keys of a family, and what is read from it.
struct Read {
    key: String,
    ty: Type,
    metadata: Option<String>,
}

/// What is read from the entries. An entry can have another value in each stage.
fn entries(declaration: &Declaration, namespace: &str, definitions: &mut Definitions) -> Vec<Read> {
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
    let read = |(key, (declared, found)): (String, (Option<DeclaredTypes>, Vec<Type>))| {
        let mut of = |schema: Schema| definitions.of(schema, namespace);
        let ty = declared.and_then(|types| of(types.value_schema)).map(|ty| Type::json(&ty));
        Read {
            key: quoted(&key),
            ty: ty.unwrap_or_else(|| union(found)),
            metadata: declared.and_then(|types| of(types.metadata_schema)),
        }
    };
    all.into_iter().map(read).collect()
}

impl Type {
    fn json(ty: &str) -> Self {
        Self { format: "json", ty: ty.to_owned() }
    }

    fn text(ty: &str) -> Self {
        Self { format: "text", ty: ty.to_owned() }
    }

    /// That of the value of an entry.
    fn of_value(value: &DeclaredValue) -> Self {
        let stored = match value {
            DeclaredValue::Text(text) => return Self::of_stored(text.as_bytes()),
            DeclaredValue::File(bytes, _) => return Self::of_stored(bytes),
            DeclaredValue::Env(_, check) => {
                return check.map_or_else(|| Self::text("string"), probed);
            }
            DeclaredValue::Typed(json, encode) => encode(json).ok(),
            DeclaredValue::Rust(value) => value().ok(),
        };
        stored.map_or_else(|| Self::json("unknown"), |stored| Self::of_stored(&stored))
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
