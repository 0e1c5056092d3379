//! The keys of a declaration: each is declared once, wherever it comes from.

use kv_rules::shown;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::rc::Rc;

use kv_rules::seed::places;
use proc_macro2::Span;

use super::Context;

/// The keys so far, and where each is declared.
///
/// A seed file can have a million, and macros are compiled without optimisation: a map of strings would
/// take longer than everything else.
pub(super) struct Keys<'a> {
    /// The keys, one after the other.
    text: String,
    claims: Vec<Claim>,
    /// The last claim of a key with this hash.
    last: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
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

/// A key that is taken.
struct Claim {
    /// Where in the text it is.
    key: Range<usize>,
    place: Place,
    /// The `#[cfg(...)]` of its entry, as text.
    cfg: Rc<str>,
    /// The claim of another key with the same hash.
    before: Option<usize>,
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
        let (text, claims, last) = (String::new(), Vec::new(), HashMap::default());
        Self { text, claims, last, spreads: Vec::new(), context }
    }

    /// Adds a spread that places can refer to.
    pub(super) fn spread(&mut self, path: &str) -> usize {
        self.spreads.push(path.to_owned());
        self.spreads.len() - 1
    }

    /// Takes a key that is free, or that is taken only under another `#[cfg(...)]`.
    pub(super) fn claim(&mut self, key: &str, place: Place, cfg: &Rc<str>) -> Result<(), Clash> {
        let hash = hash(key);
        let before = self.last.insert(hash, self.claims.len());
        let Some(first) = before.and_then(|before| self.find(before, key)) else {
            let begin = self.text.len();
            self.text.push_str(key);
            let (key, cfg) = (begin..self.text.len(), Rc::clone(cfg));
            self.claims.push(Claim { key, place, cfg, before });
            return Ok(());
        };
        let (first, is_apart) = (first.place, are_apart(&first.cfg, cfg));
        self.last.extend(before.map(|before| (hash, before)));
        if is_apart {
            return Ok(());
        }
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

    /// The claim of a key, among those with the same hash.
    fn find(&self, mut at: usize, key: &str) -> Option<&Claim> {
        loop {
            let claim = self.claims.get(at)?;
            if self.text.get(claim.key.clone()) == Some(key) {
                return Some(claim);
            }
            at = claim.before?;
        }
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

/// FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>), as a loop that is fast without optimisation.
#[expect(clippy::indexing_slicing, reason = "`at` is less than `end`")]
fn hash(key: &str) -> u64 {
    let bytes = key.as_bytes();
    let (mut hash, mut at, end) = (0xcbf2_9ce4_8422_2325_u64, 0, bytes.len());
    while at < end {
        hash = (hash ^ u64::from(bytes[at])).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    hash
}

/// Takes a hash as it is.
#[derive(Default)]
pub(super) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Whether both `#[cfg(...)]` are there and differ. It is up to the user that they exclude each other;
/// the compiler reports where they do not.
pub(super) fn are_apart(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}
