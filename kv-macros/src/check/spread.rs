//! `..file("seed.json")` and `..dir("public")`: everything that a deploy will read of them is held
//! against the rules; none of it is kept.

use kv_rules::seed::{Folder, Package, SeedMistakes, read_pairs};
use proc_macro2::Span;

use super::keys::{Keys, Place};
use crate::errors::Errors;
use crate::model::Spread;
use crate::syntax::Name;

/// Checks a seed file.
pub(super) fn file(path: Name, package: &Package, keys: &mut Keys, errors: &mut Errors) -> Spread {
    let Name { text: written, span } = path;
    let mut firsts = Vec::new();
    match read_file(&written, package, keys, &mut firsts) {
        Ok(messages) => {
            for message in messages {
                errors.push(span, message);
            }
        }
        Err(error) => errors.push(span, error),
    }
    push_all(firsts, errors);
    Spread::File(written)
}

/// The mistakes of a seed file, and in `firsts` what to say at entries of `values` whose keys are in
/// it again.
fn read_file(
    written: &str,
    package: &Package,
    keys: &mut Keys,
    firsts: &mut Vec<(Span, String)>,
) -> Result<Vec<String>, String> {
    let open = || package.open(written).map_err(|error| error.to_string());
    let unreadable = |error| format!("`{written}` cannot be read: {error}");
    let mut mistakes = SeedMistakes::default();
    let spread = keys.spread(written, package);
    let read = read_pairs(open()?, &mut mistakes, |pair, mistakes| {
        let place = Place::Seed { spread, at: pair.key_at };
        if let Err(clash) = keys.claim(&pair.key, place) {
            mistakes.push(pair.key_at, clash.message);
            firsts.extend(clash.entry);
        }
    });
    read.map_err(unreadable)?;
    mistakes.messages(written, open()?).map_err(unreadable)
}

/// Checks a folder and all its files.
pub(super) fn dir(path: Name, package: &Package, keys: &mut Keys, errors: &mut Errors) -> Spread {
    let Name { text: written, span } = path;
    let spread = keys.spread(written.trim_end_matches('/'), package);
    let mut firsts = Vec::new();
    match Folder::read(package, &written) {
        Ok(Folder { files, mistakes }) => {
            for file in files {
                if let Err(clash) = keys.claim(&file.key, Place::Dir { spread }) {
                    errors.push(span, format!("`{written}/{}`: {}", file.key, clash.message));
                    firsts.extend(clash.entry);
                }
            }
            for mistake in mistakes {
                errors.push(span, mistake);
            }
        }
        Err(error) => errors.push(span, error),
    }
    push_all(firsts, errors);
    Spread::Dir(written)
}

fn push_all(firsts: Vec<(Span, String)>, errors: &mut Errors) {
    for (span, first) in firsts {
        errors.push(span, first);
    }
}
