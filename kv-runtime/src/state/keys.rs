//! The keys of a deployed namespace, and what is known of each.

use std::fmt;
use std::io::{self, Write};
use std::mem;

use arcstr::{ArcStr, Substr};
use serde::de::{DeserializeSeed, MapAccess};
use serde::{Deserialize, Deserializer};

use super::digest::Digest;

/// How many bytes of text are written at once.
const PIECE: usize = 64 * 1024;

/// The keys of a deployed namespace.
///
/// There can be millions, and most work is done on many of them in order. They are therefore a sorted list,
/// and every change is one of many keys.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keys(Vec<(Substr, KeyRecord)>);

impl Keys {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Each key in order, and what is known of it.
    pub fn iter(&self) -> impl Iterator<Item = (&Substr, &KeyRecord)> {
        self.0.iter().map(|(key, record)| (key, record))
    }

    /// What is known of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&KeyRecord> {
        self.search().find(key).map(|(_, record)| record)
    }

    /// Finds keys one after the other.
    pub(crate) fn search(&self) -> Search<'_> {
        Search { keys: &self.0, next: 0 }
    }

    /// Adds records, which replace those of the same keys.
    pub(crate) fn merge(&mut self, records: impl IntoIterator<Item = (Substr, KeyRecord)>) {
        let before = self.0.len();
        self.0.extend(records);
        if self.0.len() > before {
            self.sort();
        }
    }

    /// Puts them in order. Of several with the same key, the last is kept.
    fn sort(&mut self) {
        if self.0.is_sorted_by(|(one, _), (other, _)| one < other) {
            return;
        }
        // Stable, so that of equal keys the one that was added last comes last.
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.0.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                mem::swap(later, earlier);
            }
            is_same
        });
    }

    /// Changes the records of those items whose `key` has one.
    pub(crate) fn change<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        key: impl Fn(&T) -> &str,
        mut change: impl FnMut(T, &mut KeyRecord),
    ) {
        let mut next = 0;
        for item in items {
            if let Some(at) = position(&self.0, &mut next, key(&item)) {
                change(item, &mut self.0[at].1);
            }
        }
    }

    /// Changes all records.
    pub fn change_all(&mut self, change: impl FnMut(&mut KeyRecord)) {
        self.0.iter_mut().map(|(_, record)| record).for_each(change);
    }

    /// Removes keys.
    pub(crate) fn remove<'k>(&mut self, keys: impl IntoIterator<Item = &'k str>) {
        let mut next = 0;
        let removed = keys.into_iter().filter_map(|key| position(&self.0, &mut next, key));
        let mut removed: Vec<usize> = removed.collect();
        removed.sort_unstable();
        removed.dedup();
        let (mut removed, mut at) = (removed.into_iter().peekable(), 0);
        self.0.retain(|_| {
            at += 1;
            removed.next_if(|removed| *removed + 1 == at).is_none()
        });
    }

    /// Writes them as a JSON object.
    pub(super) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let mut text = Vec::with_capacity(PIECE);
        text.push(b'{');
        for (index, (key, record)) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            push_string(&mut text, key)?;
            text.push(b':');
            record.push_json(&mut text);
            if text.len() >= PIECE {
                out.write_all(&text)?;
                text.clear();
            }
        }
        text.push(b'}');
        out.write_all(&text)
    }
}

impl IntoIterator for Keys {
    type Item = (Substr, KeyRecord);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl FromIterator<(Substr, KeyRecord)> for Keys {
    fn from_iter<I: IntoIterator<Item = (Substr, KeyRecord)>>(records: I) -> Self {
        let mut keys = Self::default();
        keys.merge(records);
        keys
    }
}

/// Finds keys. Those that are searched for are mostly in order too, so the next one is mostly the next.
pub(crate) struct Search<'a> {
    keys: &'a [(Substr, KeyRecord)],
    next: usize,
}

impl<'a> Search<'a> {
    /// A key that is equal, and what is known of it.
    pub(crate) fn find(&mut self, key: &str) -> Option<&'a (Substr, KeyRecord)> {
        self.keys.get(position(self.keys, &mut self.next, key)?)
    }
}

/// Where a key is, probably at `next`, which then is the place after it.
fn position(keys: &[(Substr, KeyRecord)], next: &mut usize, key: &str) -> Option<usize> {
    let at = if keys.get(*next).is_some_and(|(known, _)| **known == *key) {
        *next
    } else {
        keys.binary_search_by(|(known, _)| (**known).cmp(key)).ok()?
    };
    *next = at + 1;
    Some(at)
}

/// Appends a JSON string.
fn push_string(json: &mut Vec<u8>, text: &str) -> io::Result<()> {
    // The fold has no branch, so that the compiler vectorises it.
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    if text.as_bytes().iter().fold(false, |found, byte| found | is_special(byte)) {
        return Ok(serde_json::to_writer(json, text)?);
    }
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
    Ok(())
}

/// What is known about one key. In the document it is one short text, the digest with prefixes: `?` if
/// the write is not confirmed, `=` if the pair is left to the application, `~` if this tool did not write
/// the pair, `!` if `env(...)` declared the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the document")]
pub struct KeyRecord {
    /// The digest of what was written.
    pub digest: Digest,
    /// Whether Cloudflare has confirmed the write.
    pub confirmed: bool,
    /// Whether the declaration said `once`.
    pub once: bool,
    /// Whether this tool wrote the pair, rather than found it as declared.
    pub written: bool,
    /// Whether `env(...)` declared the value, which is then never shown and never saved to a file.
    pub secret: bool,
}

