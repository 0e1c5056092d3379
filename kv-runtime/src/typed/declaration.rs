//! What a `kv_namespace!` says, as static data: the macro writes it, the engine reads it.

use kv_rules::Expiry;
use serde::Deserialize;

use super::codec::{DecodeError, EncodeError};

/// A declared namespace.
///
/// The fields are the properties of [`kv_namespace!`](crate::kv_namespace), with defaults filled in
/// where they do not depend on the deploy.
#[derive(Debug)]
pub struct Declaration {
    /// The package that declares it: `env!("CARGO_PKG_NAME")`, the default app.
    pub package: &'static str,
    /// The package's folder when it was compiled: `env!("CARGO_MANIFEST_DIR")`, where the default
    /// state and the local files are.
    pub root: &'static str,
    /// The key of the state: a namespace keeps its identity while its id stays the same.
    pub id: &'static str,
    /// The id that it had before.
    pub was: Option<&'static str>,
    /// The title, with `{app}`, `{stage}` and `{id}` still open.
    pub title: &'static str,
    /// The name of the Worker binding.
    pub binding: &'static str,
    /// Whether a namespace that already has the title is taken over.
    pub adopt: bool,
    /// Whether destroying deletes the namespace; `None` deletes what was created and retains what
    /// was adopted.
    pub delete: Option<bool>,
    /// What `delete` is in some stages instead.
    pub delete_by_stage: &'static [(&'static [&'static str], bool)],
    /// Where and as whom the namespace is deployed.
    pub account: AccountSettings,
    /// The entries of `values` that are a key and a text to store and no more, in order, as JSON:
    /// `[["key","text"],["key","text",0],...]`, the number being that of `types`. However many they
    /// are, to the compiler they are one literal.
    pub texts: &'static str,
    /// The other entries of `values`, in order.
    pub entries: &'static [DeclaredEntry],
    /// What the pairs of entries have to be.
    pub types: &'static [DeclaredTypes],
    /// The `..file` and `..dir` of `values`, in order.
    pub spreads: &'static [Spread],
    /// The families of `keys`, in order.
    pub families: &'static [DeclaredFamily],
}

/// Where and as whom a namespace is deployed. What is `None` comes from the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSettings {
    /// `accountId`.
    pub account_id: Option<Setting>,
    /// `apiToken`: the name of an environment variable.
    pub api_token: Option<&'static str>,
    /// `apiKey`: the name of an environment variable.
    pub api_key: Option<&'static str>,
    /// `email`.
    pub email: Option<Setting>,
    /// `baseUrl`.
    pub base_url: Option<Setting>,
}

impl AccountSettings {
    /// Everything from the environment.
    pub const FROM_ENVIRONMENT: Self =
        Self { account_id: None, api_token: None, api_key: None, email: None, base_url: None };
}

