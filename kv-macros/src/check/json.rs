//! JSON literals: duplicate names, the range of numbers, their compact text and their shape.

use std::collections::HashMap;

use kv_rules::{BEYOND_F64, BEYOND_U64, json_integer, push_json_text};
use proc_macro2::Span;

use super::Context;
use crate::infer::{Field, Object, Shape};
use crate::syntax::{Json, JsonKind, Name};

/// How much of a field's first value its docs show, in bytes.
const EXAMPLE_BYTES: usize = 80;

/// What a JSON literal says, without the parts that were reported.
#[derive(Debug)]
pub(super) struct Literal {
    /// Compact JSON.
    pub(super) json: String,
    pub(super) shape: Shape,
}

pub(super) fn literal(json: Json, context: Context<'_>) -> Literal {
    let mut writer = Writer { json: String::new(), context };
    let shape = writer.write(json);
    Literal { json: writer.json, shape }
}

struct Writer<'e> {
    json: String,
    context: Context<'e>,
}

impl Writer<'_> {
    fn write(&mut self, Json { span, kind }: Json) -> Shape {
        match kind {
            JsonKind::Null => self.put("null", Shape::Null),
            JsonKind::Bool(true) => self.put("true", Shape::Bool),
            JsonKind::Bool(false) => self.put("false", Shape::Bool),
            JsonKind::Integer(digits) => self.integer(span, &digits),
            JsonKind::Float(digits) => self.float(span, &digits),
            JsonKind::String(text) => {
                push_json_text(&mut self.json, &text);
                Shape::Text
            }
            JsonKind::Array(items) => self.array(items),
            JsonKind::Object(fields) => self.object(fields),
            JsonKind::Broken => self.put("null", Shape::Any),
        }
    }

    fn put(&mut self, json: &str, shape: Shape) -> Shape {
        self.json.push_str(json);
        shape
    }

    fn integer(&mut self, span: Span, digits: &str) -> Shape {
        let Some(value) = json_integer(digits) else {
            self.context.push(span, format!("`{digits}` is out of range: {BEYOND_U64}"));
            return self.put("0", Shape::Any);
        };
        let shape = match (i64::try_from(value), u64::try_from(value)) {
            (Ok(value), _) => Shape::of_i64(value),
            (_, Ok(value)) => Shape::of_u64(value),
            _ => Shape::Any,
        };
        self.put(&value.to_string(), shape)
    }

    fn float(&mut self, span: Span, digits: &str) -> Shape {
        if let Some(number) = digits.parse().ok().and_then(kv_rules::json_number) {
            return self.put(&number, Shape::Float);
        }
        self.context.push(span, format!("`{digits}` is out of range: {BEYOND_F64}"));
        self.put("0.0", Shape::Float)
    }

    fn array(&mut self, items: Vec<Json>) -> Shape {
        self.json.push('[');
        let shape = Shape::list(items.into_iter().enumerate().map(|(index, item)| {
            if index > 0 {
                self.json.push(',');
            }
            self.write(item)
        }));
        self.json.push(']');
        shape
    }

    fn object(&mut self, written: Vec<(Name, Json)>) -> Shape {
        let mut seen: HashMap<String, Span> = HashMap::with_capacity(written.len());
        let mut fields = Vec::with_capacity(written.len());
        self.json.push('{');
        for (name, value) in written {
            if let Some(first) = seen.get(&name.text) {
                let text = &name.text;
                self.context.push_with_other(
                    name.span,
                    format!("`{text}` appears twice in this object: keep one of the two"),
                    *first,
                );
                continue;
            }
            if !fields.is_empty() {
                self.json.push(',');
            }
            push_json_text(&mut self.json, &name.text);
            self.json.push(':');
            let start = self.json.len();
            let shape = self.write(value);
            let example = self.json.get(start..).map(head).unwrap_or_default();
            seen.insert(name.text.clone(), name.span);
            let Name { text: name, span } = name;
            fields.push(Field { name, span, shape, optional: false, example });
        }
        self.json.push('}');
        Shape::Object(Object { fields })
    }
}

/// The beginning of a JSON text.
fn head(json: &str) -> String {
    let end = (0..=EXAMPLE_BYTES).rev().find(|end| json.is_char_boundary(*end));
    match json.get(..end.unwrap_or(0)) {
        Some(head) if json.len() > EXAMPLE_BYTES => format!("{head}…"),
        _ => json.to_owned(),
    }
}
