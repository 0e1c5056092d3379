//! The keys of a namespace, stored compactly: a million keys take some tens of megabytes.

use std::collections::VecDeque;

use kv_rules::MAX_LIST_KEYS;
use serde_json::value::RawValue;

use super::error::DataError;
use super::pairs::Place;
use super::selection::Selection;
use crate::raw::{Cursors, KeyInfo, ListOptions, RawError};

/// The selected keys of a namespace, a page at a time.
pub(super) struct KeyPages<'a> {
    place: Place<'a>,
    selection: &'a Selection<'a>,
    cursor: Option<String>,
    cursors: Cursors,
    is_done: bool,
    /// The keys that were left out because their values are secrets.
    pub(super) withheld: Vec<String>,
}

impl<'a> KeyPages<'a> {
    pub(super) fn new(place: Place<'a>, selection: &'a Selection<'a>) -> Self {
        let (cursor, cursors, withheld) = (None, Cursors::default(), Vec::new());
        Self { place, selection, cursor, cursors, is_done: false, withheld }
    }

    /// Returns the next page, which can be empty; `None` at the end.
    pub(super) async fn next(
        &mut self,
    ) -> Result<Option<VecDeque<KeyInfo<Box<RawValue>>>>, DataError> {
        if self.is_done {
            return Ok(None);
        }
        let Place { store, interrupt, .. } = self.place;
        interrupt.check()?;
        let failed = DataError::store("list the keys", interrupt);
        let options = ListOptions::after(self.cursor.as_deref()).limit(MAX_LIST_KEYS);
        let page = store.list(self.selection.prefix(), options).await.map_err(&failed)?;
        match page.cursor {
            Some(next) => {
                self.cursors.follow(&next).map_err(RawError::other).map_err(&failed)?;
                self.cursor = Some(next);
            }
            None => self.is_done = true,
        }
        let mut keys = VecDeque::with_capacity(page.keys.len());
        for info in page.keys {
            if self.selection.has(&info.name) {
                keys.push_back(info);
            } else if self.selection.withholds(&info.name) {
                self.withheld.push(info.name);
            }
        }
        Ok(Some(keys))
    }
}

/// Keys with their expirations, for lookup.
#[derive(Debug, Default)]
pub(super) struct KeyTable {
    /// All keys, concatenated.
    text: String,
    keys: Vec<Key>,
}

#[derive(Debug, Clone, Copy)]
struct Key {
    at: usize,
    len: u16,
    /// The expirations in 32 bits, as at Cloudflare; 0 for none.
    expiration: u32,
}

impl KeyTable {
    /// Lists all keys of a namespace.
    pub(super) async fn of(place: Place<'_>) -> Result<Self, DataError> {
        let all = Selection::default();
        let (mut pages, mut table) = (KeyPages::new(place, &all), Self::default());
        while let Some(keys) = pages.next().await? {
            for key in keys {
                table.push(&key.name, key.expiration);
            }
        }
        Ok(table.sorted())
    }

    pub(super) fn push(&mut self, key: &str, expiration: Option<u64>) {
        let expiration = u32::try_from(expiration.unwrap_or(0)).unwrap_or(u32::MAX);
        let len = u16::try_from(key.len()).unwrap_or(u16::MAX);
        self.keys.push(Key { at: self.text.len(), len, expiration });
        self.text.push_str(key);
    }

    /// Sorts the keys. A listing is already in order.
    pub(super) fn sorted(mut self) -> Self {
        let text = &self.text;
        self.keys.sort_by(|one, other| key_of(text, *one).cmp(key_of(text, *other)));
        self
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// A key by its number.
    pub(super) fn get(&self, index: usize) -> Option<(&str, Option<u64>)> {
        let key = self.keys.get(index)?;
        let expiration = (key.expiration > 0).then_some(key.expiration.into());
        Some((key_of(&self.text, *key), expiration))
    }

    /// The number of a key.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        self.keys.binary_search_by(|known| key_of(&self.text, *known).cmp(key)).ok()
    }
}

fn key_of(text: &str, Key { at, len, .. }: Key) -> &str {
    text.get(at..at + usize::from(len)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_whatever_order_they_came() {
        let mut table = KeyTable::default();
        for (key, expiration) in [("b", None), ("a", Some(7)), ("é", None), ("", Some(9))] {
            table.push(key, expiration);
        }
        let table = table.sorted();
        let numbers = ["", "a", "b", "é", "c"].map(|key| table.find(key));
        assert_eq!(numbers, [Some(0), Some(1), Some(2), Some(3), None]);
        assert_eq!(table.get(1), Some(("a", Some(7))));
        assert_eq!((table.get(2), table.len()), (Some(("b", None)), 4));
    }
}
