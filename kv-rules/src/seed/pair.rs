//! The pairs of a seed file: the JSON of `wrangler kv bulk put`, with every rule applied to each.

use crate::shown;
use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Read};
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::{self, Kind, Member, Mistake, Node, TRAILING_COMMA, expected};
use super::mistakes::SeedMistakes;
use super::split::{Block, Split};
use crate::{Expiry, closest, compact_json, did_you_mean};

/// The properties of a pair.
const PROPERTIES: [&str; 6] =
    ["key", "value", "expiration", "expiration_ttl", "metadata", "base64"];

const EXAMPLE: &str = r#"{"key": "...", "value": "..."}"#;

const TOO_LONG: &str = "this pair is longer than any that Workers KV takes: is a quote or a bracket \
     missing?";

/// A pair of a seed file.
///
/// ```
/// use kv_rules::seed::{SeedMistakes, read_pairs};
///
/// let file = r#"[{"key":"motd","value":"Hello","expiration_ttl":3600}]"#;
/// read_pairs(file.as_bytes(), &mut SeedMistakes::default(), |pair, _| {
///     assert_eq!(pair.key, "motd");
///     assert_eq!(pair.expiry, Some(kv_rules::Expiry::Ttl(3600)));
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SeedPair<'a> {
    /// Its key.
    pub key: Cow<'a, str>,
    /// Where in the file the key is, by byte.
    pub key_at: u64,
    /// Its value.
    pub value: SeedValue<'a>,
    /// Its metadata, as compact JSON.
    pub metadata: Option<Cow<'a, str>>,
    /// When it expires.
    pub expiry: Option<Expiry>,
}

/// The value of a pair, as the file has it.
///
/// ```
/// use kv_rules::seed::SeedValue;
///
/// assert_eq!(SeedValue::decode(r#""aGk=""#, true).as_deref(), Some(&b"hi"[..]));
/// ```
#[derive(Debug)]
pub struct SeedValue<'a> {
    /// Where in the file it is, by byte.
    pub at: u64,
    /// The JSON string, with its quotes.
    pub json: &'a str,
    /// Whether its text is base64.
    pub is_base64: bool,
    /// The bytes to store.
    pub bytes: Cow<'a, [u8]>,
}

impl<'a> SeedValue<'a> {
    /// Reads a value again from its JSON string; `None` if `json` is not one.
    #[must_use]
    pub fn decode(json: &'a str, is_base64: bool) -> Option<Cow<'a, [u8]>> {
        match json::decode(json)? {
            text if is_base64 => STANDARD.decode(text.as_bytes()).ok().map(Cow::Owned),
            text => Some(bytes_of(text)),
        }
    }
}

/// Reads a seed file, a block at a time. `each` gets every pair that has a key, and may add mistakes.
/// Do not use a file that has any. After a syntax error the rest of the file is not read.
///
/// ```
/// use kv_rules::seed::{SeedMistakes, read_pairs};
///
/// let file = r#"[{"key":"a","value":"1"},{"key":"b","value":"2"}]"#;
/// let (mut keys, mut mistakes) = (Vec::new(), SeedMistakes::default());
/// read_pairs(file.as_bytes(), &mut mistakes, |pair, _| keys.push(pair.key.into_owned()))?;
/// assert_eq!(keys, ["a", "b"]);
/// assert!(mistakes.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_pairs(
    file: impl Read,
    mistakes: &mut SeedMistakes,
    mut each: impl FnMut(SeedPair<'_>, &mut SeedMistakes),
) -> io::Result<()> {
    let mut of_cut = SeedMistakes::default();
    let mut pairs = InTurn { mistakes, each: &mut each, is_whole: true };
    read(file, &mut of_cut, &mut pairs)?;
    if pairs.is_whole {
        mistakes.append(of_cut);
    }
    Ok(())
}

/// What becomes of a file while it is cut.
trait Cut {
    /// Takes a whole block, and returns whether to go on.
    fn block(&mut self, block: SeedBlock) -> bool;

    /// Takes a pair at once, if one begins here, and returns its length.
    fn pair(&mut self, bytes: &[u8], at: u64) -> Option<usize>;
}

/// Reads the pairs while the file is cut. Most need not be cut.
struct InTurn<'a, F> {
    mistakes: &'a mut SeedMistakes,
    each: &'a mut F,
    is_whole: bool,
}

