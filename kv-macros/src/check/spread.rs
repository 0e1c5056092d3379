//! `..file("seed.json")` and `..dir("public")`: everything that a deploy will read of them is held
//! against the rules; none of it is kept.

use super::keys::{Keys, Place};
use crate::errors::Errors;
use crate::model::Spread;
use crate::syntax::Name;
use kv_rules::seed::{Folder, Package, SeedMistakes, read_pairs};

/// Checks a seed file.
pub(super) fn file(path: Name, package: &Package, keys: &mut Keys, errors: &mut Errors) -> Spread {
    let Name { text: written, span } = path;
    match read_file(&written, package, keys) {
        Ok(messages) => match other_format(&written) {
            Some(format) if !messages.is_empty() => errors.push(
                span,
                format!(
                    "`{written}` is {format}, and a seed file is JSON: convert it to a list of pairs, \
                     `[{{\"key\": \"...\", \"value\": \"...\"}}]`"
                ),
            ),
            _ => messages.into_iter().for_each(|message| errors.push(span, message)),
        },
        Err(error) => errors.push(span, error),
    }
    Spread::File(written)
}

/// The format that the name of a file says, if it is not JSON.
fn other_format(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "yaml" | "yml" => "YAML",
        "toml" => "TOML",
        "csv" => "CSV",
        "tsv" => "TSV",
        "xml" => "XML",
        "js" | "mjs" | "ts" => "JavaScript",
        "jsonc" | "json5" => "JSON with comments",
        _ => return None,
    })
}

/// The mistakes of a seed file.
fn read_file(written: &str, package: &Package, keys: &mut Keys) -> Result<Vec<String>, String> {
    let open = || package.open(written).map_err(|error| error.to_string());
    let unreadable = |error| format!("`{written}` cannot be read: {error}");
    let mut mistakes = SeedMistakes::default();
    let spread = keys.spread(written, package);
    let read = read_pairs(open()?, &mut mistakes, |pair, mistakes| {
        let place = Place::Seed { spread, at: pair.key_at };
        if let Err(clash) = keys.claim(&pair.key, place) {
            mistakes.push(pair.key_at, clash.message);
        }
    });
    read.map_err(unreadable)?;
    mistakes.messages(written, open()?).map_err(unreadable)
}

/// Checks a folder and all its files.
pub(super) fn dir(path: Name, package: &Package, keys: &mut Keys, errors: &mut Errors) -> Spread {
    let Name { text: written, span } = path;
    let spread = keys.spread(written.trim_end_matches('/'), package);
    match Folder::read(package, &written) {
        Ok(Folder { files, mistakes }) => {
            for file in files {
                if let Err(clash) = keys.claim(&file.key, Place::Dir { spread }) {
                    errors.push(span, format!("`{written}/{}`: {}", file.key, clash.message));
                }
            }
            for mistake in mistakes {
                errors.push(span, mistake);
            }
        }
        Err(error) => errors.push(span, error),
    }
    Spread::Dir(written)
}
