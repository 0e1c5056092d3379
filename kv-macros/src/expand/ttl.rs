//! TTLs as code. A TTL that is a Rust constant is checked in a constant of the namespace, each once, so
//! that one mistake is one error.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use crate::model::{Expiry, Namespace, Ttl};

/// A number of seconds.
pub(super) fn ttl(ttl: &Ttl, model: &Namespace) -> TokenStream {
    match ttl {
        Ttl::Seconds(seconds) => seconds.to_token_stream(),
        Ttl::Constant(constant) => name(constant, model).into_token_stream(),
    }
}

/// The constants that hold the checked TTLs. They are not associated constants, since the compiler would
/// also name their type in an error.
pub(super) fn constants(model: &Namespace) -> Option<TokenStream> {
    let all = written(model);
    if all.is_empty() {
        return None;
    }
    let (cfg, runtime) = (&model.head.cfg, &model.runtime);
    let constants = all.iter().map(|constant| {
        let name = name(constant, model);
        let span = name.span();
        let mut runtime = runtime.clone();
        runtime.set_span(runtime.span().located_at(span));
        let value = quote_spanned! {span=>
            #runtime::__private::const_ttl({
                let seconds: ::core::primitive::u64 = #constant;
                seconds
            })
        };
        quote! {
            #cfg
            #[allow(dead_code, non_upper_case_globals)]
            const #name: ::core::primitive::u64 = #value;
        }
    });
    Some(quote!(#(#constants)*))
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
    // The span is that of the user's constant, so that the compiler reports errors there.
    let first = constant.clone().into_iter().next();
    let span = first.map_or_else(Span::call_site, |token| token.span());
    format_ident!("{}_TTL_{}", model.alias, index.unwrap_or_default(), span = span)
}
