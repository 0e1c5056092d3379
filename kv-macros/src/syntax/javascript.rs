//! JavaScript that does not work when pasted: the message says what to write instead.

use proc_macro2::{Delimiter, TokenTree};

use super::tokens::Tokens;

/// The message for a value that is JavaScript.
pub(super) fn javascript(tokens: Tokens<'_>) -> Option<String> {
    if let Some(text) = template(tokens) {
        return Some(format!("Rust has no template strings: write `\"{text}\"`"));
    }
    if let Some(name) = after(tokens, &["process", "env"]) {
        return Some(format!(
            "`process.env` is JavaScript: write `env(\"{name}\")`, which is read when deploying"
        ));
    }
    if after(tokens, &["JSON"]).is_some_and(|method| method == "stringify") {
        let message =
            "JSON is written as it is, without `JSON.stringify`: write `{ name: \"...\" }`";
        return Some(message.to_owned());
    }
    if let Some(message) = ternary(tokens) {
        return Some(message);
    }
    let mut ahead = tokens;
    match ahead.ident()?.to_string().as_str() {
        "undefined" => Some("JSON has no `undefined`: write `null`".to_owned()),
        "new" => {
            let what = ahead.ident()?;
            Some(format!(
                "`new {what}(...)` is JavaScript: write the text or the number itself, such as \
                 `\"2030-01-31T12:00:00Z\"`"
            ))
        }
        _ => None,
    }
}

/// `condition ? one : other`.
fn ternary(mut tokens: Tokens<'_>) -> Option<String> {
    tokens.until(|tokens| tokens.at_comma() || tokens.at_punct('?'));
    tokens.punct('?')?;
    tokens.until(|tokens| tokens.at_comma() || tokens.at_punct(':'));
    tokens.punct(':')?;
    let message = "a declaration has no `? :`: write the usual value, and next to it the value for a stage, \
                   such as `value: 2, value: 1 in \"prod\"`";
    Some(message.to_owned())
}

/// The name after a path such as `process.env.`
fn after(mut tokens: Tokens<'_>, path: &[&str]) -> Option<String> {
    for part in path {
        tokens.keyword(part)?;
        tokens.punct('.')?;
    }
    Some(tokens.ident()?.to_string())
}

/// The text that a template string means, with placeholders as in a title; `None` for anything else.
/// rustc itself reports each backtick, and drops it.
fn template(mut tokens: Tokens<'_>) -> Option<String> {
    let mut text = String::new();
    let mut has_placeholder = false;
    while !tokens.at_comma() {
        match tokens.tree() {
            Some(TokenTree::Punct(dollar))
                if dollar.as_char() == '$' && tokens.at_group(Delimiter::Brace) =>
            {
                let (inside, _) = tokens.group(Delimiter::Brace)?;
                has_placeholder = true;
                text.push('{');
                text.push_str(&placeholder(inside));
                text.push('}');
            }
            Some(tree) => text.push_str(&tree.to_string()),
            None => break,
        }
    }
    has_placeholder.then_some(text)
}

/// `app` of `app.name`, `stage` of `app.stage`.
fn placeholder(mut expression: Tokens<'_>) -> String {
    let mut last = String::new();
    while let Some(tree) = expression.tree() {
        if let TokenTree::Ident(ident) = tree {
            last = ident.to_string();
        }
    }
    if last == "name" { "app".to_owned() } else { last }
}
