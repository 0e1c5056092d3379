//! A declaration as static data: the macro generates it, the engine reads it.

use kv_rules::Expiry;
use serde::Deserialize;
use serde_json::Value;

use super::codec::{DecodeError, EncodeError};
pub use super::outline::Outline;

/// A declared namespace.
///
/// The fields are the properties of [`kv_namespace!`](crate::kv_namespace), with defaults filled in
/// where they do not depend on the deploy.
#[derive(Debug)]
pub struct Declaration {
    /// The package that declares it: `env!("CARGO_PKG_NAME")`, the default app.
    pub package: &'static str,
    /// The file and the line of the declaration, relative to the workspace.
    pub place: &'static str,
    /// The package's folder at compile time, `env!("CARGO_MANIFEST_DIR")`, which contains the default
    /// state and the local files.
    pub root: &'static str,
    /// The namespace's key in the state: it keeps its identity as long as its id stays the same.
    pub id: &'static str,
    /// The previous id.
    pub was: Option<&'static str>,
    /// The title, with `{app}`, `{stage}` and `{id}` not filled in yet.
    pub title: &'static str,
    /// The name of the Worker binding.
    pub binding: &'static str,
    /// Whether a namespace that already has the title is taken over.
    pub adopt: bool,
    /// Whether destroying deletes the namespace; `None` deletes what was created and retains what
    /// was adopted.
    pub delete: Option<bool>,
    /// The values of `delete` for some stages.
    pub delete_by_stage: &'static [(&'static [&'static str], bool)],
    /// Where the namespace is deployed, and with which credentials.
    pub account: AccountSettings,
    /// The entries of `values` that only have a key and a text to store, in order, as JSON:
    /// `[["key","text"],["key","text",0],...]`, where the number is an index into `types`. The compiler
    /// sees a single literal, however many entries there are.
    pub texts: &'static str,
    /// The other entries of `values`, in order.
    pub entries: &'static [DeclaredEntry],
    /// The types of the entries.
    pub types: &'static [DeclaredTypes],
    /// The `..file` and `..dir` of `values`, in order.
    pub spreads: &'static [Spread],
    /// The families of `keys`, in order.
    pub families: &'static [DeclaredFamily],
}

/// Where a namespace is deployed, and with which credentials. A `None` comes from the environment.
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

/// Text from the declaration, or from an environment variable read when deploying.
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
    /// When the pair expires.
    pub expiry: Option<Expiry>,
    /// The types of its pair, as an index into [`Declaration::types`]; `None` for text.
    pub types: Option<usize>,
    /// Whether the pair is left to the application after it was seeded.
    pub once: bool,
    /// The stages that have the entry, as patterns; empty for all stages.
    pub only: &'static [&'static str],
    /// The values for some stages.
    pub by_stage: &'static [(&'static [&'static str], DeclaredValue)],
}

impl DeclaredEntry {
    /// The value in a stage; `None` if the entry is not declared there.
    #[must_use]
    pub fn value_in(&self, stage: &str) -> Option<DeclaredValue> {
        if !self.only.is_empty() && !any_matches(self.only, stage) {
            return None;
        }
        let own = self.by_stage.iter().find(|(stages, _)| any_matches(stages, stage));
        Some(own.map_or(self.value, |(_, value)| *value))
    }
}

/// An entry that only has a key and a text to store.
#[derive(Debug, Deserialize)]
pub struct DeclaredText {
    /// The key.
    pub key: String,
    /// The value.
    pub text: String,
    /// Same as [`DeclaredEntry::types`].
    #[serde(default)]
    pub types: Option<usize>,
}

