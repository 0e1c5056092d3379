//! The `kv_namespace!` macro of kv-runtime, which documents and re-exports it.
//!
//! The user's tokens pass through phases: `syntax` mirrors what was written, `check` applies every
//! rule and builds the `model`, `expand` writes the code and cannot fail. For a declaration with
//! mistakes, `expand` writes the errors, a type whose uses cause no further errors, and, for editors,
//! what was understood.

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
mod infer;
mod model;
mod names;
mod syntax;
#[cfg(test)]
mod tests;

use kv_rules::seed::Package;
use proc_macro2::TokenStream;

use crate::check::Context;
use crate::errors::Errors;
use crate::model::{Broken, Namespace};

/// Declares a Workers KV namespace; `kv_runtime::kv_namespace!` calls it and documents it.
#[proc_macro]
pub fn kv_namespace(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(Into::into);
    declare(input.into(), &Package::new(root)).into()
}

fn declare(input: TokenStream, package: &Package) -> TokenStream {
    match understand(input, package) {
        Ok(namespace) => expand::namespace(&namespace),
        Err(broken) => expand::broken(&broken),
    }
}

/// What a declaration means.
fn understand(input: TokenStream, package: &Package) -> Result<Namespace, Box<Broken>> {
    let errors = Errors::default();
    let context = Context { package, errors: &errors };
    let written = syntax::parse(input, &errors);
    let understood = written.and_then(|written| check::check(written, context));
    match understood {
        Some(namespace) if errors.is_empty() => Ok(namespace),
        understood => Err(Box::new(Broken { errors, understood })),
    }
}
