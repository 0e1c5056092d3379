//! Key families: their patterns, and which family a key belongs to.

use kv_rules::shown;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use kv_rules::{Pattern, PatternError};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

use super::Context;
use super::expiry::ttl;
use super::keys::are_apart;
use super::property::Properties;
use crate::model::{Param, ParamType, Segment, Ttl, Type, UserType};
use crate::names;
use crate::syntax::{self, FAMILY, Name};

/// A family without its names.
pub(super) struct Family<'a> {
    pub(super) docs: String,
    pub(super) cfg: TokenStream,
    /// The same as text, for comparisons.
    pub(super) cfg_text: Rc<str>,
    pub(super) text: &'a Name,
    pub(super) pattern: Pattern<'a>,
    pub(super) params: Vec<Param>,
    pub(super) name: Option<Ident>,
    pub(super) ty: Type,
    /// The older types of its values, newest first.
    pub(super) was: Vec<UserType>,
    pub(super) metadata_ty: Type,
    pub(super) default_ttl: Option<Ttl>,
    /// Its keys can belong to an earlier family, and that was reported.
    pub(super) overlaps: bool,
}

impl Family<'_> {
    pub(super) fn pattern_text(&self) -> &str {
        &self.text.text
    }

    /// What the accessor is called without `as`: the text before the first parameter, else the
    /// first parameter.
    pub(super) fn default_name(&self) -> Option<String> {
        let first = self.pattern.params().next().map_or("", |param| param.name);
        names::snake(self.pattern.prefix()).or_else(|| names::snake(first))
    }

    pub(super) fn segments(&self) -> Vec<Segment> {
        let own = |segment: &kv_rules::Segment<'_>| match segment {
            kv_rules::Segment::Literal(text) => Segment::Literal(text.clone().into_owned()),
            kv_rules::Segment::Param(param) => {
                Segment::Param { name: param.name.to_owned(), ty: param.ty.map(str::to_owned) }
            }
        };
        self.pattern.segments().iter().map(own).collect()
    }
}

/// All families of a namespace.
pub(super) struct Families<'a> {
    pub(super) all: Vec<Family<'a>>,
    by_prefix: HashMap<String, Vec<usize>>,
    /// The lengths of all prefixes, so that the families of a key are found without trying each.
    prefix_lengths: Vec<usize>,
    pub(super) context: Context<'a>,
}

impl<'a> Families<'a> {
    pub(super) fn new(written: &'a mut [syntax::Family], context: Context<'a>) -> Self {
        let check = |family| check(family, context);
        let all: Vec<_> = written.iter_mut().filter_map(check).collect();
        let mut by_prefix: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, family) in all.iter().enumerate() {
            by_prefix.entry(family.pattern.prefix().to_owned()).or_default().push(index);
        }
        let mut prefix_lengths: Vec<usize> = by_prefix.keys().map(String::len).collect();
        prefix_lengths.sort_unstable();
        prefix_lengths.dedup();
        let mut families = Self { all, by_prefix, prefix_lengths, context };
        families.check_overlaps();
        families
    }

    /// The family of a key: a catch-all only when no other matches.
    pub(super) fn of_key(&self, key: &str) -> Option<&Family<'a>> {
        let families = self.with_prefix_of(key).map(|family| (&family.pattern, family));
        kv_rules::family_of(key, families)
    }

    /// The indexes of the families that take precedence over a family.
    pub(super) fn shadowing(&self, family: &Family<'_>) -> Vec<usize> {
        if !family.pattern.is_catch_all() {
            return Vec::new();
        }
        let literal = |(_, other): &(usize, &Family<'_>)| !other.pattern.is_catch_all();
        self.all.iter().enumerate().filter(literal).map(|(index, _)| index).collect()
    }

    /// Two families can overlap only when the prefix of one begins with the prefix of the other.
    fn check_overlaps(&mut self) {
        let mut overlapping = Vec::new();
        for (index, family) in self.all.iter().enumerate() {
            for (other_index, other) in self.indexed_with_prefix_of(family.pattern.prefix()) {
                let same_prefix = other.pattern.prefix() == family.pattern.prefix();
                if other_index == index || (same_prefix && other_index > index) {
                    continue;
                }
                let one_yields = family.pattern.is_catch_all() != other.pattern.is_catch_all();
                let both = !are_apart(&family.cfg_text, &other.cfg_text);
                let second = index.max(other_index);
                let is_told = overlapping.contains(&second);
                if both && !one_yields && !is_told && family.pattern.overlaps(&other.pattern) {
                    let (one, two) =
                        if index == second { (other, family) } else { (family, other) };
                    overlap(one, two, self.context);
                    overlapping.push(second);
                }
            }
        }
        for index in overlapping {
            if let Some(family) = self.all.get_mut(index) {
                family.overlaps = true;
            }
        }
    }

    fn with_prefix_of(&self, key: &str) -> impl Iterator<Item = &Family<'a>> {
        self.indexed_with_prefix_of(key).map(|(_, family)| family)
    }

    fn indexed_with_prefix_of(&self, key: &str) -> impl Iterator<Item = (usize, &Family<'a>)> {
        let lengths = self.prefix_lengths.iter().take_while(move |length| **length <= key.len());
        lengths
            .filter_map(move |length| self.by_prefix.get(key.get(..*length)?))
            .flatten()
            .filter_map(|index| Some((*index, self.all.get(*index)?)))
    }
}