impl KeyRecord {
    /// Whether to delete the key when its declaration is removed. A key that belongs to the application,
    /// or that existed before this tool came, is kept.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.written && !self.once
    }
}

impl KeyRecord {
    /// Appends its text as a JSON string.
    fn push_json(&self, json: &mut Vec<u8>) {
        let Self { digest, confirmed, once, written, secret } = *self;
        json.push(b'"');
        let flags = [(!confirmed, b'?'), (once, b'='), (!written, b'~'), (secret, b'!')];
        json.extend(flags.into_iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| flag));
        json.extend_from_slice(&digest.to_text());
        json.push(b'"');
    }
}

impl<'de> Deserialize<'de> for KeyRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = KeyRecord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(
                    f,
                    "a digest of {} characters after `?`, `=`, `~`, `!` or nothing",
                    Digest::TEXT_LEN
                )
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<KeyRecord, E> {
                let (confirmed, rest) = text.strip_prefix('?').map_or((true, text), |r| (false, r));
                let (once, rest) = rest.strip_prefix('=').map_or((false, rest), |r| (true, r));
                let (written, rest) = rest.strip_prefix('~').map_or((true, rest), |r| (false, r));
                let (secret, rest) = rest.strip_prefix('!').map_or((false, rest), |r| (true, r));
                let digest = Digest::from_text(rest)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))?;
                Ok(KeyRecord { digest, confirmed, once, written, secret })
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Keys that share their memory: with millions, memory for each takes much longer to get and to free.
#[derive(Default)]
pub(crate) struct SharedKeys {
    text: String,
    /// Where in the text each key ends.
    ends: Vec<usize>,
}

impl SharedKeys {
    pub(crate) fn push(&mut self, key: &str) {
        self.text.push_str(key);
        self.ends.push(self.text.len());
    }

    /// The keys, in order.
    pub(crate) fn take(&mut self) -> impl Iterator<Item = Substr> {
        let Self { text, ends } = mem::take(self);
        let (text, mut begin) = (ArcStr::from(text), 0);
        ends.into_iter().map(move |end| text.substr(mem::replace(&mut begin, end)..end))
    }
}

/// Reads a key into those that were read before.
impl<'de> DeserializeSeed<'de> for &mut SharedKeys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        struct Visitor<'a>(&'a mut SharedKeys);
        impl serde::de::Visitor<'_> for Visitor<'_> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
                self.0.push(text);
                Ok(())
            }
        }
        deserializer.deserialize_str(Visitor(self))
    }
}

/// Reads keys.
pub(super) fn all<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
    keys_that(deserializer, |_| true)
}

/// Reads the keys whose values are secrets.
pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
    keys_that(deserializer, |record| record.secret)
}

fn keys_that<'de, D: Deserializer<'de>>(
    deserializer: D,
    wanted: fn(&KeyRecord) -> bool,
) -> Result<Keys, D::Error> {
    struct Visitor(fn(&KeyRecord) -> bool);
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Keys;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("keys with what is known of each")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut all, mut keys, mut records) =
                (Keys::default(), SharedKeys::default(), Vec::new());
            while map.next_key_seed(&mut keys)?.is_some() {
                records.push(map.next_value::<KeyRecord>()?);
                if keys.text.len() >= PIECE {
                    all.0.extend(keys.take().zip(records.drain(..)).filter(|(_, r)| (self.0)(r)));
                }
            }
            all.0.extend(keys.take().zip(records).filter(|(_, record)| (self.0)(record)));
            all.sort();
            Ok(all)
        }
    }
    deserializer.deserialize_map(Visitor(wanted))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn record(confirmed: bool) -> KeyRecord {
        KeyRecord { digest: Digest::NONE, confirmed, once: false, written: true, secret: false }
    }

    fn some_keys() -> impl Strategy<Value = Vec<(String, bool)>> {
        proptest::collection::vec(("[a-e\"\u{e4}\n]{0,2}", any::<bool>()), 0..20)
    }

    proptest! {
        /// Whatever is done to them in whatever order, they hold what a map would.
        #[test]
        fn keys_are_a_map(steps in proptest::collection::vec((0..3_u8, some_keys()), 0..8)) {
            let (mut keys, mut map) = (Keys::default(), BTreeMap::new());
            for (what, some) in steps {
                match what {
                    0 => {
                        keys.merge(some.iter().map(|(key, is)| (key.as_str().into(), record(*is))));
                        map.extend(some.into_iter().map(|(key, is)| (key, record(is))));
                    }
                    1 => {
                        keys.remove(some.iter().map(|(key, _)| key.as_str()));
                        map.retain(|key, _| some.iter().all(|(gone, _)| gone != key));
                    }
                    _ => {
                        keys.change(&some, |(key, _)| key, |(_, is), record| record.once = *is);
                        for (key, is) in &some {
                            map.entry(key.clone()).and_modify(|record| record.once = *is);
                        }
                    }
                }
                let all = keys.iter().map(|(key, record)| (key.to_string(), *record));
                prop_assert!(all.eq(map.clone()));
                prop_assert!(map.iter().all(|(key, record)| keys.get(key) == Some(record)));
                let mut json = Vec::new();
                keys.write_json(&mut json).unwrap();
                let mut json = serde_json::Deserializer::from_slice(&json);
                prop_assert_eq!(&super::all(&mut json).unwrap(), &keys);
            }
        }
    }
}
