//! The methods of a namespace: constants and accessors, and what every namespace has.

use proc_macro2::TokenStream;
use quote::quote;

use super::path::Optional;
use super::types::types;
use super::{docs, families};
use crate::model::{Entry, Namespace};

pub(super) fn accessors(model: &Namespace) -> TokenStream {
    let name = &model.head.name;
    let entries = model.entries.iter().map(|entry| self::entry(entry, model));
    let of_families = model.families.iter().map(|family| families::family(family, model));
    let common = common(model);
    quote! {
        // An entry is there to be deployed; no program must use every accessor.
        #[allow(dead_code)]
        impl #name {
            #(#entries)*
            #(#of_families)*
            #common
        }
    }
}

fn entry(entry: &Entry, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let (constant, accessor) = (&entry.names.constant, &entry.names.accessor);
    let key = &entry.key;
    let types = types(&entry.ty, &entry.metadata_ty, model);
    let ttl = Optional(entry.default_ttl);
    let docs = docs::entry(entry);
    quote! {
        #[doc = #docs]
        pub const #constant: #runtime::Key<#types> = #runtime::Key::declared(#key, #ttl);
        #[doc = #docs]
        pub fn #accessor(&self) -> #runtime::Entry<'_, #types> {
            self.store.entry(Self::#constant)
        }
    }
}

/// The methods that every namespace has, so that using one needs no trait in scope.
fn common(model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    quote! {
        /// The namespace in a store: Cloudflare's over its API, local files, memory, or a Worker's
        /// binding.
        pub fn new(store: impl ::core::convert::Into<#runtime::Store>) -> Self {
            Self { store: ::core::convert::Into::into(store) }
        }

        /// The store that the values are in.
        #[must_use]
        pub fn store(&self) -> &#runtime::Store {
            &self.store
        }

        /// Deploys this namespace: creates what is missing and writes what changed.
        #[cfg(not(target_arch = "wasm32"))]
        #[must_use]
        pub fn deploy() -> #runtime::Deploy<Self> {
            #runtime::Deploy::new()
        }

        /// The namespace behind the Worker's binding.
        #[cfg(target_arch = "wasm32")]
        pub fn from_env(
            env: &#runtime::worker::Env,
        ) -> ::core::result::Result<Self, #runtime::Error> {
            <Self as #runtime::Namespace>::from_env(env)
        }
    }
}
