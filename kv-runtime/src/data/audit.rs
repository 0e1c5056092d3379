//! Checks stored pairs against the types of their keys.

use std::borrow::Cow;
use std::collections::HashMap;

use kv_rules::MAX_BULK_GET_KEYS;
use serde::Serialize;

use super::error::DataError;
use super::keys::KeyTable;
use super::pairs::{Place, StoredPair, read};
use crate::base::chain::with_sources;
use crate::raw::KeyInfo;
use crate::typed::declaration::{Declaration, DeclaredTypes};
use crate::typed::{DecodeError, Families};

/// The number of findings that are reported in detail.
const TOLD: usize = 1_000;

/// The result of an audit.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let audit = Notes::connect().stage("prod").audit().await?;
/// println!("{} of {} pairs fit", audit.fit, audit.read);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Audit {
    /// The number of keys in the namespace.
    pub keys: u64,
    /// The number of pairs that were read.
    pub read: u64,
    /// The number of pairs that have the current types of their keys.
    pub fit: u64,
    /// The number of values of an older type, which `migrate` rewrites.
    pub older: u64,
    /// The number of pairs whose value or metadata does not have its type.
    pub misfits: u64,
    /// The number of keys that belong to no entry, no family and no seed.
    pub undeclared: u64,
    /// The first findings, in key order.
    pub findings: Vec<Finding>,
}

/// A pair that does not match the types of its key.
///
/// ```no_run
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// for finding in Notes::connect().stage("prod").audit().await?.findings {
///     println!("{}: {}", finding.key, finding.what);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The key.
    pub key: String,
    /// The kind of problem.
    pub kind: Misfit,
    /// What is wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub what: String,
}

/// What can be wrong with a pair.
///
/// ```no_run
/// use kv_runtime::Misfit;
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{id}": String } }
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let audit = Notes::connect().stage("prod").audit().await?;
/// let strays = audit.findings.iter().filter(|finding| finding.kind == Misfit::Undeclared);
/// println!("{} keys that nobody declares", strays.count());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Misfit {
    /// The value has none of the types that the key has or had.
    Value,
    /// The value has an older type.
    Older,
    /// The metadata does not have its type.
    Metadata,
    /// The parameters in the key do not parse as the family's types.
    Key,
    /// The key belongs to no entry, no family and no seed.
    Undeclared,
}

impl Audit {
    /// Whether this build can decode every pair that was read, and every key is declared.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.misfits == 0 && self.undeclared == 0
    }
}

/// The declared types of a namespace's pairs.
pub(crate) struct Auditor<'a> {
    /// The declared keys, with their types unless they are text.
    entries: HashMap<Cow<'static, str>, Option<DeclaredTypes>>,
    families: Families,
    has_generations: bool,
    /// Whether a key comes from a seed.
    is_seeded: &'a (dyn Fn(&str) -> bool + Sync),
}

/// How a value matches the types of its key.
pub(super) enum Fit {
    /// It has the newest type.
    Newest,
    /// It has an older type; contains the value converted to the newest type.
    Older(Vec<u8>),
    /// It has none of the types.
    Not(DecodeError),
}

/// The listed keys of a namespace, to be read.
pub(crate) struct Listed(pub(super) KeyTable);

impl Listed {
    /// Lists all keys, with one request per thousand.
    pub(crate) async fn of(place: Place<'_>) -> Result<Self, DataError> {
        Ok(Self(KeyTable::of(place).await?))
    }

    /// The number of keys.
    pub(crate) fn keys(&self) -> u64 {
        self.0.len() as u64
    }

    /// All keys in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let names = (0..self.0.len()).filter_map(|index| self.0.get(index));
        names.map(|(name, _)| name.to_owned()).collect()
    }

    /// Batches of keys by their numbers: all keys, or a random sample.
    pub(super) fn batches(
        &self,
        sample: Option<usize>,
        jobs: usize,
    ) -> impl Iterator<Item = Vec<KeyInfo<Box<serde_json::value::RawValue>>>> {
        let all = self.0.len();
        let chosen = match sample {
            Some(sample) if sample < all => {
                let mut chosen = rand::seq::index::sample(&mut rand::rng(), all, sample).into_vec();
                chosen.sort_unstable();
                chosen
            }
            _ => (0..all).collect(),
        };
        let info = |index: &usize| {
            let (name, expiration) = self.0.get(*index)?;
            Some(KeyInfo { expiration, ..KeyInfo::new(name) })
        };
        let batch = MAX_BULK_GET_KEYS * jobs.max(1);
        let batches: Vec<Vec<usize>> = chosen.chunks(batch).map(<[usize]>::to_vec).collect();
        batches.into_iter().map(move |batch| batch.iter().filter_map(info).collect())
    }
}

impl<'a> Auditor<'a> {
    pub(crate) fn new(
        declaration: &'static Declaration,
        is_seeded: &'a (dyn Fn(&str) -> bool + Sync),
    ) -> Self {
        let texts = declaration.read_texts().into_iter();
        let texts = texts.map(|text| (Cow::Owned(text.key), declaration.types(text.types)));
        let entries = declaration.entries.iter();
        let entries =
            entries.map(|entry| (Cow::Borrowed(entry.key), declaration.types(entry.types)));
        let of_families = declaration.families.iter().map(|family| &family.types);
        let mut all = declaration.types.iter().chain(of_families);
        Self {
            entries: texts.chain(entries).collect(),
            families: Families::new(declaration.families),
            has_generations: all.any(|types| types.migrate.is_some()),
            is_seeded,
        }
    }

