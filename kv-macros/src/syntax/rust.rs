//! Types and struct literals inside a declaration: Rust's own grammar, read by syn.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};

use super::tokens::{Tokens, at_name, shorten};
use super::{Expression, StructLiteral, Value, ValueKind};

/// Reads a type up to a comma, or up to a brace when properties can follow it.
pub(super) fn ty(tokens: &mut Tokens<'_>) -> Option<TokenStream> {
    let start = tokens.span();
    if tokens.is_empty() || tokens.at_comma() {
        tokens.errors.lose(
            start,
            format!(
                "expected a Rust type, found {}: write one such as `Session`",
                tokens.describe()
            ),
        );
        return None;
    }
    if tokens.at_group(Delimiter::Brace) {
        tokens.errors.lose(
            start,
            "expected a Rust type, found `{`: declare its fields beside the macro, as \
             `pub struct Session { ... }`, and write `Session` here",
        );
        tokens.tree();
        return None;
    }
    let written = outside_angles(tokens);
    if let Some((shown, ours)) = of_typescript(&written) {
        tokens.errors.lose(start, format!("`{shown}` is a TypeScript type: write {ours}"));
        return meant(ours);
    }
    if let Some(ty) = quoted(&written) {
        tokens.errors.lose(start, format!("a type has no quotes: write `{ty}`"));
        return Some(ty);
    }
    match parse::<syn::Type>(written.clone(), tokens.span()) {
        Ok(_) => match refused(&written) {
            None => Some(written),
            Some((span, message)) => {
                let meant = meant(&message);
                tokens.errors.lose(span, message);
                meant
            }
        },
        Err(error) => {
            let shown = shorten(&written.to_string());
            tokens.errors.lose(
                error.span(),
                format!("`{shown}` is not a Rust type: write one such as `Session`"),
            );
            None
        }
    }
}

/// A type as TypeScript names it, quoted or not, and what to write instead.
fn of_typescript(ty: &TokenStream) -> Option<(String, &'static str)> {
    let written = ty.to_string();
    let name = written.trim_matches(['"', '\'']);
    let ours = match name {
        "string" => "`String`",
        "number" => "`u64`, `i64` or `f64`",
        "boolean" => "`bool`",
        "bigint" => "`u64` or `i64`",
        "any" | "unknown" | "object" => "`kv_runtime::serde_json::Value`, or a struct of your own",
        "ArrayBuffer" | "Uint8Array" | "ReadableStream" => "`kv_runtime::Bytes`",
        _ => return None,
    };
    Some((name.to_owned(), ours))
}

/// The type that a message says to write, which is the first in backticks after `write`, so that no use
/// of it is a second error.
fn meant(message: &str) -> Option<TokenStream> {
    let advice = message.rsplit_once("write ").map_or(message, |(_, advice)| advice);
    let ty = advice.split('`').nth(1)?.parse::<TokenStream>().ok()?;
    syn::parse2::<syn::Type>(ty.clone()).is_ok().then_some(ty)
}

/// The type in quotes.
fn quoted(ty: &TokenStream) -> Option<TokenStream> {
    let written = ty.to_string();
    let text = written.strip_prefix('"')?.strip_suffix('"')?;
    let ty = text.parse::<TokenStream>().ok()?;
    syn::parse2::<syn::Type>(ty.clone()).is_ok().then_some(ty)
}

