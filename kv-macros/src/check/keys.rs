//! The keys of a declaration: each is declared once, wherever it comes from.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use kv_rules::seed::{Package, places};
use proc_macro2::Span;

/// The keys so far, and where each is declared.
#[derive(Default)]
pub(super) struct Keys {
    places: HashMap<String, Place>,
    spreads: Vec<Source>,
}

/// Where a key is declared.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// An entry of `values`.
    Entry(Span),
    /// In a seed file, at a byte. Its line is counted only when a message needs it.
    Seed { spread: usize, at: u64 },
    /// A file below a folder.
    Dir { spread: usize },
}

/// A key that is declared twice.
pub(super) struct Clash {
    /// What to say at the second place.
    pub(super) message: String,
    /// Where the first is, when it is an entry.
    pub(super) entry: Option<Span>,
}

struct Source {
    path: String,
    package: Package,
}

impl Keys {
    /// Adds a spread that places can refer to.
    pub(super) fn spread(&mut self, path: &str, package: &Package) -> usize {
        self.spreads.push(Source { path: path.to_owned(), package: package.clone() });
        self.spreads.len() - 1
    }

    /// Takes a key that is not taken yet.
    pub(super) fn claim(&mut self, key: &str, place: Place) -> Result<(), Clash> {
        let first = match self.places.entry(key.to_owned()) {
            Entry::Vacant(free) => {
                free.insert(place);
                return Ok(());
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        let key_shown = key.escape_debug();
        let first_shown = self.describe(first, key);
        let message = format!(
            "the key `{key_shown}` is declared twice, first {first_shown}: keep one of the two"
        );
        let entry = match first {
            Place::Entry(span) => Some(span),
            _ => None,
        };
        Err(Clash { message, entry })
    }

    fn describe(&self, place: Place, key: &str) -> String {
        let spread = |index: usize| self.spreads.get(index);
        match place {
            Place::Entry(_) => "as an entry of `values`".to_owned(),
            Place::Seed { spread: index, at } => {
                spread(index).map_or_else(String::new, |source| source.place(at))
            }
            Place::Dir { spread: index } => spread(index)
                .map_or_else(String::new, |source| format!("by the file {}/{key}", source.path)),
        }
    }
}

impl Source {
    /// A byte of a seed file, by line and column.
    fn place(&self, at: u64) -> String {
        let Self { path, package } = self;
        let place = package.open(path).ok().and_then(|file| places(vec![at], file).ok()?.pop());
        place.map_or_else(|| format!("in {path}"), |(_, place)| format!("at {path}:{place}"))
    }
}