impl<F: FnMut(SeedPair<'_>, &mut SeedMistakes)> Cut for InTurn<'_, F> {
    fn block(&mut self, block: SeedBlock) -> bool {
        self.is_whole = block.read_pairs(self.mistakes, &mut *self.each);
        self.is_whole
    }

    fn pair(&mut self, bytes: &[u8], at: u64) -> Option<usize> {
        let (pair, end) = plain_pair(bytes, at)?;
        (self.each)(pair, self.mistakes);
        Some(end)
    }
}

/// Leaves the pairs in blocks.
struct InBlocks<F>(F);

impl<F: FnMut(SeedBlock) -> bool> Cut for InBlocks<F> {
    fn block(&mut self, block: SeedBlock) -> bool {
        (self.0)(block)
    }

    fn pair(&mut self, _: &[u8], _: u64) -> Option<usize> {
        None
    }
}

/// How many bytes a block has at least, unless it is the last one.
const BLOCK: usize = 256 * 1024;

/// Some whole pairs of a seed file, not read yet, so that several threads can read them.
///
/// ```
/// use kv_rules::seed::{SeedMistakes, read_blocks};
///
/// let file = r#"[{"key":"a","value":"1"}]"#;
/// let (mut keys, mut mistakes) = (0, SeedMistakes::default());
/// read_blocks(file.as_bytes(), &mut SeedMistakes::default(), |block| {
///     block.read_pairs(&mut mistakes, |_, _| keys += 1)
/// })?;
/// assert_eq!(keys, 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct SeedBlock(Block);

impl SeedBlock {
    /// Reads the pairs, as [`read_pairs`] does. Returns whether what comes after the block can be read: it
    /// cannot after a syntax error.
    pub fn read_pairs(
        &self,
        mistakes: &mut SeedMistakes,
        mut each: impl FnMut(SeedPair<'_>, &mut SeedMistakes),
    ) -> bool {
        self.0.items().all(|(bytes, at)| {
            if let Some((pair, end)) = plain_pair(bytes, at)
                && end == bytes.len()
            {
                each(pair, mistakes);
                return true;
            }
            let Some(item) = read_item(bytes, at, mistakes) else { return false };
            if let Some(pair) = item.pair(mistakes) {
                each(pair, mistakes);
            }
            true
        })
    }
}

/// Cuts a seed file into blocks, in order. `each` returns whether to go on. The mistakes are those between
/// pairs; if a block has a syntax error, they mean nothing.
///
/// ```
/// use kv_rules::seed::{SeedMistakes, read_blocks};
///
/// let file = r#"[{"key":"a","value":"1"}]"#;
/// let mut blocks = Vec::new();
/// read_blocks(file.as_bytes(), &mut SeedMistakes::default(), |block| {
///     blocks.push(block); // read on another thread
///     true
/// })?;
/// assert_eq!(blocks.len(), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_blocks(
    file: impl Read,
    mistakes: &mut SeedMistakes,
    each: impl FnMut(SeedBlock) -> bool,
) -> io::Result<()> {
    read(file, mistakes, &mut InBlocks(each))
}

fn read(file: impl Read, mistakes: &mut SeedMistakes, each: &mut impl Cut) -> io::Result<()> {
    let mut split = Split::new(file);
    split.skip_mark()?;
    if split.peek()? != Some(b'[') {
        return report_no_list(&mut split, mistakes);
    }
    split.skip(1);
    let goes_on = cut(&mut split, mistakes, each)?;
    if goes_on && let Some(block) = split.block(0) {
        each.block(SeedBlock(block));
    }
    Ok(())
}

/// Cuts a list after its bracket. Returns whether to go on; what is left is the last block.
fn cut<R: Read>(
    split: &mut Split<R>,
    mistakes: &mut SeedMistakes,
    each: &mut impl Cut,
) -> io::Result<bool> {
    if split.peek()? == Some(b']') {
        split.skip(1);
        end(split, mistakes)?;
        return Ok(true);
    }
    loop {
        if let Some(block) = split.block(BLOCK)
            && !each.block(SeedBlock(block))
        {
            return Ok(false);
        }
        split.peek()?;
        let at = split.at();
        // Pairs in front of it come first.
        let pair = if split.is_empty() { each.pair(split.enough()?, at) } else { None };
        if let Some(length) = pair {
            split.skip(length);
        } else if !split.item()? {
            mistakes.push(at, TOO_LONG);
            return Ok(true);
        }
        let (byte, at) = (split.peek()?, split.at());
        match byte {
            Some(b',') => split.skip(1),
            Some(b']') => {
                split.skip(1);
                end(split, mistakes)?;
                return Ok(true);
            }
            _ => {
                unexpected(split, "`,` or `]`", mistakes);
                return Ok(true);
            }
        }
        if matches!(split.peek()?, Some(b']' | b'}')) {
            mistakes.push(at, TRAILING_COMMA);
            return Ok(true);
        }
    }
}

/// Says what is wrong with a file that does not begin with a list.
fn report_no_list<R: Read>(split: &mut Split<R>, mistakes: &mut SeedMistakes) -> io::Result<()> {
    let at = split.at();
    if split.peek()? != Some(b'{') {
        let message = format!("this is not JSON: a seed file is a list of pairs, `[{EXAMPLE}]`");
        mistakes.push(at, message);
        return Ok(());
    }
    if !split.item()? {
        mistakes.push(at, TOO_LONG);
        return Ok(());
    }
    let next = split.peek()?;
    let root = split.block(0);
    let mut items = root.iter().flat_map(Block::items);
    if items.all(|(bytes, at)| read_item(bytes, at, mistakes).is_some()) {
        let lines = next == Some(b'{');
        let what = if lines { "these are pairs one after another" } else { "this is one object" };
        mistakes.push(at, format!("{what}: a seed file is a list of pairs, write `[{EXAMPLE}]`"));
    }
    Ok(())
}

/// Reads a pair that has a key, a value and nothing else, as nearly all have, and returns its length.
/// `None` if it has mistakes too, or if its end is missing.
fn plain_pair(bytes: &[u8], base: u64) -> Option<(SeedPair<'_>, usize)> {
    let ([key, value], end) = json::read_two(bytes, ["key", "value"])?;
    crate::check_key(&key.value).ok()?;
    crate::check_value(value.value.len()).ok()?;
    let (at, key_at) = (base + value.at as u64, base + key.at as u64);
    let value = SeedValue { at, json: value.json, is_base64: false, bytes: bytes_of(value.value) };
    Some((SeedPair { key: key.value, key_at, value, metadata: None, expiry: None }, end))
}

fn bytes_of(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Reads an item of the list; `None` after a syntax error.
fn read_item<'a>(bytes: &'a [u8], base: u64, mistakes: &mut SeedMistakes) -> Option<Item<'a>> {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = base + error.valid_up_to() as u64;
            mistakes.push(at, "this is not UTF-8, which JSON must be: save the file as UTF-8");
            return None;
        }
    };
    let mut found = Vec::new();
    let node = json::read(text, &mut found);
    let item = node.map(|node| Item { text, base, node, mistakes: Vec::new() });
    for Mistake { at, message, other } in found {
        mistakes.push_pair(base + at as u64, message, other.map(|other| base + other as u64));
    }
    item
}

