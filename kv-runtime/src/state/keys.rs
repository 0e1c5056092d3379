//! The keys of a deployed namespace, and what is known of each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::MapAccess;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::digest::Digest;

/// The keys of a deployed namespace.
pub(crate) type Keys = BTreeMap<Arc<str>, KeyRecord>;

/// How many keys are merged at once: that is faster than single inserts, but takes memory for them twice.
const PIECE: usize = 256 * 1024;

/// Adds records, which replace those of the same keys.
pub(crate) fn merge(keys: &mut Keys, records: impl IntoIterator<Item = (Arc<str>, KeyRecord)>) {
    let mut records = records.into_iter().peekable();
    while records.peek().is_some() {
        keys.append(&mut records.by_ref().take(PIECE).collect());
    }
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

impl Serialize for KeyRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { digest, confirmed, once, written, secret } = *self;
        let flags = [(!confirmed, b'?'), (once, b'='), (!written, b'~'), (secret, b'!')];
        // No allocation: a state has millions of them.
        let mut text = [0; 4 + Digest::TEXT_LEN];
        let mut end = 0;
        for (_, flag) in flags.into_iter().filter(|(is_set, _)| *is_set) {
            text[end] = flag;
            end += 1;
        }
        let digest = digest.write_to(&mut text[end..]);
        let text = str::from_utf8(&text[..end + digest]).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(text)
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

/// A key, read with one allocation, where `Arc<str>` itself takes four.
struct Key(Arc<str>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key, E> {
                Ok(Key(text.into()))
            }
        }
        deserializer.deserialize_str(Visitor)
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
            let (mut keys, mut piece) = (Keys::new(), Vec::new());
            while let Some((Key(key), record)) = map.next_entry::<Key, KeyRecord>()? {
                if (self.0)(&record) {
                    piece.push((key, record));
                }
                if piece.len() == PIECE {
                    merge(&mut keys, piece.drain(..));
                }
            }
            merge(&mut keys, piece);
            Ok(keys)
        }
    }
    deserializer.deserialize_map(Visitor(wanted))
}
