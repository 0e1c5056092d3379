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
    let mut ahead = *tokens;
    if let (Some(keyword), Some(name)) = (ahead.ident(), ahead.ident())
        && ["struct", "enum", "interface"].iter().any(|word| keyword == word)
    {
        let message = format!("declare `{name}` beside the macro, and write only `{name}` here");
        tokens.errors.push_unless_lost(start, message);
        *tokens = ahead;
        return None;
    }
    let written = outside_angles(tokens);
    let refused = typescript(&written)
        .map(|message| (start, message))
        .or_else(|| {
            quoted(&written).map(|ty| (start, format!("a type has no quotes: write `{ty}`")))
        })
        .or_else(|| refused(&written));
    if let Some((span, message)) = refused {
        tokens.errors.push_unless_lost(span, message);
        return None;
    }
    if let Err(error) = parse::<syn::Type>(written.clone(), tokens.span()) {
        let shown = shorten(&as_written(&written));
        tokens.errors.lose(
            error.span(),
            format!("`{shown}` is not a Rust type: write one such as `Session`"),
        );
        return None;
    }
    Some(written)
}

/// What to write for a type of TypeScript, quoted or not.
fn typescript(ty: &TokenStream) -> Option<String> {
    let written = ty.to_string();
    let name = written.trim_matches(['"', '\'']);
    let ours = match name {
        "number" => "`u64`, `i64` or `f64`",
        "bigint" => "`u64` or `i64`",
        "any" | "unknown" | "object" => "`kv_runtime::serde_json::Value`, or a struct of your own",
        "ArrayBuffer" | "Uint8Array" | "ReadableStream" => "`kv_runtime::Bytes`",
        _ => "",
    };
    if !ours.is_empty() {
        return Some(format!("`{name}` is a TypeScript type: write {ours}"));
    }
    let mut is_typescript = false;
    let rust = in_rust(ty.clone(), &mut is_typescript);
    let shown = as_written(ty).replace(" < ", "<").replace(" >", ">");
    is_typescript.then(|| {
        format!("`{}` is a TypeScript type: write `{rust}`", shown.trim_matches(['"', '\'']))
    })
}

/// A type with TypeScript's names in it replaced, without the spaces between tokens.
fn in_rust(ty: TokenStream, is_typescript: &mut bool) -> String {
    let mut rust = String::new();
    let trees: Vec<TokenTree> = ty.into_iter().collect();
    let is_colon = |index: usize| trees.get(index).is_some_and(|tree| tree.to_string() == ":");
    for (index, tree) in trees.iter().enumerate() {
        let text = tree.to_string();
        // `std::string` is a module.
        if is_colon(index + 1) || index.checked_sub(1).is_some_and(is_colon) {
            rust.push_str(&text);
            continue;
        }
        let (name, is_word) = match text.trim_matches(['"', '\'']) {
            "string" => ("String", true),
            "number" => ("f64", true),
            "boolean" => ("bool", true),
            "any" | "unknown" => ("kv_runtime::serde_json::Value", true),
            "Record" | "Map" => ("std::collections::HashMap", false),
            "Array" | "Set" => ("Vec", false),
            "," => (", ", false),
            _ => (text.as_str(), false),
        };
        *is_typescript |= is_word;
        rust.push_str(name);
    }
    rust
}

/// The type in quotes.
fn quoted(ty: &TokenStream) -> Option<TokenStream> {
    let written = ty.to_string();
    let text = written.strip_prefix('"')?.strip_suffix('"')?;
    // More quotes inside would be reported by rustc.
    let ty = (!text.contains('"')).then(|| text.parse::<TokenStream>().ok())??;
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
        TokenTree::Ident(ident) if ident == "fn" => {
            let message = "a function cannot be stored: write the type of what it returns";
            Some((ident.span(), message.to_owned()))
        }
        TokenTree::Ident(ident) if ident == "Self" => {
            let message = "`Self` is the namespace here, which cannot be stored: write the type of the value";
            Some((ident.span(), message.to_owned()))
        }
        TokenTree::Punct(punct) if punct.as_char() == '\'' => {
            let name = trees.get(index + 1).map_or_else(String::new, ToString::to_string);
            (name != "static").then(|| {
                let message = format!(
                    "a value owns its data, so its type has no lifetime `'{name}`: write a type without it"
                );
                (punct.span(), message)
            })
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            long_array(group).or_else(|| refused(&group.stream()))
        }
        TokenTree::Ident(ident) if ident == "_" => {
            Some((ident.span(), "`_` is not inferred here: write the type itself".to_owned()))
        }
        TokenTree::Group(group) => refused(&group.stream()),
        _ => None,
    })
}

/// Why an array is too long, where its length is a number.
fn long_array(array: &proc_macro2::Group) -> Option<(Span, String)> {
    const LONGEST: usize = 32;
    let syn::TypeArray { elem, len, .. } = syn::parse2(array.to_token_stream()).ok()?;
    let length: usize = len.to_token_stream().to_string().parse().ok()?;
    let message = format!(
        "serde reads arrays of at most {LONGEST} items, and this one has {length}: write `Vec<{}>`",
        elem.to_token_stream()
    );
    (length > LONGEST).then(|| (array.span_open(), message))
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
