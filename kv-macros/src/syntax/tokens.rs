//! A stream of tokens to read from, which knows where the last one was.

use proc_macro2::extra::DelimSpan;
use proc_macro2::{Delimiter, Ident, Literal, Spacing, Span, TokenStream, TokenTree};
use syn::buffer::Cursor;

use crate::errors::Errors;
use crate::names;

/// The rest of a group or of the whole input.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    cursor: Cursor<'a>,
    /// Where to point when the tokens end here: the last token, or the group's opening.
    last: Span,
    /// The closing delimiter of the group; `None` in the whole input.
    close: Option<Span>,
    /// Where mistakes in them are reported.
    pub(super) errors: &'a Errors,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(cursor: Cursor<'a>, errors: &'a Errors) -> Self {
        Self { cursor, last: Span::call_site(), close: None, errors }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cursor.eof()
    }

    /// The next token, or what ends the tokens.
    pub(super) fn span(&self) -> Span {
        if self.is_empty() {
            return self.close.unwrap_or(self.last);
        }
        let mut cursor = self.cursor;
        loop {
            match cursor.any_group() {
                // A fragment of `macro_rules!` has the span of its contents, where it was passed in.
                Some((inside, Delimiter::None, ..)) if !inside.eof() => cursor = inside,
                Some((_, _, span, _)) => return span.open(),
                None => return cursor.span(),
            }
        }
    }

    /// The token that was read last.
    pub(super) fn last(&self) -> Span {
        self.last
    }

    pub(super) fn ident(&mut self) -> Option<Ident> {
        let (ident, rest) = self.cursor.ident()?;
        self.advance(rest, ident.span());
        Some(ident)
    }

    /// An identifier that is not a keyword.
    pub(super) fn name(&mut self) -> Option<Ident> {
        let (ident, _) = self.cursor.ident()?;
        if names::is_keyword(&ident.to_string()) { None } else { self.ident() }
    }

    pub(super) fn keyword(&mut self, keyword: &str) -> Option<Span> {
        let (ident, rest) = self.cursor.ident()?;
        if ident != keyword {
            return None;
        }
        self.advance(rest, ident.span());
        Some(ident.span())
    }

    pub(super) fn literal(&mut self) -> Option<Literal> {
        let (literal, rest) = self.cursor.literal()?;
        self.advance(rest, literal.span());
        Some(literal)
    }

    pub(super) fn punct(&mut self, char: char) -> Option<Span> {
        let (punct, rest) = self.cursor.punct()?;
        if punct.as_char() != char {
            return None;
        }
        self.advance(rest, punct.span());
        Some(punct.span())
    }

    /// Several punctuation characters that were written as one token.
    pub(super) fn joined(&mut self, chars: &str) -> Option<Span> {
        let mut ahead = *self;
        let mut first = None;
        let mut expected = chars.chars().peekable();
        while let Some(char) = expected.next() {
            let (punct, rest) = ahead.cursor.punct()?;
            let continues = expected.peek().is_none() || punct.spacing() == Spacing::Joint;
            if punct.as_char() != char || !continues {
                return None;
            }
            first.get_or_insert(punct.span());
            ahead.advance(rest, punct.span());
        }
        *self = ahead;
        first
    }

    pub(super) fn group(&mut self, delimiter: Delimiter) -> Option<(Self, DelimSpan)> {
        let (inside, span, rest) = self.cursor.group(delimiter)?;
        self.advance(rest, span.close());
        let (last, close) = (span.open(), Some(span.close()));
        Some((Self { cursor: inside, last, close, errors: self.errors }, span))
    }

    /// Whether a group with this delimiter is next.
    pub(super) fn at_group(&self, delimiter: Delimiter) -> bool {
        self.cursor.group(delimiter).is_some()
    }

    /// Any one token.
    pub(super) fn tree(&mut self) -> Option<TokenTree> {
        let (tree, rest) = self.cursor.token_tree()?;
        let span = match &tree {
            TokenTree::Group(group) => group.span_close(),
            tree => tree.span(),
        };
        self.advance(rest, span);
        Some(tree)
    }

    /// Reads up to the next comma, and leaves the comma.
    pub(super) fn until_comma(&mut self) -> TokenStream {
        self.until(Self::at_comma)
    }

    /// Reads until `stop` is true.
    pub(super) fn until(&mut self, stop: impl Fn(&Self) -> bool) -> TokenStream {
        let mut read = TokenStream::new();
        while !stop(self)
            && let Some(tree) = self.tree()
        {
            read.extend([tree]);
        }
        read
    }

    /// Whether this word is next.
    pub(super) fn at_keyword(&self, keyword: &str) -> bool {
        self.cursor.ident().is_some_and(|(ident, _)| ident == keyword)
    }

    /// Whether an item ends here, or the next begins without its comma.
    pub(super) fn is_after_item(&self) -> bool {
        self.is_empty() || self.at_comma() || at_name(self)
    }

    pub(super) fn is_punct(&self) -> bool {
        self.cursor.punct().is_some()
    }

    pub(super) fn at_comma(&self) -> bool {
        self.at_punct(',')
    }

    pub(super) fn at_punct(&self, char: char) -> bool {
        self.cursor.punct().is_some_and(|(punct, _)| punct.as_char() == char)
    }

    /// The next token as a reader would name it.
    pub(super) fn describe(&self) -> String {
        if let Some((ident, _)) = self.cursor.ident() {
            return format!("`{ident}`");
        }
        match self.cursor.token_tree() {
            None => match self.close {
                Some(_) => "the closing bracket".to_owned(),
                None => "the end of the declaration".to_owned(),
            },
            Some((TokenTree::Group(group), _)) => match group.delimiter() {
                Delimiter::Parenthesis => "`(`".to_owned(),
                Delimiter::Brace => "`{`".to_owned(),
                Delimiter::Bracket => "`[`".to_owned(),
                Delimiter::None => format!("`{}`", group.stream()),
            },
            Some((tree, _)) => format!("`{}`", shorten(&tree.to_string())),
        }
    }

    fn advance(&mut self, rest: Cursor<'a>, last: Span) {
        self.cursor = rest;
        self.last = last;
    }
}

/// Whether the next two tokens are a name and its colon.
pub(super) fn at_name(tokens: &Tokens<'_>) -> bool {
    let mut ahead = *tokens;
    let named = ahead.ident().is_some() || ahead.literal().is_some();
    named && ahead.punct(':').is_some() && ahead.punct(':').is_none()
}

/// Whether `{` is next.
pub(super) fn at_brace(tokens: &Tokens<'_>) -> bool {
    tokens.at_group(Delimiter::Brace)
}

/// A token, shortened for a message.
pub(super) fn shorten(token: &str) -> String {
    const LONGEST: usize = 40;
    if token.chars().count() <= LONGEST {
        return token.to_owned();
    }
    token.chars().take(LONGEST).chain(['…']).collect()
}
