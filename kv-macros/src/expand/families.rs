//! The methods of a key family: the accessor of a key and the listing of all.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::docs;
use super::generations::generations;
use super::path::Optional;
use super::ttl::ttl;
use super::types::{entry_types, ty};
use crate::model::{Family, Namespace, Param, ParamType, Segment};

pub(super) fn family(index: usize, family: &Family, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Family { accessor, list, params, cfg, .. } = family;
    let constant = format_ident!("__FAMILY_{index}");
    let data = data(family, model);
    let docs = docs::family(family);
    let list_docs = docs::family_list(family);
    let types = entry_types(&family.ty, &family.metadata_ty, model);
    let arguments = params.iter().map(|Param { ident, ty, span }| match ty {
        ParamType::Typed(ty) => quote_spanned!(*span=> #ident: #ty),
        ParamType::Text => quote_spanned!(*span=> #ident: &::core::primitive::str),
    });
    let texts = params.iter().enumerate().map(|(at, Param { ident, ty, span })| match ty {
        ParamType::Typed(_) => {
            let param = param_type(index, at);
            quote_spanned!(*span=> ::std::borrow::Cow::Owned((Self::#param.text)(&#ident)))
        }
        ParamType::Text => quote_spanned!(*span=> ::std::borrow::Cow::Borrowed(#ident)),
    });
    let param_types = params.iter().enumerate().map(|(at, param)| match &param.ty {
        ParamType::Typed(ty) => Some({
            let name = param_type(index, at);
            quote_spanned! {param.span=>
                #cfg
                const #name: #runtime::__private::ParamType<#ty> =
                    <#ty as #runtime::__private::TypedParam>::TYPE;
            }
        }),
        ParamType::Text => None,
    });
    let metadata = ty(&family.metadata_ty, model);
    let generations = generations(&family.ty, &family.was, cfg, model);
    let generations =
        generations.map(|decode| quote!(.generations(::core::option::Option::Some(#decode))));
    let (parsed_type, parse) = parse(index, family, model);
    quote! {
        #(#param_types)*
        #cfg
        const #constant: &'static #runtime::__private::Family = &#data;
        #cfg
        #[doc = #docs]
        pub fn #accessor(&self, #(#arguments),*) -> #runtime::Entry<#types> {
            #runtime::__private::family_entry(
                &self.store,
                Self::#constant,
                &[#(#texts),*],
            )#generations
        }
        #cfg
        #[doc = #list_docs]
        pub fn #list(&self) -> #runtime::FamilyList<#parsed_type, #metadata, __Access> {
            self.store.family_list(Self::#constant, #parse)
        }
    }
}

/// The type that a listing parses a key's parameters into, and the code that does it.
pub(super) fn parse(
    index: usize,
    family: &Family,
    model: &Namespace,
) -> (TokenStream, TokenStream) {
    let namespace = &model.alias;
    let types = family.params.iter().map(|param| match &param.ty {
        ParamType::Typed(ty) => ty.clone(),
        ParamType::Text => quote!(::std::string::String),
    });
    let idents: Vec<_> = family.params.iter().map(|param| &param.ident).collect();
    let params = family.params.iter().enumerate();
    let values = params.map(|(at, Param { ident, ty, span })| match ty {
        ParamType::Typed(_) => {
            let param = param_type(index, at);
            quote_spanned!(*span=> (<#namespace>::#param.parse)(#ident)?)
        }
        ParamType::Text => quote!(<::std::string::String as ::core::convert::From<&::core::primitive::str>>::from(#ident)),
    });
    let (ty, value) = match idents.as_slice() {
        [_] => (quote!(#(#types)*), quote!(#(#values)*)),
        _ => (quote!((#(#types),*)), quote!((#(#values),*))),
    };
    let parse = quote! {
        |params: &[&::core::primitive::str]| match *params {
            [#(#idents),*] => ::core::option::Option::Some(#value),
            _ => ::core::option::Option::None,
        }
    };
    (ty, parse)
}

/// The constant that says how a parameter is written in a key. It is one place, so the compiler reports
/// what the type lacks once.
fn param_type(family: usize, at: usize) -> Ident {
    format_ident!("__PARAM_{family}_{at}")
}

fn data(family: &Family, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let pattern = pattern(family, model);
    let shadowed_by =
        family.shadowed_by.iter().filter_map(|index| model.families.get(*index)).map(|other| {
            let (cfg, pattern) = (&other.cfg, self::pattern(other, model));
            quote!(#cfg #pattern)
        });
    let default_ttl = Optional(family.default_ttl.as_ref().map(|default| ttl(default, model)));
    quote! {
        #runtime::__private::Family {
            pattern: #pattern,
            shadowed_by: &[#(#shadowed_by),*],
            expiration_ttl: #default_ttl,
        }
    }
}

fn pattern(family: &Family, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let segments = family.segments.iter().map(|segment| match segment {
        Segment::Literal(text) => quote! {
            #runtime::__private::Segment::Literal(::std::borrow::Cow::Borrowed(#text))
        },
        Segment::Param { name, ty } => {
            let ty = Optional(ty.as_ref());
            quote! {
                #runtime::__private::Segment::Param(
                    #runtime::__private::Param { name: #name, ty: #ty }
                )
            }
        }
    });
    quote!(#runtime::__private::Pattern::from_segments(&[#(#segments),*]))
}
