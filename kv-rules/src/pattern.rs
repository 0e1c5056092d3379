//! Patterns: the keys of a family, such as `user:{tenant}/{user_id: u64}`.
//!
//! A key of a family parses back to exactly the parameters that it was made from. So a parameter is
//! never empty, two parameters are always separated by literal text, and a parameter ends where that
//! text first occurs.

use crate::shown;
use std::borrow::Cow;
use std::collections::HashSet;

use crate::key::{KeyError, MAX_KEY_BYTES, check_key};

/// The keys of a family: alternating literal text and parameters.
///
/// ```
/// use kv_rules::Pattern;
///
/// let user = Pattern::parse("user:{tenant}/{id: u64}")?;
/// assert_eq!(user.match_key("user:acme/7"), Some(vec!["acme", "7"]));
/// assert_eq!(user.prefix(), "user:");
/// # Ok::<(), kv_rules::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern<'a> {
    segments: Cow<'a, [Segment<'a>]>,
}

/// A piece of a [`Pattern`].
///
/// ```
/// use kv_rules::{Pattern, Segment};
///
/// let user = Pattern::parse("user:{id}")?;
/// assert!(matches!(&user.segments()[0], Segment::Literal(text) if text == "user:"));
/// # Ok::<(), kv_rules::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Text that every key of the family has here.
    Literal(Cow<'a, str>),
    /// Text that differs from key to key.
    Param(Param<'a>),
}

/// A parameter of a [`Pattern`].
///
/// ```
/// use kv_rules::Pattern;
///
/// let user = Pattern::parse("user:{id: u64}")?;
/// let id = user.params().next().unwrap();
/// assert_eq!((id.name, id.ty, id.is_integer()), ("id", Some("u64"), true));
/// # Ok::<(), kv_rules::PatternError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, a Rust identifier.
    pub name: &'a str,
    /// Its Rust type as written; `None` for text.
    pub ty: Option<&'a str>,
}

impl Param<'_> {
    /// Whether the type prints as digits, so that a key with other text here is not in the family.
    #[must_use]
    pub fn is_integer(self) -> bool {
        const SIGNED: [&str; 6] = ["i8", "i16", "i32", "i64", "i128", "isize"];
        const UNSIGNED: [&str; 6] = ["u8", "u16", "u32", "u64", "u128", "usize"];
        self.ty.is_some_and(|ty| SIGNED.contains(&ty) || UNSIGNED.contains(&ty))
    }

    fn takes(self, text: &str) -> bool {
        !text.is_empty() && (!self.is_integer() || text.chars().all(|c| Class::Integer.has(c)))
    }
}

/// Finds the family of a key among patterns, each with the value to return for it. A catch-all is
/// returned only if no other pattern matches.
///
/// ```
/// use kv_rules::{Pattern, family_of};
///
/// let (any, user) = (Pattern::parse("{path}")?, Pattern::parse("user:{id}")?);
/// let families = [(&any, "any"), (&user, "user")];
/// assert_eq!(family_of("user:1", families), Some("user"));
/// assert_eq!(family_of("about", families), Some("any"));
/// # Ok::<(), kv_rules::PatternError>(())
/// ```
pub fn family_of<'p, 't: 'p, T>(
    key: &str,
    families: impl IntoIterator<Item = (&'p Pattern<'t>, T)>,
) -> Option<T> {
    let mut catch_all = None;
    for (pattern, family) in families {
        if pattern.match_key(key).is_none() {
            continue;
        }
        if !pattern.is_catch_all() {
            return Some(family);
        }
        catch_all = Some(family);
    }
    catch_all
}

