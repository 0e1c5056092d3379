//! Every mistake of a declaration, each at its token, so that one build shows them all.

use std::cell::RefCell;
use std::fmt::Display;
use std::mem;

use proc_macro2::{Span, TokenStream};

/// The mistakes that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    all: RefCell<Vec<syn::Error>>,
    /// Whether the reader knows where it is in each open group, outermost first.
    confidence: RefCell<Vec<Confidence>>,
    /// The habits that were reported.
    habits: RefCell<Vec<Habit>>,
}

/// A mistake that is made everywhere or nowhere, so that only the first one is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// `=` or `=>` in place of a colon.
    Equals,
    /// Other brackets around entries, or none.
    Brackets,
    /// Properties of an entry where there is none.
    NoEntry,
}

/// Whether the reader knows where it is in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confidence {
    Sure,
    /// It was lost in the group that ended last: what comes right after may belong to that group.
    Unsure,
    Lost,
}

impl Errors {
    pub(crate) fn push(&self, span: Span, message: impl Display) {
        self.all.borrow_mut().push(syn::Error::new(span, message));
    }

    /// Adds the first mistake of a habit.
    pub(crate) fn push_once(&self, habit: Habit, span: Span, message: impl Display) {
        if !self.habits.borrow().contains(&habit) {
            self.habits.borrow_mut().push(habit);
            self.push(span, message);
        }
    }

    /// Adds a syntax error after which the reader guesses where to continue. Only the first one in a
    /// group counts: what is read after it may be wrong because of it.
    pub(crate) fn lose(&self, span: Span, message: impl Display) {
        let before = self
            .confidence
            .borrow_mut()
            .last_mut()
            .map(|last| mem::replace(last, Confidence::Lost));
        if before.is_none_or(|last| last == Confidence::Sure) {
            self.push(span, message);
        }
    }

    /// Adds a syntax error after which the reader knows where to continue, unless it was lost before.
    pub(crate) fn push_unless_lost(&self, span: Span, message: impl Display) {
        if self.confidence.borrow().last() != Some(&Confidence::Lost) {
            self.push(span, message);
        }
    }

    /// Reads a group, and returns whether the reader got lost in it. Every group inside a lost group is
    /// lost.
    pub(crate) fn group<T>(&self, read: impl FnOnce() -> T) -> (T, bool) {
        let inner = match self.confidence.borrow().last() {
            Some(Confidence::Lost) => Confidence::Lost,
            _ => Confidence::Sure,
        };
        self.confidence.borrow_mut().push(inner);
        let read = read();
        let mut confidence = self.confidence.borrow_mut();
        let is_lost = confidence.pop() == Some(Confidence::Lost);
        if let Some(last) =
            confidence.last_mut().filter(|last| is_lost && **last == Confidence::Sure)
        {
            *last = Confidence::Unsure;
        }
        (read, is_lost)
    }

    /// Reads without reporting mistakes, and returns whether there were any.
    pub(crate) fn silently<T>(&self, read: impl FnOnce() -> T) -> (T, bool) {
        let (told, confidence) = (self.all.borrow().len(), self.confidence.borrow().clone());
        let read = read();
        let is_wrong = self.all.borrow().len() > told;
        self.all.borrow_mut().truncate(told);
        self.confidence.replace(confidence);
        (read, is_wrong)
    }

    /// Notes that an item of a list was read to its end.
    pub(crate) fn item_ends(&self) {
        if let Some(last) =
            self.confidence.borrow_mut().last_mut().filter(|last| **last == Confidence::Unsure)
        {
            *last = Confidence::Sure;
        }
    }

    /// Adds a mistake that has a second place. The message names only the line of that place, since one
    /// mistake is one error.
    pub(crate) fn push_with_other(&self, span: Span, message: impl Display, other: Span) {
        // Spans have lines only inside the compiler.
        let line = proc_macro::is_available().then(|| other.unwrap().line());
        match line {
            Some(line) => self.push(span, format!("{message} (the other is on line {line})")),
            None => self.push(span, message),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.borrow().is_empty()
    }

    /// One `compile_error!` per mistake, in the order of the source.
    pub(crate) fn to_tokens(&self) -> Vec<TokenStream> {
        let mut all: Vec<_> = self.all.borrow().iter().cloned().collect();
        // Spans have positions only inside the compiler.
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
