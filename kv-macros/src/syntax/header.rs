//! The header: `/// docs`, attributes, visibility and `struct Name;`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::parse::Parser as _;
use syn::{Attribute, Visibility};

use super::docs::predicate;
use super::property::{NAMESPACE, spells};
use super::tokens::{Tokens, at_name};
use super::{Head, Header};

pub(super) fn header(tokens: &mut Tokens<'_>) -> Header {
    let start = *tokens;
    match read(tokens) {
        Header::Broken => lost_name(start)
            .map_or(Header::Broken, |name| Header::named(&name.to_string(), name.span())),
        Header::Absent => match misplaced_struct(start) {
            Some(name) => {
                let found = tokens.describe();
                let message = format!("expected `struct {name};`, found {found}: remove it");
                tokens.errors.lose(tokens.span(), message);
                skip_header(tokens);
                Header::named(&name.to_string(), name.span())
            }
            None => keyword_of_another_language(tokens).unwrap_or(Header::Absent),
        },
        header @ Header::Struct(_) => header,
    }
}

/// The name of a header that could not be read: the last before its `;`.
fn lost_name(mut tokens: Tokens<'_>) -> Option<Ident> {
    let mut name = None;
    while !tokens.is_empty() && !tokens.at_punct(';') && !at_name(&tokens) {
        match tokens.name() {
            Some(found) => name = Some(found),
            None => drop(tokens.tree()),
        }
    }
    name
}

/// The name of a `struct` that has something before it.
fn misplaced_struct(mut tokens: Tokens<'_>) -> Option<Ident> {
    while !tokens.is_empty() && !tokens.at_punct(';') && !tokens.at_punct(':') {
        if tokens.keyword("struct").is_some() {
            return tokens.name();
        }
        tokens.tree();
    }
    None
}

/// Reads `class Sessions { ... }` and the like.
fn keyword_of_another_language(tokens: &mut Tokens<'_>) -> Option<Header> {
    let mut ahead = *tokens;
    let (keyword, name) = (ahead.name()?, ahead.name()?);
    let inside = braced_properties(ahead);
    if inside.is_none() && !ahead.at_punct(';') {
        return None;
    }
    let message = format!("a declaration begins with `pub struct {name};`, found `{keyword}`");
    tokens.errors.lose(keyword.span(), message);
    match inside {
        // Its properties are of that language too.
        Some(_) => drop(tokens.until(|_| false)),
        None => skip_header(tokens),
    }
    Some(Header::named(&name.to_string(), name.span()))
}

fn read(tokens: &mut Tokens<'_>) -> Header {
    let mut written = Attributes::default();
    while let Some(hash) = tokens.punct('#') {
        if !tokens.at_group(Delimiter::Bracket) {
            tokens.errors.lose(hash, "an attribute is `#[...]`, before `struct Name;`");
            if tokens.punct('!').is_some() {
                tokens.group(Delimiter::Bracket);
            }
            continue;
        }
        if let Some(TokenTree::Group(brackets)) = tokens.tree()
            && let Err(error) = written.read(hash, &brackets)
        {
            tokens.errors.lose(error.span(), format!("this is not an attribute: {error}"));
        }
    }
    let visibility = visibility(tokens);
    if let Some(keyword) = tokens.keyword("struct") {
        let Some(name) = tokens.name() else {
            let found = tokens.describe();
            tokens.errors.lose(
                if tokens.is_empty() { keyword } else { tokens.span() },
                format!("expected the type's name after `struct`, found {found}: write `struct Sessions;`"),
            );
            skip_header(tokens);
            return Header::Broken;
        };
        if let Some((inside, open)) = braced_properties(*tokens) {
            let message =
                format!("properties have no braces around them: write `;` after `struct {name}`");
            tokens.errors.push(open, message);
            *tokens = inside;
        } else if tokens.punct(';').is_none() {
            let mut ahead = *tokens;
            if ahead.keyword("as").is_some()
                && let Some(other) = ahead.name()
            {
                let message = format!("a namespace has one name: write `struct {other};`");
                tokens.errors.lose(tokens.span(), message);
                skip_header(tokens);
                return Header::named(&other.to_string(), other.span());
            }
            let found = tokens.describe();
            let span =
                if tokens.is_empty() || at_name(tokens) { name.span() } else { tokens.span() };
            let hint =
                if tokens.at_group(Delimiter::Brace) || tokens.at_group(Delimiter::Parenthesis) {
                    ": the macro writes the fields"
                } else if tokens.at_punct('<') {
                    ": the type has no generics"
                } else if tokens.is_punct() {
                    ": the properties follow after it"
                } else {
                    ""
                };
            tokens
                .errors
                .lose(span, format!("expected `;` after `struct {name}`, found {found}{hint}"));
            skip_header(tokens);
        }
        let Attributes { tokens: attributes, has_docs, has_others, derives, cfg } = written;
        return Header::Struct(Head {
            attributes,
            has_docs,
            has_others,
            derives,
            visibility,
            name,
            cfg,
        });
    }
    let mut ahead = *tokens;
    if let Some(name) = ahead.name()
        && let Some((inside, _)) = braced_properties(ahead)
    {
        let message = format!(
            "a declaration begins with `pub struct {name};`, and its properties have no braces around \
             them"
        );
        tokens.errors.push(name.span(), message);
        *tokens = inside;
        return Header::named(&name.to_string(), name.span());
    }
    if written.tokens.is_empty() && visibility.is_empty() {
        return Header::Absent;
    }
    let found = tokens.describe();
    tokens.errors.lose(
        tokens.span(),
        format!("expected `struct Name;` after attributes and visibility, found {found}"),
    );
    skip_header(tokens);
    Header::Broken
}

