//! wrangler.json and wrangler.jsonc: wrangler reads both with comments and trailing commas.

use jsonc_parser::ast::{ObjectProp, Value as AstValue};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde::Serialize;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};

use super::document::{Fault, Form, Kind, Lines, Node, Pair, Syntax};

pub(super) static JSONC: Syntax = Syntax { table: "an object", parse, comment, value, pair };

const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

fn parse(text: &str) -> Result<Node, Fault> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &OPTIONS).map_err(|error| {
        Fault { at: error.range().start, message: error.kind().to_string().to_lowercase() }
    })?;
    Ok(parsed
        .value
        .as_ref()
        .map_or(Node { span: 0..0, kind: Kind::Other, form: Form::Whole }, from_value))
}

fn from_value(value: &AstValue<'_>) -> Node {
    let range = value.range();
    let kind = match value {
        AstValue::StringLit(text) => Kind::Text(text.value.clone().into_owned()),
        AstValue::BooleanLit(value) => Kind::Bool(value.value),
        AstValue::Array(array) => Kind::Array(array.elements.iter().map(from_value).collect()),
        AstValue::Object(object) => Kind::Table(object.properties.iter().map(from_pair).collect()),
        _ => Kind::Other,
    };
    Node { span: range.start..range.end, kind, form: Form::Whole }
}

fn from_pair(property: &ObjectProp<'_>) -> Pair {
    Pair {
        key: property.name.as_str().to_owned(),
        start: property.range.start,
        value: from_value(&property.value),
    }
}

fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        Some(text.find(['\n', '\r']).unwrap_or(text.len()))
    } else {
        text.strip_prefix("/*")?.find("*/").map(|at| at + 4)
    }
}

fn value(value: &Value, lines: Option<&Lines>) -> String {
    let unit = lines.map_or("", |lines| &lines.unit);
    let mut out = Vec::new();
    let mut pretty =
        Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(unit.as_bytes()));
    value.serialize(&mut pretty).expect("a JSON value is always written to memory");
    // Line breaks in strings are escaped, so every line break belongs to the layout.
    let text = String::from_utf8(out).expect("JSON is UTF-8");
    text.replace('\n', lines.map_or(" ", |lines| &lines.line))
}

fn pair(path: &[&str], value: &Value, lines: Option<&Lines>) -> String {
    let (first, rest) = path.split_first().expect("a pair has a key");
    let value = rest.iter().rev().fold(value.clone(), |value, key| json!({ *key: value }));
    format!("{}: {}", Value::from(*first), self::value(&value, lines))
}
