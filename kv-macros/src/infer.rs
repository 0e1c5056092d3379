//! The Rust shape of JSON: what the generated types are made of.

use std::collections::HashMap;
use std::fmt::Write as _;

use proc_macro2::Span;

/// Integers beyond this are not exact as `f64`.
const MAX_EXACT_IN_F64: u64 = 1 << 53;

/// What is known about a JSON value's type.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// No value was seen yet: the items of an empty array.
    Nothing,
    Null,
    Bool,
    Integer(Integers),
    Float,
    Text,
    /// Not null, or null.
    Option(Box<Shape>),
    List(Box<Shape>),
    Object(Object),
    /// Different kinds, which only `serde_json::Value` can hold.
    Any,
}

/// Which integers were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Integers {
    negative: bool,
    /// Beyond `i64`.
    large: bool,
    /// Beyond what `f64` holds exactly.
    inexact: bool,
}

/// The fields of an object, in the order in which they were first seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub(crate) fields: Vec<Field>,
}

/// A field of an [`Object`].
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// Where its name appears first: an editor goes there from its uses.
    pub(crate) span: Span,
    pub(crate) shape: Shape,
    /// Some objects do not have it.
    pub(crate) optional: bool,
    /// Its first value as JSON, for the docs.
    pub(crate) example: String,
}

impl Shape {
    pub(crate) fn of_i64(value: i64) -> Self {
        let inexact = value.unsigned_abs() > MAX_EXACT_IN_F64;
        Self::Integer(Integers { negative: value < 0, large: false, inexact })
    }

    pub(crate) fn of_u64(value: u64) -> Self {
        match i64::try_from(value) {
            Ok(value) => Self::of_i64(value),
            Err(_) => Self::Integer(Integers { negative: false, large: true, inexact: true }),
        }
    }

    /// The shape of an array with items of these shapes.
    pub(crate) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(Box::new(items.into_iter().fold(Self::Nothing, Self::unify)))
    }

    /// The shape that values of both shapes have.
    pub(crate) fn unify(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, shape) | (shape, Self::Nothing) => shape,
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Null, Self::Null) => Self::Null,
            (Self::Null, shape) | (shape, Self::Null) => shape.or_null(),
            (Self::Option(a), b) | (b, Self::Option(a)) => match b {
                Self::Option(b) => a.unify(*b).or_null(),
                b => a.unify(b).or_null(),
            },
            (Self::Bool, Self::Bool) => Self::Bool,
            (Self::Text, Self::Text) => Self::Text,
            (Self::Float, Self::Float) => Self::Float,
            (Self::Float, Self::Integer(integers)) | (Self::Integer(integers), Self::Float) => {
                if integers.inexact {
                    Self::Any
                } else {
                    Self::Float
                }
            }
            (Self::Integer(a), Self::Integer(b)) => a.unify(b).map_or(Self::Any, Self::Integer),
            (Self::List(a), Self::List(b)) => Self::List(Box::new(a.unify(*b))),
            (Self::Object(a), Self::Object(b)) => Self::Object(a.unify(b)),
            _ => Self::Any,
        }
    }

    fn or_null(self) -> Self {
        match self {
            Self::Any | Self::Option(_) | Self::Null => self,
            Self::Nothing => Self::Null,
            shape => Self::Option(Box::new(shape)),
        }
    }

    /// A text that equal shapes share: it does not contain the order of fields or the examples.
    pub(crate) fn signature(&self) -> String {
        let mut signature = String::new();
        self.sign(&mut signature);
        signature
    }

    fn sign(&self, out: &mut String) {
        match self {
            Self::Nothing | Self::Null | Self::Any => out.push('?'),
            Self::Bool => out.push('b'),
            Self::Integer(integers) => out.push(if integers.large { 'u' } else { 'i' }),
            Self::Float => out.push('f'),
            Self::Text => out.push('s'),
            Self::Option(inner) => {
                out.push('o');
                inner.sign(out);
            }
            Self::List(inner) => {
                out.push('l');
                inner.sign(out);
            }
            Self::Object(object) => object.sign(out),
        }
    }
}

impl Integers {
    /// `None` when neither `i64` nor `u64` holds both.
    fn unify(self, other: Self) -> Option<Self> {
        let negative = self.negative || other.negative;
        let large = self.large || other.large;
        let both = Self { negative, large, inexact: self.inexact || other.inexact };
        (!(negative && large)).then_some(both)
    }

