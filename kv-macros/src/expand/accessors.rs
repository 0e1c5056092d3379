//! The methods of a namespace: constants, accessors and families.

use proc_macro2::{Punct, Spacing, TokenStream};
use quote::{ToTokens, TokenStreamExt as _, quote, quote_spanned};

use super::docs;
use super::path::Optional;
use super::types::{RustType, ty};
use crate::model::{Entry, Family, Namespace, Param, Segment, Type};

pub(super) fn accessors(model: &Namespace) -> TokenStream {
    let name = &model.head.name;
    let entries = model.entries.iter().map(|entry| self::entry(entry, model));
    let families = model.families.iter().map(|family| self::family(family, model));
    let common = common(model);
    quote! {
        // An entry is there to be deployed; no program must use every accessor.
        #[allow(dead_code)]
        impl #name {
            #(#entries)*
            #(#families)*
            #common
        }
    }
}

fn entry(entry: &Entry, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let (constant, accessor) = (&entry.names.constant, &entry.names.accessor);
    let key = &entry.key;
    let types = types(&entry.ty, &entry.metadata_ty, model);
    let ttl = Optional(entry.default_ttl);
    let docs = docs::entry(entry);
    quote! {
        #[doc = #docs]
        pub const #constant: #runtime::Key<#types> = #runtime::Key::declared(#key, #ttl);
        #[doc = #docs]
        pub fn #accessor(&self) -> #runtime::Entry<'_, #types> {
            self.store.entry(Self::#constant)
        }
    }
}

/// The arguments of `Key` and `Entry`; metadata of the default type is left out.
struct Types<'a> {
    value: RustType<'a>,
    metadata: Option<RustType<'a>>,
}

fn types<'a>(value: &'a Type, metadata: &'a Type, model: &'a Namespace) -> Types<'a> {
    let metadata = (*metadata != Type::Json).then(|| ty(metadata, model));
    Types { value: ty(value, model), metadata }
}

impl ToTokens for Types<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.value.to_tokens(tokens);
        if let Some(metadata) = &self.metadata {
            tokens.append(Punct::new(',', Spacing::Alone));
            metadata.to_tokens(tokens);
        }
    }
}

fn family(family: &Family, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Family { accessor, list, constant, params, .. } = family;
    let data = data(family, model);
    let docs = docs::family(family);
    let list_docs = docs::family_list(family);
    let types = types(&family.ty, &family.metadata_ty, model);
    let arguments = params.iter().map(|Param { ident, ty, span }| match ty {
        Some(ty) => quote_spanned!(*span=> #ident: #ty),
        None => quote_spanned!(*span=> #ident: &::core::primitive::str),
    });
    let texts = params.iter().map(|Param { ident, ty, span }| match ty {
        Some(_) => quote_spanned! {*span=>
            ::std::borrow::Cow::Owned(::std::string::ToString::to_string(&#ident))
        },
        None => quote_spanned!(*span=> ::std::borrow::Cow::Borrowed(#ident)),
    });
    let metadata = ty(&family.metadata_ty, model);
    let (parsed_type, parse) = parse(family, model);
    quote! {
        const #constant: &'static #runtime::__private::Family = &#data;
        #[doc = #docs]
        pub fn #accessor(&self, #(#arguments),*) -> #runtime::Entry<'_, #types> {
            self.store.family_entry(Self::#constant, &[#(#texts),*])
        }
        #[doc = #list_docs]
        pub fn #list(&self) -> #runtime::FamilyList<#parsed_type, #metadata> {
            self.store.family_list(Self::#constant, #parse)
        }
    }
}

/// What a listing makes of a key's parameters, and how.
fn parse(family: &Family, model: &Namespace) -> (TokenStream, TokenStream) {
    let runtime = &model.runtime;
    let types = family.params.iter().map(|param| match &param.ty {
        Some(ty) => ty.clone(),
        None => quote!(::std::string::String),
    });
    let idents: Vec<_> = family.params.iter().map(|param| &param.ident).collect();
    let values = family.params.iter().map(|Param { ident, ty, span }| match ty {
        Some(ty) => quote_spanned!(*span=> #runtime::__private::parse_param::<#ty>(#ident)?),
        None => quote!(<::std::string::String as ::core::convert::From<&::core::primitive::str>>::from(#ident)),
    });
    let (ty, value) = match idents.as_slice() {
        [_] => (quote!(#(#types)*), quote!(#(#values)*)),
        _ => (quote!((#(#types),*)), quote!((#(#values),*))),
    };
    let parse = quote! {
        |params| match *params {
            [#(#idents),*] => ::core::option::Option::Some(#value),
            _ => ::core::option::Option::None,
        }
    };
    (ty, parse)
}

fn data(family: &Family, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let pattern = pattern(family, model);
    let shadowed_by = family
        .shadowed_by
        .iter()
        .filter_map(|index| model.families.get(*index))
        .map(|other| self::pattern(other, model));
    let ttl = Optional(family.default_ttl);
    quote! {
        #runtime::__private::Family {
            pattern: #pattern,
            shadowed_by: &[#(#shadowed_by),*],
            expiration_ttl: #ttl,
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

/// The methods that every namespace has, so that using one needs no trait in scope.
fn common(model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    quote! {
        /// The namespace in a store: Cloudflare's over its API, local files, memory, or a Worker's
        /// binding.
        pub fn new(store: impl ::core::convert::Into<#runtime::Store>) -> Self {
            Self { store: ::core::convert::Into::into(store) }
        }

        /// The store that the values are in.
        #[must_use]
        pub fn store(&self) -> &#runtime::Store {
            &self.store
        }

        /// Deploys this namespace: creates what is missing and writes what changed.
        #[cfg(not(target_arch = "wasm32"))]
        #[must_use]
        pub fn deploy() -> #runtime::Deploy<Self> {
            #runtime::Deploy::new()
        }

        /// The namespace behind the Worker's binding.
        #[cfg(target_arch = "wasm32")]
        pub fn from_env(
            env: &#runtime::worker::Env,
        ) -> ::core::result::Result<Self, #runtime::Error> {
            <Self as #runtime::Namespace>::from_env(env)
        }
    }
}