/// Why a pattern is refused.
///
/// ```
/// use kv_rules::{Pattern, PatternError};
///
/// assert_eq!(Pattern::parse("motd"), Err(PatternError::NoParam));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// A brace has no counterpart.
    #[error(
        "this pattern has an unmatched `{0}`: write a parameter as `{{name}}`, a literal brace as `{0}{0}`"
    )]
    UnmatchedBrace(char),
    /// The text between braces is not `name` or `name: Type`.
    #[error("`{{{0}}}` is not a parameter: write `{{name}}` or `{{name: Type}}`")]
    NotAParam(String),
    /// A parameter is written as in JavaScript.
    #[error("`${{{0}}}` is JavaScript: write a parameter as `{{id}}`, without `$`")]
    Dollar(String),
    /// The pattern has no parameter.
    #[error(
        "this pattern has no parameter: write a family as `\"session:{{id}}\"`, a single key as an entry of `values`"
    )]
    NoParam,
    /// No text separates two parameters.
    #[error(
        "`{{{first}}}` and `{{{second}}}` have no text between them: add some, such as `/`, so that a key parses back to its parameters"
    )]
    Adjacent {
        /// The former parameter's name.
        first: String,
        /// The latter parameter's name.
        second: String,
    },
    /// Two parameters have the same name.
    #[error("`{{{0}}}` appears twice in this pattern: give each parameter its own name")]
    Twice(String),
    /// No key of the family could be stored.
    #[error(
        "the literal text of this pattern leaves no room: it has {bytes} bytes, and with a byte for each parameter a key exceeds the {MAX_KEY_BYTES} bytes that Workers KV takes; shorten it"
    )]
    TooLong {
        /// The literal text's length in bytes of UTF-8.
        bytes: usize,
    },
}

