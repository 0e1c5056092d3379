//! Which keys of a namespace are meant.

use std::collections::BTreeSet;

use kv_rules::{Pattern, PatternError, matches_glob};

use crate::typed::declaration::{DeclaredEntry, DeclaredFamily, DeclaredValue};
use crate::typed::{Declaration, Families};

/// Why a text selects no keys.
#[derive(Debug, thiserror::Error)]
#[error("`{}` selects no keys", pattern.escape_debug())]
pub struct SelectionError {
    pattern: String,
    source: PatternError,
}

/// Which keys of a namespace are meant: those of some families, less others.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    families: Option<Families>,
    only: Vec<Choice<'a>>,
    except: Vec<Choice<'a>>,
    /// The keys whose values are declared by `env(...)`.
    secrets: BTreeSet<&'static str>,
}

/// Some keys: `user:{id}`, `user:*` or a key itself.
#[derive(Debug)]
enum Choice<'a> {
    /// Those of a declared family, of which more literal families own some.
    Declared(&'static DeclaredFamily, Pattern<'a>),
    Pattern(Pattern<'a>, &'a str),
    Glob(&'a str),
}

impl<'a> Selection<'a> {
    /// Keys by patterns; without any all. `declaration` is that of the namespace, if it is declared.
    pub(crate) fn new(
        declaration: Option<&'static Declaration>,
        only: &'a [String],
        except: &'a [String],
    ) -> Result<Self, SelectionError> {
        let families = declaration.map(|declaration| Families::new(declaration.families));
        let choices = |texts: &'a [String]| -> Result<Vec<_>, SelectionError> {
            texts.iter().map(|text| Choice::read(text, families.as_ref())).collect()
        };
        let (only, except) = (choices(only)?, choices(except)?);
        Ok(Self { families, only, except, secrets: BTreeSet::new() })
    }

    /// Leaves out the values that are declared by `env(...)` in a stage.
    pub(crate) fn without_secrets(
        self,
        declaration: Option<&'static Declaration>,
        stage: &str,
    ) -> Self {
        let is_secret =
            |entry: &&DeclaredEntry| matches!(entry.value_in(stage), Some(DeclaredValue::Env(..)));
        let entries = declaration.map_or(&[][..], |declaration| declaration.entries);
        let secrets = entries.iter().filter(is_secret).map(|entry| entry.key).collect();
        Self { secrets, ..self }
    }

    /// Whether a key is meant, were it no secret.
    fn covers(&self, key: &str) -> bool {
        let any =
            |choices: &[Choice<'_>]| choices.iter().any(|c| c.matches(key, self.families.as_ref()));
        (self.only.is_empty() || any(&self.only)) && !any(&self.except)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.covers(key) && !self.secrets.contains(key)
    }

    /// Whether a key was left out because its value is a secret.
    pub(super) fn withholds(&self, key: &str) -> bool {
        self.secrets.contains(key) && self.covers(key)
    }

    /// The text with which all of its keys begin.
    pub(super) fn prefix(&self) -> &str {
        let mut prefixes = self.only.iter().map(Choice::prefix);
        let Some(first) = prefixes.next() else { return "" };
        prefixes.fold(first, |one, other| {
            let same = one.char_indices().zip(other.chars());
            let end = same.take_while(|((_, a), b)| a == b).last();
            one.get(..end.map_or(0, |((at, c), _)| at + c.len_utf8())).unwrap_or_default()
        })
    }

    /// What it was made of.
    pub(super) fn texts(&self) -> (Vec<String>, Vec<String>) {
        let texts = |choices: &[Choice<'_>]| choices.iter().map(Choice::text).collect();
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
