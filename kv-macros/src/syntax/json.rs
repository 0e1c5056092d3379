//! JSON literals as Rust tokens: bare names, keywords as names and trailing commas are allowed.

use kv_rules::MAX_JSON_DEPTH;
use proc_macro2::{Delimiter, Literal};
use quote::ToTokens as _;
use syn::Lit;

use super::macros::text_macro;
use super::tokens::{Tokens, at_brace, at_name, shorten};
use super::{Json, JsonKind, Name};
use crate::errors::{Errors, Habit};

/// The type suffixes of a number in Rust.
const RUST_NUMBERS: [&str; 14] = [
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32",
    "f64",
];

pub(super) fn json(tokens: &mut Tokens<'_>, depth: usize) -> Json {
    let span = tokens.span();
    if let Some(literal) = tokens.literal() {
        return Json { span, kind: scalar(tokens.errors, literal, false) };
    }
    let broken = Json { span, kind: JsonKind::Broken };
    let nests = tokens.at_group(Delimiter::Brace) || tokens.at_group(Delimiter::Bracket);
    if nests && depth >= MAX_JSON_DEPTH {
        tokens.errors.lose(
            span,
            format!(
                "this JSON is nested deeper than {MAX_JSON_DEPTH} levels, the most that serde_json reads"
            ),
        );
        tokens.until_comma();
        return broken;
    }
    if let Some((inside, _)) = tokens.group(Delimiter::Brace) {
        return Json { span, kind: object(inside, depth) };
    }
    if let Some((inside, _)) = tokens.group(Delimiter::Bracket) {
        return Json { span, kind: array(inside, depth) };
    }
    if let Some(minus) = tokens.punct('-') {
        let Some(literal) = tokens.literal() else {
            let found = tokens.describe();
            tokens.errors.lose(minus, format!("expected a number after `-`, found {found}"));
            return broken;
        };
        return Json { span: minus, kind: scalar(tokens.errors, literal, true) };
    }
    if let Some(made) = text_macro(tokens) {
        let kind = made.map_or_else(
            |(at, message)| {
                tokens.errors.lose(at, message);
                JsonKind::Broken
            },
            JsonKind::String,
        );
        return Json { span, kind };
    }
    if let Some(kind) = word(tokens) {
        return Json { span, kind };
    }
    let found = tokens.describe();
    tokens.errors.lose(span, match tokens.ident() {
        Some(ident) if tokens.at_group(Delimiter::Parenthesis) && (ident == "file" || ident == "env") => format!(
            "`{ident}(...)` cannot be part of a value: give it its own entry, such as `{{ key: \"...\", value: {ident}(\"...\") }}`"
        ),
        Some(_) => format!(
            "expected JSON, found {found}: inside a JSON literal everything is JSON; quote text, and write a \
             whole value in Rust as a struct literal such as `Theme {{ dark: true }}`"
        ),
        None if tokens.at_comma() => "a value is missing before this `,`: add it, or remove the comma".to_owned(),
        None if tokens.at_group(Delimiter::Parenthesis) => {
            "JSON has no parentheses: remove them, or write a list as `[...]`".to_owned()
        }
        None if tokens.at_punct('.') => {
            let digits = number_behind(*tokens).unwrap_or_else(|| "5".to_owned());
            format!("a number begins with a digit: write `0.{digits}`")
        }
        None if tokens.at_punct('+') => {
            let digits = number_behind(*tokens).unwrap_or_else(|| "1".to_owned());
            format!("a number has no `+` before it: write `{digits}`")
        }
        None => format!("expected JSON, found {found}"),
    });
    tokens.until_comma();
    broken
}

/// The number after a sign or a dot.
fn number_behind(mut tokens: Tokens<'_>) -> Option<String> {
    tokens.tree();
    tokens.literal().map(|literal| literal.to_string())
}

/// `true`, `false` or `null`, unless a path continues after it.
pub(super) fn word(tokens: &mut Tokens<'_>) -> Option<JsonKind> {
    let mut ahead = *tokens;
    let kind = match ahead.ident()?.to_string().as_str() {
        "null" => JsonKind::Null,
        "true" => JsonKind::Bool(true),
        "false" => JsonKind::Bool(false),
        _ => return None,
    };
    *tokens = ahead;
    Some(kind)
}

