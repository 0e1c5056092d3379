//! JSON text as a tree in which every node knows its place, so that a mistake in a file is shown by
//! line and column. `serde_json` gives places for syntax errors only.

use crate::shown;
use std::borrow::Cow;
use std::collections::HashSet;

use memchr::memchr;

use crate::json::{BEYOND_F64, BEYOND_U64, MAX_JSON_DEPTH, json_integer};

/// Objects with this many members or more find duplicate names by hashing.
const FEW_MEMBERS: usize = 8;

/// A value, and where it begins and ends, in bytes.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) kind: Kind<'a>,
}

impl Node<'_> {
    pub(super) const NULL: Self = Node { at: 0, end: 0, kind: Kind::Null };
}

#[derive(Debug)]
pub(super) enum Kind<'a> {
    Null,
    Bool(bool),
    /// The digits as written; in the range of `i64`, `u64` or `f64`.
    Number(&'a str),
    String(Cow<'a, str>),
    Array,
    Object(Vec<Member<'a>>),
}

/// `"name": value`.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) at: usize,
    pub(super) name: Cow<'a, str>,
    pub(super) value: Node<'a>,
}

/// A mistake at a byte of the text.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) at: usize,
    pub(super) message: String,
    /// If two things clash, where the other one is.
    pub(super) other: Option<usize>,
}

/// Reads an item of a list. Reading stops at a syntax error; other mistakes are collected.
pub(super) fn read<'a>(text: &'a str, mistakes: &mut Vec<Mistake>) -> Option<Node<'a>> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, mistakes };
    let read = reader.item();
    read.map_err(|mistake| mistakes.push(mistake)).ok()
}

/// A string, how it is written, and where.
pub(super) struct Text<'a> {
    pub(super) value: Cow<'a, str>,
    /// With its quotes.
    pub(super) json: &'a str,
    pub(super) at: usize,
}

/// Reads an object of two strings under these names, in this order, and returns where it ends. `None` for
/// any other object, which has to be read as a whole.
pub(super) fn read_two<'a>(bytes: &'a [u8], names: [&str; 2]) -> Option<([Text<'a>; 2], usize)> {
    let mut reader = Two { bytes, at: 0 };
    let two = [reader.member(b'{', names[0])?, reader.member(b',', names[1])?];
    reader.eat(b'}').then_some((two, reader.at))
}

/// Reads an object of two strings. Macros are compiled without optimisation, where a loop over bytes is
/// fast and a call of a function is not.
struct Two<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Which bytes stand for themselves in a string.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut control = 0;
    while control < 0x20 {
        plain[control] = false;
        control += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

impl<'a> Two<'a> {
    /// Reads a member with this name after `before`, if its value is a string.
    fn member(&mut self, before: u8, name: &str) -> Option<Text<'a>> {
        if !self.eat(before) || !self.eat(b'"') {
            return None;
        }
        let end = self.at + name.len();
        if self.bytes.get(self.at..end)? != name.as_bytes() || self.bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.at = end + 1;
        if !self.eat(b':') {
            return None;
        }
        self.string()
    }

    fn string(&mut self) -> Option<Text<'a>> {
        /// A longer string is searched for its end with vector instructions.
        const SHORT: usize = 64;
        let bytes = self.bytes;
        if !self.eat(b'"') {
            return None;
        }
        let begin = self.at;
        let (mut end, most) = (begin, bytes.len().min(begin + SHORT));
        while end < most && PLAIN[bytes[end] as usize] {
            end += 1;
        }
        let mut has_escapes = false;
        if end == most || bytes[end] != b'"' {
            let length = string_length(&bytes[begin..]);
            if !length.is_closed {
                return None;
            }
            (end, has_escapes) = (begin + length.bytes, length.has_escapes);
        }
        self.at = end + 1;
        let json = str::from_utf8(&bytes[begin - 1..self.at]).ok()?;
        let value =
            if has_escapes { decode(json)? } else { Cow::Borrowed(&json[1..json.len() - 1]) };
        Some(Text { value, json, at: begin - 1 })
    }

    /// Takes a byte after white space.
    fn eat(&mut self, byte: u8) -> bool {
        let bytes = self.bytes;
        let (mut at, end) = (self.at, bytes.len());
        while at < end && matches!(bytes[at], b' ' | b'\n' | b'\r' | b'\t') {
            at += 1;
        }
        if at == end || bytes[at] != byte {
            return false;
        }
        self.at = at + 1;
        true
    }
}