/// Why parameters do not make a key of a family.
///
/// ```
/// use kv_rules::{ParamError, Pattern};
///
/// let user = Pattern::parse("user:{id}")?;
/// let empty = user.render(&["".into()]);
/// assert_eq!(empty, Err(ParamError::Empty("id".to_owned())));
/// # Ok::<(), kv_rules::PatternError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamError {
    /// A parameter has no text.
    #[error("the parameter `{0}` is empty: every parameter of a key needs text")]
    Empty(String),
    /// A parameter would not parse back from the key.
    #[error("the parameter `{name}` is `{}`, which cannot come before `{}`: the key would not parse back to its parameters; choose a value without that text, or encode it", shown(.value), shown(.next))]
    Ambiguous {
        /// The parameter's name.
        name: String,
        /// Its text.
        value: String,
        /// The literal text that follows it.
        next: String,
    },
    /// Workers KV does not take the key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl<'a> Pattern<'a> {
    /// A pattern from segments that were checked before; generated code uses it.
    #[must_use]
    pub const fn from_segments(segments: &'a [Segment<'a>]) -> Self {
        Self { segments: Cow::Borrowed(segments) }
    }

    /// Reads a pattern.
    ///
    /// ```
    /// let pattern = kv_rules::Pattern::parse("user:{tenant}/{user_id: u64}").unwrap();
    /// assert_eq!(pattern.render(&["acme".into(), "42".into()]).unwrap(), "user:acme/42");
    /// assert_eq!(pattern.match_key("user:acme/42"), Some(vec!["acme", "42"]));
    /// ```
    pub fn parse(text: &'a str) -> Result<Self, PatternError> {
        let segments = split(text)?;
        check(&segments)?;
        Ok(Self { segments: Cow::Owned(segments) })
    }

    /// The pieces of the pattern, in order.
    #[must_use]
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// The parameters, in order.
    pub fn params(&self) -> impl Iterator<Item = Param<'a>> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Param(param) => Some(*param),
            Segment::Literal(_) => None,
        })
    }

    /// The text with which every key of the family begins.
    #[must_use]
    pub fn prefix(&self) -> &str {
        match self.segments.first() {
            Some(Segment::Literal(text)) => text,
            _ => "",
        }
    }

    /// Whether the pattern is a single parameter, which every key matches.
    #[must_use]
    pub fn is_catch_all(&self) -> bool {
        matches!(self.segments.as_ref(), [Segment::Param(param)] if !param.is_integer())
    }

    /// Makes the key of these parameters, one text for each in order.
    pub fn render(&self, params: &[Cow<'_, str>]) -> Result<String, ParamError> {
        let mut values = params.iter();
        let mut key = String::new();
        for segment in self.segments.iter() {
            match segment {
                Segment::Literal(text) => key.push_str(text),
                Segment::Param(param) => match values.next().filter(|value| !value.is_empty()) {
                    Some(value) => key.push_str(value),
                    None => return Err(ParamError::Empty(param.name.to_owned())),
                },
            }
        }
        let parsed = self.match_key(&key).unwrap_or_default();
        let differs = (0..params.len()).find(|&i| parsed.get(i) != Some(&params[i].as_ref()));
        if let Some(index) = differs {
            return Err(self.ambiguous(index, &params[index]));
        }
        check_key(&key)?;
        Ok(key)
    }

    /// The prefix of every key that has these leading parameters, one text for each in order.
    pub fn render_prefix(&self, params: &[Cow<'_, str>]) -> Result<String, ParamError> {
        let mut values = params.iter();
        let mut prefix = String::new();
        for (index, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Literal(text) => prefix.push_str(text),
                Segment::Param(param) => {
                    let Some(value) = values.next() else { break };
                    if value.is_empty() {
                        return Err(ParamError::Empty(param.name.to_owned()));
                    }
                    let is_other = match self.segments.get(index + 1) {
                        Some(Segment::Literal(next)) => {
                            format!("{value}{next}").find(next.as_ref()) != Some(value.len())
                        }
                        _ => false,
                    };
                    if is_other || !param.takes(value) {
                        return Err(self.ambiguous(params.len() - values.len() - 1, value));
                    }
                    prefix.push_str(value);
                }
            }
        }
        Ok(prefix)
    }

    fn ambiguous(&self, index: usize, value: &str) -> ParamError {
        let mut after = self
            .segments
            .iter()
            .scan(0, |seen, segment| {
                if let Segment::Param(_) = segment {
                    *seen += 1;
                }
                Some((*seen, segment))
            })
            .skip_while(|(seen, _)| *seen <= index)
            .map(|(_, segment)| segment);
        let name = match after.next() {
            Some(Segment::Param(param)) => param.name,
            _ => "",
        };
        let next = match after.next() {
            Some(Segment::Literal(text)) => text.as_ref(),
            _ => "",
        };
        ParamError::Ambiguous {
            name: name.to_owned(),
            value: value.to_owned(),
            next: next.to_owned(),
        }
    }

    /// The parameters of a key, or `None` if it is not in this family.
    #[must_use]
    pub fn match_key<'k>(&self, key: &'k str) -> Option<Vec<&'k str>> {
        let mut params = Vec::new();
        let mut rest = key;
        let mut segments = self.segments.iter().peekable();
        while let Some(segment) = segments.next() {
            match segment {
                Segment::Literal(text) => rest = rest.strip_prefix(text.as_ref())?,
                Segment::Param(param) => {
                    let end = match segments.peek() {
                        Some(Segment::Literal(next)) => rest.find(next.as_ref())?,
                        _ => rest.len(),
                    };
                    let (value, after) = rest.split_at(end);
                    params.push(param.takes(value).then_some(value)?);
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(params)
    }

    /// Whether a key can be in both families. It may be `true` for two families that only the formats
    /// of their types keep apart, but it is never `false` for two that share a key.
    #[must_use]
    pub fn overlaps(&self, other: &Pattern<'_>) -> bool {
        let (ours, theirs) = (self.atoms(), other.atoms());
        let mut seen = HashSet::new();
        let mut open = vec![(0, 0)];
        while let Some((i, j)) = open.pop() {
            if (i, j) == (ours.len(), theirs.len()) {
                return true;
            }
            if !seen.insert((i, j)) {
                continue;
            }
            let (a, b) = (ours.get(i), theirs.get(j));
            if a.is_some_and(|a| a.repeats) {
                open.push((i + 1, j));
            }
            if b.is_some_and(|b| b.repeats) {
                open.push((i, j + 1));
            }
            if let (Some(a), Some(b)) = (a, b)
                && a.class.meets(b.class)
            {
                open.push((i + usize::from(!a.repeats), j + usize::from(!b.repeats)));
            }
        }
        false
    }

    fn atoms(&self) -> Vec<Atom> {
        let mut atoms = Vec::new();
        for segment in self.segments.iter() {
            match segment {
                Segment::Literal(text) => {
                    let once = |c| Atom { class: Class::Char(c), repeats: false };
                    atoms.extend(text.chars().map(once));
                }
                Segment::Param(param) => {
                    let class = if param.is_integer() { Class::Integer } else { Class::Any };
                    atoms.push(Atom { class, repeats: false });
                    atoms.push(Atom { class, repeats: true });
                }
            }
        }
        atoms
    }
}

/// A character of a pattern, or any number of them.
#[derive(Clone, Copy)]
struct Atom {
    class: Class,
    repeats: bool,
}

/// The characters that can appear at one position.
#[derive(Clone, Copy)]
enum Class {
    Char(char),
    Integer,
    Any,
}

impl Class {
    fn has(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::Integer => c.is_ascii_digit() || c == '-',
            Self::Any => true,
        }
    }

    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(c), class) | (class, Self::Char(c)) => class.has(c),
            _ => true,
        }
    }
}

