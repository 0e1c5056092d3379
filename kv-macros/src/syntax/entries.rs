//! The items of `values`: entries and spreads.

use proc_macro2::{Delimiter, Span};

use super::docs::{Before, before};
use super::json::{comma, text};
use super::parse::{call, properties};
use super::property::ENTRY;
use super::tokens::{Tokens, at_brace, at_name, shorten};
use super::{Entry, Item, Value, ValueKind};
use crate::errors::Habit;

pub(super) fn entries(tokens: &mut Tokens<'_>) -> Value {
    let span = tokens.span();
    let found = tokens.describe();
    // Something comes before the list.
    let mut ahead = *tokens;
    if ahead.tree().is_some() && ahead.at_group(Delimiter::Bracket) && tokens.is_punct() {
        tokens.errors.push(span, format!("expected a list, found {found}: remove it"));
        *tokens = ahead;
    }
    // `vec![...]` and `&[...]` are lists that were written in Rust.
    let mut ahead = *tokens;
    let is_vec = ahead.keyword("vec").is_some_and(|_| ahead.punct('!').is_some());
    if (is_vec || ahead.punct('&').is_some()) && ahead.at_group(Delimiter::Bracket) {
        tokens.errors.push(span, format!("`values` is a list, found {found}: write `[...]`"));
        *tokens = ahead;
    }
    let Some((mut inside, _)) = tokens.group(Delimiter::Bracket) else {
        tokens.errors.push(
            span,
            format!("`values` is a list, found {found}: write `[{{ key: \"...\", value: ... }}]`"),
        );
        tokens.until_comma();
        return Value { span, kind: ValueKind::Broken };
    };
    let mut items = Vec::new();
    tokens.errors.group(|| {
        while !inside.is_empty() {
            items.extend(item(&mut inside));
            comma(&mut inside, at_brace);
        }
    });
    Value { span, kind: ValueKind::Entries(items) }
}

fn item(tokens: &mut Tokens<'_>) -> Option<Item> {
    let Before { docs, cfg } = before(tokens);
    let span = tokens.span();
    if let Some((inside, delimiters)) = tokens.group(Delimiter::Brace) {
        let (properties, is_lost) = tokens.errors.group(|| properties(inside, ENTRY));
        let open = delimiters.open();
        return Some(Item::Entry(Entry { docs, cfg, open, properties, is_lost }));
    }
    if other_brackets(tokens) {
        return None;
    }
    if let Some(first) = cfg.into_iter().next() {
        let message = "`#[cfg(...)]` is allowed before an entry, but not before a spread";
        tokens.errors.push(first.span(), message);
    }
    if let Some(dots) = tokens.joined("...") {
        if !tokens.at_keyword("file") && !tokens.at_keyword("dir") {
            let message = "a variable cannot be spread here: write the entries out, or \
                           `..file(\"seed.json\")`";
            tokens.errors.push(dots, message);
            tokens.until_comma();
            return None;
        }
        let written = { *tokens }.until_comma().to_string().replace(' ', "");
        tokens.errors.push(dots, format!("a spread has two dots: write `..{written}`"));
        return spread(tokens, span);
    }
    if tokens.joined("..").is_some() {
        return spread(tokens, span);
    }
    if !docs.is_empty() && tokens.is_empty() {
        tokens
            .errors
            .push(tokens.last(), "these docs document nothing: write them before an entry");
        return None;
    }
    let found = tokens.describe();
    let literal = { *tokens }.literal().map(|literal| shorten(&literal.to_string()));
    let key = literal.filter(|text| text.starts_with('"')).unwrap_or("\"...\"".to_owned());
    tokens.errors.lose(
        span,
        format!(
            "expected an entry, found {found}: write `{{ key: {key}, value: ... }}`, \
             `..file(\"seed.json\")` or `..dir(\"public\")`"
        ),
    );
    tokens.until_comma();
    // Further names lack the same braces, and are the same mistake.
    let mut ahead = *tokens;
    while ahead.punct(',').is_some() && at_name(&ahead) {
        ahead.until_comma();
        *tokens = ahead;
    }
    None
}

/// Reports and skips an entry in brackets other than braces, or after a name.
fn other_brackets(tokens: &mut Tokens<'_>) -> bool {
    let mut ahead = *tokens;
    let delimiters = match ahead.name() {
        Some(_) => [Delimiter::Brace].as_slice(),
        None => &[Delimiter::Parenthesis, Delimiter::Bracket],
    };
    let Some((inside, _)) = delimiters.iter().find_map(|delimiter| ahead.group(*delimiter)) else {
        return false;
    };
    let mut pair = inside;
    let is_pair = pair.literal().as_ref().and_then(text).is_some() && pair.punct(',').is_some();
    let message = if inside.at_group(Delimiter::Brace) {
        "a list of entries has one pair of brackets: remove these".to_owned()
    } else if is_pair || at_name(&inside) {
        let found = tokens.describe();
        format!("an entry has braces, found {found}: write `{{ key: \"...\", value: ... }}`")
    } else {
        return false;
    };
    tokens.errors.push_once(Habit::Brackets, tokens.span(), message);
    *tokens = ahead;
    true
}

fn spread(tokens: &mut Tokens<'_>, dots: Span) -> Option<Item> {
    let mut ahead = *tokens;
    let span = tokens.span();
    if ahead.ident().is_some() && ahead.at_group(Delimiter::Parenthesis) {
        let call = call(tokens);
        if tokens.at_group(Delimiter::Brace) {
            let message =
                "a spread has no options: remove these braces, or add `,` before an entry";
            tokens.errors.lose(tokens.span(), message);
            tokens.until_comma();
        }
        return call.map(Item::Spread);
    }
    let found = tokens.describe();
    let at = if tokens.is_empty() { dots } else { span };
    tokens.errors.lose(
        at,
        format!("expected `file(\"seed.json\")` or `dir(\"public\")` after `..`, found {found}"),
    );
    tokens.until_comma();
    None
}
