//! Guesses a Rust type from values.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use serde_json::Value;

use super::names::{pascal, snake, unique};

/// An object with at least this many different members is a map, not a struct.
const MANY_MEMBERS: usize = 40;

/// The form that some values have in common.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// There was no value to look at.
    Unknown,
    Null,
    Bool,
    Unsigned,
    Signed,
    Float,
    /// A JSON string within other JSON.
    Text,
    /// Text that is not JSON.
    Plain,
    /// Not text.
    Bytes,
    List(Box<Shape>),
    Object(Object),
    Map(Box<Shape>),
    /// The inner shape, or null or missing.
    Optional(Box<Shape>),
    /// Any JSON.
    Any,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Object {
    name: String,
    members: BTreeMap<String, Shape>,
}

impl Shape {
    /// The shape of a stored value.
    pub(super) fn of_stored(value: &[u8]) -> Self {
        let Ok(text) = str::from_utf8(value) else { return Self::Bytes };
        match serde_json::from_str::<Value>(text) {
            // A value that is a JSON string was probably written as text, so it is read as text.
            Ok(Value::String(_)) | Err(_) => Self::Plain,
            Ok(value) => Self::of(&value),
        }
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(number) if number.is_u64() => Self::Unsigned,
            Value::Number(number) if number.is_i64() => Self::Signed,
            Value::Number(_) => Self::Float,
            Value::String(_) => Self::Text,
            Value::Array(items) => {
                let items = items.iter().map(Self::of).fold(Self::Unknown, Self::merged);
                Self::List(Box::new(items))
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.clone(), Self::of(value)));
                Self::object(members.collect())
            }
        }
    }

    fn object(members: BTreeMap<String, Self>) -> Self {
        if members.len() < MANY_MEMBERS {
            return Self::Object(Object { name: String::new(), members });
        }
        let value = members.into_values().fold(Self::Unknown, Self::merged);
        Self::Map(Box::new(value))
    }

    /// The narrowest shape that fits both.
    pub(super) fn merged(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Unknown, shape) | (shape, Self::Unknown) => shape,
            (Self::Bytes, _) | (_, Self::Bytes) => Self::Bytes,
            (Self::Plain, _) | (_, Self::Plain) => Self::Plain,
            (Self::Null, Self::Optional(shape)) | (Self::Optional(shape), Self::Null) => {
                Self::Optional(shape)
            }
            (Self::Null, shape) | (shape, Self::Null) => Self::Optional(Box::new(shape)),
            (Self::Optional(one), other) | (other, Self::Optional(one)) => {
                let other = match other {
                    Self::Optional(other) => *other,
                    other => other,
                };
                Self::Optional(Box::new(one.merged(other)))
            }
            (Self::Unsigned, Self::Signed) | (Self::Signed, Self::Unsigned) => Self::Signed,
            (Self::Unsigned | Self::Signed, Self::Float)
            | (Self::Float, Self::Unsigned | Self::Signed) => Self::Float,
            (Self::List(one), Self::List(other)) => Self::List(Box::new(one.merged(*other))),
            (Self::Object(one), Self::Object(other)) => {
                let mut members = one.members;
                for (name, shape) in &mut members {
                    if !other.members.contains_key(name) {
                        *shape = std::mem::replace(shape, Self::Null).merged(Self::Null);
                    }
                }
                for (name, shape) in other.members {
                    let merged = match members.remove(&name) {
                        Some(known) => known.merged(shape),
                        None => shape.merged(Self::Null),
                    };
                    members.insert(name, merged);
                }
                Self::object(members)
            }
            (Self::Map(one), Self::Map(other)) => Self::Map(Box::new(one.merged(*other))),
            (Self::Map(one), Self::Object(other)) | (Self::Object(other), Self::Map(one)) => {
                let values = other.members.into_values();
                Self::Map(Box::new(values.fold(*one, Self::merged)))
            }
            _ => Self::Any,
        }
    }

    /// Names the structs that the type needs.
    pub(super) fn name_structs(&mut self, name: &str, taken: &mut HashSet<String>) {
        match self {
            Self::Object(object) => {
                object.name = unique(name, taken);
                for (member, shape) in &mut object.members {
                    shape.name_structs(&format!("{name}{}", pascal(member)), taken);
                }
            }
            Self::List(shape) | Self::Optional(shape) | Self::Map(shape) => {
                shape.name_structs(name, taken);
            }
            _ => {}
        }
    }

    /// The Rust type.
    pub(super) fn ty(&self) -> String {
        match self {
            Self::Unknown | Self::Null | Self::Any => "kv_runtime::serde_json::Value".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Unsigned => "u64".to_owned(),
            Self::Signed => "i64".to_owned(),
            Self::Float => "f64".to_owned(),
            Self::Text | Self::Plain => "String".to_owned(),
            Self::Bytes => "kv_runtime::Bytes".to_owned(),
            Self::List(shape) => format!("Vec<{}>", shape.ty()),
            Self::Map(shape) => format!("std::collections::BTreeMap<String, {}>", shape.ty()),
            Self::Optional(shape) => match &**shape {
                Self::Unknown | Self::Null | Self::Any => shape.ty(),
                shape => format!("Option<{}>", shape.ty()),
            },
            Self::Object(object) => object.name.clone(),
        }
    }

    /// Writes the structs that the type needs.
    pub(super) fn structs(&self, code: &mut String) {
        match self {
            Self::Object(object) => {
                object.code(code);
                object.members.values().for_each(|shape| shape.structs(code));
            }
            Self::List(shape) | Self::Optional(shape) | Self::Map(shape) => shape.structs(code),
            _ => {}
        }
    }
}

