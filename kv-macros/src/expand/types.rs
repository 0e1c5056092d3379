//! Types in the expansion, and the module of those that are generated.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, TokenStream};
use quote::{ToTokens, TokenStreamExt as _, format_ident, quote, quote_spanned};

use super::{docs, path};
use crate::model::{Field, Namespace, Struct, Type};

/// A type, as the scope of the declaration names it.
pub(super) fn ty<'a>(ty: &'a Type, model: &'a Namespace) -> RustType<'a> {
    RustType { ty, runtime: &model.runtime, module: Some(&model.module) }
}

/// How values or metadata of a type are read and written: a constant of kv-runtime, or for a user's type
/// a constant of the namespace, so that the compiler reports once what the type lacks.
pub(super) fn value_type(ty: &Type, cfg: &TokenStream, model: &Namespace) -> TokenStream {
    if let Type::User(user) = ty {
        let index = model.user_types.position(user, cfg).unwrap_or_default();
        let (namespace, name) = (&model.alias, value_type_name(index));
        return quote!(#namespace::#name);
    }
    let (runtime, ty) = (&model.runtime, self::ty(ty, model));
    quote!(<#ty as #runtime::__private::TypedValue>::TYPE)
}

/// The constants that say how the user's types are read and written.
pub(super) fn value_types(model: &Namespace) -> Option<TokenStream> {
    let (namespace, runtime, cfg) = (&model.alias, &model.runtime, &model.head.cfg);
    let constants = model.user_types.iter().enumerate().map(|(index, (ty, own_cfg))| {
        let (name, ty) = (value_type_name(index), &ty.tokens);
        quote! {
            #own_cfg
            const #name: #runtime::__private::ValueType<#ty> =
                <#ty as #runtime::__private::TypedValue>::TYPE;
        }
    });
    let constants: TokenStream = constants.collect();
    (!constants.is_empty()).then(|| {
        quote! {
            #cfg
            #[allow(dead_code, deprecated)]
            impl #namespace {
                #constants
            }
        }
    })
}

fn value_type_name(index: usize) -> Ident {
    format_ident!("__TYPE_{index}")
}

/// The arguments of `Key`; metadata of the default type is left out.
pub(super) fn key_types(value: &Type, metadata: &Type, model: &Namespace) -> TokenStream {
    let value = ty(value, model);
    if *metadata == Type::Json {
        return value.into_token_stream();
    }
    let metadata = ty(metadata, model);
    quote!(#value, #metadata)
}

/// The arguments of `Entry`, which has the same access as the namespace.
pub(super) fn entry_types(value: &Type, metadata: &Type, model: &Namespace) -> TokenStream {
    let (value, metadata) = (ty(value, model), ty(metadata, model));
    quote!(#value, #metadata, __Access)
}

/// The module of the generated types.
pub(super) fn module(model: &Namespace) -> TokenStream {
    if model.structs.is_empty() {
        return TokenStream::new();
    }
    let Namespace { runtime, module, head, .. } = model;
    let (visibility, cfg) = (&head.visibility, &head.cfg);
    let docs = docs::module(model);
    let eq = eq_structs(model);
    let structs = model
        .structs
        .iter()
        .map(|item| structure(item, eq.contains(&item.name.to_string()), runtime));
    // The compiler reports a name clash at the type's name.
    let keyword = quote_spanned!(head.name.span()=> mod);
    let items = quote!(use #runtime::__private::serde as __serde; #(#structs)*);
    let mut items = Group::new(Delimiter::Brace, items);
    items.set_span(head.name.span());
    quote! {
        #cfg
        #[doc = #docs]
        // The JSON determines the names.
        #[allow(dead_code, unreachable_pub, clippy::module_inception, clippy::struct_field_names)]
        #visibility #keyword #module #items
    }
}

/// The generated types whose fields are all `Eq + Hash`, which a fraction is not.
fn eq_structs(model: &Namespace) -> HashSet<String> {
    fn is_eq(ty: &Type, all: &HashSet<String>) -> bool {
        match ty {
            Type::F64 | Type::User(_) => false,
            Type::Bool | Type::I64 | Type::U64 | Type::String | Type::Bytes | Type::Json => true,
            Type::Option(inner) | Type::Vec(inner) => is_eq(inner, all),
            Type::Struct(name) => all.contains(&name.to_string()),
        }
    }
    let mut all: HashSet<String> = model.structs.iter().map(|item| item.name.to_string()).collect();
    // Removing a type can disqualify the types that contain it.
    loop {
        let before = all.len();
        for item in &model.structs {
            if !item.fields.iter().all(|field| is_eq(&field.ty, &all)) {
                all.remove(&item.name.to_string());
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

fn structure(
    Struct { name, purpose, fields }: &Struct,
    is_eq: bool,
    runtime: &Ident,
) -> TokenStream {
    let docs = docs::structure(purpose);
    let eq = is_eq.then(|| quote!(::core::cmp::Eq, ::core::hash::Hash,));
    let fields = fields.iter().map(|field| self::field(field, runtime));
    quote! {
        #[doc = #docs]
        #[derive(
            ::core::fmt::Debug,
            ::core::clone::Clone,
            ::core::cmp::PartialEq,
            #eq
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
    let absent = optional.then(|| {
        let skip = "::core::option::Option::is_none";
        quote!(#[serde(default, skip_serializing_if = #skip)])
    });
    let written = RustType { ty, runtime, module: None };
    let ty = match (optional, ty) {
        (false, _) | (true, Type::Option(_)) => quote!(#written),
        (true, _) => quote!(::core::option::Option<#written>),
    };
    quote! {
        #[doc = #docs]
        #rename
        #absent
        pub #ident: #ty,
    }
}

/// A type to write.
#[derive(Clone, Copy)]
pub(super) struct RustType<'a> {
    ty: &'a Type,
    runtime: &'a Ident,
    /// The module of generated types; `None` inside it.
    module: Option<&'a Ident>,
}

impl ToTokens for RustType<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self.ty {
            Type::Bool => path::std(&["core", "primitive", "bool"], tokens),
            Type::I64 => path::std(&["core", "primitive", "i64"], tokens),
            Type::U64 => path::std(&["core", "primitive", "u64"], tokens),
            Type::F64 => path::std(&["core", "primitive", "f64"], tokens),
            Type::String => path::std(&["std", "string", "String"], tokens),
            Type::Bytes => path::runtime(self.runtime, &["Bytes"], tokens),
            Type::Json => path::runtime(self.runtime, &["serde_json", "Value"], tokens),
            Type::Option(inner) => {
                path::std(&["core", "option", "Option"], tokens);
                path::angled(&Self { ty: inner, ..*self }, tokens);
            }
            Type::Vec(item) => {
                path::std(&["std", "vec", "Vec"], tokens);
                path::angled(&Self { ty: item, ..*self }, tokens);
            }
            Type::Struct(name) => {
                if let Some(module) = self.module {
                    tokens.append(module.clone());
                    path::separator(tokens);
                }
                tokens.append(name.clone());
            }
            Type::User(ty) => ty.tokens.to_tokens(tokens),
        }
    }
}
