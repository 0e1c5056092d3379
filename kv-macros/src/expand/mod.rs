//! The code of a declaration. Neither this module nor the code that it writes decides anything: it
//! writes static data, and constants and accessors that call kv-runtime.
//!
//! All paths are absolute or begin at `$crate`, so no name in the user's scope can shadow them.

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
    code(model, &named(model), &data::declaration(model))
}

/// Writes the errors, and the type, constants and accessors that were understood, so that completion
/// keeps working.
pub(crate) fn broken(broken: &Broken) -> TokenStream {
    let errors = broken.errors.to_tokens();
    let understood = broken.understood.as_ref().map(|model| {
        let first = errors.first().cloned().unwrap_or_default();
        code(model, &poisoned(model, &first), &data::nothing(model))
    });
    quote!(#(#errors)* #understood)
}

fn code(model: &Namespace, named: &TokenStream, declaration: &TokenStream) -> TokenStream {
    let runtime = &model.runtime;
    let cfg = &model.head.cfg;
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
/// The type is in a hidden module, and all other generated code names it by an alias, so that a name
/// clash is one error. For rustdoc the type is in place, so that its docs and links resolve; it is also
/// in place if it has attributes, which may come from a function's scope.
fn named(model: &Namespace) -> TokenStream {
    let Head { visibility, name, cfg, has_others, .. } = &model.head;
    let types = types::module(model);
    let attributes = attributes(model);
    let in_place = structure(model, &attributes, visibility, &TokenStream::new());
    let alias_in_place = alias(model, &quote!(#name));
    if *has_others {
        return quote!(#in_place #alias_in_place #types);
    }
    let module = hidden_module(model);
    let hidden = structure(model, &attributes, &quote!(pub), &quote!(pub(super)));
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

/// The type of a declaration with mistakes, which contains an error itself: rustc reports nothing more
/// about such a type, so no use of it is a second error. rust-analyzer sees what was understood.
///
/// rustc reports identical errors once, so this one can repeat one of the others.
fn poisoned(model: &Namespace, error: &TokenStream) -> TokenStream {
    let Namespace { runtime, head, .. } = model;
    let Head { visibility, name, cfg, .. } = head;
    let module = hidden_module(model);
    let derives = derives(&[]);
    let structure = structure(model, &derives, &quote!(pub), &quote!(pub(super)));
    let alias = alias(model, &quote!(#module::#name));
    let types = types::module(model);
    quote! {
        #cfg
        #[allow(dead_code, unexpected_cfgs)]
        mod #module {
            #structure

            pub struct __Mistake<T>(T);

            #[cfg(not(rust_analyzer))]
            pub type __Poisoned<__Access = #runtime::ReadWrite> = __Mistake<[__Access; #error]>;

            #[cfg(rust_analyzer)]
            pub use #name as __Poisoned;
        }

        #cfg
        #[allow(unreachable_pub, unused_imports)]
        #visibility use #module::__Poisoned as #name;

        #alias

        #types
    }
}

fn hidden_module(model: &Namespace) -> Ident {
    format_ident!("{}_module", model.alias, span = model.head.name.span())
}

/// The attributes of the type: docs, the user's, and derives.
fn attributes(model: &Namespace) -> TokenStream {
    let Head { attributes, has_docs, derives: derived, .. } = &model.head;
    let docs = (!has_docs).then(|| docs::namespace(model));
    let docs = docs.map(|docs| quote!(#[doc = #docs]));
    let derives = derives(derived);
    quote!(#docs #attributes #derives)
}

/// The namespace's type, with the visibilities of the type and of its field.
fn structure(
    model: &Namespace,
    attributes: &TokenStream,
    visibility: &TokenStream,
    of_field: &TokenStream,
) -> TokenStream {
    let Namespace { runtime, head: Head { name, cfg, .. }, .. } = model;
    // With this span, the compiler shows the name when it does not find a method.
    let structure = quote_spanned! {name.span()=>
        struct #name<__Access = #runtime::ReadWrite> {
            #of_field store: #runtime::Store<__Access>,
        }
    };
    quote! {
        #cfg
        #attributes
        #[allow(unreachable_pub)]
        #visibility #structure
    }
}

/// The alias of the type at `path`.
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
fn derives(derived: &[String]) -> TokenStream {
    let derives = [("Clone", quote!(::core::clone::Clone)), ("Debug", quote!(::core::fmt::Debug))];
    let missing = derives
        .into_iter()
        .filter(|(name, _)| !derived.iter().any(|derived| derived == name))
        .map(|(_, path)| quote!(#[derive(#path)]));
    missing.collect()
}
