//! `/// docs` before an entry, a family or a property.

use proc_macro2::{Delimiter, TokenTree};
use syn::parse::Parser as _;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::tokens::Tokens;
use crate::errors::Errors;

/// Reads what is documented, and refuses other attributes.
pub(super) fn docs(tokens: &mut Tokens<'_>, errors: &mut Errors) -> String {
    let mut docs = String::new();
    while tokens.at_punct('#') {
        let span = tokens.span();
        let hash = tokens.tree();
        if !tokens.at_group(Delimiter::Bracket) {
            errors.push(span, "an attribute is `#[...]`, and only `/// docs` can be here");
            continue;
        }
        let brackets = tokens.tree();
        let name = match &brackets {
            Some(TokenTree::Group(group)) => group.stream().into_iter().next(),
            _ => None,
        };
        let attribute = hash.into_iter().chain(brackets).collect();
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
        let hint = if name == "cfg" {
            "; `#[cfg(...)]` before `struct Name;` is for the whole declaration"
        } else {
            ""
        };
        let message = format!("`#[{name}]` cannot be here, only `/// docs` can: remove it{hint}");
        errors.push(span, message);
    }
    docs
}