impl Declaration {
    /// The empty declaration: the base of all others, and the fallback for one that does not compile.
    pub const NOTHING: Self = Self {
        package: "",
        place: "",
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

    /// The entries of `values` that only have a key and a text.
    #[must_use]
    pub fn read_texts(&self) -> Vec<DeclaredText> {
        serde_json::from_str(self.texts).unwrap_or_default()
    }

    /// The types of an entry.
    #[must_use]
    pub fn types(&self, types: Option<usize>) -> Option<DeclaredTypes> {
        self.types.get(types?).copied()
    }

    /// The value of `delete` in a stage.
    #[must_use]
    pub fn delete_in(&self, stage: &str) -> Option<bool> {
        let own = self.delete_by_stage.iter().find(|(stages, _)| any_matches(stages, stage));
        own.map_or(self.delete, |(_, delete)| Some(*delete))
    }
}

fn any_matches(patterns: &[&str], stage: &str) -> bool {
    patterns.iter().any(|pattern| kv_rules::matches_glob(pattern, stage))
}

/// The value of a [`DeclaredEntry`].
#[derive(Debug, Clone, Copy)]
pub enum DeclaredValue {
    /// The text to store: a string literal itself, or any other literal as compact JSON.
    Text(&'static str),
    /// A `file(...)`: the bytes to store, and the check if the entry has a type.
    File(&'static [u8], Option<Check>),
    /// An `env(...)`: the variable's name, and the check of its text if the entry has a type.
    Env(&'static str, Option<Check>),
    /// A JSON literal of an entry with a Rust type, on which the stored form depends.
    Typed(&'static str, Encode),
    /// A Rust expression.
    Rust(fn() -> Result<Vec<u8>, EncodeError>),
}

/// The metadata of a [`DeclaredEntry`].
#[derive(Debug, Clone, Copy)]
pub struct DeclaredMetadata {
    /// Compact JSON.
    pub json: &'static str,
    /// The check, if the key belongs to a family that has a metadata type.
    pub check: Option<Check>,
}

/// Checks that stored bytes decode as the entry's type.
pub type Check = fn(&[u8]) -> Result<(), DecodeError>;

/// Checks that JSON text decodes as the entry's type and returns the bytes to store.
pub type Encode = fn(&str) -> Result<Vec<u8>, DecodeError>;

/// Converts a stored value of any generation to the newest type and returns the bytes to store.
pub type Migrate = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

/// Entries from files, which are read when deploying. The path is as written in the declaration,
/// relative to the package's folder.
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
    /// The pattern of its keys, as written.
    pub pattern: &'static str,
    /// The TTL in seconds of a pair that has no expiration of its own.
    pub expiration_ttl: Option<u64>,
    /// Whether these parameters parse as the family's types.
    pub is_key: fn(&[&str]) -> bool,
    /// The types of its pairs.
    pub types: DeclaredTypes,
}

impl DeclaredTypes {
    /// Accepts every pair.
    pub const NOTHING: Self = Self {
        value: |_| Ok(()),
        metadata: None,
        migrate: None,
        value_type: Described::ANYTHING,
        metadata_type: Described::ANYTHING,
    };
}

/// The checks of a stored pair against its types.
#[derive(Debug, Clone, Copy)]
pub struct DeclaredTypes {
    /// Checks a value.
    pub value: Check,
    /// Checks metadata as JSON; `None` accepts any.
    pub metadata: Option<Check>,
    /// Converts a value of an older type to the newest type.
    pub migrate: Option<Migrate>,
    /// What values look like.
    pub value_type: Described,
    /// What metadata looks like.
    pub metadata_type: Described,
}

/// What the values of a Rust type look like.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// As far as its `Deserialize` tells.
    pub outline: fn() -> Outline,
    /// Its JSON Schema, if it can derive one: that is for types of the user's own, with the feature
    /// `schemars`.
    pub schema: Option<fn() -> Option<TypeSchema>>,
}

impl Described {
    /// Not at all.
    pub const ANYTHING: Self = Self { outline: || Outline::Json(Value::Bool(true)), schema: None };
}

/// The JSON Schema of a type.
#[derive(Debug)]
pub struct TypeSchema {
    /// The type's name; `None` if it is written where it is used.
    pub name: Option<String>,
    /// The schema, with those that it refers to.
    pub json: Value,
}
