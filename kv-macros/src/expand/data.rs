//! The static data of a namespace: what the engine deploys.

use kv_rules::push_json_text;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::checks::{self, Checks};
use super::families;
use super::path::{self, Optional};
use super::ttl::ttl;
use super::types::value_type;
use crate::model::{Account, Entry, Expiry, Family, File, Namespace, Setting, Spread, Type, Value};

pub(super) fn declaration(model: &Namespace) -> TokenStream {
    let Namespace { runtime, id, title, binding, adopt, .. } = model;
    let delete = Optional(model.delete);
    let was = Optional(model.was.as_ref());
    let delete_by_stage =
        model.delete_by_stage.iter().map(|(stages, delete)| quote!((&[#(#stages),*], #delete)));
    let account = account(model);
    let checks = Checks::of(model);
    let texts =
        model.entries.iter().filter_map(|entry| Some((text(entry)?, checks.of_entry(entry))));
    let texts = self::texts(texts);
    let types = checks.all();
    let entries = model.entries.iter().filter(|entry| text(entry).is_none());
    let entries = entries.map(|entry| self::entry(entry, &checks, model));
    let spreads = model.spreads.iter().map(|spread| self::spread(spread, model));
    let families = model.families.iter().enumerate();
    let families = families.map(|(index, family)| self::family(index, family, model));
    quote! {
        #runtime::__private::declaration::Declaration {
            package: ::core::env!("CARGO_PKG_NAME"),
            place: ::core::concat!(::core::file!(), ":", ::core::line!()),
            root: ::core::env!("CARGO_MANIFEST_DIR"),
            id: #id,
            was: #was,
            title: #title,
            binding: #binding,
            adopt: #adopt,
            delete: #delete,
            delete_by_stage: &[#(#delete_by_stage),*],
            account: #account,
            texts: #texts,
            entries: &[#(#entries),*],
            types: &[#(#types),*],
            spreads: &[#(#spreads),*],
            families: &[#(#families),*],
        }
    }
}

/// The data of a declaration with mistakes: it is empty, since none of it is deployed and checking what
/// was half understood would only repeat the error.
pub(super) fn nothing(model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    quote!(#runtime::__private::declaration::Declaration::NOTHING)
}

fn account(model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Account { id, api_token, api_key, email, base_url } = &model.account;
    let setting = |setting: &Option<Setting>| {
        Optional(setting.as_ref().map(|setting| match setting {
            Setting::Literal(text) => {
                quote!(#runtime::__private::declaration::Setting::Literal(#text))
            }
            Setting::Env(name) => quote!(#runtime::__private::declaration::Setting::Env(#name)),
        }))
    };
    let (account_id, email, base_url) = (setting(id), setting(email), setting(base_url));
    let (api_token, api_key) = (Optional(api_token.as_ref()), Optional(api_key.as_ref()));
    quote! {
        #runtime::__private::declaration::AccountSettings {
            account_id: #account_id,
            api_token: #api_token,
            api_key: #api_key,
            email: #email,
            base_url: #base_url,
        }
    }
}

/// The key and the text of an entry that has nothing else.
fn text(entry: &Entry) -> Option<[&str; 2]> {
    match entry {
        Entry {
            key,
            value: Value::Text(text),
            metadata: None,
            expiry: None,
            once: false,
            only,
            by_stage,
            cfg,
            ..
        } if only.is_empty() && by_stage.is_empty() && cfg.is_empty() => Some([key, text]),
        _ => None,
    }
}

/// Pairs of a key and a text as JSON, each with the number of its types unless it is plain text.
fn texts<'a>(pairs: impl Iterator<Item = ([&'a str; 2], Option<usize>)>) -> String {
    let mut json = "[".to_owned();
    for ([key, text], types) in pairs {
        json.push_str(if json.len() > 1 { ",[" } else { "[" });
        push_json_text(&mut json, key);
        json.push(',');
        push_json_text(&mut json, text);
        if let Some(types) = types {
            json.push(',');
            json.push_str(&types.to_string());
        }
        json.push(']');
    }
    json.push(']');
    json
}

fn entry(entry: &Entry, checks: &Checks<'_>, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Entry { key, once, only, by_stage, cfg, .. } = entry;
    let value = EntryValue { value: &entry.value, ty: &entry.ty, cfg, model };
    let by_stage = by_stage.iter().map(|(stages, value)| {
        let value = EntryValue { value, ty: &entry.ty, cfg, model };
        quote!((&[#(#stages),*], #value))
    });
    let metadata = Optional(entry.metadata.as_ref().map(|json| {
        let check = check_metadata(&entry.metadata_ty, cfg, model);
        quote!(#runtime::__private::declaration::DeclaredMetadata { json: #json, check: #check })
    }));
    let expiry = Optional(entry.expiry.as_ref().map(|expiry| EntryExpiry { expiry, model }));
    let types = Optional(checks.of_entry(entry));
    quote! {
        #cfg
        #runtime::__private::declaration::DeclaredEntry {
            key: #key,
            value: #value,
            metadata: #metadata,
            expiry: #expiry,
            types: #types,
            once: #once,
            only: &[#(#only),*],
            by_stage: &[#(#by_stage),*],
        }
    }
}

/// The code that checks metadata; none for types that were inferred from it, or that take any.
fn check_metadata(ty: &Type, cfg: &TokenStream, model: &Namespace) -> Optional<TokenStream> {
    let value_type = value_type(ty, cfg, model);
    Optional(matches!(ty, Type::User(_)).then(|| quote!(#value_type.check_metadata)))
}

struct EntryExpiry<'a> {
    expiry: &'a Expiry,
    model: &'a Namespace,
}

impl ToTokens for EntryExpiry<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (kind, seconds) = match self.expiry {
            Expiry::Ttl(ttl_of) => ("Ttl", ttl(ttl_of, self.model)),
            Expiry::At(time) => ("At", time.to_token_stream()),
        };
        path::runtime(&self.model.runtime, &["__private", "Expiry", kind], tokens);
        path::parenthesized(&seconds, tokens);
    }
}

struct EntryValue<'a> {
    value: &'a Value,
    ty: &'a Type,
    cfg: &'a TokenStream,
    model: &'a Namespace,
}

impl ToTokens for EntryValue<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { value, ty, cfg, model } = self;
        let runtime = &model.runtime;
        let value_type = value_type(ty, cfg, model);
        // A `String` or `Bytes` takes any content; a user's type may refuse it.
        let check = Optional(match ty {
            Type::User(_) => Some(quote!(#value_type.check)),
            _ => None,
        });
        let (kind, arguments) = match value {
            Value::Text(text) => ("Text", quote!(#text)),
            Value::Typed(json) => ("Typed", quote!(#json, #value_type.encode_literal)),
            Value::File(File { absolute, .. }) => {
                ("File", quote!(::core::include_bytes!(#absolute), #check))
            }
            Value::Env(name) => ("Env", quote!(#name, #check)),
            Value::Rust(expression) => {
                // The compiler reports a wrong type at the expression.
                let first = expression.clone().into_iter().next();
                let span = first.map_or_else(Span::call_site, |token| token.span());
                let borrowed = quote_spanned!(span=> &(#expression));
                ("Rust", quote!(|| (#value_type.encode)(#borrowed)))
            }
            // Its declaration has a mistake, and no data.
            Value::Unknown => return,
        };
        path::runtime(runtime, &["__private", "declaration", "DeclaredValue", kind], tokens);
        path::parenthesized(&arguments, tokens);
    }
}

fn family(index: usize, family: &Family, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    let Family { pattern, cfg, .. } = family;
    let default_ttl = Optional(family.default_ttl.as_ref().map(|default| ttl(default, model)));
    let types = checks::of_family(family, model);
    let (_, parse) = families::parse(index, family, model);
    quote! {
        #cfg
        #runtime::__private::declaration::DeclaredFamily {
            pattern: #pattern,
            expiration_ttl: #default_ttl,
            is_key: |params| (#parse)(params).is_some(),
            types: #types,
        }
    }
}

fn spread(spread: &Spread, model: &Namespace) -> TokenStream {
    let runtime = &model.runtime;
    match spread {
        Spread::File(path) => quote!(#runtime::__private::declaration::Spread::File(#path)),
        Spread::Dir(path) => quote!(#runtime::__private::declaration::Spread::Dir(#path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn texts_of_any_content_are_read_back(pairs: Vec<[String; 2]>) {
            let json = texts(pairs.iter().map(|[key, text]| ([key.as_str(), text.as_str()], None)));
            proptest::prop_assert_eq!(serde_json::from_str::<Vec<[String; 2]>>(&json).unwrap(), pairs);
        }
    }
}