fn overlap(first: &Family<'_>, second: &Family<'_>, context: Context<'_>) {
    if first.pattern_text() == second.pattern_text() {
        let pattern = shown(first.pattern_text());
        context.push_with_other(
            second.text.span,
            format!("the family `{pattern}` appears twice: keep one of the two"),
            first.text.span,
        );
        return;
    }
    let hint = if first.pattern.is_catch_all() {
        "at most one family can take every key; give this one literal text"
    } else {
        "give one of them literal text that the other cannot have, or make one a parameter and nothing \
         else, such as `\"{path}\"`, which yields to every other family"
    };
    context.push_with_other(
        second.text.span,
        format!(
            "a key can belong to both `{}` and `{}`: {hint}",
            shown(first.pattern_text()),
            shown(second.pattern_text())
        ),
        first.text.span,
    );
}

fn check<'a>(written: &'a mut syntax::Family, context: Context<'_>) -> Option<Family<'a>> {
    let properties = std::mem::take(&mut written.properties);
    let mut properties = Properties::new(properties, FAMILY, "a family", false, context);
    let docs = properties.docs(&written.docs);
    let metadata = properties.ty("metadata");
    let was_at = properties.span("was");
    let was = properties.types("was").unwrap_or_default();
    let was = older(was, was_at, Some(&written.ty), context);
    let default_ttl = ttl(&mut properties);
    let name = properties.ident("as");
    if let Err(error) = Pattern::parse(&written.pattern.text) {
        let meant = meant(&written.pattern.text);
        let hint = meant.as_ref().filter(|_| matches!(error, PatternError::NoParam));
        match hint {
            Some(meant) => context.push(
                written.pattern.span,
                format!("a parameter is written in braces: write `\"{meant}\"`"),
            ),
            None => context.push(written.pattern.span, error),
        }
        return None;
    }
    let text = &written.pattern;
    let pattern = Pattern::parse(&text.text).ok()?;
    Some(Family {
        params: params(&pattern, text.span, context),
        docs,
        cfg_text: written.cfg.to_string().into(),
        cfg: std::mem::take(&mut written.cfg),
        overlaps: false,
        was,
        name,
        ty: Type::User(UserType::new(written.ty.clone())),
        metadata_ty: metadata.map_or(Type::Json, |ty| Type::User(UserType::new(ty))),
        default_ttl,
        text,
        pattern,
    })
}

