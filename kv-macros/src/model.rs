//! A declaration that obeys every rule; after a mistake, the parts of it that were understood.

use std::hash::{Hash, Hasher};
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream};

use crate::errors::Errors;
pub(crate) use crate::syntax::Head;

/// A namespace.
#[derive(Debug)]
pub(crate) struct Namespace {
    /// The `$crate` of kv-runtime.
    pub(crate) runtime: Ident,
    pub(crate) head: Head,
    pub(crate) id: String,
    /// The id that it had before.
    pub(crate) was: Option<String>,
    pub(crate) title: String,
    pub(crate) binding: String,
    pub(crate) adopt: bool,
    pub(crate) delete: Option<bool>,
    /// Its values for single stages.
    pub(crate) delete_by_stage: Vec<(Vec<String>, bool)>,
    pub(crate) account: Account,
    pub(crate) families: Vec<Family>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) spreads: Vec<Spread>,
    /// An alias of the type, which no other item has.
    pub(crate) alias: Ident,
    /// The module of [`structs`](Self::structs).
    pub(crate) module: Ident,
    pub(crate) structs: Vec<Struct>,
    pub(crate) user_types: UserTypes,
}

/// A declaration with mistakes.
#[derive(Debug)]
pub(crate) struct Broken {
    /// The mistakes, at least one.
    pub(crate) errors: Errors,
    /// The parts that were understood; `None` when not even the name is known.
    pub(crate) understood: Option<Namespace>,
}

#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) id: Option<Setting>,
    pub(crate) api_token: Option<String>,
    pub(crate) api_key: Option<String>,
    pub(crate) email: Option<Setting>,
    pub(crate) base_url: Option<Setting>,
}

#[derive(Debug)]
pub(crate) enum Setting {
    Literal(String),
    Env(String),
}

/// A pair that is declared.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its `///`.
    pub(crate) docs: String,
    /// Its `#[cfg(...)]`.
    pub(crate) cfg: TokenStream,
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) ty: Type,
    /// The older types of its value, newest first.
    pub(crate) was: Vec<UserType>,
    /// Compact JSON.
    pub(crate) metadata: Option<String>,
    pub(crate) metadata_ty: Type,
    pub(crate) expiry: Option<Expiry>,
    /// The TTL of a put that names none.
    pub(crate) default_ttl: Option<Ttl>,
    pub(crate) once: bool,
    /// The stages that it is for; if empty, all.
    pub(crate) only: Vec<String>,
    /// Its values for single stages.
    pub(crate) by_stage: Vec<(Vec<String>, Value)>,
    pub(crate) names: Names,
}

/// When a pair expires.
#[derive(Debug, Clone)]
pub(crate) enum Expiry {
    Ttl(Ttl),
    /// In seconds since 1970.
    At(u64),
}

/// How many seconds after a write a pair expires.
#[derive(Debug, Clone)]
pub(crate) enum Ttl {
    Seconds(u64),
    /// A Rust constant, which is checked when it is compiled.
    Constant(TokenStream),
}

/// What an entry is called.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) constant: Ident,
    pub(crate) accessor: Ident,
}

#[derive(Debug)]
pub(crate) enum Value {
    /// The text to store.
    Text(String),
    /// A JSON literal for a Rust type.
    Typed(String),
    File(File),
    Env(String),
    Rust(TokenStream),
    /// It could not be understood, and that was reported.
    Unknown,
}

/// A file to include.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path as written.
    pub(crate) written: String,
    pub(crate) absolute: String,
}

/// A Rust type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    Bool,
    I64,
    U64,
    F64,
    String,
    Bytes,
    /// `serde_json::Value`.
    Json,
    Option(Box<Type>),
    Vec(Box<Type>),
    Struct(Ident),
    /// As the user wrote it.
    User(UserType),
}

/// A type that the user wrote.
#[derive(Debug, Clone)]
pub(crate) struct UserType {
    pub(crate) tokens: TokenStream,
    /// The same as text, for comparisons.
    pub(crate) text: Rc<str>,
}

impl UserType {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        let text = tokens.to_string().into();
        Self { tokens, text }
    }
}

impl PartialEq for UserType {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for UserType {}

impl Hash for UserType {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

/// The user's types of values and metadata, each once, with the `#[cfg(...)]` of the entry or family
/// that has it.
#[derive(Debug, Default)]
pub(crate) struct UserTypes(Vec<(UserType, TokenStream)>);

impl UserTypes {
    pub(crate) fn of(entries: &[Entry], families: &[Family]) -> Self {
        let entries = entries.iter().flat_map(|e| [(&e.ty, &e.cfg), (&e.metadata_ty, &e.cfg)]);
        let families = families.iter().flat_map(|f| [(&f.ty, &f.cfg), (&f.metadata_ty, &f.cfg)]);
        let mut types = Self::default();
        for (ty, cfg) in entries.chain(families) {
            if let Type::User(ty) = ty
                && types.position(ty, cfg).is_none()
            {
                types.0.push((ty.clone(), cfg.clone()));
            }
        }
        types
    }

    pub(crate) fn position(&self, ty: &UserType, cfg: &TokenStream) -> Option<usize> {
        let is_it = |(other, of): &(UserType, TokenStream)| other == ty && is_same(of, cfg);
        self.0.iter().position(is_it)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &(UserType, TokenStream)> {
        self.0.iter()
    }
}

/// Whether two `#[cfg(...)]` are equal. Most are empty.
pub(crate) fn is_same(one: &TokenStream, other: &TokenStream) -> bool {
    one.is_empty() == other.is_empty() && (one.is_empty() || one.to_string() == other.to_string())
}

/// A generated struct.
#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) name: Ident,
    /// What has this type, for the docs.
    pub(crate) purpose: String,
    pub(crate) fields: Vec<Field>,
}

#[derive(Debug)]
pub(crate) struct Field {
    /// Its name in JSON.
    pub(crate) json_name: String,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Not every object has it.
    pub(crate) optional: bool,
    /// Its first value as JSON.
    pub(crate) example: String,
}

/// Keys that an application makes at run time.
#[derive(Debug)]
pub(crate) struct Family {
    /// Its `///`.
    pub(crate) docs: String,
    /// Its `#[cfg(...)]`.
    pub(crate) cfg: TokenStream,
    pub(crate) pattern: String,
    pub(crate) segments: Vec<Segment>,
    pub(crate) params: Vec<Param>,
    pub(crate) ty: Type,
    /// The older types of its values, newest first.
    pub(crate) was: Vec<UserType>,
    pub(crate) metadata_ty: Type,
    pub(crate) default_ttl: Option<Ttl>,
    pub(crate) accessor: Ident,
    pub(crate) list: Ident,
    /// The indexes of the families that take precedence over this one.
    pub(crate) shadowed_by: Vec<usize>,
}

#[derive(Debug)]
pub(crate) enum Segment {
    Literal(String),
    Param { name: String, ty: Option<String> },
}

#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub(crate) ident: Ident,
    pub(crate) ty: ParamType,
    pub(crate) span: Span,
}

#[derive(Debug, Clone)]
pub(crate) enum ParamType {
    Text,
    /// A type that is `Display + FromStr`, at the pattern's span.
    Typed(TokenStream),
}

/// Many pairs from files, which are read when deploying: the path as written.
#[derive(Debug)]
pub(crate) enum Spread {
    /// A seed file.
    File(String),
    /// Every file below a folder.
    Dir(String),
}
