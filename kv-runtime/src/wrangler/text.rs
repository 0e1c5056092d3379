//! Edits of a text that leave all other bytes as they are.

use std::ops::Range;

use super::document::{Lines, Node, Syntax};

/// A range of a text and its replacement.
#[derive(Debug)]
pub(super) struct Splice {
    at: Range<usize>,
    with: String,
}

impl Splice {
    pub(super) fn replace(at: Range<usize>, with: String) -> Self {
        Self { at, with }
    }

    pub(super) fn remove(at: Range<usize>) -> Self {
        Self { at, with: String::new() }
    }

    pub(super) fn insert(at: usize, with: String) -> Self {
        Self { at: at..at, with }
    }
}

/// Applies the splices; those at the same position are applied in the order given.
pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.at.start);
    let mut out = String::with_capacity(text.len() + splices.len() * 64);
    let mut done = 0;
    for Splice { at, with } in splices {
        out.push_str(&text[done..at.start]);
        out.push_str(&with);
        done = at.end;
    }
    out.push_str(&text[done..]);
    out
}

/// The line break that the text uses.
pub(super) fn line_break(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The indentation of the line that contains a position.
pub(super) fn indentation(text: &str, at: usize) -> &str {
    let line = &text[line_start(text, at)..at];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// The end of the line, if only blanks and comments follow on it.
pub(super) fn rest_of_line(syntax: &Syntax, text: &str, mut at: usize) -> Option<usize> {
    loop {
        let rest = &text[at..];
        if rest.is_empty() || rest.starts_with('\n') || rest.starts_with("\r\n") {
            return Some(at);
        }
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        at += if blank > 0 { blank } else { (syntax.comment)(rest)? };
    }
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |at| at + 1)
}

/// The start of the next line.
pub(super) fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |more| at + more + 1)
}

/// The items between two brackets, with commas between them.
pub(super) struct List<'a> {
    syntax: &'static Syntax,
    text: &'a str,
    /// From one bracket to the other.
    inside: Range<usize>,
    /// In the order of the text.
    items: Vec<Range<usize>>,
}

impl<'a> List<'a> {
    /// The items of an array or a table in one piece.
    pub(super) fn new(syntax: &'static Syntax, text: &'a str, node: &Node) -> Self {
        let inside = node.span.start + 1..node.span.end - 1;
        let mut items: Vec<_> = node.items().collect();
        items.sort_by_key(|item| item.start);
        Self { syntax, text, inside, items }
    }

    fn last(&self) -> Option<Range<usize>> {
        self.items.last().cloned()
    }

    /// How new items are laid out; `None` if they go on the same line as the item before.
    pub(super) fn lines(&self) -> Option<Lines> {
        let (text, unit) = (self.text, self.unit());
        let indent = match self.last() {
            Some(last) => {
                let own_line = text[line_start(text, last.start)..last.start].trim().is_empty();
                own_line.then(|| indentation(text, last.start).to_owned())
            }
            // An empty list shows no layout. Keep a text of one line on one line.
            None => text.trim_end().contains('\n').then(|| format!("{}{unit}", self.outer())),
        };
        indent.map(|indent| Lines { line: format!("{}{indent}", line_break(text)), unit })
    }

    /// Whether each item spans several lines.
    pub(super) fn has_long_items(&self) -> bool {
        self.last().is_none_or(|last| self.text[last].contains('\n'))
    }

    /// Adds items after the last one.
    pub(super) fn append(&self, items: &[String]) -> Vec<Splice> {
        let lines = self.lines();
        let before = lines.as_ref().map_or(" ", |lines| &lines.line);
        let Some(last) = self.last() else { return vec![self.fill(items, lines.as_ref())] };
        let comma = self.comma_after(last.end);
        let mut splices = Vec::new();
        if comma.is_none() {
            splices.push(Splice::insert(last.end, ",".to_owned()));
        }
        let mut at = comma.unwrap_or(last.end);
        if lines.is_some() {
            at = rest_of_line(self.syntax, self.text, at).unwrap_or(at);
        }
        let mut added = format!("{before}{}", items.join(&format!(",{before}")));
        if comma.is_some() {
            added.push(',');
        }
        splices.push(Splice::insert(at, added));
        splices
    }

    /// Removes an item, with the lines that contain nothing else.
    pub(super) fn remove(&self, item: &Range<usize>) -> Vec<Splice> {
        let text = self.text;
        let comma = self.comma_after(item.end);
        let end = comma.unwrap_or(item.end);
        let start = line_start(text, item.start);
        let line_end = rest_of_line(self.syntax, text, end);
        let mut splices = Vec::new();
        let before = self.items.iter().rfind(|other| other.end <= item.start);
        let comma_before = before.and_then(|before| self.comma_after(before.end));
        // A last item without a trailing comma must not leave the comma before it behind.
        let needless = comma_before.filter(|_| comma.is_none());
        splices.extend(needless.map(|end| Splice::remove(end - 1..end)));
        splices.push(match line_end {
            Some(line_end) if text[start..item.start].trim().is_empty() => {
                Splice::remove(start..next_line(text, line_end))
            }
            _ => {
                let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
                let back = text[..item.start].trim_end_matches([' ', '\t']).len();
                match comma {
                    Some(end) => Splice::remove(item.start..end + blank(&text[end..])),
                    None => Splice::remove(back..item.end),
                }
            }
        });
        splices
    }

    /// Adds the first items to an empty list.
    fn fill(&self, items: &[String], lines: Option<&Lines>) -> Splice {
        let blank = self.text[self.inside.clone()].trim().is_empty();
        let start = self.inside.start;
        let Some(Lines { line, .. }) = lines else {
            let space = if self.text[..start].ends_with('{') { " " } else { "" };
            let with = format!("{space}{}{space}", items.join(", "));
            return Splice::replace(if blank { self.inside.clone() } else { start..start }, with);
        };
        let mut with = format!("{line}{}", items.join(&format!(",{line}")));
        let outer = format!("{}{}", line_break(self.text), self.outer());
        if blank {
            return Splice::replace(self.inside.clone(), with + &outer);
        }
        if let Some(end) = rest_of_line(self.syntax, self.text, start) {
            return Splice::insert(end, with);
        }
        with.push_str(&outer);
        Splice::insert(start, with)
    }

    /// The indentation that the closing bracket has, or would have on its own line.
    fn outer(&self) -> &str {
        match self.text[self.inside.clone()].rsplit_once('\n') {
            Some((_, indent)) if indent.trim().is_empty() => indent,
            _ => indentation(self.text, self.inside.start),
        }
    }

    /// The end of the comma that follows an item.
    fn comma_after(&self, mut at: usize) -> Option<usize> {
        loop {
            let rest = &self.text[at..];
            let blank = rest.len() - rest.trim_start().len();
            if blank == 0 && rest.starts_with(',') {
                return Some(at + 1);
            }
            at += if blank > 0 { blank } else { (self.syntax.comment)(rest)? };
        }
    }

    /// The document's unit of indentation: that of its first indented value.
    fn unit(&self) -> String {
        let indented = |line: &&str| line.trim_start().starts_with(['"', '\'', '{']);
        let indents = self.text.lines().filter(indented).map(|line| {
            let end = line.len() - line.trim_start().len();
            &line[..end]
        });
        indents.into_iter().find(|indent| !indent.is_empty()).unwrap_or("  ").to_owned()
    }
}
