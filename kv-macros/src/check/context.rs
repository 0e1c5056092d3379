//! What every check needs.

use std::fmt::Display;

use kv_rules::seed::Package;
use proc_macro2::Span;

use crate::errors::Errors;

/// The package whose files a declaration names, and where its mistakes are reported.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) package: &'a Package,
    pub(crate) errors: &'a Errors,
}

impl Context<'_> {
    /// Reports a mistake.
    pub(super) fn push(self, span: Span, message: impl Display) {
        self.errors.push(span, message);
    }

    /// Reports a mistake that has a second place.
    pub(super) fn push_with_other(self, span: Span, message: impl Display, other: Span) {
        self.errors.push_with_other(span, message, other);
    }
}
