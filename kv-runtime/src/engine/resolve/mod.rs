//! Fills in what a declaration leaves open, without a request: placeholders, environment
//! variables, typed values, seeds, expirations against the clock. Every mistake is reported at once.

mod content_type;
mod distinct;
mod pair;
mod sources;
mod spread;
mod workers;

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;

use kv_rules::Time;

use super::error::{DeployError, Problem};
use crate::base::chain::with_sources;
use crate::base::env::variable;
use crate::base::{Interrupted, Redactor, RunContext};
use crate::state::{Digest, DigestKey, StageKey};
use crate::typed::declaration::{
    Check, Declaration, DeclaredEntry, DeclaredMetadata, DeclaredText, DeclaredValue,
};
use crate::typed::{DecodeError, Families};
use pair::{Content, More};
use sources::Sources;
use spread::Seeds;

pub(crate) use distinct::{check_bindings, check_ids};
pub(super) use pair::{DeclaredPair, Values, stored_values};
pub(crate) use pair::{SeedError, Value};

/// A resolved declaration.
pub(crate) struct Resolved {
    pub(crate) declaration: &'static Declaration,
    pub(crate) title: String,
    /// The pairs of the entries, then those of the seeds. `None` if they are certainly those in the state.
    pub(crate) pairs: Option<Vec<DeclaredPair>>,
    /// The digest of what the pairs come from, if that tells whether they are still the same.
    pub(crate) sources: Option<Digest>,
}

/// Resolves declarations.
pub(crate) struct Resolver {
    pub(crate) stage: StageKey,
    /// The package's folder, if it is not the one in which it was compiled.
    pub(crate) root: Option<PathBuf>,
    pub(crate) context: RunContext,
    /// The key of the state that the declarations are deployed to.
    pub(crate) digest_key: DigestKey,
    /// The digests of the sources at the last deploy, by the ids of namespaces. Those that are still the same
    /// are not read as pairs.
    pub(crate) deployed: HashMap<String, Digest>,
}

impl Resolver {
    /// Resolves declarations that are deployed together. Blocks, because it reads files, which can be large.
    pub(crate) fn resolve(
        &self,
        declarations: &[&'static Declaration],
    ) -> Result<Vec<Resolved>, DeployError> {
        let now = Time::now();
        let mut problems = check_ids(declarations);
        let mut titles = HashMap::new();
        let mut resolved = Vec::new();
        for declaration in declarations {
            let mut namespace = Scope { id: declaration.id, problems: &mut problems };
            let title = self.title(declaration, &mut namespace);
            if let Some(other) = titles.insert(title.clone(), *declaration)
                && !title.is_empty()
                && other.id != declaration.id
            {
                let what = format!("the same title, {title:?}, which is unique in an account");
                namespace.problems.push(distinct::twice(other, declaration, &what, "title"));
            }
            let mut pairs = namespace.entries(declaration, self);
            for pair in &pairs {
                namespace.check_ahead(pair, now);
            }
            let seeds = self.seeds(declaration, &mut pairs, &mut namespace)?;
            let (pairs, sources) = match seeds {
                Read::Unchanged(sources) => (None, Some(sources)),
                Read::Pairs(sources) => (Some(pairs), sources),
            };
            resolved.push(Resolved { declaration, title, pairs, sources });
        }
        if problems.is_empty() { Ok(resolved) } else { Err(DeployError::Resolve(problems)) }
    }

    fn title(&self, declaration: &Declaration, namespace: &mut Scope<'_>) -> String {
        let (app, stage) = (self.stage.app(), self.stage.stage());
        let title = kv_rules::fill_title(declaration.title, app, stage, declaration.id);
        namespace.check(title).unwrap_or_default()
    }

    fn seeds(
        &self,
        declaration: &Declaration,
        pairs: &mut Vec<DeclaredPair>,
        scope: &mut Scope<'_>,
    ) -> Result<Read, Interrupted> {
        if declaration.spreads.is_empty() {
            return Ok(Read::Pairs(None));
        }
        let package = spread::package(self.root.clone(), declaration.root);
        let Some(package) = scope.check(package) else { return Ok(Read::Pairs(None)) };
        let (digest_key, interrupt) = (&self.digest_key, &self.context.interrupt);
        let mut sources = Sources::new(declaration, pairs, digest_key);
        if let (Some(sources), Some(deployed)) = (&sources, self.deployed.get(declaration.id)) {
            let found = sources.clone().with_files(declaration.spreads, &package, interrupt);
            interrupt.check()?;
            if found == Some(*deployed) {
                return Ok(Read::Unchanged(*deployed));
            }
        }
        let families = Families::new(declaration.families);
        let mut seeds = Seeds { scope, pairs, package, families, digest_key, interrupt };
        for spread in declaration.spreads {
            seeds.spread(spread, sources.as_mut())?;
        }
        seeds.check_keys();
        Ok(Read::Pairs(sources.map(Sources::finish)))
    }
}

/// What reading the seeds of a namespace led to.
enum Read {
    /// They are as they were deployed.
    Unchanged(Digest),
    /// Their pairs, and the digest of what these come from.
    Pairs(Option<Digest>),
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

