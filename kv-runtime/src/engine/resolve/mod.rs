//! Fills in what a declaration leaves open, without a request: placeholders, environment
//! variables, typed values, expirations against the clock. Every mistake is reported at once.

mod families;
mod pair;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use kv_rules::Expiry;
use kv_rules::Time;

use super::error::{DeployError, Problem};
use crate::base::Redactor;
use crate::base::chain::with_sources;
use crate::base::env::variable;
use crate::state::{Digest, DigestKey, StageKey};
use crate::typed::DecodeError;
use crate::typed::declaration::{
    Check, Declaration, DeclaredEntry, DeclaredFamily, DeclaredMetadata, DeclaredValue, Spread,
};
use families::Families;
use pair::spread_pairs;

pub(super) use pair::{DeclaredPair, digests};

/// A declaration with nothing left open.
pub(crate) struct Resolved {
    pub(crate) declaration: &'static Declaration,
    pub(crate) title: String,
    /// The pairs of the entries, then those of the spreads once these are read.
    pairs: Vec<DeclaredPair>,
    entries: usize,
    is_whole: bool,
    now: Time,
    digest: OnceLock<Digest>,
}

impl Resolved {
    /// The pairs of the entries.
    pub(super) fn entries(&self) -> &[DeclaredPair] {
        &self.pairs[..self.entries]
    }

    /// All pairs; `None` until the spreads are read.
    pub(super) fn pairs(&self) -> Option<&[DeclaredPair]> {
        self.is_whole.then_some(self.pairs.as_slice())
    }

    /// What the whole declaration says of its pairs, told without reading the spreads. A namespace
    /// that has this digest in the state has all pairs as they are declared. `key` is that of the
    /// one state that the declaration is deployed to.
    pub(super) fn digest(&self, key: &DigestKey) -> Digest {
        *self.digest.get_or_init(|| self.digest_all(key))
    }

    fn digest_all(&self, key: &DigestKey) -> Digest {
        let mut digest = key.of_many();
        for pair in self.entries() {
            digest.add(pair.key.as_bytes());
            digest.add(&[u8::from(pair.once)]);
            digest.add(pair.digest(key).as_bytes());
        }
        for family in self.declaration.families {
            digest.add(family.pattern.as_bytes());
            let ttl = u32::try_from(family.expiration_ttl.unwrap_or(0)).unwrap_or(u32::MAX);
            digest.add(&ttl.to_be_bytes());
        }
        for spread in self.declaration.spreads {
            match spread {
                Spread::Bulk { json, .. } => digest.add(json.as_bytes()),
                Spread::Dir { files, .. } => {
                    for file in *files {
                        digest.add(file.key.as_bytes());
                        digest.add(file.metadata.as_bytes());
                        digest.add(file.content);
                    }
                }
            }
        }
        digest.finish()
    }

    /// Reads the spreads, when that was not done before.
    pub(super) fn read_spreads(&mut self) -> Result<(), DeployError> {
        if self.is_whole {
            return Ok(());
        }
        let mut problems = Vec::new();
        let mut namespace = Scope { id: self.declaration.id, problems: &mut problems };
        for spread in self.declaration.spreads {
            match spread_pairs(spread) {
                Ok(pairs) if self.pairs.is_empty() => self.pairs = pairs,
                Ok(pairs) => self.pairs.extend(pairs),
                Err(what) => namespace.problem(what),
            }
        }
        let families = Families::new(self.declaration.families);
        for pair in &mut self.pairs[self.entries..] {
            if let Some(family) = families.of_key(&pair.key) {
                namespace.take_family(pair, family);
            }
            namespace.check_pair(pair, self.now);
        }
        if !problems.is_empty() {
            return Err(DeployError::Resolve(problems));
        }
        self.is_whole = true;
        Ok(())
    }
}

/// Resolves declarations that are deployed together.
pub(crate) fn resolve(
    declarations: &[&'static Declaration],
    stage: &StageKey,
    now: Time,
    redactor: &Redactor,
) -> Result<Vec<Resolved>, DeployError> {
    let mut problems = Vec::new();
    let mut titles = HashMap::new();
    let mut ids = BTreeSet::new();
    let mut resolved = Vec::new();
    for declaration in declarations {
        let mut namespace = Scope { id: declaration.id, problems: &mut problems };
        if !ids.insert(declaration.id) {
            namespace.problem("two namespaces have this id: give one of them an `id` of its own");
        }
        let title =
            kv_rules::fill_title(declaration.title, stage.app(), stage.stage(), declaration.id);
        let title = namespace.check(title).unwrap_or_default();
        if let Some(other) = titles.insert(title.clone(), declaration.id)
            && !title.is_empty()
        {
            namespace.problem(format!(
                "`{other}` has the same title, {title:?}: titles are unique in an account"
            ));
        }
        let pairs = namespace.entries(declaration, now, redactor);
        let (entries, is_whole) = (pairs.len(), declaration.spreads.is_empty());
        let digest = OnceLock::new();
        resolved.push(Resolved { declaration, title, pairs, entries, is_whole, now, digest });
    }
    if problems.is_empty() { Ok(resolved) } else { Err(DeployError::Resolve(problems)) }
}

/// Collects the problems of one namespace.
struct Scope<'a> {
    id: &'a str,
    problems: &'a mut Vec<Problem>,
}

