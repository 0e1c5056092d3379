//! The schemas of users' types, as `schemars` derives them, each under one name.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::{CONTROLS, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::names::{free, identifier, is_reserved};
use crate::typed::declaration::TypeSchema;

/// Where the schemas of other types are in the schema of a type.
const DEFINITIONS: &str = "$defs";

/// The types of all declarations. They refer to each other by number, because the name of a type depends
/// on all others.
#[derive(Default)]
pub(super) struct Definitions {
    all: Vec<Definition>,
}

struct Definition {
    /// Its name in Rust, as an identifier.
    rust_name: String,
    /// The first namespace that uses it.
    namespace: String,
    /// Its schema and those that it refers to, without names: types that have equal ones are one type.
    reached: Vec<Value>,
    schema: Value,
}

/// The names of the types, by their numbers.
pub(super) struct Names {
    all: Vec<String>,
    /// Those with a number, since other types of the same namespace have the same name.
    pub(super) numbered: Vec<String>,
}

impl Definitions {
    /// Adds what a type's schema defines; the result refers to that by number.
    pub(super) fn add(&mut self, schema: &TypeSchema, namespace: &str) -> Value {
        let document = Document::new(schema);
        let mut numbers = BTreeMap::new();
        let mut added = Vec::new();
        for reference in document.reached_from(&schema.json) {
            let rust_name = document.rust_name(&reference);
            let reached = document.canonical(&reference);
            let known =
                |known: &Definition| known.rust_name == rust_name && known.reached == reached;
            let number = self.all.iter().position(known).unwrap_or_else(|| {
                let (namespace, schema) = (namespace.to_owned(), Value::Null);
                self.all.push(Definition { rust_name, namespace, reached, schema });
                added.push((self.all.len() - 1, reference.clone()));
                self.all.len() - 1
            });
            numbers.insert(reference, number);
        }
        let numbered = |schema: &Value| {
            bare(schema, &mut |old| numbers.get(old).map(|number| reference(&number.to_string())))
        };
        for (number, reference) in added {
            if let (Some(definition), Some(schema)) =
                (self.all.get_mut(number), document.defined.get(&reference))
            {
                definition.schema = numbered(schema);
            }
        }
        match numbers.get(ROOT) {
            Some(number) => json!({ "$ref": reference(&number.to_string()) }),
            None => numbered(&schema.json),
        }
    }

    /// Names all types. One that shares its name with others is named after the first namespace that uses
    /// it, and so are the others: no name depends on the order of declarations.
    pub(super) fn names(&self, taken: &BTreeSet<String>) -> Names {
        let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, definition) in self.all.iter().enumerate() {
            groups.entry(&definition.rust_name).or_default().push(number);
        }
        let is_free = |name: &str| !taken.contains(name) && !is_reserved(name);
        let (alone, others): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|(name, group)| group.len() == 1 && is_free(name));
        let mut names = vec![String::new(); self.all.len()];
        let mut numbered = Vec::new();
        let mut used: BTreeSet<String> = alone.iter().map(|(name, _)| (*name).to_owned()).collect();
        for (name, group) in alone {
            for number in group {
                name.clone_into(&mut names[number]);
            }
        }
        for (name, group) in others {
            for number in group {
                let long = format!("{}{name}", self.all[number].namespace);
                let name = free(&long, |name| is_free(name) && !used.contains(name));
                used.insert(name.clone());
                if name != long {
                    numbered.push(name.clone());
                }
                names[number] = name;
            }
        }
        Names { all: names, numbered }
    }

    /// The types under their names.
    pub(super) fn named(&self, names: &Names) -> BTreeMap<String, Value> {
        let all = names.all.iter().zip(&self.all);
        all.map(|(name, definition)| (name.clone(), names.resolve(&definition.schema))).collect()
    }
}

impl Names {
    /// A schema that refers to types by their names.
    pub(super) fn resolve(&self, schema: &Value) -> Value {
        bare(schema, &mut |old| {
            let number: usize = referred(old)?.parse().ok()?;
            // A reference is a part of a URI. CONTROLS includes all that is not ASCII.
            self.all
                .get(number)
                .map(|name| utf8_percent_encode(&reference(name), CONTROLS).to_string())
        })
    }
}

/// The reference to a type by itself.
const ROOT: &str = "#";

