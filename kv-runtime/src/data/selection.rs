//! The selection of keys of a namespace.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use kv_rules::{Pattern, PatternError, matches_glob};

use crate::typed::declaration::{DeclaredEntry, DeclaredFamily, DeclaredValue};
use crate::typed::{Declaration, Families};

/// Why a text selects no keys.
///
/// ```no_run
/// use kv_runtime::DeployError;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let mut json = Vec::new();
/// let export = Notes::connect().export(&mut json).family("nope:{id}").await;
/// if let Err(DeployError::Selection(error)) = export {
///     println!("{error}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("`{}` selects no keys", pattern.escape_debug())]
pub struct SelectionError {
    pattern: String,
    source: PatternError,
}

/// A selection of keys of a namespace: those of some families, except others.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    families: Option<Families>,
    declared: &'static [DeclaredFamily],
    only: Vec<Chosen<'a>>,
    except: Vec<Chosen<'a>>,
    /// The keys whose values are declared by `env(...)`, or were.
    secrets: BTreeSet<String>,
}

/// A choice of keys, and whether any key matched it.
#[derive(Debug)]
struct Chosen<'a> {
    choice: Choice<'a>,
    is_met: AtomicBool,
}

/// A choice of keys: `user:{id}`, `user:*` or a single key.
#[derive(Debug)]
enum Choice<'a> {
    /// The keys of a declared family, except those that more literal families own.
    Declared(&'static DeclaredFamily, Pattern<'a>),
    Pattern(Pattern<'a>, &'a str),
    Glob(&'a str),
}

impl<'a> Selection<'a> {
    /// Selects keys by patterns, or all keys if there are none. `declaration` belongs to the namespace, if it
    /// is declared.
    pub(crate) fn new(
        declaration: Option<&'static Declaration>,
        only: &'a [String],
        except: &'a [String],
    ) -> Result<Self, SelectionError> {
        let families = declaration.map(|declaration| Families::new(declaration.families));
        let choices = |texts: &'a [String]| -> Result<Vec<_>, SelectionError> {
            let chosen = |text: &'a String| {
                let choice = Choice::read(text, families.as_ref())?;
                Ok(Chosen { choice, is_met: AtomicBool::new(false) })
            };
            texts.iter().map(chosen).collect()
        };
        let (only, except) = (choices(only)?, choices(except)?);
        let declared = declaration.map_or(&[][..], |declaration| declaration.families);
        Ok(Self { families, declared, only, except, secrets: BTreeSet::new() })
    }

    /// Leaves out the values that `env(...)` declares in a stage, and those that it declared when they were
    /// deployed.
    pub(crate) fn without_secrets<'k>(
        self,
        declaration: Option<&'static Declaration>,
        stage: &str,
        deployed: impl Iterator<Item = &'k str>,
    ) -> Self {
        let is_secret =
            |entry: &&DeclaredEntry| matches!(entry.value_in(stage), Some(DeclaredValue::Env(..)));
        let entries = declaration.map_or(&[][..], |declaration| declaration.entries);
        let declared = entries.iter().filter(is_secret).map(|entry| entry.key);
        let secrets = declared.chain(deployed).map(str::to_owned).collect();
        Self { secrets, ..self }
    }

    /// Whether a key is selected, regardless of secrets.
    fn covers(&self, key: &str) -> bool {
        let any = |chosen: &[Chosen<'_>]| {
            chosen.iter().fold(false, |any, chosen| {
                let matches = chosen.choice.matches(key, self.families.as_ref());
                if matches {
                    chosen.is_met.store(true, Ordering::Relaxed);
                }
                any || matches
            })
        };
        let is_chosen = self.only.is_empty() || any(&self.only);
        // Both are evaluated even if the result is clear, to record which patterns match a key.
        let is_left_out = any(&self.except);
        is_chosen && !is_left_out
    }

    /// The patterns that no key matched. A typo in one would export too little, or pairs that should be left
    /// out. A pattern to leave out may match no key if it is a declared family or a part of one.
    pub(super) fn unmet(&self) -> Vec<String> {
        let is_unmet = |chosen: &&Chosen<'_>| !chosen.is_met.load(Ordering::Relaxed);
        // Keys outside the listed prefix were not checked.
        let is_listed = |chosen: &&Chosen<'_>| chosen.choice.prefix().starts_with(self.prefix());
        let is_slip = |chosen: &&Chosen<'_>| match chosen.choice {
            Choice::Declared(..) => false,
            Choice::Glob(text) if text.contains('*') => !self.is_of_a_family(&chosen.choice),
            Choice::Glob(_) | Choice::Pattern(..) => true,
        };
        let only = self.only.iter().filter(is_unmet);
        let except = self.except.iter().filter(is_unmet).filter(is_listed).filter(is_slip);
        only.chain(except).map(|chosen| chosen.choice.text()).collect()
    }

    /// Whether keys of a choice could belong to a declared family.
    fn is_of_a_family(&self, choice: &Choice<'_>) -> bool {
        self.declared.iter().any(|family| {
            Pattern::parse(family.pattern).is_ok_and(|pattern| {
                let prefix = pattern.prefix();
                !prefix.is_empty() && choice.prefix().starts_with(prefix)
            })
        })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.covers(key) && !self.secrets.contains(key)
    }

    /// Whether a key was left out because its value is a secret.
    pub(super) fn withholds(&self, key: &str) -> bool {
        self.secrets.contains(key) && self.covers(key)
    }

    /// The common prefix of its keys.
    pub(super) fn prefix(&self) -> &str {
        let mut prefixes = self.only.iter().map(|chosen| chosen.choice.prefix());
        let Some(first) = prefixes.next() else { return "" };
        prefixes.fold(first, |one, other| {
            let same = one.char_indices().zip(other.chars());
            let end = same.take_while(|((_, a), b)| a == b).last();
            one.get(..end.map_or(0, |((at, c), _)| at + c.len_utf8())).unwrap_or_default()
        })
    }

    /// The text that it was parsed from.
    pub(super) fn texts(&self) -> (Vec<String>, Vec<String>) {
        let texts = |all: &[Chosen<'_>]| all.iter().map(|chosen| chosen.choice.text()).collect();
        (texts(&self.only), texts(&self.except))
    }
}

impl<'a> Choice<'a> {
    fn read(text: &'a str, families: Option<&Families>) -> Result<Self, SelectionError> {
        if !text.contains(['{', '}']) {
            return Ok(Self::Glob(text));
        }
        let pattern = Pattern::parse(text)
            .map_err(|source| SelectionError { pattern: text.to_owned(), source })?;
        Ok(match families.and_then(|families| families.named(&pattern)) {
            Some(family) => Self::Declared(family, pattern),
            None => Self::Pattern(pattern, text),
        })
    }

    fn matches(&self, key: &str, families: Option<&Families>) -> bool {
        match self {
            Self::Declared(family, _) => families
                .and_then(|families| families.of_key(key))
                .is_some_and(|of_key| std::ptr::eq(of_key, *family)),
            Self::Pattern(pattern, _) => pattern.match_key(key).is_some(),
            Self::Glob(glob) => matches_glob(glob, key),
        }
    }

    fn prefix(&self) -> &str {
        match self {
            Self::Declared(_, pattern) | Self::Pattern(pattern, _) => pattern.prefix(),
            Self::Glob(glob) => glob.split('*').next().unwrap_or_default(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Declared(family, _) => family.pattern.to_owned(),
            Self::Pattern(_, text) | Self::Glob(text) => (*text).to_owned(),
        }
    }
}
