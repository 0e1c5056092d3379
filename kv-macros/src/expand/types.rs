//! Types in the expansion, and the module of those that are generated.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::docs;
use crate::model::{Field, Namespace, Struct, Type};

/// A type, as the scope of the declaration names it.
pub(super) fn ty(ty: &Type, model: &Namespace) -> TokenStream {
    let module = &model.module;
    tokens(ty, &model.runtime, &quote!(#module::))
}

/// The module of the generated types.
pub(super) fn module(model: &Namespace) -> TokenStream {
    if model.structs.is_empty() {
        return TokenStream::new();
    }
    let Namespace { runtime, module, head, .. } = model;
    let visibility = &head.visibility;
    let docs = docs::module(model);
    let structs = model.structs.iter().map(|item| structure(item, runtime));
    quote! {
        #[doc = #docs]
        #[allow(dead_code)]
        #visibility mod #module {
            use #runtime::__private::serde as __serde;

            #(#structs)*
        }
    }
}

fn structure(Struct { name, purpose, fields }: &Struct, runtime: &Ident) -> TokenStream {
    let docs = docs::structure(purpose);
    let fields = fields.iter().map(|field| self::field(field, runtime));
    quote! {
        #[doc = #docs]
        #[derive(
            ::core::fmt::Debug,
            ::core::clone::Clone,
            ::core::cmp::PartialEq,
            __serde::Serialize,
            __serde::Deserialize,
        )]
        #[serde(crate = "self::__serde")]
        pub struct #name {
            #(#fields)*
        }
    }
}

fn field(field: &Field, runtime: &Ident) -> TokenStream {
    let Field { json_name, ident, ty, optional, .. } = field;
    let docs = docs::field(field);
    let rename = (ident != json_name).then(|| quote!(#[serde(rename = #json_name)]));
    let ty = tokens(ty, runtime, &TokenStream::new());
    let (attribute, ty) = match (optional, ty) {
        (false, ty) => (None, ty),
        (true, inner) => {
            let already = matches!(field.ty, Type::Option(_));
            let ty = if already { inner } else { quote!(::core::option::Option<#inner>) };
            let skip = "::core::option::Option::is_none";
            (Some(quote!(#[serde(default, skip_serializing_if = #skip)])), ty)
        }
    };
    quote! {
        #[doc = #docs]
        #rename
        #attribute
        pub #ident: #ty,
    }
}

fn tokens(ty: &Type, runtime: &Ident, module: &TokenStream) -> TokenStream {
    match ty {
        Type::Bool => quote!(::core::primitive::bool),
        Type::I64 => quote!(::core::primitive::i64),
        Type::U64 => quote!(::core::primitive::u64),
        Type::F64 => quote!(::core::primitive::f64),
        Type::String => quote!(::std::string::String),
        Type::Bytes => quote!(#runtime::Bytes),
        Type::Json => quote!(#runtime::serde_json::Value),
        Type::Option(inner) => {
            let inner = tokens(inner, runtime, module);
            quote!(::core::option::Option<#inner>)
        }
        Type::Vec(item) => {
            let item = tokens(item, runtime, module);
            quote!(::std::vec::Vec<#item>)
        }
        Type::Struct(name) => quote!(#module #name),
        Type::User(ty) => ty.0.clone(),
    }
}