/// The schema of a type, with the types that it defines by their references.
struct Document<'a> {
    defined: BTreeMap<String, &'a Value>,
    name: Option<&'a str>,
}

impl<'a> Document<'a> {
    fn new(schema: &'a TypeSchema) -> Self {
        let name = schema.name.as_deref();
        let others = schema.json.get(DEFINITIONS).and_then(Value::as_object);
        let others = others.into_iter().flatten();
        let others = others.map(|(name, schema)| (reference(name), schema));
        let root = name.map(|_| (ROOT.to_owned(), &schema.json));
        Self { defined: others.chain(root).collect(), name }
    }

    /// The references that lead from a schema to a type, in the order in which they are met.
    fn reached_from(&self, schema: &Value) -> Vec<String> {
        let mut found: Vec<String> = self.name.map(|_| ROOT.to_owned()).into_iter().collect();
        self.follow(schema, &mut found);
        self.follow_all(&mut found);
        found
    }

    /// A type's schema and those that it refers to, by position.
    fn canonical(&self, reference: &str) -> Vec<Value> {
        self.follow_all(&mut vec![reference.to_owned()])
    }

    /// Adds what these types refer to, to the end. Returns the schemas of all, by position.
    fn follow_all(&self, found: &mut Vec<String>) -> Vec<Value> {
        let mut schemas = Vec::new();
        while let Some(schema) = found.get(schemas.len()).and_then(|next| self.defined.get(next)) {
            schemas.push(self.follow(schema, found));
        }
        schemas
    }

    /// Adds what a schema refers to; the result refers to that by position.
    fn follow(&self, schema: &Value, found: &mut Vec<String>) -> Value {
        bare(schema, &mut |reference| {
            if !self.defined.contains_key(reference) {
                return None;
            }
            let position = found.iter().position(|known| known == reference).unwrap_or_else(|| {
                found.push(reference.to_owned());
                found.len() - 1
            });
            Some(position.to_string())
        })
    }

    /// The name that a type has in Rust. Of two types with one name, schemars calls the second `Name2`.
    fn rust_name(&self, reference: &str) -> String {
        let name = reference.strip_prefix(&self::reference("")).or(self.name).unwrap_or_default();
        let short = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_number_of_another =
            self.name == Some(short) || self.defined.contains_key(&self::reference(short));
        identifier(if is_number_of_another { short } else { name })
    }
}

/// A reference to a type.
fn reference(name: &str) -> String {
    format!("#/{DEFINITIONS}/{name}")
}

/// The name of the type that a reference refers to.
pub(super) fn referred(reference: &str) -> Option<String> {
    let decoded = decoded(reference);
    let name = decoded.strip_prefix("#/")?.strip_prefix(DEFINITIONS)?.strip_prefix('/')?;
    Some(name.to_owned())
}

/// A reference without the escapes of URIs and of JSON Pointer.
fn decoded(reference: &str) -> String {
    let pointer = percent_decode_str(reference).decode_utf8_lossy();
    pointer.replace("~1", "/").replace("~0", "~")
}

