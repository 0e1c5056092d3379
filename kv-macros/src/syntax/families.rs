//! The families of `keys`.

use proc_macro2::Delimiter;

use super::docs::{Before, before};
use super::json::{comma, name};
use super::macros::text_macro;
use super::parse::properties;
use super::property::{ENTRY, FAMILY};
use super::rust;
use super::tokens::{Tokens, at_name};
use super::{Family, Name, Value, ValueKind};
use crate::errors::Habit;

pub(super) fn families(tokens: &mut Tokens<'_>) -> Value {
    let span = tokens.span();
    let mut ahead = *tokens;
    if tokens.is_punct() && ahead.tree().is_some() && ahead.at_group(Delimiter::Brace) {
        let message = format!("expected a map, found {}: remove it", tokens.describe());
        tokens.errors.push(span, message);
        *tokens = ahead;
    }
    let Some((inside, _)) = tokens.group(Delimiter::Brace) else {
        let found = tokens.describe();
        let message = format!(
            "`keys` is a map of families, found {found}: write `{{ \"session:{{id}}\": Session }}`"
        );
        tokens.errors.push(span, message);
        tokens.until_comma();
        return Value { span, kind: ValueKind::Broken };
    };
    let (families, _) = tokens.errors.group(|| all_families(inside));
    Value { span, kind: ValueKind::Families(families) }
}

fn all_families(mut inside: Tokens<'_>) -> Vec<Family> {
    let mut families = Vec::new();
    while !inside.is_empty() {
        families.extend(family(&mut inside));
        comma(&mut inside, at_name);
    }
    families
}

fn family(tokens: &mut Tokens<'_>) -> Option<Family> {
    let Before { docs, cfg } = before(tokens);
    let mut ahead = *tokens;
    let span = tokens.span();
    if let Some(ident) = ahead.ident()
        && ahead.punct(':').is_some()
    {
        let mut after = ahead;
        if ENTRY.iter().any(|known| ident == known.name) && after.literal().is_some() {
            let message = if FAMILY.iter().any(|known| ident == known.name) {
                format!(
                    "properties of a family come after its type: write \
                     `\"session:{{id}}\": Session {{ {ident}: ... }}`"
                )
            } else {
                "`keys` has families of keys; write a single key as an entry: \
                 `values: [{ key: \"...\", value: ... }]`"
                    .to_owned()
            };
            tokens.errors.push_once(Habit::NoEntry, span, message);
            tokens.until_comma();
            return None;
        }
        // `user:{id}: User` lacks only the quotes.
        let mut whole = ahead;
        let parameter = whole.group(Delimiter::Brace).filter(|_| whole.punct(':').is_some());
        let parameter = parameter.map_or("id".to_owned(), |(mut inside, _)| {
            ahead = whole;
            inside.until(|_| false).to_string().replace(" :", ":")
        });
        let pattern = format!("{ident}:{{{parameter}}}");
        tokens
            .errors
            .push(span, format!("a family's pattern is quoted: write `\"{pattern}\": Type`"));
        *tokens = ahead;
        tokens.until_comma();
        return None;
    }
    let mut ahead = *tokens;
    if let Some(keyword) = ahead.keyword("pub")
        && !ahead.at_punct(':')
    {
        let message = "`pub` is not allowed here: accessors are as visible as the type; remove it";
        tokens.errors.push(keyword, message);
        *tokens = ahead;
    }
    let pattern = pattern(tokens)?;
    let mut ahead = *tokens;
    if ahead.ident().is_some()
        && let Some(colon) = ahead.punct(':')
        && ahead.at_group(Delimiter::Brace)
    {
        tokens.errors.push(colon, "expected `{` after the type, found `:`: remove it");
        tokens.until_comma();
        return None;
    }
    let Some(ty) = rust::ty(tokens) else {
        tokens.until(|tokens| tokens.at_comma() || at_name(tokens));
        return None;
    };
    let properties = match tokens.group(Delimiter::Brace) {
        Some((inside, _)) => tokens.errors.group(|| properties(inside, FAMILY)).0,
        None => Vec::new(),
    };
    Some(Family { docs, cfg, pattern, ty, properties })
}

/// Reads a pattern and its colon.
fn pattern(tokens: &mut Tokens<'_>) -> Option<Name> {
    let span = tokens.span();
    if let Some(made) = text_macro(&mut { *tokens }) {
        text_macro(tokens);
        let text = made.map_err(|(at, message)| tokens.errors.lose(at, message)).ok();
        if tokens.punct(':').is_none() {
            let found = tokens.describe();
            let message = format!("expected `:` after the pattern, found {found}");
            tokens.errors.lose(tokens.span(), message);
            tokens.until_comma();
            return None;
        }
        return text.map(|text| Name { text, span });
    }
    let (name, has_colon) = name(tokens)?;
    has_colon.then_some(name)
}
