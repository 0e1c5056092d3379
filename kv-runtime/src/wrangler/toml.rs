//! wrangler.toml.

use std::ops::Range;

use serde_json::Value;
use toml_edit::{Document, InlineTable, Item, Key, Table, Value as TomlValue};

use super::document::{Fault, Form, Kind, Lines, Node, Pair, Syntax};
use super::text::{Splice, line_break, line_start, next_line, rest_of_line};

pub(super) static TOML: Syntax = Syntax { table: "a table", parse, comment, value, pair };

fn parse(text: &str) -> Result<Node, Fault> {
    let document = Document::parse(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        message: error.message().to_owned(),
    })?;
    Ok(from_table(document.as_table()))
}

fn from_item(item: &Item) -> Option<Node> {
    match item {
        Item::None => None,
        Item::Value(value) => Some(from_value(value)),
        Item::Table(table) => Some(from_table(table)),
        Item::ArrayOfTables(tables) => Some(Node {
            span: tables.span().unwrap_or_default(),
            kind: Kind::Array(tables.iter().map(from_table).collect()),
            form: Form::Header,
        }),
    }
}

fn from_table(table: &Table) -> Node {
    let pair = |(key, item): (&str, &Item)| from_pair(table.key(key)?, from_item(item)?);
    Node {
        span: table.span().unwrap_or_default(),
        kind: Kind::Table(table.iter().filter_map(pair).collect()),
        form: if table.is_dotted() { Form::Dotted } else { Form::Header },
    }
}

fn from_value(value: &TomlValue) -> Node {
    let span = value.span().unwrap_or_default();
    let kind = match value {
        TomlValue::String(text) => Kind::Text(text.value().clone()),
        TomlValue::Boolean(value) => Kind::Bool(*value.value()),
        TomlValue::Array(array) => Kind::Array(array.iter().map(from_value).collect()),
        TomlValue::InlineTable(table) => return from_inline(table),
        _ => Kind::Other,
    };
    Node { span, kind, form: Form::Whole }
}

fn from_inline(table: &InlineTable) -> Node {
    let pair = |(key, value): (&str, &TomlValue)| from_pair(table.key(key)?, from_value(value));
    Node {
        span: table.span().unwrap_or_default(),
        kind: Kind::Table(table.iter().filter_map(pair).collect()),
        form: if table.is_dotted() { Form::Dotted } else { Form::Whole },
    }
}

fn from_pair(key: &Key, value: Node) -> Option<Pair> {
    Some(Pair { key: key.get().to_owned(), start: key.span()?.start, value })
}

fn comment(text: &str) -> Option<usize> {
    text.starts_with('#').then(|| text.lines().next().map_or(0, str::len))
}

/// Formats a value on one line, because TOML 1.0 does not allow inline tables over several lines.
fn value(value: &Value, _: Option<&Lines>) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| self::value(item, None)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|(key, v)| pair(&[key], v, None)).collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::String(text) => TomlValue::from(text).to_string(),
        other => other.to_string(),
    }
}

fn pair(path: &[&str], value: &Value, _: Option<&Lines>) -> String {
    format!("{} = {}", key(path), self::value(value, None))
}

fn key(path: &[&str]) -> String {
    let keys: Vec<_> = path.iter().map(|key| Key::new(*key).to_string()).collect();
    keys.join(".")
}

/// Formats a table of an array of tables, with its header.
pub(super) fn block(text: &str, path: &[&str], entry: &Value) -> String {
    let pairs = entry.as_object().into_iter().flatten();
    let pairs = pairs.map(|(key, value)| pair(&[key], value, None));
    let lines: Vec<_> = [format!("[[{}]]", key(path))].into_iter().chain(pairs).collect();
    lines.join(line_break(text))
}

/// Adds tables to an array of tables, below the line that contains `end`.
pub(super) fn add(text: &str, end: usize, blocks: Vec<String>) -> Splice {
    let newline = line_break(text);
    let at = below(text, end);
    let mut lines = Vec::new();
    for block in blocks {
        lines.extend([String::new(), block]);
    }
    lines.push(String::new());
    if text[..at].trim().is_empty() {
        lines.remove(0);
    } else if !text[..at].ends_with('\n') {
        lines.insert(0, String::new());
    }
    Splice::insert(at, lines.join(newline))
}

/// Removes the lines of an item and, for a table, the blank line above it.
pub(super) fn lines(text: &str, item: Range<usize>) -> Splice {
    let start = line_start(text, item.start);
    let end = next_line(text, rest_of_line(&TOML, text, item.end).unwrap_or(item.end));
    let above = line_start(text, start.saturating_sub(1));
    let is_table = text[item.start..].starts_with('[');
    let is_parted = is_table && above < start && text[above..start].trim().is_empty();
    Splice::remove(if is_parted { above..end } else { start..end })
}

/// The start of the line below `end` and the comments that belong to it: those directly below it, unless
/// they are directly above something else.
fn below(text: &str, end: usize) -> usize {
    let start = next_line(text, rest_of_line(&TOML, text, end).unwrap_or(end));
    let mut at = start;
    while text[at..].trim_start_matches([' ', '\t']).starts_with('#') {
        at = next_line(text, at);
    }
    let line = &text[at..next_line(text, at)];
    if line.trim().is_empty() { at } else { start }
}
