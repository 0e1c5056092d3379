//! Tests of edits to wrangler's configuration.

mod file;
mod jsonc;
mod properties;
mod toml;

use super::document::Syntax;
use super::edit::{edit, remove};
use super::{Binding, Field, Scope};

fn scope(stage: &str, field: Field) -> Scope<'_> {
    Scope { stage, field, previews: false }
}

/// The text with `SESSIONS` set to `1a2b`. Asserts that a second edit changes nothing.
fn with_sessions(syntax: &'static Syntax, text: &str, stage: &str, field: Field) -> String {
    let bindings = [Binding { name: "SESSIONS", id: "1a2b" }];
    let edited = edit(syntax, text, scope(stage, field), &bindings).unwrap();
    assert_eq!(edited.changed, ["SESSIONS"]);
    let again = edit(syntax, &edited.text, scope(stage, field), &bindings).unwrap();
    assert_eq!((&again.text, again.changed.len()), (&edited.text, 0), "idempotent");
    edited.text
}

/// The text without the namespace `1a2b`.
fn without(syntax: &'static Syntax, text: &str, stage: &str, field: Field) -> String {
    remove(syntax, text, scope(stage, field), &["1a2b"]).unwrap().text
}

/// The error message for a text, and the rest of the line that it points to.
fn fault<'a>(syntax: &'static Syntax, text: &'a str, stage: &str) -> (String, &'a str) {
    let bindings = [Binding { name: "SESSIONS", id: "1a2b" }];
    let fault = edit(syntax, text, scope(stage, Field::Id), &bindings).unwrap_err();
    (fault.message, text[fault.at..].lines().next().unwrap_or_default())
}