fn split(text: &str) -> Result<Vec<Segment<'_>>, PatternError> {
    let mut segments = Vec::new();
    let mut literal = Cow::Borrowed("");
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        literal += &rest[..at];
        let brace = if rest[at..].starts_with('{') { '{' } else { '}' };
        let after = &rest[at + 1..];
        if let Some(escaped) = after.strip_prefix(brace) {
            literal += &rest[at..=at];
            rest = escaped;
            continue;
        }
        if brace == '}' {
            return Err(PatternError::UnmatchedBrace('}'));
        }
        let (inner, after) = after.split_once('}').ok_or(PatternError::UnmatchedBrace('{'))?;
        if rest[..at].ends_with('$') {
            return Err(PatternError::Dollar(inner.to_owned()));
        }
        if !literal.is_empty() {
            segments.push(Segment::Literal(std::mem::take(&mut literal)));
        }
        segments.push(Segment::Param(param(inner)?));
        rest = after;
    }
    literal += rest;
    if !literal.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    Ok(segments)
}

fn param(inner: &str) -> Result<Param<'_>, PatternError> {
    let not_a_param = || PatternError::NotAParam(inner.to_owned());
    let (name, ty) = match inner.split_once(':') {
        Some((name, ty)) => (name.trim(), Some(ty.trim())),
        None => (inner.trim(), None),
    };
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if !starts || name == "_" || !chars.all(|c| c.is_alphanumeric() || c == '_') {
        return Err(not_a_param());
    }
    if ty.is_some_and(|ty| ty.is_empty() || ty.contains('{')) {
        return Err(not_a_param());
    }
    Ok(Param { name, ty })
}

