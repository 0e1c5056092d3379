//! The schemas of users' types, as `schemars` derives them, each under one name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::typed::declaration::Schema;

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
    rust_name: String,
    /// Its schema and those that it refers to: types that have equal ones are one type.
    reached: Value,
    /// Its schema, which refers to others by their names here.
    schema: Value,
}

impl Definitions {
    pub(super) fn take(&mut self, name: String) {
        self.taken.insert(name);
    }

    /// The schema of a user's type, if it derives one.
    pub(super) fn of(&mut self, schema: Schema, namespace: &str) -> Option<Value> {
        schema.and_then(|schema| schema()).map(|schema| self.add(&schema, namespace))
    }

    /// Adds what a schema defines. The result refers to that by name; `of` tells apart two types of one
    /// name.
    pub(super) fn add(&mut self, schema: &Value, of: &str) -> Value {
        let root =
            schema.get("title").and_then(Value::as_str).filter(|name| is_named(name, schema));
        let others = schema.get(DEFINITIONS).and_then(Value::as_object);
        let others = others.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema));
        let others = others.map(|(name, schema)| (reference(name), (name, schema)));
        let root = root.map(|name| ("#".to_owned(), (name, schema)));
        let defined: Defined<'_> = others.chain(root).collect();
        let mut names = HashMap::new();
        let mut added = Vec::new();
        for (reference, (rust_name, schema)) in &defined {
            let reached = reached(schema, &defined);
            let known = self
                .all
                .iter()
                .find(|(_, known)| known.rust_name == *rust_name && known.reached == reached);
            let name = if let Some((name, _)) = known {
                name.clone()
            } else {
                let name = self.free_name(rust_name, of);
                let rust_name = (*rust_name).to_owned();
                let definition = Definition { rust_name, reached, schema: Value::Null };
                self.all.insert(name.clone(), definition);
                added.push((name.clone(), *schema));
                name
            };
            names.insert(reference.clone(), name);
        }
        let renamed = |schema: &Value| {
            bare(schema, &mut |old| {
                names.get(old).map_or_else(|| old.to_owned(), |name| reference(name))
            })
        };
        for (name, schema) in added {
            if let Some(definition) = self.all.get_mut(&name) {
                definition.schema = renamed(schema);
            }
        }
        names.get("#").map_or_else(|| renamed(schema), |name| json!({ "$ref": reference(name) }))
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

    /// The named types and their schemas.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.all.iter().map(|(name, definition)| (name.as_str(), &definition.schema))
    }
}

/// A reference to a type.
fn reference(name: &str) -> String {
    format!("#/{DEFINITIONS}/{name}")
}

/// The type that a reference refers to.
pub(super) fn referred(reference: &str) -> Option<&str> {
    reference.strip_prefix("#/")?.strip_prefix(DEFINITIONS)?.strip_prefix('/')
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
            let by_name = bare(schema, &mut |reference| match defined.get(reference) {
                Some((name, schema)) => {
                    open.push((name, schema));
                    (*name).to_owned()
                }
                None => reference.to_owned(),
            });
            found.insert(name, by_name);
        }
    }
    found.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// A schema without what differs between a type by itself and as a part of another, with other references.
fn bare(schema: &Value, refer: &mut dyn FnMut(&str) -> String) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| bare(item, refer)).collect(),
        Value::Object(members) => {
            let members = members.iter().filter(|(name, value)| {
                let is_title = *name == "title" && value.is_string();
                !is_title && *name != "$schema" && *name != DEFINITIONS
            });
            let members = members.map(|(name, value)| {
                let reference = value.as_str().filter(|_| name == "$ref");
                let value = match reference {
                    Some(reference) => refer(reference).into(),
                    None => bare(value, refer),
                };
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        value => value.clone(),
    }
}
