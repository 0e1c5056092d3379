//! The representation of a configuration that both formats share: a tree whose nodes know their position
//! in the text.

use std::ops::Range;

use serde_json::Value;

/// The differences between the formats.
#[derive(Debug)]
pub(super) struct Syntax {
    /// What the format calls a table.
    pub(super) table: &'static str,
    pub(super) parse: fn(&str) -> Result<Node, Fault>,
    /// The length of the comment at the start of a text, if there is one.
    pub(super) comment: fn(&str) -> Option<usize>,
    /// Formats a value, over several lines or on one.
    pub(super) value: fn(&Value, Option<&Lines>) -> String,
    /// Formats a value with the keys that lead to it.
    pub(super) pair: fn(&[&str], &Value, Option<&Lines>) -> String,
}

/// How something is written over several lines.
#[derive(Debug)]
pub(super) struct Lines {
    /// A line break and the indentation after it.
    pub(super) line: String,
    /// The indentation of one level.
    pub(super) unit: String,
}

/// A value in the text.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
    pub(super) form: Form,
}

#[derive(Debug)]
pub(super) enum Kind {
    Text(String),
    Bool(bool),
    Array(Vec<Node>),
    Table(Vec<Pair>),
    Other,
}

/// A key and its value.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) key: String,
    /// Where the key begins.
    pub(super) start: usize,
    pub(super) value: Node,
}

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// In one piece: the span covers all of it.
    Whole,
    /// TOML's `[table]` and `[[array]]`: what follows the header belongs to it.
    Header,
    /// TOML's `dotted.keys`: the table has no text of its own, only its pairs do.
    Dotted,
}

impl Node {
    /// The value of a key. If a key is repeated, the last one wins, as in JavaScript.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Table(pairs) => pairs.iter().rev().find(|p| p.key == key).map(|p| &p.value),
            _ => None,
        }
    }

    /// The pairs of a table, in order.
    pub(super) fn pairs(&self) -> &[Pair] {
        match &self.kind {
            Kind::Table(pairs) => pairs,
            _ => &[],
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The end of the value, including everything that belongs to it.
    pub(super) fn end(&self) -> usize {
        match self.form {
            Form::Whole => self.span.end,
            Form::Header | Form::Dotted => {
                self.items().map(|item| item.end).fold(self.span.end, usize::max)
            }
        }
    }

    /// The ranges of the elements of an array, or of the pairs of a table.
    pub(super) fn items(&self) -> Box<dyn Iterator<Item = Range<usize>> + '_> {
        match &self.kind {
            Kind::Array(nodes) => Box::new(nodes.iter().map(|n| n.span.start..n.end())),
            Kind::Table(pairs) => Box::new(pairs.iter().map(|p| p.start..p.value.end())),
            Kind::Text(_) | Kind::Bool(_) | Kind::Other => Box::new(std::iter::empty()),
        }
    }
}

/// An error in a text, and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}