/// Why a type cannot be the type of a value, and where.
fn refused(ty: &TokenStream) -> Option<(Span, String)> {
    let trees: Vec<TokenTree> = ty.clone().into_iter().collect();
    if let [TokenTree::Ident(ident)] = trees.as_slice()
        && ident == "str"
    {
        return Some((ident.span(), "`str` cannot be stored by itself: write `String`".to_owned()));
    }
    if let [TokenTree::Group(group)] = trees.as_slice()
        && group.delimiter() == Delimiter::Bracket
        && !group.stream().to_string().contains(';')
    {
        let item = group.stream().to_string();
        let message = match item.as_str() {
            "u8" => "a value's type cannot be a slice: write `kv_runtime::Bytes` for bytes, or \
                     `Vec<u8>` for a JSON list"
                .to_owned(),
            _ => format!("a value's type cannot be a slice: write `Vec<{item}>`"),
        };
        return Some((group.span_open(), message));
    }
    trees.iter().enumerate().find_map(|(index, tree)| match tree {
        TokenTree::Punct(punct) if punct.as_char() == '&' => {
            let of_text = trees.iter().skip(index).any(|tree| tree.to_string() == "str");
            let instead =
                if of_text { "String" } else { "the type itself, or `Vec<T>` for a slice" };
            let instead = if of_text { format!("`{instead}`") } else { instead.to_owned() };
            Some((punct.span(), format!("a value's type cannot be a reference: write {instead}")))
        }
        TokenTree::Ident(ident) if ident == "dyn" || ident == "impl" => {
            let message = format!("`{ident}` does not name one type: write the type itself");
            Some((ident.span(), message))
        }
        TokenTree::Ident(ident) if ident == "_" => {
            Some((ident.span(), "`_` is not inferred here: write the type itself".to_owned()))
        }
        TokenTree::Group(group) => refused(&group.stream()),
        _ => None,
    })
}

/// Reads a value that begins with a path: a struct literal, or an expression that is not a value.
pub(super) fn expression(tokens: &mut Tokens<'_>) -> Value {
    let span = tokens.span();
    let written = tokens.until(|tokens| tokens.at_comma() || tokens.at_keyword("in"));
    let kind = match parse(written.clone(), tokens.span()).map(ungrouped) {
        Ok(syn::Expr::Struct(literal)) => {
            let (qself, path) = (literal.qself, literal.path);
            let ty = syn::TypePath { attrs: Vec::new(), qself, path }.into_token_stream();
            ValueKind::Struct(StructLiteral { ty, expression: written })
        }
        Ok(expression) => ValueKind::Expression(Expression {
            shown: as_written(&written),
            macro_name: match expression {
                syn::Expr::Macro(call) => {
                    call.mac.path.segments.last().map(|name| name.ident.to_string())
                }
                _ => None,
            },
        }),
        Err(_) if is_text(&written.to_string()) => {
            ValueKind::Expression(Expression { shown: as_written(&written), macro_name: None })
        }
        Err(error) => {
            let rule = "expected JSON, `file(...)`, `env(...)` or a struct literal";
            tokens.errors.lose(error.span(), format!("{rule}: {error}"));
            ValueKind::Broken
        }
    };
    Value { span, kind }
}

/// An expression without the groups that a fragment of `macro_rules!` puts around it.
pub(super) fn ungrouped(expression: syn::Expr) -> syn::Expr {
    match expression {
        syn::Expr::Group(group) => ungrouped(*group.expr),
        expression => expression,
    }
}

/// Tokens as people write them, not as a stream prints them.
fn as_written(tokens: &TokenStream) -> String {
    let printed = tokens.to_string();
    if is_text(&printed) {
        return shorten(&printed.replace(" - ", "-").replace(" . ", "."));
    }
    shorten(&printed.replace(" :: ", "::").replace("! (", "!(").replace("! [", "!["))
}

/// Whether something was probably meant as text that only lacks its quotes.
pub(crate) fn is_text(written: &str) -> bool {
    written.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' '))
}

/// Parses all tokens. Where they end too early, the error is at `end`: syn alone would point at
/// the whole macro.
fn parse<T: Parse>(tokens: TokenStream, end: Span) -> syn::Result<T> {
    let parser = |input: ParseStream<'_>| match input.parse() {
        Err(_) if input.is_empty() => Err(syn::Error::new(end, "it ends too early")),
        parsed => parsed,
    };
    parser.parse2(tokens)
}

/// Reads up to a comma or brace that is not inside `<...>`. In an unfinished type whose `<` is never
/// closed, reads up to the first comma.
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
    // A name with a colon begins the next property, even if the comma before it is missing.
    tokens.at_comma()
        || tokens.at_punct(';')
        || tokens.at_group(Delimiter::Brace)
        || at_name(tokens)
}
