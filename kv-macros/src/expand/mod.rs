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

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

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
    let namespace = &model.alias;
    let accessors = accessors::accessors(model);
    let constants = ttl::constants(model);
    let generations = generations::constants(model);
    let value_types = types::value_types(model);
    quote! {
        #named

        #cfg
        #[allow(deprecated)]
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

/// The namespace's type, its alias and the module of the generated types.
///
/// The type is in a hidden module, and whatever else is made names it by an alias: so a name that is
/// taken is one error. For rustdoc it stands at its place, which its docs and links are of; and so it
/// does where it has attributes, which may be of a function's scope.
fn named(model: &Namespace) -> TokenStream {
    let Head { visibility, name, cfg, has_others, .. } = &model.head;
    let types = types::module(model);
    let in_place = structure(model, visibility, &TokenStream::new());
    let alias_in_place = alias(model, &quote!(#name));
    if *has_others {
        return quote!(#in_place #alias_in_place #types);
    }
    let module = format_ident!("{}_module", model.alias, span = name.span());
    let hidden = structure(model, &quote!(pub), &quote!(pub(super)));
    let alias_hidden = alias(model, &quote!(#module::#name));
    let import = quote_spanned!(name.span()=> use #module::#name;);
    quote! {
        #[cfg(not(doc))]
        #cfg
        #[allow(dead_code)]
        mod #module {
            #hidden
        }

        #[cfg(not(doc))]
        #cfg
        #[allow(unreachable_pub, unused_imports)]
        #visibility #import

        #[cfg(not(doc))]
        #alias_hidden

        #[cfg(doc)]
        #in_place

        #[cfg(doc)]
        #alias_in_place

        #types
    }
}

/// The namespace's type, with these visibilities of it and of its field.
fn structure(model: &Namespace, visibility: &TokenStream, of_field: &TokenStream) -> TokenStream {
    let Head { attributes, has_docs, name, cfg, .. } = &model.head;
    let runtime = &model.runtime;
    let docs = (!has_docs).then(|| docs::namespace(model));
    let docs = docs.map(|docs| quote!(#[doc = #docs]));
    let derives = derives(&model.head);
    // What is not found in it is told where the name comes from.
    let structure = quote_spanned! {name.span()=>
        struct #name<__Access = #runtime::ReadWrite> {
            #of_field store: #runtime::Store<__Access>,
        }
    };
    quote! {
        #cfg
        #docs
        #attributes
        #derives
        #[allow(unreachable_pub)]
        #visibility #structure
    }
}

/// The alias of the type, which is there.
fn alias(model: &Namespace, path: &TokenStream) -> TokenStream {
    let Namespace { runtime, alias, head, .. } = model;
    let cfg = &head.cfg;
    quote! {
        #cfg
        #[doc(hidden)]
        #[allow(dead_code, deprecated, non_camel_case_types)]
        type #alias<__Access = #runtime::ReadWrite> = #path<__Access>;
    }
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