/// The pattern meant by a text that is not one; `None` if that is unclear.
fn meant(text: &str) -> Option<String> {
    let (mut meant, mut rest) = (String::new(), text);
    let mut count = 0;
    let mut names: Vec<String> = Vec::new();
    let mut param = |written: &str, meant: &mut String| {
        let (name, ty) = written.split_once(':').map_or((written, ""), |(name, ty)| (name, ty));
        let name = names::snake(name).unwrap_or_else(|| "id".to_owned());
        count += 1;
        let name = if names.contains(&name) { format!("{name}_{count}") } else { name };
        if meant.ends_with('}') {
            meant.push('/');
        }
        let ty = ty.trim();
        let ty = if ty.is_empty() { String::new() } else { format!(": {ty}") };
        let _ = write!(meant, "{{{name}{ty}}}");
        names.push(name);
    };
    // `<id>`, `[id]`, `(id)`, `$id`, `@id` and `%s` are parameters in other tools.
    if !text.contains(['{', '*'])
        && !text.contains("/:")
        && let Some((before, after)) = text.split_once(['<', '[', '(', '$', '@', '%'])
    {
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let (word, after) = after.split_at(end);
        let after =
            after.trim_start_matches(|c: char| !c.is_alphanumeric() && c != ':' && c != '/');
        let word = names::snake(word).filter(|word| word.len() > 1).unwrap_or("id".to_owned());
        let meant = format!("{before}{{{word}}}{after}");
        return Pattern::parse(&meant).is_ok().then_some(meant);
    }
    while let Some(at) = rest.find(['{', '*', ':']) {
        let (literal, from) = rest.split_at(at);
        meant.push_str(literal.trim_end_matches('$').trim_end_matches('}'));
        let mut chars = from.chars();
        let first = chars.next();
        rest = chars.as_str();
        if first == Some('{') {
            let (inner, after) = rest.split_once('}')?;
            param(inner, &mut meant);
            rest = after;
        } else if first == Some('*') {
            param("rest", &mut meant);
        } else {
            // `/:id` is a parameter in other tools, `user:` is text.
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            if literal.ends_with('/') && !word.is_empty() {
                param(word, &mut meant);
                rest = after;
            } else {
                meant.push(':');
            }
        }
    }
    meant.push_str(rest.trim_matches(['{', '}']));
    let parsed = Pattern::parse(&meant).is_ok();
    parsed.then_some(meant)
}

/// The older types of a type; none for a type that takes every value, since they would never be tried.
pub(super) fn older(
    was: Vec<UserType>,
    was_at: Option<Span>,
    ty: Option<&TokenStream>,
    context: Context<'_>,
) -> Vec<UserType> {
    let last = ty.and_then(|ty| ty.clone().into_iter().last());
    let last = last.map(|token| token.to_string()).unwrap_or_default();
    let takes_everything = ["String", "Bytes", "Value"].contains(&last.as_str());
    match was_at {
        Some(span) if takes_everything && !was.is_empty() => {
            context.push(
                span,
                format!(
                    "a `{last}` takes every value, so no older type is ever tried: remove `was`"
                ),
            );
            Vec::new()
        }
        _ => was,
    }
}

fn params(pattern: &Pattern<'_>, span: Span, context: Context<'_>) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    for written in pattern.params() {
        let param = self::param(written, span, context);
        if params.iter().any(|other| other.ident == param.ident) {
            let (name, ident) = (written.name, &param.ident);
            context.push(
                span,
                format!("two parameters of this family are both `{ident}` in Rust, one of them `{{{name}}}`: rename one"),
            );
            continue;
        }
        params.push(param);
    }
    params
}

fn param(param: kv_rules::Param<'_>, span: Span, context: Context<'_>) -> Param {
    let name = names::snake(param.name).unwrap_or_else(|| param.name.to_owned());
    let ident = names::ident(&name, span);
    let Some(ty) = param.ty else { return Param { ident, ty: ParamType::Text, span } };
    let parameter = format!("{{{}: {ty}}}", param.name);
    let Ok(parsed) = syn::parse_str::<syn::Type>(ty) else {
        context.push(
            span,
            format!(
                "`{parameter}` has no Rust type after its colon: write one that has `Display` and `FromStr`, \
                 such as `u64`"
            ),
        );
        return Param { ident, ty: ParamType::Text, span };
    };
    let is_text = ["str", "string", "text"].contains(&ty);
    if is_text || matches!(parsed, syn::Type::Reference(_)) {
        context.push(
            span,
            format!(
                "`{ty}` cannot be the type of a parameter: write `{{{0}}}` for text, or a type that has \
                 `Display` and `FromStr`, such as `{{{0}: u64}}`",
                param.name
            ),
        );
        return Param { ident, ty: ParamType::Text, span };
    }
    let ty = ParamType::Typed(respan(parsed.into_token_stream(), span));
    Param { ident, ty, span }
}

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for token in &mut tokens {
        if let TokenTree::Group(group) = token {
            *group = proc_macro2::Group::new(group.delimiter(), respan(group.stream(), span));
        }
        token.set_span(span);
    }
    tokens.into_iter().collect()
}