/// The properties in the braces that come next, and where the braces open.
fn braced_properties(mut tokens: Tokens<'_>) -> Option<(Tokens<'_>, Span)> {
    let (inside, braces) = tokens.group(Delimiter::Brace)?;
    let mut ahead = inside;
    let name = ahead.ident()?.to_string();
    let is_property = NAMESPACE.iter().any(|known| spells(&name, known.name));
    (is_property && ahead.punct(':').is_some()).then(|| (inside, braces.open()))
}

#[derive(Default)]
struct Attributes {
    tokens: TokenStream,
    has_docs: bool,
    has_others: bool,
    derives: Vec<String>,
    cfg: TokenStream,
}

impl Attributes {
    /// Takes an attribute, and notes what the expansion needs to know about it.
    fn read(&mut self, hash: Span, brackets: &Group) -> syn::Result<()> {
        let attribute = quote_spanned!(hash=> # #brackets);
        let parsed = Attribute::parse_outer.parse2(attribute.clone())?;
        if parsed.iter().any(|attribute| attribute.path().is_ident("cfg")) {
            predicate(&attribute)?;
            self.cfg.extend(attribute);
            return Ok(());
        }
        self.tokens.extend(attribute);
        let mut trees = brackets.stream().into_iter();
        let Some(TokenTree::Ident(name)) = trees.next() else { return Ok(()) };
        if name == "doc" {
            self.has_docs = true;
        } else {
            self.has_others = true;
        }
        if name == "derive"
            && let Some(TokenTree::Group(list)) = trees.next()
        {
            let idents = list.stream().into_iter().filter_map(|tree| match tree {
                TokenTree::Ident(ident) => Some(ident.to_string()),
                _ => None,
            });
            self.derives.extend(idents);
        }
        Ok(())
    }
}

fn visibility(tokens: &mut Tokens<'_>) -> TokenStream {
    let mut visibility = TokenStream::new();
    let mut ahead = *tokens;
    if ahead.keyword("pub").is_none() || ahead.punct(':').is_some() {
        return visibility;
    }
    let span = tokens.span();
    visibility.extend(tokens.tree());
    if tokens.at_group(Delimiter::Parenthesis) {
        visibility.extend(tokens.tree());
    }
    if syn::parse2::<Visibility>(visibility.clone()).is_err() {
        tokens
            .errors
            .lose(span, "a visibility is `pub`, `pub(crate)`, `pub(super)` or `pub(in path)`");
        return TokenStream::new();
    }
    visibility
}

/// Skips to after the next `;`, or to the first property if that comes first.
fn skip_header(tokens: &mut Tokens<'_>) {
    let end = |tokens: &Tokens<'_>| {
        let mut ahead = *tokens;
        ahead.punct(';').is_some() || at_name(tokens)
    };
    tokens.until(end);
    tokens.punct(';');
}
