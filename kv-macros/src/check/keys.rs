//! The keys of a declaration: each is declared once, wherever it comes from.

use kv_rules::shown;
use std::ops::Range;
use std::rc::Rc;

use kv_rules::seed::places;
use proc_macro2::Span;

use super::Context;

/// The keys so far, and where each is declared.
///
/// A seed file can have a million, and macros are compiled without optimisation: with a `HashMap`, the keys
/// would take longer than everything else.
pub(super) struct Keys<'a> {
    /// The keys, one after the other.
    text: String,
    claims: Vec<Claim>,
    /// A hash table with open addressing. A slot has the number of the last claim with a hash, counted from 1.
    slots: Vec<usize>,
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
    hash: u64,
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
        let (text, claims, slots) = (String::new(), Vec::new(), vec![0; 64]);
        Self { text, claims, slots, spreads: Vec::new(), context }
    }

    /// Adds a spread that places can refer to.
    pub(super) fn spread(&mut self, path: &str) -> usize {
        self.spreads.push(path.to_owned());
        self.spreads.len() - 1
    }

    /// Takes a key that is free, or that is taken only under another `#[cfg(...)]`.
    pub(super) fn claim(&mut self, key: &str, place: Place, cfg: &Rc<str>) -> Result<(), Clash> {
        let hash = hash(key);
        let slot = slot_of(&self.slots, &self.claims, hash);
        let before = self.slots.get(slot).and_then(|number| number.checked_sub(1));
        let Some(first) = before.and_then(|before| self.find(before, key)) else {
            let begin = self.text.len();
            self.text.push_str(key);
            let (key, cfg) = (begin..self.text.len(), Rc::clone(cfg));
            self.claims.push(Claim { hash, key, place, cfg, before });
            self.occupy(slot);
            return Ok(());
        };
        if are_apart(&first.cfg, cfg) {
            return Ok(());
        }
        let first = first.place;
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

    /// Notes the last claim in a slot, and keeps half of the slots free.
    fn occupy(&mut self, slot: usize) {
        if let Some(number) = self.slots.get_mut(slot) {
            *number = self.claims.len();
        }
        if self.claims.len() * 2 <= self.slots.len() {
            return;
        }
        let mut slots = vec![0; self.slots.len() * 4];
        for (index, claim) in self.claims.iter().enumerate() {
            let slot = slot_of(&slots, &self.claims, claim.hash);
            if let Some(number) = slots.get_mut(slot) {
                *number = index + 1;
            }
        }
        self.slots = slots;
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

/// The slot of a hash: the one that has it, or else a free one. There are free ones.
#[expect(clippy::indexing_slicing, reason = "`at` is masked, and slots have numbers of claims")]
fn slot_of(slots: &[usize], claims: &[Claim], hash: u64) -> usize {
    let mask = slots.len() - 1;
    let mut at = usize::try_from((hash ^ (hash >> 32)) & 0xffff_ffff).unwrap_or(0) & mask;
    while slots[at] != 0 && claims[slots[at] - 1].hash != hash {
        at = (at + 1) & mask;
    }
    at
}

/// Whether both `#[cfg(...)]` are there and differ. It is up to the user that they exclude each other;
/// the compiler reports where they do not.
pub(super) fn are_apart(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}
