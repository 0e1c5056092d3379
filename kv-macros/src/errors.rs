//! Every mistake of a declaration, each at its token, so that one build shows them all.

use std::cell::RefCell;
use std::fmt::Display;
use std::mem;

use proc_macro2::{Span, TokenStream};

/// The mistakes that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    all: RefCell<Vec<syn::Error>>,
    /// How reading goes in the groups that are open, outermost first.
    ways: RefCell<Vec<Way>>,
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
    pub(crate) fn push(&self, span: Span, message: impl Display) {
        self.all.borrow_mut().push(syn::Error::new(span, message));
    }

    /// Adds a mistake of grammar after which reading guesses where to go on. Of a group only the first
    /// counts: what is read behind it can be wrong because of it.
    pub(crate) fn lose(&self, span: Span, message: impl Display) {
        let before = self.ways.borrow_mut().last_mut().map(|way| mem::replace(way, Way::Lost));
        if before.is_none_or(|way| way == Way::Sure) {
            self.push(span, message);
        }
    }

    /// Adds a mistake of grammar after which reading knows where to go on, unless it lost its way before.
    pub(crate) fn push_unless_lost(&self, span: Span, message: impl Display) {
        if self.ways.borrow().last() != Some(&Way::Lost) {
            self.push(span, message);
        }
    }

    /// Reads a group, and says whether reading lost its way in it. In one that is lost, all groups
    /// are.
    pub(crate) fn group<T>(&self, read: impl FnOnce() -> T) -> (T, bool) {
        let way = match self.ways.borrow().last() {
            Some(Way::Lost) => Way::Lost,
            _ => Way::Sure,
        };
        self.ways.borrow_mut().push(way);
        let read = read();
        let mut ways = self.ways.borrow_mut();
        let is_lost = ways.pop() == Some(Way::Lost);
        if let Some(way) = ways.last_mut().filter(|way| is_lost && **way == Way::Sure) {
            *way = Way::Unsure;
        }
        (read, is_lost)
    }

    /// Reads what says nothing of its mistakes, and says whether there are any.
    pub(crate) fn silently<T>(&self, read: impl FnOnce() -> T) -> (T, bool) {
        let (told, ways) = (self.all.borrow().len(), self.ways.borrow().clone());
        let read = read();
        let is_wrong = self.all.borrow().len() > told;
        self.all.borrow_mut().truncate(told);
        self.ways.replace(ways);
        (read, is_wrong)
    }

    /// An item of a list was read to its end.
    pub(crate) fn item_ends(&self) {
        if let Some(way) = self.ways.borrow_mut().last_mut().filter(|way| **way == Way::Unsure) {
            *way = Way::Sure;
        }
    }

    /// Adds a mistake that has a second place, of which only the line is told: one mistake is one
    /// error.
    pub(crate) fn push_beside(&self, span: Span, message: impl Display, other: Span) {
        // Outside of a compiler there are no lines.
        let line = proc_macro::is_available().then(|| other.unwrap().line());
        match line {
            Some(line) => self.push(span, format!("{message} (the other is on line {line})")),
            None => self.push(span, message),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.borrow().is_empty()
    }

    /// One `compile_error!` a mistake, in the order of the source.
    pub(crate) fn to_tokens(&self) -> Vec<TokenStream> {
        let mut all: Vec<_> = self.all.borrow().iter().cloned().collect();
        // Outside of a compiler there are no places.
        if proc_macro::is_available() {
            all.sort_by_key(|error| {
                let place = error.span().unwrap();
                (place.line(), place.column())
            });
        }
        all.iter().map(syn::Error::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn into_vec(self) -> Vec<syn::Error> {
        self.all.into_inner()
    }
}
