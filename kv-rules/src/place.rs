//! Lines and columns of a text.

use std::fmt;

/// A line and a column, both from 1, as editors count them.
///
/// ```
/// let place = kv_rules::Place::of("[\n  1,", 5);
/// assert_eq!((place.line, place.column), (2, 4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Place {
    /// The place of the byte at an offset.
    #[must_use]
    pub fn of(text: &str, at: usize) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line = before.rsplit_once('\n').map_or(before, |(_, line)| line);
        Self { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "[\n  \"ü\", x\r\n]";
        let place = |needle| Place::of(text, text.find(needle).unwrap()).to_string();
        assert_eq!(place("["), "1:1");
        assert_eq!(place("x"), "2:8");
        assert_eq!(place("]"), "3:1");
        assert_eq!(Place::of(text, 1000).to_string(), "3:2");
    }
}