/// A schema without what differs between a type by itself and as a part of another, and with other
/// references; one that `refer` does not know is left out.
fn bare(schema: &Value, refer: &mut dyn FnMut(&str) -> Option<String>) -> Value {
    let members = match schema {
        Value::Array(items) => return items.iter().map(|item| bare(item, refer)).collect(),
        Value::Object(members) => members,
        value => return value.clone(),
    };
    let mut all = Map::new();
    for (keyword, value) in members {
        let value = match (keyword.as_str(), value) {
            ("title" | "$schema" | DEFINITIONS, _) => continue,
            ("$ref", Value::String(reference)) => match refer(&decoded(reference)) {
                Some(reference) => reference.into(),
                None => continue,
            },
            ("const" | "enum" | "default" | "examples", value) => value.clone(),
            ("properties" | "patternProperties" | "dependentSchemas", Value::Object(schemas)) => {
                let schemas = schemas.iter();
                schemas.map(|(name, schema)| (name.clone(), bare(schema, refer))).collect()
            }
            (_, value) => bare(value, refer),
        };
        all.insert(keyword.clone(), value);
    }
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(name: &str, json: &str) -> TypeSchema {
        TypeSchema { name: Some(name.to_owned()), json: serde_json::from_str(json).unwrap() }
    }

    /// The names under which types are written that are added in this order, with the namespaces.
    fn named(types: &[(&str, &TypeSchema)]) -> (Vec<Value>, BTreeMap<String, Value>) {
        let mut definitions = Definitions::default();
        let added: Vec<_> =
            types.iter().map(|(namespace, schema)| definitions.add(schema, namespace)).collect();
        let names = definitions.names(&BTreeSet::new());
        let added = added.iter().map(|schema| names.resolve(schema)).collect();
        (added, definitions.named(&names))
    }

    #[test]
    fn a_type_has_its_name_in_rust_whatever_its_title_is() {
        let titled = schema("Doc", r#"{"title":"A heading","type":"object"}"#);
        let (added, all) = named(&[("Of", &titled)]);
        assert_eq!(added, [json!({ "$ref": "#/$defs/Doc" })]);
        assert_eq!(all["Doc"], json!({ "type": "object" }));
    }

    #[test]
    fn a_reference_is_read_as_schemars_writes_it() {
        let order = r##"{"properties":{"at":{"$ref":"#/$defs/Caf%C3%A9"},"in":{"$ref":"#/$defs/a~1B%3CC%3E"}},
            "$defs":{"Café":{"type":"object"},"a/B<C>":{"type":"string"}}}"##;
        let (_, all) = named(&[("Of", &schema("Order", order))]);
        let names: Vec<_> = all.keys().collect();
        assert_eq!(names, ["Café", "Order", "a_B_C_"]);
        assert_eq!(all["Order"]["properties"]["at"]["$ref"], "#/$defs/Caf%C3%A9");
        assert_eq!(all["Order"]["properties"]["in"]["$ref"], "#/$defs/a_B_C_");
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_left_out() {
        let broken = schema("Broken", r##"{"properties":{"at":{"$ref":"#/$defs/Nope"}}}"##);
        assert_eq!(named(&[("Of", &broken)]).1["Broken"], json!({ "properties": { "at": {} } }));
    }

    #[test]
    fn a_type_by_itself_and_the_same_as_a_part_of_another_are_one() {
        let node = schema("Node", r##"{"title":"Node","properties":{"next":{"$ref":"#"}}}"##);
        let tree = r##"{"title":"Tree","properties":{"root":{"$ref":"#/$defs/Node"}},
            "$defs":{"Node":{"properties":{"next":{"$ref":"#/$defs/Node"}}}}}"##;
        let (_, all) = named(&[("Of", &node), ("Of", &schema("Tree", tree))]);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["Node", "Tree"]);
    }

    #[test]
    fn of_two_types_with_one_name_none_has_the_short_one_in_any_order() {
        let item = |ty: &str| schema("Item", &format!(r#"{{"type":"{ty}"}}"#));
        let (one, two) = (item("object"), item("string"));
        let (_, all) = named(&[("Products", &one), ("Sessions", &two), ("Users", &two)]);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["ProductsItem", "SessionsItem"]);
        assert_eq!(all["ProductsItem"]["type"], "object");
    }

    #[test]
    fn a_type_that_schemars_numbers_is_the_one_that_has_no_number_elsewhere() {
        let page = |item: &str| format!(r#"{{"properties":{{"item":{{"type":"{item}"}}}}}}"#);
        let both = format!(
            r##"{{"properties":{{"a":{{"$ref":"#/$defs/Page"}},"b":{{"$ref":"#/$defs/Page2"}}}},
            "$defs":{{"Page":{},"Page2":{}}}}}"##,
            page("string"),
            page("boolean"),
        );
        let alone = schema("Page", &page("boolean"));
        let (added, all) = named(&[("Of", &schema("Both", &both)), ("Of", &alone)]);
        assert_eq!(all.keys().collect::<Vec<_>>(), ["Both", "OfPage", "OfPage2"]);
        assert_eq!(added[1], all["Both"]["properties"]["b"]);
    }

    #[test]
    fn members_may_be_called_like_keywords() {
        let odd =
            r#"{"properties":{"title":{"type":"string"},"$defs":true},"default":{"title":"x"}}"#;
        assert_eq!(
            named(&[("Of", &schema("Odd", odd))]).1["Odd"],
            serde_json::from_str::<Value>(odd).unwrap()
        );
    }
}
