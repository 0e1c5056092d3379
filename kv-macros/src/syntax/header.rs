//! The header: `/// docs`, attributes, visibility and `struct Name;`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::tokens::{Tokens, at_name};
use super::{Header, Struct};
use crate::errors::Errors;

pub(super) fn header(tokens: &mut Tokens<'_>, errors: &mut Errors) -> Header {
    let mut written = Attributes::default();
    while let Some(hash) = tokens.punct('#') {
        let mut attribute: TokenStream = [punct('#', hash)].into_iter().collect();
        if !tokens.at_group(Delimiter::Bracket) {
            errors.push(hash, "an attribute is `#[...]`, before `struct Name;`");
            continue;
        }
        if let Some(group) = tokens.tree() {
            written.look_at(&group);
            attribute.extend([group]);
        }
        written.tokens.extend(attribute);
    }
    let visibility = visibility(tokens);
    if let Some(keyword) = tokens.keyword("struct") {
        let Some(name) = tokens.ident() else {
            let found = tokens.describe();
            errors.push(
                if tokens.is_empty() { keyword } else { tokens.span() },
                format!("expected the type's name after `struct`, found {found}: write `struct Sessions;`"),
            );
            skip_header(tokens);
            return Header::Broken;
        };
        if tokens.punct(';').is_none() {
            let found = tokens.describe();
            let span =
                if tokens.is_empty() || at_name(tokens) { name.span() } else { tokens.span() };
            let hint =
                if tokens.at_group(Delimiter::Brace) || tokens.at_group(Delimiter::Parenthesis) {
                    ": the macro writes the fields"
                } else if tokens.is_punct() {
                    ": the type has no generics"
                } else {
                    ""
                };
            errors.push(span, format!("expected `;` after `struct {name}`, found {found}{hint}"));
            skip_header(tokens);
        }
        let Attributes { tokens: attributes, has_docs, derives } = written;
        return Header::Struct(Struct { attributes, has_docs, derives, visibility, name });
    }
    if written.tokens.is_empty() && visibility.is_empty() {
        return Header::Absent;
    }
    let found = tokens.describe();
    errors.push(
        tokens.span(),
        format!("expected `struct Name;` after attributes and visibility, found {found}"),
    );
    skip_header(tokens);
    Header::Broken
}

#[derive(Default)]
struct Attributes {
    tokens: TokenStream,
    has_docs: bool,
    derives: Vec<String>,
}

impl Attributes {
    /// Notes what of an attribute's brackets matters to the expansion.
    fn look_at(&mut self, brackets: &TokenTree) {
        let TokenTree::Group(brackets) = brackets else { return };
        let mut trees = brackets.stream().into_iter();
        let Some(TokenTree::Ident(name)) = trees.next() else { return };
        if name == "doc" {
            self.has_docs = true;
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
    }
}

fn visibility(tokens: &mut Tokens<'_>) -> TokenStream {
    let mut ahead = *tokens;
    let mut visibility = TokenStream::new();
    if ahead.keyword("pub").is_none() || ahead.punct(':').is_some() {
        return visibility;
    }
    visibility.extend(tokens.tree());
    if tokens.at_group(Delimiter::Parenthesis) {
        visibility.extend(tokens.tree());
    }
    visibility
}

/// Goes on behind the next `;`, or at the first property when it comes before.
fn skip_header(tokens: &mut Tokens<'_>) {
    let end = |tokens: &Tokens<'_>| {
        let mut ahead = *tokens;
        ahead.punct(';').is_some() || at_name(tokens)
    };
    tokens.until(end);
    tokens.punct(';');
}

fn punct(char: char, span: proc_macro2::Span) -> TokenTree {
    let mut punct = proc_macro2::Punct::new(char, proc_macro2::Spacing::Alone);
    punct.set_span(span);
    punct.into()
}
