//! The code of a declaration. Nothing is decided here, and nothing in the
//! code that it writes: static data, and constants and accessors that call kv-runtime.
//!
//! All paths are absolute or begin at `$crate`, so no name in the user's scope can get between.

mod accessors;
mod checks;
mod data;
mod docs;
mod families;
mod generations;
mod path;
mod ttl;
mod types;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::model::{Broken, Head, Namespace};

/// Writes a namespace's type, its data, its constants and accessors, and its generated types.
pub(crate) fn namespace(model: &Namespace) -> TokenStream {
    code(model, &data::declaration(model))
}

/// Writes the errors, and the type, constants and accessors that were understood, so that no use of
/// them adds a second error and completion goes on working.
pub(crate) fn broken(broken: &Broken) -> TokenStream {
    let errors = broken.errors.to_tokens();
    let understood = broken.understood.as_ref().map(|model| code(model, &data::nothing(model)));
    quote!(#errors #understood)
}

fn code(model: &Namespace, declaration: &TokenStream) -> TokenStream {
    let runtime = &model.runtime;
    let cfg = &model.head.cfg;
    let named = named(model);
    let namespace = path::namespace(model);
    let accessors = accessors::accessors(model);
    let constants = ttl::constants(model);
    let generations = generations::constants(model);
    let value_types = types::value_types(model);
    quote! {
        #named

        #cfg
        #[automatically_derived]
        impl #runtime::Namespace for #namespace {
            const DECLARATION: &'static #runtime::__private::declaration::Declaration = &#declaration;

            fn from_store(store: #runtime::Store) -> Self {
                Self { store }
            }

            fn store(&self) -> &#runtime::Store {
                &self.store
            }
        }

        #constants

        #value_types

        #generations

        #accessors
    }
}

/// What has a name of the user's choice, in its hidden module, and the names.
fn named(model: &Namespace) -> TokenStream {
    let Namespace { runtime, scope, module, .. } = model;
    let Head { attributes, visibility, name, cfg, .. } = &model.head;
    let docs = (!model.head.has_docs).then(|| docs::namespace(model));
    let docs = docs.map(|docs| quote!(#[doc = #docs]));
    let derives = derives(&model.head);
    let types = types::module(model);
    // What is not found in it, and a name that is taken, is told where the name comes from.
    let structure = quote_spanned! {name.span()=>
        pub struct #name<Access = #runtime::ReadWrite> {
            pub(super) store: #runtime::Store<Access>,
        }
    };
    let use_name = import(scope, name, name.span());
    let use_types = (!model.structs.is_empty()).then(|| {
        let use_types = import(scope, module, name.span());
        quote! {
            #cfg
            #[allow(unreachable_pub, unused_imports)]
            #visibility #use_types
        }
    });
    quote! {
        #cfg
        #[allow(dead_code, unreachable_pub, unused_imports)]
        // The names are those of the JSON.
        #[allow(clippy::module_inception, clippy::struct_field_names)]
        mod #scope {
            // Attributes may be of the user's scope.
            use super::*;

            #docs
            #attributes
            #derives
            #structure

            #types
        }

        #cfg
        #[allow(unreachable_pub, unused_imports)]
        #visibility #use_name

        #use_types
    }
}

/// The import of a name from its hidden module, all of it at one place.
fn import(scope: &Ident, name: &Ident, at: Span) -> TokenStream {
    let [mut scope, mut name] = [scope, name].map(Clone::clone);
    scope.set_span(at);
    name.set_span(at);
    quote_spanned!(at=> use #scope::#name;)
}

/// `Clone` and `Debug`, unless the user derives them.
fn derives(head: &Head) -> TokenStream {
    let derives = [("Clone", quote!(::core::clone::Clone)), ("Debug", quote!(::core::fmt::Debug))];
    let missing = derives
        .into_iter()
        .filter(|(name, _)| !head.derives.iter().any(|derived| derived == name))
        .map(|(_, path)| quote!(#[derive(#path)]));
    missing.collect()
}
