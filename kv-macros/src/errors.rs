//! Every mistake of a declaration, each at its token, so that one build shows them all.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};

/// The mistakes that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    all: Vec<syn::Error>,
    /// How reading goes in the groups that are open, outermost first.
    ways: Vec<Way>,
}

/// How reading goes in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Sure,
    /// It was lost in the group that ended last: what comes right behind can belong to that.
    Unsure,
    Lost,
}

impl Errors {
    pub(crate) fn push(&mut self, span: Span, message: impl Display) {
        self.all.push(syn::Error::new(span, message));
    }

    /// Adds a mistake of grammar after which reading guesses where to go on. Of a group only the first
    /// counts: what is read behind it can be wrong because of it.
    pub(crate) fn lose(&mut self, span: Span, message: impl Display) {
        let before = self.ways.last_mut().map(|way| std::mem::replace(way, Way::Lost));
        if before.is_none_or(|way| way == Way::Sure) {
            self.push(span, message);
        }
    }

    /// Reads a group, and says whether reading lost its way in it. In one that is lost, all groups
    /// are.
    pub(crate) fn group<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        self.ways.push(match self.ways.last() {
            Some(Way::Lost) => Way::Lost,
            _ => Way::Sure,
        });
        let read = read(self);
        let is_lost = self.ways.pop() == Some(Way::Lost);
        if let Some(way) = self.ways.last_mut().filter(|way| is_lost && **way == Way::Sure) {
            *way = Way::Unsure;
        }
        (read, is_lost)
    }

    /// An item of a list was read to its end.
    pub(crate) fn item_ends(&mut self) {
        if let Some(way) = self.ways.last_mut().filter(|way| **way == Way::Unsure) {
            *way = Way::Sure;
        }
    }

    /// Adds a mistake that has a second place, of which only the line is told: one mistake is one
    /// error.
    pub(crate) fn push_beside(&mut self, span: Span, message: impl Display, other: Span) {
        // Outside of a compiler there are no lines.
        let line = proc_macro::is_available().then(|| other.unwrap().line());
        match line {
            Some(line) => self.push(span, format!("{message} (the other is on line {line})")),
            None => self.push(span, message),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// One `compile_error!` a mistake.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.all.iter().map(syn::Error::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &syn::Error> {
        self.all.iter()
    }
}