fn check(segments: &[Segment<'_>]) -> Result<(), PatternError> {
    let mut names = HashSet::new();
    let mut bytes = 0;
    let mut previous = None;
    for segment in segments {
        match segment {
            Segment::Literal(text) => {
                bytes += text.len();
                previous = None;
            }
            Segment::Param(Param { name, .. }) => {
                let name = *name;
                if let Some(first) = previous.replace(name) {
                    let (first, second) = (str::to_owned(first), name.to_owned());
                    return Err(PatternError::Adjacent { first, second });
                }
                if !names.insert(name) {
                    return Err(PatternError::Twice(name.to_owned()));
                }
            }
        }
    }
    if names.is_empty() {
        return Err(PatternError::NoParam);
    }
    if bytes + names.len() > MAX_KEY_BYTES {
        return Err(PatternError::TooLong { bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Pattern<'_> {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn an_invalid_pattern_says_why() {
        let error = |text| Pattern::parse(text).unwrap_err();
        assert_eq!(error("session"), PatternError::NoParam);
        assert_eq!(error("a{b"), PatternError::UnmatchedBrace('{'));
        assert_eq!(error("a}b"), PatternError::UnmatchedBrace('}'));
        assert_eq!(error("{a}/{a}"), PatternError::Twice("a".to_owned()));
        for bad in ["{}", "{1a}", "{a b}", "{a:}", "{_}", "{a-b}"] {
            assert!(matches!(error(bad), PatternError::NotAParam(_)), "{bad}");
        }
        let (first, second) = ("a".to_owned(), "b".to_owned());
        assert_eq!(error("x{a}{b}"), PatternError::Adjacent { first, second });
        let long = format!("{}{{a}}", "x".repeat(512));
        assert_eq!(Pattern::parse(&long), Err(PatternError::TooLong { bytes: 512 }));
    }

    #[test]
    fn doubled_braces_are_literal_braces() {
        let pattern = pattern("{{a}}:{id}");
        assert_eq!(pattern.prefix(), "{a}:");
        assert_eq!(pattern.render(&["7".into()]).unwrap(), "{a}:7");
    }

    #[test]
    fn a_parameter_that_would_not_parse_back_is_an_error() {
        let pattern = pattern("user:{tenant}/{id}");
        assert_eq!(pattern.render(&["acme".into(), "a/b".into()]).unwrap(), "user:acme/a/b");
        let error = pattern.render(&["ac/me".into(), "b".into()]).unwrap_err();
        let (name, value) = ("tenant".to_owned(), "ac/me".to_owned());
        assert_eq!(error, ParamError::Ambiguous { name, value, next: "/".to_owned() });
        let error = pattern.render(&["acme".into(), "".into()]).unwrap_err();
        assert_eq!(error, ParamError::Empty("id".to_owned()));
    }

    #[test]
    fn a_parameter_that_ends_in_half_the_text_after_it_is_an_error() {
        let error = pattern("{a}::{b}").render(&["x:".into(), "y".into()]).unwrap_err();
        assert!(matches!(error, ParamError::Ambiguous { .. }), "{error:?}");
    }

    #[test]
    fn a_rendered_key_obeys_the_rules_of_keys() {
        let catch_all = pattern("{path}");
        assert_eq!(catch_all.render(&["..".into()]), Err(ParamError::Key(KeyError::Dots(".."))));
        let long = "x".repeat(513);
        assert!(matches!(catch_all.render(&[long.into()]), Err(ParamError::Key(_))));
    }

    #[test]
    fn overlap_is_found() {
        for (a, b, overlap) in [
            ("session:{id}", "user:{id}", false),
            ("session:{id}", "session:{name}", true),
            ("session:{id}", "session:{id}/x", true),
            ("{path}", "session:{id}", true),
            ("user:{id: u64}", "user:{id: u64}/posts/{post}", false),
            ("user:{id: u64}", "user:{id}/posts/{post}", false),
            ("user:{id: Uuid}", "user:{id: u64}", true),
            ("{a}.js", "{a}.css", false),
            ("{a}.js", "x{a}", true),
            ("a{x}", "aa{x}", true),
        ] {
            assert_eq!(pattern(a).overlaps(&pattern(b)), overlap, "{a} {b}");
            assert_eq!(pattern(b).overlaps(&pattern(a)), overlap, "{b} {a}");
        }
    }

    #[test]
    fn an_integer_parameter_takes_digits_only() {
        assert_eq!(pattern("user:{id: u64}").match_key("user:me"), None);
        assert_eq!(pattern("user:{id: i64}").match_key("user:-7"), Some(vec!["-7"]));
    }

    proptest! {
        #[test]
        fn every_key_parses_back_to_its_parameters(a in "[a:/]{0,6}", b in "\\PC{0,9}") {
            for text in ["k:{a}/{b}", "{a}::{b}", "{a}/x/{b}:"] {
                let pattern = pattern(text);
                if let Ok(key) = pattern.render(&[a.as_str().into(), b.as_str().into()]) {
                    prop_assert_eq!(pattern.match_key(&key), Some(vec![a.as_str(), b.as_str()]));
                }
            }
        }

        #[test]
        fn a_key_of_two_families_means_that_they_overlap(key in "[ab:/0-9]{1,8}") {
            let texts = ["{a}", "a:{a}", "{a: u8}", "{a}/{b}", "{a: u8}:{b}", "a{a}b"];
            for one in texts.map(pattern) {
                for other in texts.map(pattern) {
                    if one.match_key(&key).is_some() && other.match_key(&key).is_some() {
                        prop_assert!(one.overlaps(&other), "{:?} {:?}", one, other);
                    }
                }
            }
        }

        #[test]
        fn no_text_panics(text in "[ab{}: ü]{0,12}", key in "\\PC{0,12}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                let _ = pattern.match_key(&key);
            }
        }
    }
}
