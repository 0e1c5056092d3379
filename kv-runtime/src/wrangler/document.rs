//! A configuration as both formats share it: a tree whose nodes know where they stand in the text.

use std::ops::Range;

use serde_json::Value;

/// What tells one format from the other.
#[derive(Debug)]
pub(super) struct Syntax {
    /// What the format calls a table.
    pub(super) table: &'static str,
    pub(super) parse: fn(&str) -> Result<Node, Fault>,
    /// The length of the comment with which a text begins.
    pub(super) comment: fn(&str) -> Option<usize>,
    /// A value over several lines, or on one.
    pub(super) value: fn(&Value, Option<&Lines>) -> String,
    /// A value and the keys that lead to it.
    pub(super) pair: fn(&[&str], &Value, Option<&Lines>) -> String,
}

/// How something is written over several lines.
#[derive(Debug)]
pub(super) struct Lines {
    /// A line break and the indentation after it.
    pub(super) line: String,
    /// What one more level is indented by.
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
    /// In one piece: the span is all of it.
    Whole,
    /// TOML's `[table]` and `[[array]]`: what follows the header belongs to it.
    Header,
    /// TOML's `dotted.keys`: there is only what is in it.
    Dotted,
}

impl Node {
    /// The value of a key. Where a key is repeated the last one counts, as in JavaScript.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Table(pairs) => pairs.iter().rev().find(|p| p.key == key).map(|p| &p.value),
            _ => None,
        }
    }

    /// The pairs of a table, in their order.
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

    /// Where the value ends with all that belongs to it.
    pub(super) fn end(&self) -> usize {
        match self.form {
            Form::Whole => self.span.end,
            Form::Header | Form::Dotted => {
                self.items().map(|item| item.end).fold(self.span.end, usize::max)
            }
        }
    }

    /// Where the elements of an array or the pairs of a table are.
    pub(super) fn items(&self) -> Box<dyn Iterator<Item = Range<usize>> + '_> {
        match &self.kind {
            Kind::Array(nodes) => Box::new(nodes.iter().map(|n| n.span.start..n.end())),
            Kind::Table(pairs) => Box::new(pairs.iter().map(|p| p.start..p.value.end())),
            Kind::Text(_) | Kind::Bool(_) | Kind::Other => Box::new(std::iter::empty()),
        }
    }
}

/// What is wrong in a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}
