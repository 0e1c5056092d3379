//! Keeps wrangler's configuration up to date with the bindings and ids of deployed namespaces.
//!
//! The text is parsed only to find the places to change; all other bytes stay as they are (`text`).
//! `document` is what TOML and JSONC have in common, and `edit` knows what the configuration should
//! contain.

mod document;
mod edit;
mod file;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod jsonc;
#[cfg(test)]
mod tests;
mod text;
mod toml;

use std::io;
use std::path::PathBuf;

pub(crate) use file::{ConfigFile, FoundBinding};

/// A binding that the configuration should contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Binding<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: &'a str,
}

/// Which id of a binding is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// The namespace that `wrangler deploy` binds.
    Id,
    /// The namespace that `wrangler dev` uses instead, if set. A deploy to this machine writes this id, and
    /// does not touch the one that `wrangler deploy` binds.
    PreviewId,
}

/// The part of a configuration that is kept up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scope<'a> {
    pub(crate) stage: &'a str,
    pub(crate) field: Field,
    /// Whether the bindings are those of Worker Previews, even if there is no block for them yet.
    pub(crate) previews: bool,
}

impl Field {
    fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::PreviewId => "preview_id",
        }
    }
}

/// Why wrangler's configuration cannot be read or updated.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WranglerError {
    #[error("there is no wrangler.toml, wrangler.json or wrangler.jsonc in {}", list(.0))]
    Missing(Vec<PathBuf>),
    #[error("there is more than one wrangler configuration: {}", list(.0))]
    Several(Vec<PathBuf>),
    #[error("{} is not a .toml, .json or .jsonc file", .0.display())]
    Format(PathBuf),
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{}:{place}: {message}", path.display())]
    Content { path: PathBuf, place: kv_rules::Place, message: String },
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}