impl Scope<'_> {
    fn problem(&mut self, what: impl Into<String>) {
        self.problems.push(Problem { namespace: self.id.to_owned(), key: None, what: what.into() });
    }

    fn key_problem(&mut self, key: &str, what: String) {
        let key = Some(key.to_owned());
        self.problems.push(Problem { namespace: self.id.to_owned(), key, what });
    }

    fn check<T>(&mut self, result: Result<T, impl ToString>) -> Option<T> {
        result.map_err(|error| self.problem(error.to_string())).ok()
    }

    fn entries(
        &mut self,
        declaration: &'static Declaration,
        now: Time,
        redactor: &Redactor,
    ) -> Vec<DeclaredPair> {
        let texts = serde_json::from_str::<Vec<(String, String)>>(declaration.texts);
        let texts = self.check(texts).unwrap_or_default();
        let mut pairs = Vec::with_capacity(texts.len() + declaration.entries.len());
        pairs.extend(texts.into_iter().map(|(key, text)| DeclaredPair {
            key: Cow::Owned(key),
            value: Cow::Owned(text.into_bytes()),
            metadata: None,
            expiry: None,
            once: false,
        }));
        for entry in declaration.entries {
            let metadata = entry_metadata(entry).map_err(|what| self.key_problem(entry.key, what));
            let value =
                entry_value(entry, redactor).map_err(|what| self.key_problem(entry.key, what));
            let (Ok(metadata), Ok(value)) = (metadata, value) else { continue };
            pairs.push(DeclaredPair {
                key: Cow::Borrowed(entry.key),
                value,
                metadata: metadata.map(Cow::Borrowed),
                expiry: entry.expiry,
                once: entry.once,
            });
        }
        for pair in &pairs {
            self.check_pair(pair, now);
        }
        pairs
    }

    /// Gives a pair of a file the lifetime of its family, and holds it against the family's types.
    fn take_family(&mut self, pair: &mut DeclaredPair, family: &DeclaredFamily) {
        pair.expiry = pair.expiry.or(family.expiration_ttl.map(Expiry::Ttl));
        let json = pair.metadata.as_deref().map(str::as_bytes);
        let value = check_part("value", Some(family.value), &pair.value);
        let metadata = json.map_or(Ok(()), |json| check_part("metadata", family.metadata, json));
        for what in [value, metadata].into_iter().filter_map(Result::err) {
            self.key_problem(&pair.key, what);
        }
    }

    fn check_pair(&mut self, pair: &DeclaredPair, now: Time) {
        if let Err(error) = kv_rules::check_value(pair.value.len()) {
            self.key_problem(&pair.key, error.to_string());
        }
        if let Some(Expiry::At(at)) = pair.expiry
            && let Err(error) = kv_rules::check_expiration_ahead(at, now)
        {
            self.key_problem(&pair.key, error.to_string());
        }
    }
}

/// The bytes that an entry stores.
fn entry_value(entry: &DeclaredEntry, redactor: &Redactor) -> Result<Cow<'static, [u8]>, String> {
    let value = match entry.value {
        DeclaredValue::Text(text) => Cow::Borrowed(text.as_bytes()),
        DeclaredValue::File(bytes, check) => {
            check_part("file", check, bytes)?;
            Cow::Borrowed(bytes)
        }
        DeclaredValue::Env(name, check) => {
            let text = variable(name)?;
            redactor.add(&text, &format!("env {name}"));
            if check.is_some_and(|check| check(text.as_bytes()).is_err()) {
                return Err(format!(
                    "the environment variable {name} does not hold a value of the entry's type"
                ));
            }
            Cow::Owned(text.into_bytes())
        }
        DeclaredValue::Typed(json, encode) => {
            Cow::Owned(encode(json).map_err(|e| mistyped("value", &e))?)
        }
        DeclaredValue::Rust(encode) => Cow::Owned(encode().map_err(|e| with_sources(&e))?),
    };
    Ok(value)
}

/// The metadata that an entry has.
fn entry_metadata(entry: &DeclaredEntry) -> Result<Option<&'static str>, String> {
    let Some(DeclaredMetadata { json, check }) = entry.metadata else { return Ok(None) };
    check_part("metadata", check, json.as_bytes())?;
    Ok(Some(json))
}

/// Holds a part of a pair against its type, if it has one.
fn check_part(part: &str, check: Option<Check>, stored: &[u8]) -> Result<(), String> {
    check.map_or(Ok(()), |check| check(stored)).map_err(|error| mistyped(part, &error))
}

/// That a part of an entry is not of the type that the declaration gives it.
fn mistyped(part: &str, error: &DecodeError) -> String {
    match error {
        DecodeError::Json { ty, source } => {
            format!("the {part} is not the JSON of a `{ty}`: {source}; change it, or the type")
        }
        error => with_sources(error),
    }
}