    pub(crate) fn is_large(self) -> bool {
        self.large
    }
}

impl Object {
    fn unify(self, other: Self) -> Self {
        let mut theirs: HashMap<String, Field> =
            other.fields.iter().map(|field| (field.name.clone(), field.clone())).collect();
        let mut fields = Vec::with_capacity(self.fields.len());
        for ours in self.fields {
            fields.push(match theirs.remove(&ours.name) {
                Some(field) => Field {
                    shape: ours.shape.unify(field.shape),
                    optional: ours.optional || field.optional,
                    ..ours
                },
                None => Field { optional: true, ..ours },
            });
        }
        let new = other.fields.into_iter().filter(|field| theirs.contains_key(&field.name));
        fields.extend(new.map(|field| Field { optional: true, ..field }));
        Self { fields }
    }

    fn sign(&self, out: &mut String) {
        let mut fields: Vec<&Field> = self.fields.iter().collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        out.push('{');
        for field in fields {
            let _ = write!(out, "{:?}", field.name);
            out.push(if field.optional { '~' } else { ':' });
            field.shape.sign(out);
        }
        out.push('}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(json: &str) -> Shape {
        fn of(value: &serde_json::Value) -> Shape {
            match value {
                serde_json::Value::Null => Shape::Null,
                serde_json::Value::Bool(_) => Shape::Bool,
                serde_json::Value::Number(n) => n
                    .as_i64()
                    .map(Shape::of_i64)
                    .or(n.as_u64().map(Shape::of_u64))
                    .unwrap_or(Shape::Float),
                serde_json::Value::String(_) => Shape::Text,
                serde_json::Value::Array(items) => Shape::list(items.iter().map(of)),
                serde_json::Value::Object(fields) => Shape::Object(Object {
                    fields: fields
                        .iter()
                        .map(|(name, value)| Field {
                            name: name.clone(),
                            span: Span::call_site(),
                            shape: of(value),
                            optional: false,
                            example: value.to_string(),
                        })
                        .collect(),
                }),
            }
        }
        of(&serde_json::from_str(json).unwrap())
    }

    fn signature(json: &str) -> String {
        shape(json).signature()
    }

    #[test]
    fn arrays_unify_their_items() {
        for (json, expected) in [
            ("[]", "l?"),
            ("[1, 2]", "li"),
            ("[1, 18446744073709551615]", "lu"),
            ("[-1, 18446744073709551615]", "l?"),
            ("[1, 2.5]", "lf"),
            ("[9007199254740993, 2.5]", "l?"),
            ("[1, null]", "loi"),
            ("[null, null]", "l?"),
            ("[null, 1, null, 2]", "loi"),
            ("[1, \"a\"]", "l?"),
            ("[[], [1]]", "lli"),
            ("[[null], [true]]", "llob"),
            ("[{\"a\": 1}, {\"b\": true, \"a\": null}]", "l{\"a\":oi\"b\"~b}"),
            ("[{\"a\": 1}, 1]", "l?"),
        ] {
            assert_eq!(signature(json), expected, "{json}");
        }
    }

    #[test]
    fn unifying_does_not_depend_on_the_order() {
        let items = [
            "1",
            "null",
            "2.5",
            "-1",
            "18446744073709551615",
            "\"a\"",
            "[]",
            "[1]",
            "{}",
            "{\"a\": 1}",
            "{\"a\": null}",
            "{\"b\": [null]}",
        ];
        for a in items {
            for b in items {
                let (ab, ba) = (shape(a).unify(shape(b)), shape(b).unify(shape(a)));
                assert_eq!(ab.signature(), ba.signature(), "{a} {b}");
                for c in items {
                    let left = ab.clone().unify(shape(c)).signature();
                    let right = shape(a).unify(shape(b).unify(shape(c))).signature();
                    assert_eq!(left, right, "{a} {b} {c}");
                }
            }
        }
    }

    #[test]
    fn equal_shapes_have_one_signature() {
        let one = signature("{\"a\": 1, \"b\": [true]}");
        assert_eq!(one, signature("{\"b\": [false], \"a\": 7}"));
        assert_ne!(one, signature("{\"b\": [false], \"a\": 7.5}"));
    }
}
