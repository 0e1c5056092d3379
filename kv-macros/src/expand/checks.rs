//! What holds stored pairs against their types, once for each combination of types, since thousands of
//! entries can share one.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::quote;

use super::generations::generations;
use super::path::Optional;
use super::types::{ty, typed};
use crate::model::{Entry, Family, Namespace, Type, UserType};

/// The types of an entry or a family.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Types<'a> {
    value: &'a Type,
    was: &'a [UserType],
    metadata: &'a Type,
}

/// The combinations of a namespace's entries, each once.
pub(super) struct Checks<'a> {
    indexes: HashMap<Types<'a>, usize>,
    all: Vec<Types<'a>>,
    model: &'a Namespace,
}

impl<'a> Checks<'a> {
    /// Any text is text: entries that are no more need no check.
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
        self.all.iter().map(|types| types.code(self.model))
    }
}

/// What checks the pairs of a family.
pub(super) fn of_family(family: &Family, model: &Namespace) -> TokenStream {
    Types::of_family(family).code(model)
}

impl<'a> Types<'a> {
    fn of_entry(entry: &'a Entry) -> Self {
        Self { value: &entry.ty, was: &entry.was, metadata: &entry.metadata_ty }
    }

    fn of_family(family: &'a Family) -> Self {
        Self { value: &family.ty, was: &family.was, metadata: &family.metadata_ty }
    }

    /// Whether a value is text, never was anything else, and has any metadata.
    fn are_text(self) -> bool {
        *self.value == Type::String && self.was.is_empty() && *self.metadata == Type::Json
    }

    fn code(self, model: &Namespace) -> TokenStream {
        let runtime = &model.runtime;
        let value = typed(self.value, model);
        let metadata = (*self.metadata != Type::Json).then(|| {
            let metadata = typed(self.metadata, model);
            quote!(#metadata::check_metadata)
        });
        let (metadata, migrate) = (Optional(metadata), Optional(self.migrate(model)));
        quote! {
            #runtime::__private::declaration::DeclaredTypes {
                value: #value::check,
                metadata: #metadata,
                migrate: #migrate,
            }
        }
    }

    /// What makes the newest type of an older one.
    fn migrate(self, model: &Namespace) -> Option<TokenStream> {
        let (runtime, newest) = (&model.runtime, ty(self.value, model));
        let generations = generations(self.value, self.was, model)?;
        Some(quote!(|stored| #runtime::__private::migrate::<#newest>(stored, #generations)))
    }
}
