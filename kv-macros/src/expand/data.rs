//! The static data of a namespace: what the engine deploys.

use kv_rules::Expiry;
use proc_macro2::TokenStream;
use quote::quote;

use super::types::ty;
use crate::model::{Account, Entry, File, Namespace, Setting, Spread, Type, Value};

pub(super) fn declaration(model: &Namespace) -> TokenStream {
    let Namespace { runtime, id, title, binding, adopt, .. } = model;
    let delete = option(model.delete.as_ref().map(|delete| quote!(#delete)));
    let account = account(model);
    let entries = model.entries.iter().map(|entry| self::entry(entry, model));
    let spreads = model.spreads.iter().map(|spread| self::spread(spread, model));
    quote! {
        #runtime::Declaration {
            package: ::core::env!("CARGO_PKG_NAME"),
            root: ::core::env!("CARGO_MANIFEST_DIR"),
            id: #id,
            title: #title,
            binding: #binding,
            adopt: #adopt,
            delete: #delete,
            account: #account,
            entries: &[#(#entries),*],
            spreads: &[#(#spreads),*],
        }
    }
}

fn account(model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Account { account_id, api_token, api_key, email, base_url } = &model.account;
    let setting = |setting: &Option<Setting>| {
        option(setting.as_ref().map(|setting| match setting {
            Setting::Literal(text) => quote!(#runtime::declaration::Setting::Literal(#text)),
            Setting::Env(name) => quote!(#runtime::declaration::Setting::Env(#name)),
        }))
    };
    let variable = |name: &Option<String>| option(name.as_ref().map(|name| quote!(#name)));
    let (account_id, email, base_url) = (setting(account_id), setting(email), setting(base_url));
    let (api_token, api_key) = (variable(api_token), variable(api_key));
    quote! {
        #runtime::declaration::Account {
            account_id: #account_id,
            api_token: #api_token,
            api_key: #api_key,
            email: #email,
            base_url: #base_url,
        }
    }
}

fn entry(entry: &Entry, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Entry { key, metadata, expiry, once, .. } = entry;
    let value = value(entry, model);
    let metadata = option(metadata.as_ref().map(|metadata| quote!(#metadata)));
    let expiry = option(expiry.map(|expiry| match expiry {
        Expiry::Ttl(seconds) => quote!(#runtime::__private::Expiry::Ttl(#seconds)),
        Expiry::At(time) => quote!(#runtime::__private::Expiry::At(#time)),
    }));
    quote! {
        #runtime::declaration::Entry {
            key: #key,
            value: #value,
            metadata: #metadata,
            expiry: #expiry,
            once: #once,
        }
    }
}

fn value(entry: &Entry, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let kind = quote!(#runtime::declaration::Value);
    let rust_type = ty(&entry.ty, model);
    // Text and bytes of any content are a `String` or `Bytes`; only a type of the user's can differ.
    let check = option(match &entry.ty {
        Type::User(_) => Some(quote!(#runtime::__private::check::<#rust_type>)),
        _ => None,
    });
    match &entry.value {
        Value::Text(text) => quote!(#kind::Text(#text)),
        Value::Typed(json) => {
            quote!(#kind::Typed(#json, #runtime::__private::encode_literal::<#rust_type>))
        }
        Value::File(File { absolute, .. }) => {
            quote!(#kind::File(::core::include_bytes!(#absolute), #check))
        }
        Value::Env(name) => quote!(#kind::Env(#name, #check)),
        Value::Rust(expression) => {
            quote!(#kind::Rust(|| #runtime::__private::encode::<#rust_type>(&(#expression))))
        }
        Value::Unknown => quote!(#kind::Text("")),
    }
}

fn spread(spread: &Spread, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    match spread {
        Spread::Bulk(File { written, absolute }) => quote! {
            #runtime::declaration::Spread::Bulk {
                path: #written,
                json: ::core::include_str!(#absolute),
            }
        },
        Spread::Dir { written, files } => {
            let files = files.iter().map(|file| {
                let (key, absolute, metadata) = (&file.key, &file.absolute, &file.metadata);
                quote! {
                    #runtime::declaration::File {
                        key: #key,
                        content: ::core::include_bytes!(#absolute),
                        metadata: #metadata,
                    }
                }
            });
            quote!(#runtime::declaration::Spread::Dir { path: #written, files: &[#(#files),*] })
        }
    }
}

pub(super) fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
