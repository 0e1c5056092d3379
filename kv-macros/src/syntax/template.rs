//! Template strings of JavaScript. Of `` `${app.name}-kv` `` rustc reports the backticks and drops them; what is
//! left says what was meant.

use proc_macro2::{Delimiter, TokenTree};

use super::tokens::Tokens;

/// The text that a template string means, with placeholders as a title has them; `None` for
/// anything else.
pub(super) fn template(mut tokens: Tokens<'_>) -> Option<String> {
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
