//! The code that checks stored pairs against their types, once for each combination of types, since
//! thousands of entries can share one.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};

use super::generations::generations;
use super::path::Optional;
use super::types::value_type;
use crate::model::{Entry, Family, Namespace, Type, UserType, is_same};

/// The types of an entry or a family.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Types<'a> {
    value: &'a Type,
    was: &'a [UserType],
    metadata: &'a Type,
    cfg: Cfg<'a>,
}

/// The `#[cfg(...)]` of the entry or family that has them.
#[derive(Clone, Copy)]
struct Cfg<'a>(&'a TokenStream);

impl PartialEq for Cfg<'_> {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.0, other.0)
    }
}

impl Eq for Cfg<'_> {}

impl Hash for Cfg<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.is_empty().hash(state);
    }
}

/// The combinations of a namespace's entries, each once.
pub(super) struct Checks<'a> {
    indexes: HashMap<Types<'a>, usize>,
    all: Vec<Types<'a>>,
    model: &'a Namespace,
}

impl<'a> Checks<'a> {
    /// Any text is valid as text, so entries that are plain text need no check.
    pub(super) fn of(model: &'a Namespace) -> Self {
        let mut checks = Self { indexes: HashMap::new(), all: Vec::new(), model };
        for types in model.entries.iter().map(Types::of_entry).filter(|types| !types.are_text()) {
            let next = checks.all.len();
            if *checks.indexes.entry(types).or_insert(next) == next {
                checks.all.push(types);
            }
        }
        checks
    }

    /// The number of an entry's combination; none for text.
    pub(super) fn of_entry(&self, entry: &Entry) -> Option<usize> {
        self.indexes.get(&Types::of_entry(entry)).copied()
    }

    /// All combinations, by their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = TokenStream> {
        self.all.iter().map(|types| {
            let (code, Cfg(cfg)) = (types.code(self.model), types.cfg);
            let runtime = &self.model.runtime;
            // A combination that `cfg` removes leaves a placeholder, so that later ones keep their numbers.
            let nothing = (!cfg.is_empty()).then(|| {
                let not_cfg = negated(cfg);
                quote!(, #not_cfg #runtime::__private::declaration::DeclaredTypes::NOTHING)
            });
            quote!(#cfg #code #nothing)
        })
    }
}

/// The code that checks the pairs of a family.
pub(super) fn of_family(family: &Family, model: &Namespace) -> TokenStream {
    Types::of_family(family).code(model)
}

impl<'a> Types<'a> {
    pub(super) fn of_entry(entry: &'a Entry) -> Self {
        let Entry { ty, was, metadata_ty, cfg, .. } = entry;
        Self { value: ty, was, metadata: metadata_ty, cfg: Cfg(cfg) }
    }

    fn of_family(family: &'a Family) -> Self {
        let Family { ty, was, metadata_ty, cfg, .. } = family;
        Self { value: ty, was, metadata: metadata_ty, cfg: Cfg(cfg) }
    }

    /// Whether values are text, never were anything else, and may have any metadata.
    fn are_text(self) -> bool {
        *self.value == Type::String && self.was.is_empty() && *self.metadata == Type::Json
    }

    fn code(self, model: &Namespace) -> TokenStream {
        let runtime = &model.runtime;
        let value = value_type(self.value, self.cfg.0, model);
        let metadata = (*self.metadata != Type::Json).then(|| {
            let metadata = value_type(self.metadata, self.cfg.0, model);
            quote!(#metadata.check_metadata)
        });
        let (metadata, migrate) = (Optional(metadata), Optional(self.migrate(model)));
        let [value_type, metadata_type] =
            [self.value, self.metadata].map(|ty| self.described(ty, model));
        quote! {
            #runtime::__private::declaration::DeclaredTypes {
                value: #value.check,
                metadata: #metadata,
                migrate: #migrate,
                value_type: #value_type,
                metadata_type: #metadata_type,
            }
        }
    }

    /// What values of one of the types look like. Only a type of the user's own derives a schema.
    fn described(self, ty: &Type, model: &Namespace) -> TokenStream {
        let runtime = &model.runtime;
        if *ty == Type::Json {
            return quote!(#runtime::__private::declaration::Described::ANYTHING);
        }
        let value_type = value_type(ty, self.cfg.0, model);
        let schema = match ty {
            Type::User(UserType { tokens, .. }) => quote!(#runtime::__schema!(#tokens)),
            _ => Optional::<TokenStream>(None).into_token_stream(),
        };
        quote! {
            #runtime::__private::declaration::Described {
                outline: #value_type.outline,
                schema: #schema,
            }
        }
    }

    /// The code that converts an older type to the newest.
    fn migrate(self, model: &Namespace) -> Option<TokenStream> {
        let runtime = &model.runtime;
        let generations = generations(self.value, self.was, self.cfg.0, model)?;
        let newest = value_type(self.value, self.cfg.0, model);
        Some(quote!(|stored| #runtime::__private::migrate(stored, #generations, #newest.encode)))
    }
}

/// The `#[cfg(...)]` that holds where this one does not.
fn negated(cfg: &TokenStream) -> TokenStream {
    let brackets = cfg.clone().into_iter().filter_map(|tree| match tree {
        TokenTree::Group(group) => Some(group.stream()),
        _ => None,
    });
    let conditions = brackets.flat_map(|inside| {
        inside.into_iter().filter_map(|tree| match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                Some(group.stream())
            }
            _ => None,
        })
    });
    quote!(#[cfg(not(all(#(#conditions),*)))])
}
