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

use proc_macro2::{Ident, TokenStream};
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
/// taken is one error. Its docs are to be at its place, so that rustdoc finds it there; and attributes
/// may be of the user's scope, which the module does not have in a function.
fn named(model: &Namespace) -> TokenStream {
    let Namespace { runtime, alias, .. } = model;
    let Head { attributes, has_others, visibility, name, cfg, .. } = &model.head;
    let docs = (!model.head.has_docs).then(|| docs::namespace(model));
    let docs = docs.map(|docs| quote!(#[doc = #docs]));
    let derives = derives(&model.head);
    // What is not found in it is told where the name comes from.
    let structure = |of: TokenStream| {
        let structure = quote_spanned! {name.span()=>
            struct #name<__Access = #runtime::ReadWrite> {
                #of store: #runtime::Store<__Access>,
            }
        };
        (quote!(#docs #attributes #derives), structure)
    };
    let (before, in_place) = structure(TokenStream::new());
    let in_place = quote! {
        #before
        #[allow(unreachable_pub)]
        #visibility #in_place
    };
    let types = types::module(model);
    let (path, structure) = if *has_others {
        (quote!(#name), quote!(#cfg #in_place))
    } else {
        let module = format_ident!("{alias}_module");
        let (before, structure) = structure(quote!(pub(super)));
        let import = import(&module, name);
        let structure = quote! {
            #[cfg(not(doc))]
            #cfg
            #[allow(dead_code, unreachable_pub)]
            mod #module {
                #before
                pub #structure
            }

            #[cfg(not(doc))]
            #cfg
            #[allow(unreachable_pub, unused_imports)]
            #visibility #import

            #[cfg(doc)]
            #cfg
            #in_place
        };
        (quote!(#module::#name), structure)
    };
    let alias = |path: TokenStream| {
        quote! {
            #cfg
            #[doc(hidden)]
            #[allow(dead_code, deprecated, non_camel_case_types)]
            type #alias<__Access = #runtime::ReadWrite> = #path<__Access>;
        }
    };
    let aliases = if *has_others {
        alias(path)
    } else {
        let (one, other) = (alias(path), alias(quote!(#name)));
        quote!(#[cfg(not(doc))] #one #[cfg(doc)] #other)
    };
    quote!(#structure #aliases #types)
}

/// The import of a name from a module, all of it where the name is written.
fn import(module: &Ident, name: &Ident) -> TokenStream {
    let at = name.span();
    let mut module = module.clone();
    module.set_span(at);
    quote_spanned!(at=> use #module::#name;)
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
