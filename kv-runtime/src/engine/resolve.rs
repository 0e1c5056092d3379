//! Fills in what a declaration leaves open, without a request: placeholders, environment
//! variables, typed values, expirations against the clock. Every mistake is reported at once.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use kv_rules::Expiry;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{DeployError, Problem};
use crate::api::Credentials;
use crate::declaration::{Account, Declaration, Entry, Setting, Spread, Value};
use crate::state::{Digest, DigestKey, StageKey};

/// A declaration with nothing left open.
pub(crate) struct Resolved {
    pub(crate) declaration: &'static Declaration,
    pub(crate) title: String,
    pub(crate) pairs: Vec<Pair>,
}

/// A pair as it is to be stored. It has no `Debug`: its value can be a secret.
///
/// One of a bulk file is read without a copy, except of text that the file escapes.
#[derive(Deserialize)]
#[serde(try_from = "BulkPair<'static>", bound(deserialize = "'de: 'static"))]
pub(crate) struct Pair {
    pub(crate) key: Cow<'static, str>,
    pub(crate) value: Cow<'static, [u8]>,
    pub(crate) metadata: Option<Cow<'static, str>>,
    pub(crate) expiry: Option<Expiry>,
    pub(crate) once: bool,
}

impl Pair {
    pub(crate) fn digest(&self, key: &DigestKey) -> Digest {
        key.digest(&self.value, self.metadata.as_deref(), self.expiry)
    }
}

/// The digests of many pairs, by all cores where that is worth it.
pub(crate) fn digests(pairs: &[Pair], key: &DigestKey) -> Vec<Digest> {
    const WORTH_A_THREAD: usize = 5_000;
    let digests = |pairs: &[Pair]| pairs.iter().map(|pair| pair.digest(key)).collect::<Vec<_>>();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = pairs.len().div_ceil(threads).max(WORTH_A_THREAD);
    std::thread::scope(|scope| {
        let (mine, others) = pairs.split_at(share.min(pairs.len()));
        let others: Vec<_> =
            others.chunks(share).map(|pairs| scope.spawn(move || digests(pairs))).collect();
        let mut all = digests(mine);
        for other in others {
            all.extend(other.join().expect("a digest does not panic"));
        }
        all
    })
}

/// Where and as whom to call the API.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) base_url: String,
    /// An e-mail address that is `None` is to be discovered.
    pub(crate) credentials: Credentials,
    /// `None`: to be discovered.
    pub(crate) account_id: Option<String>,
}

/// What the caller says instead of the declaration and the environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) base_url: Option<String>,
    pub(crate) api_token: Option<SecretString>,
    pub(crate) account_id: Option<String>,
}

/// Resolves declarations that are deployed together.
pub(crate) fn resolve(
    declarations: &[&'static Declaration],
    stage: &StageKey,
    now: Timestamp,
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
        let pairs = namespace.pairs(declaration, now);
        resolved.push(Resolved { declaration, title, pairs });
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

    fn pairs(&mut self, declaration: &'static Declaration, now: Timestamp) -> Vec<Pair> {
        let mut pairs = Vec::with_capacity(declaration.entries.len());
        for entry in declaration.entries {
            match entry_value(entry) {
                Ok(value) => pairs.push(Pair {
                    key: Cow::Borrowed(entry.key),
                    value,
                    metadata: entry.metadata.map(Cow::Borrowed),
                    expiry: entry.expiry,
                    once: entry.once,
                }),
                Err(what) => self.key_problem(entry.key, what),
            }
        }
        for spread in declaration.spreads {
            match spread {
                // It was checked when compiling.
                Spread::Bulk { path, json } => match serde_json::from_str::<Vec<Pair>>(json) {
                    Ok(seed) if pairs.is_empty() => pairs = seed,
                    Ok(seed) => pairs.extend(seed),
                    Err(error) => self.problem(format!("{path}: {error}")),
                },
                Spread::Dir { files, .. } => pairs.extend(files.iter().map(|file| Pair {
                    key: Cow::Borrowed(file.key),
                    value: Cow::Borrowed(file.content),
                    metadata: Some(Cow::Borrowed(file.metadata)),
                    expiry: None,
                    once: false,
                })),
            }
        }
        for pair in &pairs {
            if let Err(what) = check_pair(pair, now) {
                self.key_problem(&pair.key, what);
            }
        }
        pairs
    }
}

/// The bytes that an entry stores.
fn entry_value(entry: &Entry) -> Result<Cow<'static, [u8]>, String> {
    let value = match entry.value {
        Value::Text(text) => Cow::Borrowed(text.as_bytes()),
        Value::File(bytes, check) => {
            check.map_or(Ok(()), |check| check(bytes)).map_err(|e| with_sources(&e))?;
            Cow::Borrowed(bytes)
        }
        Value::Env(name, check) => {
            let text = variable(name)?;
            if check.is_some_and(|check| check(text.as_bytes()).is_err()) {
                return Err(format!(
                    "the environment variable {name} does not hold a value of the entry's type"
                ));
            }
            Cow::Owned(text.into_bytes())
        }
        Value::Typed(json, encode) => Cow::Owned(encode(json).map_err(|e| with_sources(&e))?),
        Value::Rust(encode) => Cow::Owned(encode().map_err(|e| with_sources(&e))?),
    };
    Ok(value)
}