/// A text that is written down or read when deploying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The text itself.
    Literal(&'static str),
    /// The environment variable that holds it.
    Env(&'static str),
}

/// An entry of `values`.
#[derive(Debug)]
pub struct DeclaredEntry {
    /// The key.
    pub key: &'static str,
    /// The value.
    pub value: DeclaredValue,
    /// The metadata, if any.
    pub metadata: Option<DeclaredMetadata>,
    /// When the pair ceases to exist.
    pub expiry: Option<Expiry>,
    /// What its pair has to be, as the number of [`Declaration::types`]; none for text.
    pub types: Option<usize>,
    /// Whether the pair is left to the application once it was seeded.
    pub once: bool,
    /// The stages that it is for, as patterns; none: all.
    pub only: &'static [&'static str],
    /// What it has in some stages instead.
    pub by_stage: &'static [(&'static [&'static str], DeclaredValue)],
}

impl DeclaredEntry {
    /// Its value in a stage; `None` where it is not declared.
    #[must_use]
    pub fn value_in(&self, stage: &str) -> Option<DeclaredValue> {
        if !self.only.is_empty() && !any_matches(self.only, stage) {
            return None;
        }
        let own = self.by_stage.iter().find(|(stages, _)| any_matches(stages, stage));
        Some(own.map_or(self.value, |(_, value)| *value))
    }
}

/// An entry that is a key and a text to store and no more.
#[derive(Debug, Deserialize)]
pub struct DeclaredText {
    /// The key.
    pub key: String,
    /// The value.
    pub text: String,
    /// As [`DeclaredEntry::types`].
    #[serde(default)]
    pub types: Option<usize>,
}

impl Declaration {
    /// That of a namespace that declares nothing: what others begin from, and what one has whose
    /// declaration does not compile.
    pub const NOTHING: Self = Self {
        package: "",
        root: "",
        id: "",
        was: None,
        title: "",
        binding: "",
        adopt: false,
        delete: None,
        delete_by_stage: &[],
        account: AccountSettings::FROM_ENVIRONMENT,
        texts: "[]",
        entries: &[],
        types: &[],
        spreads: &[],
        families: &[],
    };

    /// The entries of `values` that are a key and a text and no more.
    #[must_use]
    pub fn read_texts(&self) -> Vec<DeclaredText> {
        serde_json::from_str(self.texts).unwrap_or_default()
    }

    /// The types of an entry.
    #[must_use]
    pub fn types(&self, types: Option<usize>) -> Option<DeclaredTypes> {
        self.types.get(types?).copied()
    }

    /// What `delete` is in a stage.
    #[must_use]
    pub fn delete_in(&self, stage: &str) -> Option<bool> {
        let own = self.delete_by_stage.iter().find(|(stages, _)| any_matches(stages, stage));
        own.map_or(self.delete, |(_, delete)| Some(*delete))
    }
}

fn any_matches(patterns: &[&str], stage: &str) -> bool {
    patterns.iter().any(|pattern| kv_rules::matches_glob(pattern, stage))
}

/// The value of an [`DeclaredEntry`].
#[derive(Debug, Clone, Copy)]
pub enum DeclaredValue {
    /// The text to store: a string literal itself, or any other literal as compact JSON.
    Text(&'static str),
    /// A `file(...)`: the bytes to store, and what checks them when the entry has a type.
    File(&'static [u8], Option<Check>),
    /// An `env(...)`: the variable's name, and what checks its text when the entry has a type.
    Env(&'static str, Option<Check>),
    /// A JSON literal whose entry names a Rust type: how it is stored depends on the type.
    Typed(&'static str, Encode),
    /// A Rust expression.
    Rust(fn() -> Result<Vec<u8>, EncodeError>),
}

/// The metadata of an [`DeclaredEntry`].
#[derive(Debug, Clone, Copy)]
pub struct DeclaredMetadata {
    /// Compact JSON.
    pub json: &'static str,
    /// What checks it when the key is of a family, which gives it a type.
    pub check: Option<Check>,
}

/// Checks that stored bytes decode as the entry's type.
pub type Check = fn(&[u8]) -> Result<(), DecodeError>;

/// Checks that JSON text decodes as the entry's type and gives the bytes to store.
pub type Encode = fn(&str) -> Result<Vec<u8>, DecodeError>;

/// Gives the bytes to store for a value of any of its generations, as one of the newest.
pub type Migrate = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

/// Many entries from files. They are read when deploying; the path is as it is written, from the
/// package's folder.
#[derive(Debug)]
pub enum Spread {
    /// `..file("seed.json")`: a JSON array in the format of `wrangler kv bulk put`.
    File(&'static str),
    /// `..dir("public")`: every file below a folder.
    Dir(&'static str),
}

/// A family of `keys`.
#[derive(Debug)]
pub struct DeclaredFamily {
    /// What its keys look like, as written.
    pub pattern: &'static str,
    /// How many seconds a pair lives that names no expiry of its own.
    pub expiration_ttl: Option<u64>,
    /// Whether these parameters make one of its keys.
    pub is_key: fn(&[&str]) -> bool,
    /// What its pairs have to be.
    pub types: DeclaredTypes,
}

impl DeclaredTypes {
    /// Those of what is not there.
    pub const NOTHING: Self = Self { value: |_| Ok(()), metadata: None, migrate: None };
}

/// What holds a stored pair against its types.
#[derive(Debug, Clone, Copy)]
pub struct DeclaredTypes {
    /// What checks a value.
    pub value: Check,
    /// What checks metadata as JSON; `None` takes any.
    pub metadata: Option<Check>,
    /// What makes a value of the newest type of one of an older type.
    pub migrate: Option<Migrate>,
}
