//! Every mistake of a declaration, each at its token, so that one build shows them all.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};

/// The mistakes that were found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    pub(crate) fn push(&mut self, span: Span, message: impl Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Adds what is said at another place of the same mistake, if there is one.
    pub(crate) fn push_other(&mut self, other: Option<(Span, String)>) {
        if let Some((span, message)) = other {
            self.push(span, message);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` a mistake.
    pub(crate) fn to_tokens(&self) -> TokenStream {
        self.0.iter().map(syn::Error::to_compile_error).collect()
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &syn::Error> {
        self.0.iter()
    }
}
