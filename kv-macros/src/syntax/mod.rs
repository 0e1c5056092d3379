//! What was written, as a tree in which every node has its span. Only the grammar is checked here;
//! after a mistake, reading continues at the next comma.

mod docs;
mod entries;
mod families;
mod header;
mod javascript;
mod json;
mod macros;
mod parse;
mod pasted;
mod property;
mod rust;
mod tokens;

use proc_macro2::{Ident, Span, TokenStream};

pub(crate) use self::parse::parse;
pub(crate) use self::property::{ENTRY, FAMILY, Known, NAMESPACE, is_of_an_entry, spells};
pub(crate) use self::rust::is_text;

/// Everything between the braces of `kv_namespace!`.
#[derive(Debug)]
pub(crate) struct Namespace {
    /// The `$crate` of kv-runtime.
    pub(crate) runtime: Ident,
    pub(crate) header: Header,
    pub(crate) properties: Vec<Property>,
    /// Whether a part of it could not be read: then nothing is reported as missing.
    pub(crate) is_lost: bool,
}

/// What comes before the first property.
#[derive(Debug)]
pub(crate) enum Header {
    Absent,
    /// It is there, but the type's name could not be read.
    Broken,
    Struct(Head),
}

impl Header {
    /// `pub struct Name;`.
    fn named(name: &str, span: Span) -> Self {
        Self::Struct(Head::named(name, span))
    }
}

/// `/// docs`, attributes, visibility and `struct Name;`.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) attributes: TokenStream,
    pub(crate) has_docs: bool,
    /// Whether there are attributes besides docs.
    pub(crate) has_others: bool,
    /// The last segments of the paths in `#[derive(...)]`.
    pub(crate) derives: Vec<String>,
    pub(crate) visibility: TokenStream,
    pub(crate) name: Ident,
    /// Its `#[cfg(...)]`, which all generated items get.
    pub(crate) cfg: TokenStream,
}

impl Head {
    /// `pub struct Name;`.
    pub(crate) fn named(name: &str, span: Span) -> Self {
        Self {
            attributes: TokenStream::new(),
            has_docs: false,
            has_others: false,
            derives: Vec::new(),
            visibility: quote::quote!(pub),
            name: crate::names::ident(name, span),
            cfg: TokenStream::new(),
        }
    }
}

/// `name: value`.
#[derive(Debug)]
pub(crate) struct Property {
    /// Its `///`.
    pub(crate) docs: String,
    pub(crate) name: Name,
    /// The known name that was written or meant; `None` when nothing known is close.
    pub(crate) known: Option<&'static str>,
    pub(crate) value: Value,
    /// The stages that the value is for, as `in "prod"` says; if empty, all others.
    pub(crate) stages: Vec<Name>,
}

impl Property {
    /// A property without a value, which was reported. Its name counts only as it is spelt.
    fn broken(name: Name, all: &'static [Known]) -> Self {
        let value = Value { span: name.span, kind: ValueKind::Broken };
        let known = all.iter().map(|known| known.name).find(|known| spells(&name.text, known));
        Self { docs: String::new(), name, known, value, stages: Vec::new() }
    }
}

/// A name before a colon, bare or quoted.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// What comes after a property's colon.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) kind: ValueKind,
}

#[derive(Debug)]
pub(crate) enum ValueKind {
    Json(Json),
    Call(Call),
    Struct(StructLiteral),
    Type(TokenStream),
    Types(Vec<TokenStream>),
    /// A Rust expression where a number of seconds can be a constant.
    Constant(TokenStream),
    Ident(Ident),
    Entries(Vec<Item>),
    Families(Vec<Family>),
    /// Another Rust expression, which is not a value.
    Expression(Expression),
    /// It could not be read, and that was reported.
    Broken,
}

/// A Rust expression that is not a struct literal.
#[derive(Debug)]
pub(crate) struct Expression {
    /// Its tokens, short enough for a message.
    pub(crate) shown: String,
    /// The macro's name, if it calls one.
    pub(crate) macro_name: Option<String>,
}

/// A Rust struct literal, such as `Theme { dark: true }`.
#[derive(Debug)]
pub(crate) struct StructLiteral {
    /// What its path names.
    pub(crate) ty: TokenStream,
    pub(crate) expression: TokenStream,
}

/// A JSON literal.
#[derive(Debug)]
pub(crate) struct Json {
    pub(crate) span: Span,
    pub(crate) kind: JsonKind,
}

#[derive(Debug)]
pub(crate) enum JsonKind {
    Null,
    Bool(bool),
    /// Its digits in base 10, with a sign.
    Integer(String),
    /// As Rust writes it, with a sign, without `_`.
    Float(String),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(Name, Json)>),
    /// It could not be read, and that was reported.
    Broken,
}

/// `function("argument")`.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: Function,
    pub(crate) argument: Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Dir,
    Env,
    File,
}

impl Function {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dir => "dir",
            Self::Env => "env",
            Self::File => "file",
        }
    }
}

/// An item of `values`.
#[derive(Debug)]
pub(crate) enum Item {
    Entry(Entry),
    Spread(Call),
}

/// `{ key: ..., value: ... }`.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its `///`.
    pub(crate) docs: String,
    pub(crate) cfg: TokenStream,
    /// The opening brace.
    pub(crate) open: Span,
    pub(crate) properties: Vec<Property>,
    /// Whether a part of it could not be read: then nothing is reported as missing.
    pub(crate) is_lost: bool,
}

/// `"pattern": Type { ... }`.
#[derive(Debug)]
pub(crate) struct Family {
    /// Its `///`.
    pub(crate) docs: String,
    pub(crate) cfg: TokenStream,
    pub(crate) pattern: Name,
    pub(crate) ty: TokenStream,
    pub(crate) properties: Vec<Property>,
}
