//! Properties that hold for any configuration.

use super::edit::{edit, remove};
use super::jsonc::JSONC;
use super::toml::TOML;
use super::{Binding, Field, Scope};

fn scope(stage: &str, field: Field) -> Scope<'_> {
    Scope { stage, field, previews: false }
}

/// Edits a text as TOML and as JSONC, for two stages and for both ids.
///
/// # Panics
///
/// Panics if an edited text cannot be parsed, or if a second edit changes it again.
pub fn edit_wrangler(text: &str) {
    let bindings = [Binding { name: "SESSIONS", id: "1a2b" }];
    for syntax in [&TOML, &JSONC] {
        for stage in ["dev", "staging"] {
            for field in [Field::Id, Field::PreviewId] {
                let Ok(edited) = edit(syntax, text, scope(stage, field), &bindings) else {
                    continue;
                };
                let again = edit(syntax, &edited.text, scope(stage, field), &bindings)
                    .unwrap_or_else(|fault| panic!("{}\n{}", fault.message, edited.text));
                assert_eq!((&again.text, again.changed.len()), (&edited.text, 0));
                let removed = remove(syntax, &edited.text, scope(stage, field), &["1a2b"])
                    .unwrap_or_else(|fault| panic!("{}\n{}", fault.message, edited.text));
                (syntax.parse)(&removed.text)
                    .unwrap_or_else(|fault| panic!("{}\n{}", fault.message, removed.text));
            }
        }
    }
}
