//! Types and struct literals inside a declaration: Rust's own grammar, read by syn.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;

use super::tokens::{Tokens, shorten};
use super::{StructLiteral, Value, ValueKind};
use crate::errors::Errors;

/// Reads a type up to a comma, or up to a brace when properties can follow it.
pub(super) fn ty(tokens: &mut Tokens<'_>, errors: &mut Errors) -> Option<TokenStream> {
    let start = tokens.span();
    if tokens.is_empty() || tokens.at_comma() {
        errors.push(start, format!("expected a Rust type, found {}", tokens.describe()));
        return None;
    }
    let written = outside_angles(tokens);
    match syn::parse2::<syn::Type>(written.clone()) {
        Ok(_) => Some(written),
        Err(error) => {
            errors.push(error.span(), format!("expected a Rust type: {error}"));
            None
        }
    }
}

/// Reads a value that begins with a path: a struct literal, or what cannot stand here.
pub(super) fn expression(tokens: &mut Tokens<'_>, errors: &mut Errors) -> Value {
    let span = tokens.span();
    let written = tokens.until_comma();
    let text = shorten(&written.to_string());
    match syn::parse2(written.clone()) {
        Ok(syn::Expr::Struct(literal)) => {
            let (qself, path) = (literal.qself, literal.path);
            let ty = syn::TypePath { attrs: Vec::new(), qself, path }.into_token_stream();
            let literal = StructLiteral { ty, expression: written };
            return Value { span, kind: ValueKind::Struct(literal) };
        }
        Ok(syn::Expr::Macro(_)) => errors.push(
            span,
            format!(
                "`{text}` is a macro: write the JSON itself, `file(\"path\")` for a file's content, or a \
                 struct literal such as `Theme {{ dark: true }}`"
            ),
        ),
        Ok(_) => errors.push(
            span,
            format!(
                "`{text}` is no value here: a value is a JSON literal, `file(\"path\")`, `env(\"NAME\")` \
                 or a struct literal such as `Theme {{ dark: true }}`; for text, quote it"
            ),
        ),
        Err(error) => errors.push(
            error.span(),
            format!("expected a JSON literal, `file(...)`, `env(...)` or a struct literal: {error}"),
        ),
    }
    Value { span, kind: ValueKind::Broken }
}

/// Reads up to a comma or brace that no `<...>` encloses. In half a type whose `<` is never
/// closed, that is up to the first comma.
fn outside_angles(tokens: &mut Tokens<'_>) -> TokenStream {
    let mut ahead = *tokens;
    let mut read = TokenStream::new();
    let mut depth = 0_usize;
    let mut after_minus = false;
    while depth > 0 || !ends_type(&ahead) {
        let Some(tree) = ahead.tree() else { break };
        if let TokenTree::Punct(punct) = &tree {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !after_minus => depth = depth.saturating_sub(1),
                _ => {}
            }
            after_minus = punct.as_char() == '-';
        }
        read.extend([tree]);
    }
    if depth > 0 {
        return tokens.until(ends_type);
    }
    *tokens = ahead;
    read
}

fn ends_type(tokens: &Tokens<'_>) -> bool {
    tokens.at_comma() || tokens.at_group(Delimiter::Brace)
}