impl Object {
    fn code(&self, code: &mut String) {
        code.push_str(
            "\n#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]\n",
        );
        let _ = writeln!(code, "pub struct {} {{", self.name);
        let mut taken = HashSet::new();
        for (member, shape) in &self.members {
            let field = unique(&snake(member), &mut taken);
            if field != *member {
                let _ = writeln!(code, "    #[serde(rename = {member:?})]");
            }
            if matches!(shape, Shape::Optional(_)) {
                code.push_str("    #[serde(default, skip_serializing_if = \"Option::is_none\")]\n");
            }
            let _ = writeln!(code, "    pub {field}: {},", shape.ty());
        }
        code.push_str("}\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ty(values: &[&str]) -> String {
        let shapes = values.iter().map(|value| Shape::of_stored(value.as_bytes()));
        let mut shape = shapes.fold(Shape::Unknown, Shape::merged);
        shape.name_structs("User", &mut HashSet::new());
        let mut code = String::new();
        shape.structs(&mut code);
        code + &shape.ty()
    }

    #[test]
    fn values_have_the_narrowest_type_that_all_are_of() {
        for (values, expected) in [
            (&["1", "2"][..], "u64"),
            (&["1", "-2"], "i64"),
            (&["1", "2.5"], "f64"),
            (&["true"], "bool"),
            (&["hello", "1"], "String"),
            (&["\"quoted\""], "String"),
            (&["[1,2]", "[]"], "Vec<u64>"),
            (&["1", "[1]"], "kv_runtime::serde_json::Value"),
            (&["1", "null"], "Option<u64>"),
            (&[], "kv_runtime::serde_json::Value"),
        ] {
            assert_eq!(ty(values), expected, "{values:?}");
        }
    }

    #[test]
    fn objects_become_structs() {
        let code =
            ty(&[r#"{"userId":1,"type":"a","tags":[{"n":1}]}"#, r#"{"userId":2,"type":null}"#]);
        insta_like(&code);
    }

    /// The tests of `init` check that the code compiles; this checks what it looks like.
    fn insta_like(code: &str) {
        for line in [
            "pub struct User {",
            "    pub tags: Option<Vec<UserTags>>,",
            "    #[serde(rename = \"type\")]",
            "    pub type_: Option<String>,",
            "    #[serde(rename = \"userId\")]",
            "    pub user_id: u64,",
            "pub struct UserTags {",
            "    pub n: u64,",
        ] {
            assert!(code.lines().any(|written| written == line), "{line}\n{code}");
        }
    }
}
