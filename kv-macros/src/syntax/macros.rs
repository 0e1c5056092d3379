//! Macros of the standard library that make a text while the declaration is read: `concat!`, `env!` and
//! `stringify!`.

use kv_rules::shown;
use proc_macro2::{Delimiter, Span};

use super::json::scalar_text;
use super::tokens::Tokens;

/// A text that a macro makes, or why it makes none.
pub(super) type MacroText = Result<String, (Span, String)>;

/// Reads such a macro; `None` when there is none.
pub(super) fn text_macro(tokens: &mut Tokens<'_>) -> Option<MacroText> {
    let mut ahead = *tokens;
    for prefix in ["std", "core"] {
        if ahead.keyword(prefix).is_some() {
            ahead.joined("::")?;
        }
    }
    let name = ahead.ident()?;
    let known = ["concat", "env", "stringify"].into_iter().find(|known| name == known)?;
    ahead.punct('!')?;
    let delimiters = [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace];
    let (inside, span) = delimiters.into_iter().find_map(|delimiter| ahead.group(delimiter))?;
    *tokens = ahead;
    Some(match known {
        "concat" => concat(inside),
        "env" => env(inside, span.open()),
        _ => Ok(stringify(inside)),
    })
}

fn concat(mut tokens: Tokens<'_>) -> MacroText {
    let mut text = String::new();
    while !tokens.is_empty() {
        let span = tokens.span();
        if let Some(made) = text_macro(&mut tokens) {
            text.push_str(&made?);
        } else if let Some(part) = scalar_text(&mut tokens) {
            text.push_str(&part);
        } else {
            let found = tokens.describe();
            let message = format!(
                "`concat!` takes texts, numbers, `env!(...)` and `stringify!(...)`, found {found}"
            );
            return Err((span, message));
        }
        if !tokens.is_empty() && tokens.punct(',').is_none() {
            let message = format!("expected `,`, found {}", tokens.describe());
            return Err((tokens.span(), message));
        }
    }
    Ok(text)
}

fn env(mut tokens: Tokens<'_>, open: Span) -> MacroText {
    let span = if tokens.is_empty() { open } else { tokens.span() };
    let name = match text_macro(&mut tokens) {
        Some(made) => Some(made?),
        None => scalar_text(&mut tokens),
    };
    let Some(name) = name else {
        return Err((span, "`env!` takes a text: write `env!(\"CARGO_PKG_NAME\")`".to_owned()));
    };
    std::env::var(&name).map_err(|_| {
        let message = format!(
            "the environment variable `{}` is not set at compile time: for a value from the \
             deploy's environment, write `env(\"{0}\")`, without `!`",
            shown(&name)
        );
        (span, message)
    })
}

fn stringify(mut tokens: Tokens<'_>) -> String {
    let mut text = String::new();
    while let Some(tree) = tokens.tree() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&tree.to_string());
    }
    text
}