fn check_pair(pair: &Pair, now: Timestamp) -> Result<(), String> {
    kv_rules::check_value(pair.value.len()).map_err(|e| e.to_string())?;
    match pair.expiry {
        Some(Expiry::At(at)) => {
            kv_rules::check_expiration_ahead(at, now).map_err(|e| e.to_string())
        }
        _ => Ok(()),
    }
}

/// An error with its sources on one line, for a list of problems.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

/// A pair of a file in wrangler's bulk format.
#[derive(Deserialize)]
struct BulkPair<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    #[serde(default)]
    base64: bool,
    expiration: Option<u32>,
    expiration_ttl: Option<u32>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

impl TryFrom<BulkPair<'static>> for Pair {
    type Error = String;

    fn try_from(pair: BulkPair<'static>) -> Result<Self, String> {
        let value = match pair.value {
            text if pair.base64 => {
                let decoded = STANDARD.decode(text.as_bytes());
                Cow::Owned(decoded.map_err(|e| format!("the key {:?}: {e}", pair.key))?)
            }
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        let expiry = pair.expiration_ttl.map(Expiry::Ttl).or(pair.expiration.map(Expiry::At));
        let metadata = pair.metadata.map(|metadata| compact(metadata.get()));
        Ok(Self { key: pair.key, value, metadata, expiry, once: false })
    }
}

/// JSON text without the white space between its tokens; numbers stay as they are written.
fn compact(json: &'static str) -> Cow<'static, str> {
    let (mut in_string, mut escaped) = (false, false);
    let mut keep = |c: char| {
        let keep = in_string || !c.is_ascii_whitespace();
        if in_string && !escaped && c == '\\' {
            escaped = true;
        } else {
            if c == '"' && !escaped {
                in_string = !in_string;
            }
            escaped = false;
        }
        keep
    };
    if json.bytes().any(|b| b.is_ascii_whitespace()) {
        Cow::Owned(json.chars().filter(|c| keep(*c)).collect())
    } else {
        Cow::Borrowed(json)
    }
}

/// Reads where and as whom a namespace is deployed: from the caller, the declaration, the
/// environment, in this order.
pub(crate) fn login(
    id: &str,
    account: &Account,
    overrides: &Overrides,
) -> Result<Login, DeployError> {
    let mut problems = Vec::new();
    let mut namespace = Scope { id, problems: &mut problems };

    let base_url = overrides
        .base_url
        .clone()
        .or_else(|| namespace.setting(account.base_url))
        .or_else(|| optional("CLOUDFLARE_API_BASE_URL"))
        .or_else(|| optional("CLOUDFLARE_BASE_URL"))
        .unwrap_or_else(|| kv_rules::DEFAULT_BASE_URL.to_owned());
    namespace.check(kv_rules::check_base_url(&base_url));

    let account_id = overrides
        .account_id
        .clone()
        .or_else(|| namespace.setting(account.account_id))
        .or_else(|| optional("CLOUDFLARE_ACCOUNT_ID"));
    if let Some(id) = &account_id {
        namespace.check(kv_rules::check_account_id(id));
    }

    let credentials = namespace.credentials(account, overrides);
    match credentials {
        Some(credentials) if problems.is_empty() => Ok(Login { base_url, credentials, account_id }),
        None if problems.is_empty() => Err(DeployError::NoCredentials),
        _ => Err(DeployError::Resolve(problems)),
    }
}

impl Scope<'_> {
    /// `None` without a problem: there are no credentials at all.
    fn credentials(&mut self, account: &Account, overrides: &Overrides) -> Option<Credentials> {
        if let Some(token) = overrides.api_token.clone() {
            return Some(Credentials::Token(token));
        }
        if let Some(name) = account.api_token {
            return self.check(variable(name)).map(|token| Credentials::Token(token.into()));
        }
        let key = match account.api_key {
            Some(name) => self.check(variable(name))?,
            None => match optional("CLOUDFLARE_API_TOKEN") {
                Some(token) => return Some(Credentials::Token(token.into())),
                None => optional("CLOUDFLARE_API_KEY")?,
            },
        };
        let email = self.setting(account.email).or_else(|| optional("CLOUDFLARE_EMAIL"));
        if let Some(email) = &email {
            self.check(kv_rules::check_email(email))?;
        }
        Some(Credentials::Key { key: key.into(), email })
    }

    fn setting(&mut self, setting: Option<Setting>) -> Option<String> {
        match setting? {
            Setting::Literal(text) => Some(text.to_owned()),
            Setting::Env(name) => self.check(variable(name)),
        }
    }
}

/// An environment variable that must be there.
fn variable(name: &str) -> Result<String, String> {
    match std::env::var(name) {
        Ok(text) => Ok(text),
        Err(std::env::VarError::NotPresent) => {
            Err(format!("the environment variable {name} is not set"))
        }
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(format!("the environment variable {name} is not UTF-8"))
        }
    }
}

/// An environment variable that may be there; an empty one counts as not set.
fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacting_keeps_strings_and_numbers_as_written() {
        let json = "{ \"a b\" : [1e2,\n 10000000000000000000001 ], \"c\\\" d\\\\\" : \" \" }";
        assert_eq!(compact(json), "{\"a b\":[1e2,10000000000000000000001],\"c\\\" d\\\\\":\" \"}");
        assert!(matches!(compact("[1]"), Cow::Borrowed("[1]")));
    }
}