fn array(mut tokens: Tokens<'_>, depth: usize) -> JsonKind {
    let mut items = Vec::new();
    let ((), is_lost) = tokens.errors.group(|| {
        while !tokens.is_empty() {
            items.push(json(&mut tokens, depth + 1));
            comma(&mut tokens, at_brace);
        }
    });
    if is_lost { JsonKind::Broken } else { JsonKind::Array(items) }
}

fn object(mut tokens: Tokens<'_>, depth: usize) -> JsonKind {
    let mut fields = Vec::new();
    let ((), is_lost) = tokens.errors.group(|| {
        while !tokens.is_empty() {
            if let Some((name, has_colon)) = name(&mut tokens)
                && has_colon
            {
                fields.push((name, json(&mut tokens, depth + 1)));
            }
            comma(&mut tokens, at_name);
        }
    });
    if is_lost { JsonKind::Broken } else { JsonKind::Object(fields) }
}

/// Reads a name and its colon, and returns whether that is there. What is missing is reported, and all is
/// skipped to the next comma.
pub(super) fn name(tokens: &mut Tokens<'_>) -> Option<(Name, bool)> {
    let span = tokens.span();
    let Some(text) = bare_or_quoted(tokens) else {
        let mut ahead = *tokens;
        if ahead.joined("..").is_some() {
            let message = "an object cannot be spread into another: write its properties out";
            tokens.errors.lose(span, message);
            tokens.until_comma();
            return None;
        }
        let found = tokens.describe();
        let message = if tokens.at_comma() {
            "expected a name, found another `,`: remove it".to_owned()
        } else {
            format!(
                "expected a name, found {found}: write `name: value`, and quote a name that is not an identifier"
            )
        };
        tokens.errors.lose(span, message);
        tokens.until_comma();
        return None;
    };
    let name = Name { text, span };
    if tokens.punct(':').is_some() {
        return Some((name, true));
    }
    let text = shorten(&name.text);
    let arrows = ["=>", "->", "::", ":="];
    let arrow = arrows.into_iter().find_map(|arrow| Some((tokens.joined(arrow)?, arrow)));
    if let Some((span, shown)) = arrow.or_else(|| Some((tokens.punct('=')?, "="))) {
        let message = format!("expected `:` after `{text}`, found `{shown}`");
        tokens.errors.push_once(Habit::Equals, span, message);
        skip_value(tokens);
        return Some((name, false));
    }
    if tokens.is_empty() || tokens.at_comma() {
        tokens.errors.lose(span, format!("`{text}` has no value: write `{text}: value`"));
        return None;
    }
    let at = tokens.span();
    let found = tokens.describe();
    let is_punct = tokens.is_punct();
    let hint = if is_punct { "; quote a name that is not an identifier" } else { "" };
    tokens.errors.lose(at, format!("expected `:` after `{text}`, found {found}{hint}"));
    if at_name(tokens) && bare_or_quoted(&mut { *tokens }).as_ref() == Some(&name.text) {
        // The name is there twice.
        return None;
    }
    if tokens.at_punct('-') {
        // It is part of the name.
        tokens.until_comma();
        return None;
    }
    skip_value(tokens);
    Some((name, false))
}

/// Skips to the next comma, or to the next name if that comes first. The first token is of the value, even
/// if it looks like a name.
fn skip_value(tokens: &mut Tokens<'_>) {
    if !tokens.at_comma() {
        tokens.tree();
    }
    tokens.until(|tokens| tokens.at_comma() || at_name(tokens));
}

fn bare_or_quoted(tokens: &mut Tokens<'_>) -> Option<String> {
    if let Some(ident) = tokens.ident() {
        let text = ident.to_string();
        let unescaped = text.strip_prefix("r#").map(str::to_owned);
        return Some(unescaped.unwrap_or(text));
    }
    let mut ahead = *tokens;
    let text = text(&ahead.literal()?)?;
    *tokens = ahead;
    Some(text)
}

/// The text of a string literal.
pub(super) fn text(literal: &Literal) -> Option<String> {
    let written = literal.to_string();
    if !written.starts_with(['"', 'r']) {
        return None;
    }
    // Most have no escapes, and syn would read each twice, one character at a time.
    let plain = written.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    if let Some(text) = plain.filter(|text| !text.contains('\\')) {
        return Some(text.to_owned());
    }
    match Lit::new(literal.clone()) {
        Lit::Str(text) if text.suffix().is_empty() => Some(text.value()),
        _ => None,
    }
}