    fn problems(&mut self, all: Vec<String>) {
        for what in all {
            self.problem(what);
        }
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
        resolver: &Resolver,
    ) -> Vec<DeclaredPair> {
        let Resolver { stage, digest_key, context, .. } = resolver;
        let texts = declaration.read_texts();
        let mut pairs = Vec::with_capacity(texts.len() + declaration.entries.len());
        pairs.extend(texts.into_iter().map(|DeclaredText { key, text, .. }| {
            let digest = digest_key.digest(text.as_bytes(), None, None);
            let content = Content::Held(Cow::Owned(text.into_bytes()));
            DeclaredPair::new(key, digest, content, More::default())
        }));
        for entry in declaration.entries {
            let Some(value) = entry.value_in(stage.stage()) else { continue };
            let secret = match value {
                DeclaredValue::Env(name, _) => Some(name),
                _ => None,
            };
            let metadata = entry_metadata(entry).map_err(|what| self.key_problem(entry.key, what));
            let value = entry_value(value, &context.redactor)
                .map_err(|what| self.key_problem(entry.key, what));
            let (Ok(metadata), Ok(value)) = (metadata, value) else { continue };
            if let Err(error) = kv_rules::check_value(value.len()) {
                self.key_problem(entry.key, error.to_string());
            }
            let digest = digest_key.digest(&value, metadata, entry.expiry);
            let (expiry, once) = (entry.expiry, entry.once);
            let more = More { metadata: metadata.map(Cow::Borrowed), expiry, once, secret };
            pairs.push(DeclaredPair::new(entry.key, digest, Content::Held(value), more));
        }
        pairs
    }

    fn check_ahead(&mut self, pair: &DeclaredPair, now: Time) {
        if let Err(what) = pair.check_ahead(now) {
            self.key_problem(&pair.key, what);
        }
    }
}

/// The bytes that an entry stores.
fn entry_value(value: DeclaredValue, redactor: &Redactor) -> Result<Cow<'static, [u8]>, String> {
    let value = match value {
        DeclaredValue::Text(text) => Cow::Borrowed(text.as_bytes()),
        DeclaredValue::File(bytes, check) => {
            check_part("file", check, bytes)?;
            Cow::Borrowed(bytes)
        }
        DeclaredValue::Env(name, check) => {
            let text = variable(name)?;
            if text.is_empty() {
                return Err(format!("the environment variable {name} is empty"));
            }
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

/// Checks a part of a pair against its type, if it has one.
fn check_part(part: &str, check: Option<Check>, stored: &[u8]) -> Result<(), String> {
    check.map_or(Ok(()), |check| check(stored)).map_err(|error| mistyped(part, &error))
}

/// The message that a part of an entry does not match its declared type.
fn mistyped(part: &str, error: &DecodeError) -> String {
    match error {
        DecodeError::Json { ty, source } => {
            format!("the {part} is not the JSON of a `{ty}`: {source}; change it, or the type")
        }
        error => with_sources(error),
    }
}