    /// Reads keys and reports pairs that do not match. Calls `progress` with the number of keys read.
    pub(crate) async fn audit(
        &self,
        place: Place<'_>,
        listed: &Listed,
        sample: Option<usize>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Audit, DataError> {
        let mut audit = Audit {
            keys: listed.keys(),
            read: 0,
            fit: 0,
            older: 0,
            misfits: 0,
            undeclared: 0,
            findings: Vec::new(),
        };
        for batch in listed.batches(sample, place.jobs) {
            place.interrupt.check()?;
            let pairs = read(place, batch).await?;
            progress(pairs.len() as u64);
            for pair in pairs {
                audit.read += 1;
                let findings = self.check(&pair);
                let has = |kind| findings.iter().any(|finding| finding.kind == kind);
                audit.fit += u64::from(findings.is_empty());
                audit.older += u64::from(has(Misfit::Older));
                audit.undeclared += u64::from(has(Misfit::Undeclared));
                let misfits = [Misfit::Value, Misfit::Metadata, Misfit::Key];
                audit.misfits += u64::from(misfits.into_iter().any(has));
                let room = TOLD.saturating_sub(audit.findings.len());
                audit.findings.extend(findings.into_iter().take(room));
            }
        }
        Ok(audit)
    }

    fn check(&self, pair: &StoredPair) -> Vec<Finding> {
        let key = pair.key.as_str();
        let finding = |kind, what: String| Finding { key: key.to_owned(), kind, what };
        let mut findings = Vec::new();
        let types = match self.entries.get(key) {
            Some(Some(types)) => *types,
            Some(None) => {
                if str::from_utf8(&pair.value).is_err() {
                    findings.push(finding(Misfit::Value, "it is not UTF-8".to_owned()));
                }
                return findings;
            }
            None => match self.families.of_key(key) {
                Some(family) => {
                    if !self.families.has_key(family, key) {
                        let what = format!(
                            "it looks like a key of `{}`, but its parameters do not parse as the \
                             family's types",
                            family.pattern
                        );
                        findings.push(finding(Misfit::Key, what));
                    }
                    family.types
                }
                None if (self.is_seeded)(key) => return findings,
                None => {
                    findings.push(finding(Misfit::Undeclared, String::new()));
                    return findings;
                }
            },
        };
        match fit(&types, &pair.value) {
            Fit::Newest => {}
            Fit::Older(_) => findings.push(finding(Misfit::Older, String::new())),
            Fit::Not(error) => findings.push(finding(Misfit::Value, why(&error))),
        }
        let metadata = pair.metadata.as_deref().filter(|json| json.get() != "null");
        if let (Some(check), Some(json)) = (types.metadata, metadata)
            && let Err(error) = check(json.get().as_bytes())
        {
            findings.push(finding(Misfit::Metadata, why(&error)));
        }
        findings
    }

    /// How the value of a key matches the key's types; `None` for a key without types.
    pub(super) fn fit(&self, key: &str, value: &[u8]) -> Option<Fit> {
        let types = match self.entries.get(key) {
            Some(types) => (*types)?,
            None => self.families.of_key(key)?.types,
        };
        Some(fit(&types, value))
    }

    /// Whether any key has an older type.
    pub(super) fn has_generations(&self) -> bool {
        self.has_generations
    }
}

/// Why bytes do not decode as a type. Does not repeat the stored value, which can be personal or secret.
fn why(error: &DecodeError) -> String {
    masked(&with_sources(error))
}

/// The error from `serde_json`, without the values that it quotes.
fn masked(text: &str) -> String {
    const BEFORE: [&str; 8] = [
        "string \"",
        "integer `",
        "floating point `",
        "boolean `",
        "character `",
        "variant `",
        "identifier `",
        "value: \"",
    ];
    let (mut out, mut rest) = (String::new(), text);
    while let Some((at, before)) =
        BEFORE.iter().filter_map(|before| Some((rest.find(before)?, *before))).min()
    {
        let (known, quoted) = rest.split_at(at + before.len());
        out.push_str(known);
        out.push('…');
        let quote = known.chars().last().unwrap_or('"');
        let mut is_escaped = false;
        let end = quoted.find(|c| {
            let ends = c == quote && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        rest = quoted.get(end.unwrap_or(quoted.len())..).unwrap_or_default();
    }
    out + rest
}

fn fit(types: &DeclaredTypes, value: &[u8]) -> Fit {
    let error = match (types.value)(value) {
        Ok(()) => return Fit::Newest,
        Err(error) => error,
    };
    match types.migrate.map(|migrate| migrate(value)) {
        None => Fit::Not(error),
        Some(Ok(newest)) => Fit::Older(newest),
        Some(Err(error)) => Fit::Not(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_stored_is_repeated() {
        let error = serde_json::from_str::<u8>(r#""hush \" hush""#).unwrap_err();
        let told = masked(&error.to_string());
        assert_eq!(told, r#"invalid type: string "…", expected u8 at line 1 column 14"#);
        let error = serde_json::from_str::<u8>("300").unwrap_err();
        assert!(masked(&error.to_string()).starts_with("invalid value: integer `…`, expected u8"));
        assert_eq!(masked("a missing field `name`"), "a missing field `name`");
    }
}