/// The text that `concat!` makes of a literal.
pub(super) fn scalar_text(tokens: &mut Tokens<'_>) -> Option<String> {
    let mut ahead = *tokens;
    let minus = ahead.punct('-').map_or("", |_| "-");
    let made = if let Some(literal) = ahead.literal() {
        match (text(&literal), Lit::new(literal)) {
            (Some(text), _) => text,
            (None, Lit::Int(int)) => format!("{minus}{}", int.base10_digits()),
            (None, Lit::Float(float)) => format!("{minus}{}", float.base10_digits()),
            (None, Lit::Char(char)) => char.value().to_string(),
            (None, _) => return None,
        }
    } else {
        match word(&mut ahead)? {
            JsonKind::Bool(value) => value.to_string(),
            _ => return None,
        }
    };
    *tokens = ahead;
    Some(made)
}

/// Reads the comma after an item. If something else is there, it reports that, and skips to the next
/// comma unless a new item begins here. Returns whether the item was read to its end.
pub(super) fn comma(tokens: &mut Tokens<'_>, begins_item: fn(&Tokens<'_>) -> bool) -> bool {
    if tokens.is_empty() || tokens.punct(',').is_some() {
        tokens.errors.item_ends();
        return true;
    }
    let found = tokens.describe();
    if begins_item(tokens) {
        let message = format!("expected `,` after this, before {found}");
        tokens.errors.push_unless_lost(tokens.last(), message);
        return true;
    }
    let span = tokens.span();
    if tokens.punct(';').is_some() {
        tokens.errors.push(span, "expected `,`, found `;`: write `,`");
        return true;
    }
    let mut ahead = *tokens;
    let operator =
        ['*', '+', '-', '/', '|', '<', '%'].into_iter().any(|c| ahead.punct(c).is_some());
    let hint = if operator {
        ": values are not calculated, write the result"
    } else if ahead.punct('.').is_some() {
        ": a declaration cannot call anything, write the value itself"
    } else {
        ""
    };
    tokens.errors.lose(span, format!("expected `,`, found {found}{hint}"));
    tokens.until(|tokens| tokens.at_comma() || begins_item(tokens));
    tokens.punct(',');
    false
}

/// A number or a text.
fn scalar(errors: &Errors, literal: Literal, negative: bool) -> JsonKind {
    if let Some(text) = text(&literal).filter(|_| !negative) {
        return JsonKind::String(text);
    }
    let at = literal.span();
    let sign = if negative { "-" } else { "" };
    let lit = Lit::new(literal);
    let mistake = match &lit {
        lit if !lit.suffix().is_empty() => Some(suffixed(lit, sign)),
        Lit::Int(int) => return JsonKind::Integer(format!("{sign}{}", int.base10_digits())),
        Lit::Float(float) => return JsonKind::Float(format!("{sign}{}", float.base10_digits())),
        lit => not_json(lit),
    };
    if let Some(mistake) = mistake {
        errors.lose(at, mistake);
    }
    JsonKind::Broken
}

fn suffixed(lit: &Lit, sign: &str) -> String {
    let suffix = lit.suffix();
    if !matches!(lit, Lit::Int(_) | Lit::Float(_)) || RUST_NUMBERS.contains(&suffix) {
        return format!(
            "a number has no type suffix here: remove `{suffix}`; `type: ...` names the type of a whole value"
        );
    }
    let written = format!("{sign}{}", lit.to_token_stream());
    format!("`{written}` is not a number: quote it as `\"{written}\"` if it is text or a duration")
}

/// The mistake, unless the compiler reports it.
fn not_json(lit: &Lit) -> Option<String> {
    let message = match lit {
        // Several characters in single quotes, or an escape that Rust does not have.
        Lit::Verbatim(literal) if literal.to_string().starts_with(['\'', '"']) => return None,
        Lit::Char(char) => {
            format!("text has double quotes: write `{:?}`", char.value().to_string())
        }
        Lit::ByteStr(_) | Lit::CStr(_) | Lit::Byte(_) => {
            "JSON has no bytes: put them into a file and write `file(\"path\")`".to_owned()
        }
        Lit::Str(_) => "expected a number after `-`, found text".to_owned(),
        _ => "expected a JSON literal".to_owned(),
    };
    Some(message)
}
