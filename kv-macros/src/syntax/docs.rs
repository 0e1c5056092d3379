//! What comes before an entry, a family or a property: `/// docs` and `#[cfg(...)]`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::Parser as _;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::tokens::Tokens;

/// What comes before an entry or a family.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// Its `///`.
    pub(crate) docs: String,
    /// Its `#[cfg(...)]`.
    pub(crate) cfg: TokenStream,
}

/// Reads the docs before a property, and refuses attributes.
pub(super) fn docs(tokens: &mut Tokens<'_>) -> String {
    let Before { docs, cfg } = before(tokens);
    if let Some(first) = cfg.into_iter().next() {
        let message = "`#[cfg(...)]` is not allowed before a property: write it before `struct Name;`, \
                       an entry or a family";
        tokens.errors.lose(first.span(), message);
    }
    docs
}

/// Reads docs and `#[cfg(...)]`, and refuses other attributes.
pub(super) fn before(tokens: &mut Tokens<'_>) -> Before {
    let (mut docs, mut cfg) = (String::new(), TokenStream::new());
    while tokens.at_punct('#') {
        let span = tokens.span();
        let hash = tokens.tree();
        if !tokens.at_group(Delimiter::Bracket) {
            tokens
                .errors
                .lose(span, "an attribute is `#[...]`, and only `/// docs` are allowed here");
            continue;
        }
        let brackets = tokens.tree();
        let name = match &brackets {
            Some(TokenTree::Group(group)) => group.stream().into_iter().next(),
            _ => None,
        };
        let attribute: TokenStream = hash.into_iter().chain(brackets).collect();
        if name.as_ref().is_some_and(|name| name.to_string() == "cfg") {
            match predicate(&attribute) {
                Ok(()) => cfg.extend(attribute),
                Err(error) => tokens.errors.push(error.span(), wrong_predicate(&error)),
            }
            continue;
        }
        let parsed = Attribute::parse_outer.parse2(attribute).ok();
        let text = parsed.and_then(|attributes| match attributes.into_iter().next()?.meta {
            Meta::NameValue(meta) if meta.path.is_ident("doc") => match meta.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
        if let Some(text) = text {
            docs.push_str(if docs.is_empty() { "" } else { "\n" });
            docs.push_str(text.strip_prefix(' ').unwrap_or(&text));
            continue;
        }
        let name = name.map_or_else(String::new, |name| name.to_string());
        let message = format!("`#[{name}]` is not allowed here: remove it");
        tokens.errors.push(span, message);
    }
    Before { docs, cfg }
}

/// Checks what is in the parentheses of `#[cfg(...)]`, about which rustc would report two errors.
pub(super) fn predicate(attribute: &TokenStream) -> syn::Result<()> {
    let attributes = Attribute::parse_outer.parse2(attribute.clone())?;
    attributes.iter().try_for_each(|attribute| attribute.parse_args::<Meta>().map(drop))
}

/// What to say about a predicate that cannot be read.
pub(super) fn wrong_predicate(error: &syn::Error) -> String {
    format!("this is not a predicate: {error}; write one such as `#[cfg(feature = \"beta\")]`")
}
