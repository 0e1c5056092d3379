//! The methods of a namespace: constants and accessors, and what every namespace has.

use proc_macro2::{Delimiter, Punct, Spacing, TokenStream};
use quote::{ToTokens, TokenStreamExt as _, quote};

use super::types::types;
use super::{docs, families, path};
use crate::model::{Entry, Namespace};

pub(super) fn accessors(model: &Namespace) -> TokenStream {
    let name = &model.head.name;
    let runtime = &model.runtime;
    let entries = model.entries.iter().map(|entry| EntryAccess { entry, model });
    let of_families = model.families.iter().map(|family| families::family(family, model));
    let common = common(model);
    quote! {
        // An entry is there to be deployed; no program must use every accessor.
        #[allow(dead_code)]
        impl #name {
            #runtime::__entries! { #(#entries)* }
            #(#of_families)*
            #common
        }
    }
}

/// What `__entries!` of kv-runtime makes a constant and an accessor of. The code itself stands
/// there: handing over ten times the tokens would cost the compiler ten times as much.
struct EntryAccess<'a> {
    entry: &'a Entry,
    model: &'a Namespace,
}

impl ToTokens for EntryAccess<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { entry, model } = self;
        docs::entry(entry).to_tokens(tokens);
        entry.names.constant.to_tokens(tokens);
        entry.names.accessor.to_tokens(tokens);
        entry.key.to_tokens(tokens);
        path::grouped(Delimiter::Bracket, &types(&entry.ty, &entry.metadata_ty, model), tokens);
        entry.default_ttl.map(u64::from).to_tokens(tokens);
        tokens.append(Punct::new(';', Spacing::Alone));
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
