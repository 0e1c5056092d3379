//! How to read values that may be of older types: a constant of the namespace for each combination, so
//! that the compiler reports a mistake in one once.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::types::{ty, value_type};
use crate::model::{Namespace, Type, UserType, is_same};

/// The code that reads a value; none for a value without older types.
pub(super) fn generations(
    newest: &Type,
    was: &[UserType],
    cfg: &TokenStream,
    model: &Namespace,
) -> Option<TokenStream> {
    if was.is_empty() {
        return None;
    }
    let index = all(model)
        .iter()
        .position(|(ty, older, of)| (*ty, *older) == (newest, was) && is_same(of, cfg))
        .unwrap_or_default();
    let (namespace, name) = (&model.alias, name(index));
    Some(quote!(#namespace::#name))
}

/// The constants that read them.
pub(super) fn constants(model: &Namespace) -> Option<TokenStream> {
    let all = all(model);
    if all.is_empty() {
        return None;
    }
    let (namespace, cfg, runtime) = (&model.alias, &model.head.cfg, &model.runtime);
    let constants = all.iter().enumerate().map(|(index, (newest, was, own_cfg))| {
        let codec = value_type(newest, own_cfg, model);
        let (name, newest) = (name(index), ty(newest, model));
        let older = was.iter().map(|older| {
            let older = &older.tokens;
            let first = older.clone().into_iter().next();
            let span = first.map_or_else(Span::call_site, |token| token.span());
            // The span is that of the older type, so that the compiler reports a missing `From` there.
            quote_spanned!(span=> <#older as #runtime::__private::Older<#newest>>::decode)
        });
        quote! {
            #own_cfg
            const #name: #runtime::__private::Decode<#newest> = |stored| {
                #runtime::__private::decode_generations(&stored, #codec.decode, &[#(#older),*])
            };
        }
    });
    Some(quote! {
        #cfg
        #[allow(dead_code, deprecated)]
        impl #namespace {
            #(#constants)*
        }
    })
}

/// The combinations of a type and its older ones, each once.
fn all(model: &Namespace) -> Vec<(&Type, &[UserType], &TokenStream)> {
    let entries = model.entries.iter().map(|entry| (&entry.ty, &*entry.was, &entry.cfg));
    let families = model.families.iter().map(|family| (&family.ty, &*family.was, &family.cfg));
    let mut all: Vec<(&Type, &[UserType], &TokenStream)> = Vec::new();
    for (ty, was, cfg) in entries.chain(families).filter(|(_, was, _)| !was.is_empty()) {
        if !all.iter().any(|one| (one.0, one.1) == (ty, was) && is_same(one.2, cfg)) {
            all.push((ty, was, cfg));
        }
    }
    all
}

fn name(index: usize) -> Ident {
    format_ident!("__GENERATIONS_{index}")
}