/// Checks that nothing comes after the list.
fn end<R: Read>(split: &mut Split<R>, mistakes: &mut SeedMistakes) -> io::Result<()> {
    if split.peek()?.is_some() {
        unexpected(split, "the end of the file", mistakes);
    }
    Ok(())
}

fn unexpected<R: Read>(split: &Split<R>, what: &str, mistakes: &mut SeedMistakes) {
    mistakes.push(split.at(), expected(what, &String::from_utf8_lossy(split.rest())));
}

/// An item of the list.
struct Item<'a> {
    text: &'a str,
    /// Where in the file it begins.
    base: u64,
    node: Node<'a>,
    mistakes: Vec<Mistake>,
}

impl<'a> Item<'a> {
    /// Reads the pair, and reports its mistakes.
    fn pair(mut self, mistakes: &mut SeedMistakes) -> Option<SeedPair<'a>> {
        let Node { at, kind, .. } = std::mem::replace(&mut self.node, Node::NULL);
        let pair = if let Kind::Object(members) = kind {
            self.object(at, members)
        } else {
            self.mistake(at, format!("a pair is an object: write `{EXAMPLE}`"));
            None
        };
        for Mistake { at, message, other } in self.mistakes {
            let place = |at: usize| self.base + at as u64;
            mistakes.push_pair(place(at), message, other.map(place));
        }
        pair
    }

    fn object(&mut self, at: usize, members: Vec<Member<'a>>) -> Option<SeedPair<'a>> {
        let place = |name| members.iter().find(|member| member.name == name).map(|found| found.at);
        for name in ["key", "value"] {
            let meant = |member: &Member<'_>| closest(&member.name, PROPERTIES) == Some(name);
            if place(name).is_none() && !members.iter().any(meant) {
                self.mistake(at, format!("this pair has no {name}: write `{EXAMPLE}`"));
            }
        }
        if let (Some(at), other @ Some(_)) = (place("expiration"), place("expiration_ttl")) {
            let message =
                "`expiration` and `expiration_ttl` exclude each other: keep one of the two";
            self.mistakes.push(Mistake { at, message: message.to_owned(), other });
        }
        let is_base64 = |member: &Member<'_>| {
            member.name == "base64" && matches!(member.value.kind, Kind::Bool(true))
        };
        let is_base64 = members.iter().any(is_base64);
        let (mut key, mut value, mut metadata, mut expiry) = (None, None, None, None);
        for Member { at, name, value: node } in members {
            let Node { at: value_at, end, kind } = node;
            match (name.as_ref(), kind) {
                ("key", Kind::String(text)) => {
                    self.rule(value_at, crate::check_key(&text));
                    key = Some((text, value_at));
                }
                ("key", _) => self.mistake(value_at, "`key` takes text"),
                ("value", Kind::String(text)) => {
                    value = self.value(value_at..end, text, is_base64);
                }
                ("value", _) => self.mistake(
                    value_at,
                    "a value is text in this format, as wrangler reads it: write JSON as text, such \
                     as `\"{\\\"a\\\":1}\"`",
                ),
                ("expiration", Kind::Number(digits)) => {
                    expiry = self.seconds(value_at, digits, crate::check_expiration).map(Expiry::At);
                }
                ("expiration_ttl", Kind::Number(digits)) => {
                    expiry = self.seconds(value_at, digits, crate::check_ttl).map(Expiry::Ttl);
                }
                ("expiration" | "expiration_ttl", _) => {
                    self.mistake(
                        value_at,
                        format!("`{name}` takes whole seconds: write a number, without quotes"),
                    );
                }
                ("metadata", _) => {
                    let json = compact_json(self.text.get(value_at..end).unwrap_or_default());
                    self.rule(value_at, crate::check_metadata(json.len()));
                    metadata = Some(json);
                }
                ("base64", Kind::Bool(_)) => {}
                ("base64", _) => self.mistake(value_at, "`base64` takes `true` or `false`"),
                (unknown, _) => {
                    let known = || PROPERTIES.map(|name| format!("`{name}`")).join(", ");
                    let hint = match did_you_mean(unknown, PROPERTIES) {
                        hint if hint.is_empty() => format!(": use one of {}", known()),
                        hint => hint,
                    };
                    let unknown = shown(unknown);
                    self.mistake(at, format!("a pair has no property `{unknown}`{hint}"));
                }
            }
        }
        let (key, key_at) = key?;
        let (key_at, at) = (self.base + key_at as u64, self.base + at as u64);
        let none = SeedValue { at, json: "", is_base64: false, bytes: Cow::Borrowed(b"") };
        Some(SeedPair { key, key_at, value: value.unwrap_or(none), metadata, expiry })
    }

    fn value(
        &mut self,
        place: Range<usize>,
        text: Cow<'a, str>,
        is_base64: bool,
    ) -> Option<SeedValue<'a>> {
        let bytes = match text {
            text if is_base64 => match STANDARD.decode(text.as_bytes()) {
                Ok(bytes) => Cow::Owned(bytes),
                Err(error) => {
                    self.mistake(
                        place.start,
                        format!(
                            "this is not base64 ({error}): encode it with the standard alphabet and \
                             padding, or remove `\"base64\": true`"
                        ),
                    );
                    return None;
                }
            },
            text => bytes_of(text),
        };
        self.rule(place.start, crate::check_value(bytes.len()));
        let at = self.base + place.start as u64;
        Some(SeedValue { at, json: self.text.get(place)?, is_base64, bytes })
    }

    fn seconds<E: Display>(
        &mut self,
        at: usize,
        digits: &str,
        check: fn(i128) -> Result<u64, E>,
    ) -> Option<u64> {
        let Ok(seconds) = digits.parse() else {
            self.mistake(at, format!("`{digits}` is not a number of whole seconds"));
            return None;
        };
        // The rules spell the properties as a declaration does.
        let told = |error: E| error.to_string().replace("expirationTtl", "expiration_ttl");
        check(seconds).map_err(|error| self.mistake(at, told(error))).ok()
    }

    fn rule<E: Display>(&mut self, at: usize, checked: Result<(), E>) {
        if let Err(error) = checked {
            self.mistake(at, error.to_string());
        }
    }

    fn mistake(&mut self, at: usize, message: impl Into<String>) {
        self.mistakes.push(Mistake { at, message: message.into(), other: None });
    }
}
