//! How values are read that can be of older types: a constant of the namespace for each combination,
//! so that what is wrong with one is told once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::path;
use super::types::ty;
use crate::model::{Namespace, Type, UserType};

/// What reads a value; none for one that has no older types.
pub(super) fn generations(
    newest: &Type,
    was: &[UserType],
    model: &Namespace,
) -> Option<TokenStream> {
    if was.is_empty() {
        return None;
    }
    let index = all(model).iter().position(|other| *other == (newest, was)).unwrap_or_default();
    let (namespace, name) = (path::namespace(model), name(index));
    Some(quote!(#namespace::#name))
}

/// The constants that read them.
pub(super) fn constants(model: &Namespace) -> Option<TokenStream> {
    let all = all(model);
    if all.is_empty() {
        return None;
    }
    let (namespace, cfg, runtime) = (path::namespace(model), &model.head.cfg, &model.runtime);
    let constants = all.iter().enumerate().map(|(index, (newest, was))| {
        let (name, newest) = (name(index), ty(newest, model));
        let older = was.iter().map(|UserType(older)| {
            let first = older.clone().into_iter().next();
            let span = first.map_or_else(Span::call_site, |token| token.span());
            // At the older type, where the compiler tells of a missing `From`.
            quote_spanned!(span=> <#older as #runtime::__private::Older<#newest>>::decode)
        });
        quote! {
            const #name: #runtime::__private::Decode<#newest> = |stored| {
                #runtime::__private::decode_generations::<#newest>(&stored, &[#(#older),*])
            };
        }
    });
    Some(quote! {
        #cfg
        #[allow(dead_code)]
        impl #namespace {
            #(#constants)*
        }
    })
}

/// The combinations of a type and its older ones, each once.
fn all(model: &Namespace) -> Vec<(&Type, &[UserType])> {
    let entries = model.entries.iter().map(|entry| (&entry.ty, entry.was.as_slice()));
    let families = model.families.iter().map(|family| (&family.ty, family.was.as_slice()));
    let mut all = Vec::new();
    for pair in entries.chain(families).filter(|(_, was)| !was.is_empty()) {
        if !all.contains(&pair) {
            all.push(pair);
        }
    }
    all
}

fn name(index: usize) -> Ident {
    format_ident!("__GENERATIONS_{index}")
}
