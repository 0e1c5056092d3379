//! Code that was pasted as a whole from elsewhere: one message shows what to write in its place.

use proc_macro2::{Delimiter, Span};

use super::tokens::Tokens;
use crate::names;

/// Words that begin JavaScript statements.
const STATEMENTS: [&str; 8] =
    ["const", "let", "var", "export", "await", "import", "function", "async"];

/// A statement in the place of a declaration.
pub(super) struct Pasted<'a> {
    pub(super) span: Span,
    pub(super) message: String,
    /// What the type is called.
    pub(super) name: String,
    /// The object in it, whose properties are those of a declaration.
    pub(super) inside: Option<Tokens<'a>>,
}

/// Recognises such a statement.
pub(super) fn pasted(tokens: Tokens<'_>) -> Option<Pasted<'_>> {
    let span = tokens.span();
    if tokens.at_group(Delimiter::Bracket) {
        let mut ahead = tokens;
        let (inside, _) = ahead.group(Delimiter::Bracket)?;
        if !inside.at_group(Delimiter::Bracket) && !inside.at_keyword("kv_namespaces") {
            return None;
        }
        let message =
            "this is wrangler's configuration: write `pub struct Sessions;` and `title: \"...\"`, or \
             let `cargo run --bin deploy -- init --from-wrangler` write the declaration"
                .to_owned();
        return Some(Pasted { span, message, name: "Namespace".to_owned(), inside: None });
    }
    if let Some(pasted) = call(tokens) {
        return Some(pasted);
    }
    let is_statement = STATEMENTS.into_iter().any(|word| tokens.at_keyword(word));
    let mut ahead = tokens;
    ahead.ident()?;
    let is_new = tokens.at_keyword("new") && ahead.ident().is_some();
    // `const: 1` is a property, even though an unknown one.
    if !(is_statement || is_new) || ahead.at_punct(':') {
        return None;
    }
    let (mut name, mut inside, mut previous) = (None, None, String::new());
    let mut rest = tokens;
    while !rest.is_empty() && inside.is_none() {
        if let Some((mut call, _)) = rest.group(Delimiter::Parenthesis) {
            while !call.is_empty() && inside.is_none() {
                inside = call.group(Delimiter::Brace).map(|(inside, _)| inside);
                if inside.is_none() {
                    call.tree();
                }
            }
        } else if let Some((object, _)) = rest.group(Delimiter::Brace) {
            inside = Some(object);
        } else if let Some(ident) = rest.ident() {
            if ["const", "let", "var"].contains(&previous.as_str()) {
                name = names::pascal(&ident.to_string());
            }
            previous = ident.to_string();
        } else {
            rest.tree();
        }
    }
    let name = name.unwrap_or_else(|| "Sessions".to_owned());
    let message = format!(
        "this is JavaScript: write `pub struct {name};` in its place, and after it the \
         properties without braces, such as `title: \"...\", values: [...]`"
    );
    Some(Pasted { span, message, name, inside })
}

/// Recognises what is between the parentheses of a call: `"sessions", { title: "..." }`.
fn call(tokens: Tokens<'_>) -> Option<Pasted<'_>> {
    let mut ahead = tokens;
    let literal = ahead.literal()?.to_string();
    ahead.punct(',')?;
    let (inside, _) = ahead.group(Delimiter::Brace)?;
    ahead.punct(',');
    if !ahead.is_empty() || !literal.starts_with(['"', '\'']) {
        return None;
    }
    let name = names::pascal(literal.trim_matches(['"', '\'']));
    let name = name.unwrap_or_else(|| "Sessions".to_owned());
    let message = format!(
        "this is JavaScript: write `pub struct {name};` in place of `{literal}`, and after it the properties without braces, such as `title: \"...\", \
         values: [...]`"
    );
    Some(Pasted { span: tokens.span(), message, name, inside: Some(inside) })
}
