//! The `kv_namespace!` macro of kv-runtime, which documents and re-exports it.
//!
//! The user's tokens pass through stages: `syntax` mirrors what was written, `check` applies every
//! rule and builds the `model`, `expand` writes the code and cannot fail. After a mistake,
//! `fallback` writes what was understood beside the errors.

#![deny(missing_docs)]
// Half-typed input is normal input: an editor expands the macro at every keystroke.
#![cfg_attr(
    not(test),
    deny(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::todo,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

extern crate proc_macro;

mod check;
mod errors;
mod expand;
mod fallback;
mod infer;
mod model;
mod names;
mod syntax;
#[cfg(test)]
mod tests;

use kv_rules::seed::Package;
use proc_macro2::TokenStream;

use crate::errors::Errors;

/// Declares a Workers KV namespace; `kv_runtime::kv_namespace!` calls it and documents it.
#[proc_macro]
pub fn kv_namespace(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(Into::into);
    declare(input.into(), &Package::new(root)).into()
}

fn declare(input: TokenStream, package: &Package) -> TokenStream {
    match understand(input, package) {
        (Some(model), errors) if errors.is_empty() => expand::expand(&model),
        (model, errors) => fallback::fallback(model, &errors),
    }
}

/// What a declaration means, and every mistake in it.
fn understand(input: TokenStream, package: &Package) -> (Option<model::Namespace>, Errors) {
    let mut errors = Errors::default();
    let written = syntax::parse(input, &mut errors);
    let model = written.and_then(|written| check::check(written, package, &mut errors));
    (model, errors)
}
