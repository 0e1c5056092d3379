//! The methods of a namespace: constants and accessors.

use std::collections::HashMap;

use proc_macro2::{Punct, Spacing, TokenStream};
use quote::{ToTokens, TokenStreamExt as _, format_ident, quote};

use super::checks::Types;
use super::generations::generations;
use super::ttl::ttl;
use super::types::{entry_types, key_types};
use super::{docs, families};
use crate::model::{Entry, Namespace, is_same};

pub(super) fn accessors(model: &Namespace) -> TokenStream {
    let Namespace { runtime, alias, .. } = model;
    let entries = entries(model);
    let of_families = families(model);
    let cfg = &model.head.cfg;
    quote! {
        #cfg
        #runtime::__namespace! { #alias }

        #entries

        #of_families
    }
}

fn families(model: &Namespace) -> Option<TokenStream> {
    let namespace = &model.alias;
    let cfg = &model.head.cfg;
    let families = model.families.iter().enumerate();
    let families = families.map(|(index, family)| families::family(index, family, model));
    (!model.families.is_empty()).then(|| {
        quote! {
            #cfg
            #[allow(dead_code, deprecated)]
            impl<__Access> #namespace<__Access> {
                #(#families)*
            }
        }
    })
}

/// The constants and accessors of entries. Those with their own `#[cfg(...)]` are separate from the
/// others.
fn entries(model: &Namespace) -> TokenStream {
    let Namespace { runtime, alias, head, .. } = model;
    let cfg = &head.cfg;
    let mut by_cfg: Vec<(&TokenStream, Vec<Group<'_>>)> = Vec::new();
    for group in groups(model) {
        let Some(own) = group.entries.first().map(|entry| &entry.cfg) else { continue };
        match by_cfg.iter_mut().find(|(other, _)| is_same(other, own)) {
            Some((_, groups)) => groups.push(group),
            None => by_cfg.push((own, vec![group])),
        }
    }
    if by_cfg.is_empty() {
        return quote!(#cfg #runtime::__entries! { #alias; });
    }
    let invocations = by_cfg
        .iter()
        .map(|(own, groups)| quote!(#cfg #own #runtime::__entries! { #alias; #(#groups)* }));
    invocations.collect()
}

/// The entries that have one type. `__entries!` of kv-runtime makes their constants and accessors: the
/// code is there because a procedural macro pays for each token that it returns.
struct Group<'a> {
    index: usize,
    entries: Vec<&'a Entry>,
    model: &'a Namespace,
}

fn groups(model: &Namespace) -> impl Iterator<Item = Group<'_>> {
    let mut groups: Vec<Vec<&Entry>> = Vec::new();
    let mut indexes = HashMap::new();
    for entry in &model.entries {
        let next = groups.len();
        let index = *indexes.entry(Types::of_entry(entry)).or_insert(next);
        match groups.get_mut(index) {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups.into_iter().enumerate().map(move |(index, entries)| Group { index, entries, model })
}

impl ToTokens for Group<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { index, entries, model } = self;
        let Some(first) = entries.first() else { return };
        let runtime = &model.runtime;
        let key_types = key_types(&first.ty, &first.metadata_ty, model);
        let entry_types = entry_types(&first.ty, &first.metadata_ty, model);
        let generations = generations(&first.ty, &first.was, &first.cfg, model);
        let (key_of, entry_of) = (format_ident!("__key_{index}"), format_ident!("__entry_{index}"));
        let entries = entries.iter().map(|entry| EntryNames(entry, model));
        tokens.extend(quote! {
            #key_of: #runtime::Key<#key_types>, #entry_of: #runtime::Entry<#entry_types>,
            [#generations] { #(#entries)* }
        });
    }
}

/// What `__entries!` needs to know of an entry.
struct EntryNames<'a>(&'a Entry, &'a Namespace);

impl ToTokens for EntryNames<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self(entry, model) = self;
        docs::entry(entry).to_tokens(tokens);
        entry.names.constant.to_tokens(tokens);
        entry.names.accessor.to_tokens(tokens);
        entry.key.to_tokens(tokens);
        let default_ttl = entry.default_ttl.as_ref().map(|default| ttl(default, model));
        default_ttl.to_tokens(tokens);
        tokens.append(Punct::new(';', Spacing::Alone));
    }
}
