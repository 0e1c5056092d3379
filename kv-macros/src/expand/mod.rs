//! The code of a declaration that obeys every rule. Nothing is decided here, and nothing in the
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

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{quote, quote_spanned};

use crate::model::{Head, Namespace};

/// Writes a namespace's type, its data, its constants and accessors, and its generated types.
pub(crate) fn expand(model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Head { attributes, visibility, name, cfg, .. } = &model.head;
    // A name that is taken is told where it is written.
    let keyword = quote_spanned!(name.span()=> struct);
    let mut fields = Group::new(Delimiter::Brace, quote!(store: #runtime::Store<Access>,));
    fields.set_span(name.span());
    let docs = (!model.head.has_docs).then(|| docs::namespace(model));
    let docs = docs.map(|docs| quote!(#[doc = #docs]));
    let derives = derives(&model.head);
    let declaration = data::declaration(model);
    let accessors = accessors::accessors(model);
    let module = types::module(model);
    let constants = ttl::constants(model);
    let generations = generations::constants(model);
    quote! {
        #docs
        #cfg
        #attributes
        #derives
        #[allow(unreachable_pub)]
        #visibility #keyword #name<Access = #runtime::ReadWrite> #fields

        #cfg
        #[automatically_derived]
        impl #runtime::Namespace for #name {
            const DECLARATION: &'static #runtime::__private::declaration::Declaration = &#declaration;

            fn from_store(store: #runtime::Store) -> Self {
                Self { store }
            }

            fn store(&self) -> &#runtime::Store {
                &self.store
            }
        }

        #constants

        #generations

        #accessors

        #module
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
