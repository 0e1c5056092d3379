//! Reads a declaration: the header, the properties, and the values that most of them have.

use proc_macro2::{Delimiter, Span, TokenStream};
use quote::ToTokens as _;
use syn::buffer::TokenBuffer;

use super::docs::docs;
use super::entries::entries;
use super::families::families;
use super::header::header;
use super::javascript::javascript;
use super::json::{comma, json, name, text};
use super::macros::text_macro;
use super::pasted::{Pasted, pasted};
use super::property::{Grammar, Known, NAMESPACE, find};
use super::rust;
use super::tokens::{Tokens, at_name, shorten};
use super::{Call, Function, Header, Name, Namespace, Property, Value, ValueKind};
use crate::errors::Errors;
use crate::names;
use kv_rules::did_you_mean;

/// Reads the path of kv-runtime, `;` and a declaration.
pub(crate) fn parse(input: TokenStream, errors: &Errors) -> Option<Namespace> {
    let buffer = TokenBuffer::new2(input);
    let mut tokens = Tokens::new(buffer.begin(), errors);
    let (Some(runtime), Some(_)) = (tokens.ident(), tokens.punct(';')) else {
        tokens.errors.lose(Span::call_site(), "call this macro as `kv_runtime::kv_namespace!`");
        return None;
    };
    if let Some(Pasted { span, message, name, inside }) = pasted(tokens) {
        tokens.errors.lose(span, message);
        // Mistakes inside it are reported once it is a declaration.
        let read = inside.map(|inside| errors.silently(|| properties(inside, NAMESPACE)));
        let (properties, _) = read.filter(|(_, is_wrong)| !is_wrong).unwrap_or_default();
        let header = Header::named(&name, span);
        return Some(Namespace { runtime, header, properties, is_lost: true });
    }
    let ((header, properties), is_lost) = tokens.errors.group(|| {
        let header = header(&mut tokens);
        (header, properties(tokens, NAMESPACE))
    });
    Some(Namespace { runtime, header, properties, is_lost })
}

pub(super) fn properties(mut tokens: Tokens<'_>, known: &'static [Known]) -> Vec<Property> {
    let mut properties = Vec::new();
    while !tokens.is_empty() {
        let docs = docs(&mut tokens);
        if let Some(span) = second_struct(tokens) {
            let message = "a declaration has one namespace: write the other in its own \
                           `kv_namespace!`";
            tokens.errors.push(span, message);
            return properties;
        }
        if let Some((name, has_colon)) = name(&mut tokens) {
            let property = if has_colon {
                property(&mut tokens, name, known)
            } else {
                Property::broken(name, known)
            };
            properties.push(Property { docs, ..property });
        }
        let may_end = tokens.is_empty() || tokens.at_comma();
        if (may_end || second_struct(tokens).is_none())
            && !comma(&mut tokens, at_name)
            && let Some(property) = properties.last_mut()
        {
            // What comes after it may belong to its value.
            property.value.kind = ValueKind::Broken;
        }
    }
    properties
}

/// Where another header begins, after a semicolon or not.
fn second_struct(mut tokens: Tokens<'_>) -> Option<Span> {
    tokens.punct(';');
    let span = tokens.span();
    if tokens.keyword("pub").is_some() {
        tokens.group(Delimiter::Parenthesis);
    }
    tokens.keyword("struct")?;
    tokens.ident().map(|_| span)
}

fn property(tokens: &mut Tokens<'_>, name: Name, all: &'static [Known]) -> Property {
    let found = find(&name.text, all);
    let known = found.map(|known| known.name);
    let span = tokens.span();
    if tokens.is_empty() || tokens.at_comma() || tokens.at_keyword("in") {
        let text = &name.text;
        let example = found.map_or("...", |known| known.grammar.example());
        tokens.errors.lose(name.span, format!("`{text}` has no value: write `{text}: {example}`"));
        tokens.until_comma();
        return Property::broken(name, all);
    }
    let value = match found.map(|known| known.grammar) {
        Some(Grammar::Value) => value(tokens),
        Some(Grammar::Type) => {
            let kind = rust::ty(tokens).map_or(ValueKind::Broken, ValueKind::Type);
            Value { span, kind }
        }
        Some(Grammar::Types) => types(tokens),
        Some(Grammar::Seconds) => seconds(tokens),
        Some(Grammar::Ident) => ident(tokens, found.map_or("", |known| known.name)),
        Some(Grammar::Entries) => entries(tokens),
        Some(Grammar::Families) => families(tokens),
        None => {
            tokens.until_comma();
            Value { span, kind: ValueKind::Broken }
        }
    };
    let (docs, stages) = (String::new(), stages(tokens));
    Property { docs, name, known, value, stages }
}

