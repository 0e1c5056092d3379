//! The keys of a declaration: each is declared once, wherever it comes from.

use kv_rules::shown;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

use kv_rules::seed::places;
use proc_macro2::Span;

use super::Context;

/// The keys so far, and where each is declared.
pub(super) struct Keys<'a> {
    /// Each with the `#[cfg(...)]` of its entry, as text.
    places: HashMap<String, (Place, Rc<str>)>,
    /// The paths of the spreads.
    spreads: Vec<String>,
    pub(super) context: Context<'a>,
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

impl<'a> Keys<'a> {
    /// No keys yet.
    pub(super) fn new(context: Context<'a>) -> Self {
        Self { places: HashMap::new(), spreads: Vec::new(), context }
    }

    /// Adds a spread that places can refer to.
    pub(super) fn spread(&mut self, path: &str) -> usize {
        self.spreads.push(path.to_owned());
        self.spreads.len() - 1
    }

    /// Takes a key that is free, or that is taken only under another `#[cfg(...)]`.
    pub(super) fn claim(&mut self, key: &str, place: Place, cfg: &Rc<str>) -> Result<(), Clash> {
        let first = match self.places.entry(key.to_owned()) {
            Entry::Vacant(free) => {
                free.insert((place, Rc::clone(cfg)));
                return Ok(());
            }
            Entry::Occupied(taken) => {
                let (first, of) = taken.get();
                if are_apart(of, cfg) {
                    return Ok(());
                }
                *first
            }
        };
        let key_shown = shown(key);
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
        let path = |index: usize| self.spreads.get(index).map_or("", String::as_str);
        match place {
            Place::Entry(_) => "as an entry of `values`".to_owned(),
            Place::Seed { spread, at } => self.place(path(spread), at),
            Place::Dir { spread } => format!("by the file {}/{key}", path(spread)),
        }
    }

    /// A byte of a seed file, by line and column.
    fn place(&self, path: &str, at: u64) -> String {
        let file = self.context.package.open(path).ok();
        let place = file.and_then(|file| places(vec![at], file).ok()?.pop());
        place.map_or_else(|| format!("in {path}"), |(_, place)| format!("at {path}:{place}"))
    }
}

/// Whether both `#[cfg(...)]` are there and differ. It is up to the user that they exclude each other;
/// the compiler reports where they do not.
pub(super) fn are_apart(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}
