//! How many seconds a pair lives, as code. Those that are Rust constants are checked in constants of
//! the namespace, each once, so that one mistake is one error.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use crate::model::{Expiry, Namespace, Ttl};

/// A number of seconds.
pub(super) fn ttl(ttl: &Ttl, model: &Namespace) -> TokenStream {
    match ttl {
        Ttl::Seconds(seconds) => seconds.to_token_stream(),
        Ttl::Constant(constant) => {
            let (namespace, name) = (&model.head.name, name(constant, model));
            quote!(#namespace::#name)
        }
    }
}

/// The constants that hold what is checked.
pub(super) fn constants(model: &Namespace) -> Option<TokenStream> {
    let all = written(model);
    if all.is_empty() {
        return None;
    }
    let (namespace, cfg, runtime) = (&model.head.name, &model.head.cfg, &model.runtime);
    let constants = all.iter().map(|constant| {
        let first = constant.to_token_stream().into_iter().next();
        let span = first.map_or_else(Span::call_site, |token| token.span());
        let name = name(constant, model);
        // What the compiler says of the call is said of the constant.
        let mut runtime = runtime.clone();
        runtime.set_span(runtime.span().located_at(span));
        let value = quote_spanned!(span=> #runtime::__private::const_ttl(#constant));
        quote!(const #name: ::core::primitive::u64 = #value;)
    });
    Some(quote! {
        #cfg
        #[allow(dead_code)]
        impl #namespace {
            #(#constants)*
        }
    })
}

/// Every constant that is written, once.
fn written(model: &Namespace) -> Vec<&TokenStream> {
    let of_entries = model.entries.iter().filter_map(|entry| match &entry.expiry {
        Some(Expiry::Ttl(ttl)) => Some(ttl),
        _ => entry.default_ttl.as_ref(),
    });
    let of_families = model.families.iter().filter_map(|family| family.default_ttl.as_ref());
    let mut all: Vec<&TokenStream> = Vec::new();
    for ttl in of_entries.chain(of_families) {
        if let Ttl::Constant(constant) = ttl
            && all.iter().all(|other| other.to_string() != constant.to_string())
        {
            all.push(constant);
        }
    }
    all
}

fn name(constant: &TokenStream, model: &Namespace) -> Ident {
    let all = written(model);
    let index = all.iter().position(|other| other.to_string() == constant.to_string());
    format_ident!("__TTL_{}", index.unwrap_or_default())
}
