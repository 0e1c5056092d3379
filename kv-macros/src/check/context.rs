//! What every check needs.

use std::fmt::Display;

use kv_rules::seed::Package;
use proc_macro2::Span;

use crate::errors::Errors;

/// The package whose files a declaration names, and where its mistakes are told.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) package: &'a Package,
    pub(crate) errors: &'a Errors,
}

impl Context<'_> {
    /// Tells of a mistake.
    pub(super) fn push(self, span: Span, message: impl Display) {
        self.errors.push(span, message);
    }

    /// Tells of a mistake that has a second place.
    pub(super) fn push_beside(self, span: Span, message: impl Display, other: Span) {
        self.errors.push_beside(span, message, other);
    }
}