/// `in "prod"` or `in ["prod", "pr-*"]`.
fn stages(tokens: &mut Tokens<'_>) -> Vec<Name> {
    if tokens.is_empty() || tokens.at_comma() {
        return Vec::new();
    }
    let mut ahead = *tokens;
    let word = ahead.ident();
    let takes_stages = ahead.literal().as_ref().and_then(text).is_some() && ahead.is_after_item();
    let keyword = match tokens.keyword("in") {
        Some(keyword) => keyword,
        None => match word {
            Some(word) if takes_stages => {
                let message =
                    format!("expected `in` before the stage, found `{word}`: write `in \"prod\"`");
                tokens.errors.lose(word.span(), message);
                tokens.ident();
                word.span()
            }
            _ => return Vec::new(),
        },
    };
    let example = "write `in \"prod\"` or `in [\"prod\", \"pr-*\"]`";
    let mut stages = Vec::new();
    let mut stage = |tokens: &mut Tokens<'_>| {
        let span = tokens.span();
        let mut ahead = *tokens;
        let text = ahead.literal().as_ref().and_then(text).filter(|text| !text.is_empty());
        if let Some(text) = text {
            stages.push(Name { text, span });
            *tokens = ahead;
            return;
        }
        // The value is for some stage, even if it is not known which.
        stages.push(Name { text: String::new(), span });
        let found = tokens.describe();
        let span = if tokens.is_empty() { keyword } else { span };
        tokens.errors.lose(span, format!("`in` takes stages, found {found}: {example}"));
        tokens.until_comma();
    };
    match tokens.group(Delimiter::Bracket) {
        Some((mut inside, _)) => {
            while !inside.is_empty() {
                stage(&mut inside);
                comma(&mut inside, at_name);
            }
        }
        None => stage(tokens),
    }
    stages
}

fn value(tokens: &mut Tokens<'_>) -> Value {
    let span = tokens.span();
    // Nearly every value is this, and thousands of them should take no longer than they must.
    if is_one_literal(*tokens) {
        return Value { span, kind: ValueKind::Json(json(tokens, 0)) };
    }
    if let Some(message) = javascript(*tokens) {
        tokens.errors.lose(span, message);
        tokens.until_comma();
        return Value { span, kind: ValueKind::Broken };
    }
    if text_macro(&mut { *tokens }).is_some() {
        return Value { span, kind: ValueKind::Json(json(tokens, 0)) };
    }
    let mut ahead = *tokens;
    let Some(ident) = ahead.ident() else {
        return Value { span, kind: ValueKind::Json(json(tokens, 0)) };
    };
    if ident == "Some"
        && let Some((mut inside, _)) = ahead.group(Delimiter::Parenthesis)
    {
        *tokens = ahead;
        let written = inside.until(|_| false).to_string();
        let message = format!("JSON has no `Some(...)`: write `{}`", shorten(&written));
        tokens.errors.lose(span, message);
        return Value { span, kind: ValueKind::Broken };
    }
    if ahead.at_group(Delimiter::Parenthesis) {
        let call = call(tokens);
        return Value { span, kind: call.map_or(ValueKind::Broken, ValueKind::Call) };
    }
    let alone = ahead.is_empty()
        || ahead.at_comma()
        || at_name(&ahead)
        || ahead.at_keyword("in")
        || ahead.at_keyword("if");
    if alone && ["null", "true", "false"].iter().any(|word| ident == word) {
        return Value { span, kind: ValueKind::Json(json(tokens, 0)) };
    }
    rust::expression(tokens)
}

/// Whether the whole value is one literal, object or list.
fn is_one_literal(mut tokens: Tokens<'_>) -> bool {
    let is_one = tokens.literal().is_some()
        || tokens.group(Delimiter::Brace).is_some()
        || tokens.group(Delimiter::Bracket).is_some();
    is_one && (tokens.is_empty() || tokens.at_comma())
}

/// `file("path")`, `env("NAME")` or `dir("path")`.
pub(super) fn call(tokens: &mut Tokens<'_>) -> Option<Call> {
    let span = tokens.span();
    let function = tokens.ident()?.to_string();
    let (mut inside, delimiters) = tokens.group(Delimiter::Parenthesis)?;
    let known = [Function::File, Function::Env, Function::Dir];
    let Some(function) = known.into_iter().find(|known| known.name() == function) else {
        let hint = did_you_mean(&function, known.map(Function::name));
        tokens.errors.lose(
            span,
            format!(
                "`{function}(...)` cannot be called here: there are `file(\"path\")`, `env(\"NAME\")` and, as \
                 an item of `values`, `..dir(\"path\")`{hint}"
            ),
        );
        tokens.until_comma();
        return None;
    };
    let name = function.name();
    let example = if function == Function::Env { "NAME" } else { "path" };
    let at = if inside.is_empty() { delimiters.open() } else { inside.span() };
    let made = text_macro(&mut inside).and_then(Result::ok);
    let Some(text) = made.or_else(|| inside.literal().as_ref().and_then(text)) else {
        let message = format!("`{name}` takes text in quotes: write `{name}(\"{example}\")`");
        tokens.errors.lose(at, message);
        return None;
    };
    inside.punct(',');
    if !inside.is_empty() {
        tokens
            .errors
            .push(inside.span(), format!("`{name}` takes one text: write `{name}(\"{example}\")`"));
    }
    Some(Call { function, argument: Name { text, span: at } })
}

