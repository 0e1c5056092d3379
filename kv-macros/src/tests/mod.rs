//! The whole way from tokens to code, on declarations as users write them.

mod edits;
mod errors;
mod expansion;
mod half_typed;

use proc_macro2::TokenStream;

use kv_rules::seed::Package;

/// The folder that `file`, `dir` and spreads of these tests read.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/package");

/// The input of the macro as kv-runtime's wrapper passes it.
fn input(declaration: &str) -> TokenStream {
    format!("kv_runtime;{declaration}").parse().unwrap()
}

/// The formatted code of a declaration.
fn expand(declaration: &str) -> String {
    let tokens = crate::declare(input(declaration), &Package::new(Some(PACKAGE.into())));
    let file = syn::parse2(tokens).unwrap();
    prettyplease::unparse(&file).replace(PACKAGE, "[PACKAGE]")
}

/// Each mistake of a declaration: where it is, the token under the caret, and the message.
fn mistakes(declaration: &str, package: &Package) -> Vec<String> {
    let source = input(declaration);
    let Err(broken) = crate::understand(source, package) else { return Vec::new() };
    let render = |error: &syn::Error| {
        let span = error.span();
        let (start, token) = (span.start(), span.source_text());
        let token = token.unwrap_or_else(|| "the whole declaration".to_owned());
        format!("{}:{} {token}\n    {error}", start.line, start.column)
    };
    broken.errors.into_vec().iter().map(render).collect()
}
