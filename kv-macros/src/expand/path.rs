//! What an expansion repeats for every entry, written token by token: interpolating a stream into
//! a stream costs a call into the compiler each time, which adds up over 10,000 entries.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt as _};

/// `::core::option::Option::Some(value)` or `::core::option::Option::None`.
pub(super) struct Optional<T>(pub(super) Option<T>);

impl<T: ToTokens> ToTokens for Optional<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Some(value) = &self.0 else {
            return std(&["core", "option", "Option", "None"], tokens);
        };
        std(&["core", "option", "Option", "Some"], tokens);
        parenthesized(value, tokens);
    }
}

/// Appends the absolute path of something in the standard library.
pub(super) fn std(names: &[&str], tokens: &mut TokenStream) {
    for name in names {
        separator(tokens);
        tokens.append(Ident::new(name, Span::call_site()));
    }
}

/// Appends the path of something in kv-runtime.
pub(super) fn runtime(runtime: &Ident, names: &[&str], tokens: &mut TokenStream) {
    tokens.append(runtime.clone());
    std(names, tokens);
}

pub(super) fn separator(tokens: &mut TokenStream) {
    tokens.append(Punct::new(':', Spacing::Joint));
    tokens.append(Punct::new(':', Spacing::Alone));
}

pub(super) fn parenthesized(inside: &impl ToTokens, tokens: &mut TokenStream) {
    tokens.append(Group::new(Delimiter::Parenthesis, inside.to_token_stream()));
}

/// Appends `<inside>`.
pub(super) fn angled(inside: &impl ToTokens, tokens: &mut TokenStream) {
    tokens.append(Punct::new('<', Spacing::Alone));
    inside.to_tokens(tokens);
    tokens.append(Punct::new('>', Spacing::Alone));
}