/// A number, a text, or a constant such as `SESSION_TTL` or `60 * 60`.
fn seconds(tokens: &mut Tokens<'_>) -> Value {
    let span = tokens.span();
    let mut ahead = *tokens;
    if let (Some(number), Some(unit)) = (ahead.literal(), ahead.ident())
        && unit != "in"
        && text(&number).is_none()
        && !ahead.at_punct(':')
        && let Some(unit) = unit.to_string().chars().next()
    {
        let message =
            format!("a duration is a number of seconds, or text: write `\"{number}{unit}\"`");
        tokens.errors.push(span, message);
        tokens.until_comma();
        return Value { span, kind: ValueKind::Broken };
    }
    let mut ahead = *tokens;
    let written = ahead.until_comma();
    let mut constant = written.clone();
    let is_constant = match syn::parse2(written).map(rust::ungrouped) {
        Ok(syn::Expr::Paren(inside)) => {
            constant = inside.expr.into_token_stream();
            true
        }
        Ok(syn::Expr::Binary(_) | syn::Expr::Cast(_) | syn::Expr::MethodCall(_)) => true,
        Ok(syn::Expr::Path(path)) => {
            let is_word = |word| path.path.is_ident(word);
            !["null", "undefined"].into_iter().any(is_word)
        }
        _ => false,
    };
    if is_constant && !ends_in_name(*tokens) {
        *tokens = ahead;
        return Value { span, kind: ValueKind::Constant(constant) };
    }
    value(tokens)
}

/// Whether the next property begins before the next comma, so that a comma is missing.
fn ends_in_name(mut tokens: Tokens<'_>) -> bool {
    tokens.until(|tokens| tokens.at_comma() || at_name(tokens));
    !tokens.is_empty() && !tokens.at_comma()
}

/// `[Older, Oldest]`.
fn types(tokens: &mut Tokens<'_>) -> Value {
    let span = tokens.span();
    let Some((mut inside, delimiters)) = tokens.group(Delimiter::Bracket) else {
        let found = tokens.describe();
        tokens.errors.lose(
            span,
            format!("`was` is a list of older types, found {found}: write `was: [ProfileV1]`"),
        );
        tokens.until_comma();
        return Value { span, kind: ValueKind::Broken };
    };
    if inside.is_empty() {
        let message = "`was` has no types: write the older ones, newest first, such as \
                       `was: [ProfileV1]`, or remove it";
        tokens.errors.push(delimiters.open(), message);
    }
    let mut types = Vec::new();
    let mut is_broken = false;
    while !inside.is_empty() {
        let ty = rust::ty(&mut inside);
        is_broken |= ty.is_none();
        types.extend(ty);
        comma(&mut inside, at_name);
    }
    let kind = if is_broken { ValueKind::Broken } else { ValueKind::Types(types) };
    Value { span, kind }
}

fn ident(tokens: &mut Tokens<'_>, property: &str) -> Value {
    let span = tokens.span();
    let mut ahead = *tokens;
    if let Some(ident) = ahead.ident() {
        if ahead.joined("::").is_some() {
            let last = ahead.until_comma().into_iter().last();
            let last = last.map_or(property.to_owned(), |last| last.to_string());
            let message =
                format!("`{property}` takes a name, found a path: write `{property}: {last}`");
            tokens.errors.push(span, message);
            tokens.until_comma();
            return Value { span, kind: ValueKind::Broken };
        }
        if !ahead.at_punct('-') {
            *tokens = ahead;
            return Value { span, kind: ValueKind::Ident(ident) };
        }
        let written = tokens.until_comma().to_string().replace(' ', "");
        let meant = names::snake(&written).unwrap_or_default();
        let message =
            format!("`{written}` cannot name anything in Rust: write `{property}: {meant}`");
        tokens.errors.push(span, message);
        return Value { span, kind: ValueKind::Broken };
    }
    let quoted = ahead.literal().as_ref().and_then(text).and_then(|text| names::snake(&text));
    if let Some(meant) = quoted {
        *tokens = ahead;
        let message = format!("a name is written without quotes: write `{property}: {meant}`");
        tokens.errors.push(span, message);
        return Value { span, kind: ValueKind::Broken };
    }
    let found = tokens.describe();
    tokens.errors.lose(
        span,
        format!("expected a name, found {found}: write `{property}: profile`, without quotes"),
    );
    tokens.until_comma();
    Value { span, kind: ValueKind::Broken }
}
