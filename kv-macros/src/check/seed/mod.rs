//! Seed files: the JSON of `wrangler kv bulk put`, with every rule applied to every pair.

mod reader;

use std::fmt::Display;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proc_macro2::Span;

use self::reader::{Kind, Member, Node, read};
use super::keys::{self, Keys};
use crate::errors::Errors;
use crate::model::{File, Spread};
use crate::package::{FileContent, Package};
use crate::syntax::Name;
use kv_rules::{Place, closest, compact_json, did_you_mean};

/// The properties of a pair.
const PROPERTIES: [&str; 6] =
    ["key", "value", "expiration", "expiration_ttl", "metadata", "base64"];

const EXAMPLE: &str = r#"{"key": "...", "value": "..."}"#;

/// How many mistakes of one file are shown: more are of one kind.
const SHOWN: usize = 20;

/// A mistake in a file, by byte.
struct Mistake {
    at: usize,
    message: String,
    /// Where the other of two that clash stands.
    other: Option<usize>,
}

/// Checks a seed file.
pub(super) fn seed(
    path: Name,
    package: &Package,
    keys: &mut Keys,
    errors: &mut Errors,
) -> Option<Spread> {
    let Name { text: written, span } = path;
    let FileContent { absolute, bytes } = match package.large_file(&written) {
        Ok(content) => content,
        Err(error) => {
            errors.push(span, error);
            return None;
        }
    };
    let Ok(text) = std::str::from_utf8(&bytes) else {
        errors.push(span, format!("`{written}` is not UTF-8, which JSON is: save it as UTF-8"));
        return None;
    };
    let text: Rc<str> = text.into();
    let (mut mistakes, mut firsts) = (Vec::new(), Vec::new());
    if let Some(root) = read(&text, &mut mistakes) {
        let spread = keys.spread(&written, Rc::clone(&text));
        let firsts = &mut firsts;
        Pairs { spread, text: &text, mistakes: &mut mistakes, keys, firsts }.root(root);
    }
    mistakes.sort_by_key(|mistake| mistake.at);
    let more = mistakes.len().saturating_sub(SHOWN);
    for Mistake { at, message, other } in mistakes.into_iter().take(SHOWN) {
        let place = |at| Place::of(&text, at);
        let other = other.map(|at| format!("; the other is at {written}:{}", place(at)));
        let other = other.unwrap_or_default();
        errors.push(span, format!("{written}:{}: {message}{other}", place(at)));
    }
    if more > 0 {
        errors.push(span, format!("{written}: there are {more} more mistakes in this file"));
    }
    for (span, first) in firsts {
        errors.push(span, first);
    }
    Some(Spread::Bulk(File { written, absolute }))
}

struct Pairs<'a> {
    spread: usize,
    text: &'a str,
    mistakes: &'a mut Vec<Mistake>,
    keys: &'a mut Keys,
    /// What to say at entries of `values` whose keys stand in the file again.
    firsts: &'a mut Vec<(Span, String)>,
}

impl Pairs<'_> {
    fn root(&mut self, root: Node<'_>) {
        let Kind::Array(items) = root.kind else {
            self.mistake(root.at, format!("a seed file is a list of pairs: write `[{EXAMPLE}]`"));
            return;
        };
        for item in items {
            match item.kind {
                Kind::Object(members) => self.pair(item.at, members),
                _ => self.mistake(item.at, format!("a pair is an object: write `{EXAMPLE}`")),
            }
        }
    }

    fn pair(&mut self, at: usize, members: Vec<Member<'_>>) {
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
        let base64 = members.iter().any(is_base64);
        for member in members {
            self.property(member, base64);
        }
    }

    fn property(&mut self, Member { at, name, value }: Member<'_>, base64: bool) {
        let Node { at: value_at, end, kind } = value;
        match (name.as_ref(), kind) {
            ("key", Kind::String(key)) => self.key(value_at, &key),
            ("key", _) => self.mistake(value_at, "`key` takes text"),
            ("value", Kind::String(text)) => self.value(value_at, &text, base64),
            ("value", _) => self.mistake(
                value_at,
                "a value is text in this format, as wrangler reads it: write JSON as text, such as \
                 `\"{\\\"a\\\":1}\"`",
            ),
            ("expiration", Kind::Number(digits)) => {
                self.seconds(value_at, digits, kv_rules::check_expiration);
            }
            ("expiration_ttl", Kind::Number(digits)) => {
                self.seconds(value_at, digits, kv_rules::check_ttl);
            }
            ("expiration" | "expiration_ttl", _) => {
                self.mistake(
                    value_at,
                    format!("`{name}` takes whole seconds: write a number, without quotes"),
                );
            }
            ("metadata", _) => {
                let json = self.text.get(value_at..end).unwrap_or_default();
                self.rule(value_at, kv_rules::check_metadata(compact_json(json).len()));
            }
            ("base64", Kind::Bool(_)) => {}
            ("base64", _) => self.mistake(value_at, "`base64` takes `true` or `false`"),
            (unknown, _) => {
                let known = || PROPERTIES.map(|name| format!("`{name}`")).join(", ");
                let hint = match did_you_mean(unknown, PROPERTIES) {
                    hint if hint.is_empty() => format!(": there are {}", known()),
                    hint => hint,
                };
                let unknown = unknown.escape_debug();
                self.mistake(at, format!("a pair has no property `{unknown}`{hint}"));
            }
        }
    }

    fn key(&mut self, at: usize, key: &str) {
        self.rule(at, kv_rules::check_key(key));
        let place = keys::Place::Seed { spread: self.spread, at };
        if let Err(clash) = self.keys.claim(key, place) {
            self.mistake(at, clash.message);
            self.firsts.extend(clash.entry);
        }
    }

    fn value(&mut self, at: usize, text: &str, base64: bool) {
        if !base64 {
            self.rule(at, kv_rules::check_value(text.len()));
            return;
        }
        match STANDARD.decode(text) {
            Ok(bytes) => self.rule(at, kv_rules::check_value(bytes.len())),
            Err(error) => self.mistake(
                at,
                format!("this is not base64 ({error}): encode it with the standard alphabet and padding, or remove `\"base64\": true`"),
            ),
        }
    }

    fn seconds<E: Display>(&mut self, at: usize, digits: &str, check: fn(i128) -> Result<u64, E>) {
        match digits.parse() {
            Ok(seconds) => self.rule(at, check(seconds).map(drop)),
            Err(_) => self.mistake(at, format!("`{digits}` is not a number of whole seconds")),
        }
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