/// The text of a JSON string that was read before.
pub(super) fn decode(json: &str) -> Option<Cow<'_, str>> {
    let mut mistakes = Vec::new();
    match read(json, &mut mistakes)?.kind {
        Kind::String(text) if mistakes.is_empty() => Some(text),
        _ => None,
    }
}

/// The message that `what` was expected in place of what `rest` begins with.
pub(super) fn expected(what: &str, rest: &str) -> String {
    match rest.chars().next() {
        Some('\'') if what.contains("double quotes") || what.contains("value") => {
            format!("expected {what}, found `'`: JSON has double quotes only")
        }
        Some('/') => format!("expected {what}, found `/`: JSON has no comments"),
        Some(found) => format!("expected {what}, found `{}`", found.escape_debug()),
        None => format!("expected {what}, found the end of the file"),
    }
}

pub(super) const TRAILING_COMMA: &str = "JSON takes no trailing comma: remove it";

struct Reader<'a, 'm> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    mistakes: &'m mut Vec<Mistake>,
}

type Read<T> = Result<T, Mistake>;

impl<'a> Reader<'a, '_> {
    fn item(&mut self) -> Read<Node<'a>> {
        let node = self.value(1)?;
        self.space();
        match self.peek() {
            None => Ok(node),
            Some(_) => Err(self.expected("`,` or `]`")),
        }
    }

    fn value(&mut self, depth: usize) -> Read<Node<'a>> {
        self.space();
        let at = self.at;
        if depth > MAX_JSON_DEPTH {
            let most = format!(
                "JSON is nested deeper than {MAX_JSON_DEPTH} levels here, the most that is read"
            );
            return Err(self.mistake(most));
        }
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Kind::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            Some(b't') => self.word("true", Kind::Bool(true))?,
            Some(b'f') => self.word("false", Kind::Bool(false))?,
            Some(b'n') => self.word("null", Kind::Null)?,
            _ => return Err(self.expected("a JSON value")),
        };
        Ok(Node { at, end: self.at, kind })
    }

    fn array(&mut self, depth: usize) -> Read<Kind<'a>> {
        self.at += 1;
        self.space();
        if self.eat(b']') {
            return Ok(Kind::Array);
        }
        loop {
            self.value(depth + 1)?;
            self.space();
            if self.eat(b']') {
                return Ok(Kind::Array);
            }
            self.comma("]")?;
        }
    }

    fn object(&mut self, depth: usize) -> Read<Kind<'a>> {
        self.at += 1;
        let mut members: Vec<Member<'a>> = Vec::new();
        let mut names: HashSet<Cow<'a, str>> = HashSet::new();
        self.space();
        if self.eat(b'}') {
            return Ok(Kind::Object(members));
        }
        loop {
            self.space();
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a name in double quotes"));
            }
            let name = self.string()?;
            self.space();
            if !self.eat(b':') {
                return Err(self.expected("`:`"));
            }
            let value = self.value(depth + 1)?;
            if members.len() == FEW_MEMBERS {
                names.extend(members.iter().map(|member| member.name.clone()));
            }
            let twice = if members.len() < FEW_MEMBERS {
                members.iter().any(|member| member.name == name)
            } else {
                !names.insert(name.clone())
            };
            if twice {
                let other =
                    members.iter().find(|member| member.name == name).map(|member| member.at);
                let message =
                    format!("`{}` appears twice in this object: keep one of the two", shown(&name));
                self.mistakes.push(Mistake { at, message, other });
            } else {
                members.push(Member { at, name, value });
            }
            self.space();
            if self.eat(b'}') {
                return Ok(Kind::Object(members));
            }
            self.comma("}")?;
        }
    }

    fn comma(&mut self, close: &str) -> Read<()> {
        let at = self.at;
        if !self.eat(b',') {
            return Err(self.expected(&format!("`,` or `{close}`")));
        }
        self.space();
        if matches!(self.peek(), Some(b']' | b'}')) {
            self.at = at;
            return Err(self.mistake(TRAILING_COMMA));
        }
        Ok(())
    }

    fn word(&mut self, word: &str, kind: Kind<'a>) -> Read<Kind<'a>> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
            self.at += word.len();
            return Ok(kind);
        }
        Err(self.expected("a JSON value"))
    }

    fn number(&mut self) -> Read<&'a str> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        let mut whole = true;
        if self.eat(b'.') {
            whole = false;
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            whole = false;
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'0'..=b'9' | b'.')) {
            return Err(self.expected("the end of the number"));
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        let beyond = if whole {
            json_integer(digits).is_none().then_some(BEYOND_U64)
        } else {
            digits.parse().is_ok_and(f64::is_infinite).then_some(BEYOND_F64)
        };
        if let Some(rule) = beyond {
            let message = format!("`{digits}` is out of range: {rule}");
            self.mistakes.push(Mistake { at: start, message, other: None });
        }
        Ok(digits)
    }

    fn digits(&mut self) -> Read<()> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.expected("a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Read<Cow<'a, str>> {
        self.at += 1;
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Length { bytes, is_closed, has_escapes } = string_length(rest);
        let end = self.at + bytes;
        let text = if has_escapes {
            self.unescaped(end)?
        } else {
            let text = self.text.get(self.at..end).unwrap_or_default();
            self.at = end;
            Cow::Borrowed(text)
        };
        if is_closed {
            self.at += 1;
            return Ok(text);
        }
        Err(match self.peek() {
            None => self.expected("the closing `\"` of a string"),
            Some(b'\n' | b'\r') => self.mistake(
                "this text has no closing quote: end it with `\"`, or write its line break as `\\n`",
            ),
            Some(_) => self.mistake(
                "a control character cannot appear in a JSON string: escape it, such as `\\n`",
            ),
        })
    }

    /// The text up to `end`, where a string with escapes ends.
    fn unescaped(&mut self, end: usize) -> Read<Cow<'a, str>> {
        let plain = |from: usize| {
            let raw = self.bytes.get(from..end).unwrap_or_default();
            let to = from + memchr(b'\\', raw).unwrap_or(raw.len());
            (self.text.get(from..to).unwrap_or_default(), to)
        };
        let (text, to) = plain(self.at);
        self.at = to;
        let mut unescaped = String::with_capacity(text.len() + (end - to));
        unescaped.push_str(text);
        while self.at < end {
            unescaped.push(self.escape()?);
            let (text, to) = plain(self.at);
            unescaped.push_str(text);
            self.at = to;
        }
        Ok(Cow::Owned(unescaped))
    }

    fn escape(&mut self) -> Read<char> {
        let at = self.at;
        self.at += 1;
        let escaped = match self.peek() {
            Some(b'u') => {
                self.at += 1;
                return self.unicode(at);
            }
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b @ (b'"' | b'\\' | b'/')) => char::from(b),
            _ => {
                self.at = at;
                return Err(self.mistake("this is not a JSON escape: write a backslash as `\\\\`"));
            }
        };
        self.at += 1;
        Ok(escaped)
    }

    fn unicode(&mut self, at: usize) -> Read<char> {
        let high = self.hex();
        let code = match high {
            Some(high @ 0xD800..=0xDBFF) if self.eat(b'\\') && self.eat(b'u') => self
                .hex()
                .filter(|low| (0xDC00..=0xDFFF).contains(low))
                .map(|low| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)),
            other => other,
        };
        code.and_then(char::from_u32).ok_or_else(|| Mistake {
            at,
            message: "this escape is not a character: write four hex digits, or a surrogate pair"
                .to_owned(),
            other: None,
        })
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> Mistake {
        self.mistake(expected(what, self.text.get(self.at..).unwrap_or_default()))
    }

    fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake { at: self.at, message: message.into(), other: None }
    }
}

/// Whether the byte at this place in a JSON string is escaped: after an odd number of backslashes.
pub(super) fn is_escaped(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    before.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// How far a JSON string goes.
struct Length {
    /// In bytes, up to its quote or to what must be escaped.
    bytes: usize,
    /// Whether a quote follows.
    is_closed: bool,
    /// Whether there can be a backslash in it.
    has_escapes: bool,
}

fn string_length(bytes: &[u8]) -> Length {
    let mut end = None;
    let mut from = 0;
    while let Some(found) = bytes.get(from..).and_then(|rest| memchr(b'"', rest)) {
        let quote = from + found;
        if !is_escaped(bytes, quote) {
            end = Some(quote);
            break;
        }
        from = quote + 1;
    }
    let raw = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    // The fold has no branch, so that the compiler vectorises it.
    let has_control = raw.iter().fold(0, |found, byte| found | u8::from(*byte < b' ')) != 0;
    let has_escapes = memchr(b'\\', raw).is_some();
    match has_control.then(|| raw.iter().position(|byte| *byte < b' ')).flatten() {
        Some(bytes) => Length { bytes, is_closed: false, has_escapes },
        None => Length { bytes: raw.len(), is_closed: end.is_some(), has_escapes },
    }
}
