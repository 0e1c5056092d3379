//! `..file("seed.json")` and `..dir("public")`: everything that a deploy will read from them is checked
//! against the rules; none of it is kept.

use super::keys::{Keys, Place};
use crate::model::Spread;
use crate::syntax::Name;
use kv_rules::seed::{Folder, SeedMistakes, read_pairs};

/// Checks a seed file.
pub(super) fn file(path: Name, keys: &mut Keys<'_>) -> Spread {
    let Name { text: written, span } = path;
    let context = keys.context;
    match read_file(&written, keys) {
        Ok(messages) => match other_format(&written) {
            Some(format) if !messages.is_empty() => context.push(
                span,
                format!(
                    "`{written}` is {format}, but a seed file is JSON: convert it to a list of pairs, \
                     `[{{\"key\": \"...\", \"value\": \"...\"}}]`"
                ),
            ),
            _ => messages.into_iter().for_each(|message| context.push(span, message)),
        },
        Err(error) => context.push(span, error),
    }
    Spread::File(written)
}

/// The format that a file's name indicates, if it is not JSON.
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
fn read_file(written: &str, keys: &mut Keys<'_>) -> Result<Vec<String>, String> {
    let package = keys.context.package;
    let open = || package.open(written).map_err(|error| error.to_string());
    let unreadable = |error| format!("`{written}` cannot be read: {error}");
    let mut mistakes = SeedMistakes::default();
    let (spread, everywhere) = (keys.spread(written), "".into());
    let read = read_pairs(open()?, &mut mistakes, |pair, mistakes| {
        let place = Place::Seed { spread, at: pair.key_at };
        if let Err(clash) = keys.claim(&pair.key, place, &everywhere) {
            mistakes.push(pair.key_at, clash.message);
        }
    });
    read.map_err(unreadable)?;
    mistakes.messages(written, open()?).map_err(unreadable)
}

/// Checks a folder and all its files.
pub(super) fn dir(path: Name, keys: &mut Keys<'_>) -> Spread {
    let Name { text: written, span } = path;
    let context = keys.context;
    let spread = keys.spread(written.trim_end_matches('/'));
    let everywhere = "".into();
    match Folder::read(context.package, &written) {
        Ok(Folder { files, mistakes }) => {
            for file in files {
                if let Err(clash) = keys.claim(&file.key, Place::Dir { spread }, &everywhere) {
                    context.push(span, format!("`{written}/{}`: {}", file.key, clash.message));
                }
            }
            for mistake in mistakes {
                context.push(span, mistake);
            }
        }
        Err(error) => context.push(span, error),
    }
    Spread::Dir(written)
}
