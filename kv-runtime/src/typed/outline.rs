//! What values of a type look like, as far as its `Deserialize` tells.

use std::any::TypeId;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde_json::{Value, json};

/// What values of a type look like.
#[derive(Debug, Clone, PartialEq)]
pub enum Outline {
    /// Text that is stored as it is.
    Text,
    /// Bytes that are stored as they are.
    Bytes,
    /// JSON with this schema.
    Json(Value),
}

impl Outline {
    /// That of a type.
    #[must_use]
    pub fn of<T: DeserializeOwned + 'static>() -> Self {
        if TypeId::of::<T>() == TypeId::of::<String>() {
            Self::Text
        } else if TypeId::of::<T>() == TypeId::of::<Bytes>() {
            Self::Bytes
        } else {
            let Asked(schema) = T::deserialize(Listener { depth: 0 }).err().unwrap_or(Asked(None));
            Self::Json(schema.unwrap_or(Value::Bool(true)))
        }
    }
}

/// A deserializer without a value. It only hears what a type asks for.
struct Listener {
    /// How many types ask for what is in them: one that contains only itself would ask for ever.
    depth: u8,
}

/// More than any type has that can have a value.
const DEEPEST: u8 = 64;

impl Listener {
    fn inner(self) -> Result<Self, Asked> {
        if self.depth < DEEPEST { Ok(Self { depth: self.depth + 1 }) } else { Err(Asked(None)) }
    }
}

/// The schema of what a type asked for; `None` if it takes anything, or if its answer is lost.
#[derive(Debug)]
struct Asked(Option<Value>);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no value")
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(None)
    }
}

/// The methods that ask for one type of JSON.
macro_rules! asks_for {
    ($($ty:literal: $($method:ident($($argument:ty),*))+;)+) => {
        $($(
            fn $method<V: Visitor<'de>>(self, $(_: $argument,)* _: V) -> Result<V::Value, Asked> {
                Err(Asked(Some(json!({ "type": $ty }))))
            }
        )+)+
    };
}

impl<'de> Deserializer<'de> for Listener {
    type Error = Asked;

    asks_for! {
        "boolean": deserialize_bool();
        "integer":
            deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
            deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128();
        "number": deserialize_f32() deserialize_f64();
        "string": deserialize_char() deserialize_str() deserialize_string();
        "null": deserialize_unit() deserialize_unit_struct(&'static str);
        "array":
            deserialize_seq() deserialize_tuple(usize) deserialize_tuple_struct(&'static str, usize);
        "object": deserialize_map() deserialize_struct(&'static str, &'static [&'static str]);
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Asked> {
        let nullable = |schema| json!({ "anyOf": [schema, { "type": "null" }] });
        visitor.visit_some(self.inner()?).map_err(|Asked(schema)| Asked(schema.map(nullable)))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Asked> {
        visitor.visit_newtype_struct(self.inner()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        // A variant without data is its name, one with data an object with its name.
        Err(Asked(Some(json!({ "type": ["string", "object"] }))))
    }

    // Bytes in a value are written as a list, or as whatever their type makes of them.
    serde::forward_to_deserialize_any! { bytes byte_buf identifier ignored_any }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked(None))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};
    use std::net::IpAddr;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(default)]
    struct AllDefault {
        dark: bool,
    }

    impl Default for AllDefault {
        fn default() -> Self {
            Self { dark: true }
        }
    }

    #[derive(Debug, Deserialize)]
    #[serde(try_from = "String")]
    struct Email;

    impl TryFrom<String> for Email {
        type Error = String;

        fn try_from(text: String) -> Result<Self, String> {
            if text.contains('@') { Ok(Self) } else { Err("it has no @".to_owned()) }
        }
    }

    #[derive(Debug, Deserialize)]
    enum Color {
        Red,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    enum Untagged {
        Number(u8),
        List(Vec<u8>),
    }

    #[derive(Debug, Deserialize)]
    struct Unit;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Newtype(Box<u8>);

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Itself(Option<Box<Self>>);

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its shape is of interest")]
    struct Pair(u8, String);

    fn of<T: DeserializeOwned + 'static>() -> String {
        match Outline::of::<T>() {
            Outline::Json(schema) => schema.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_type_tells_what_its_values_look_like() {
        for (found, expected) in [
            (of::<String>(), "Text"),
            (of::<Bytes>(), "Bytes"),
            (of::<bool>(), r#"{"type":"boolean"}"#),
            (of::<Newtype>(), r#"{"type":"integer"}"#),
            (of::<f32>(), r#"{"type":"number"}"#),
            (of::<Email>(), r#"{"type":"string"}"#),
            (of::<IpAddr>(), r#"{"type":"string"}"#),
            (of::<Box<str>>(), r#"{"type":"string"}"#),
            (of::<Option<char>>(), r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#),
            (of::<Unit>(), r#"{"type":"null"}"#),
            (of::<Pair>(), r#"{"type":"array"}"#),
            (of::<(u8, bool)>(), r#"{"type":"array"}"#),
            (of::<Vec<u8>>(), r#"{"type":"array"}"#),
            (of::<AllDefault>(), r#"{"type":"object"}"#),
            (of::<HashMap<u8, u8>>(), r#"{"type":"object"}"#),
            (of::<BTreeMap<String, u8>>(), r#"{"type":"object"}"#),
            (of::<Color>(), r#"{"type":["string","object"]}"#),
            // These take anything, or decide by the value.
            (of::<Untagged>(), "true"),
            (of::<Option<Untagged>>(), "true"),
            (of::<Itself>(), "true"),
            (of::<Value>(), "true"),
            (of::<Box<serde_json::value::RawValue>>(), "true"),
        ] {
            assert_eq!(found, expected);
        }
        let _ = Color::Red;
    }
}
