//! Pairs as they are to be stored, and how the declared files give them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kv_rules::Expiry;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::remote::Pair;
use crate::state::{Digest, DigestKey};
use crate::typed::declaration::Spread;

/// A pair as it is to be stored. It has no `Debug`: its value can be a secret.
///
/// One of a bulk file is read without a copy, except of text that the file escapes.
#[derive(Deserialize)]
#[serde(try_from = "BulkPair<'static>", bound(deserialize = "'de: 'static"))]
pub(crate) struct DeclaredPair {
    pub(crate) key: Cow<'static, str>,
    pub(crate) value: Cow<'static, [u8]>,
    pub(crate) metadata: Option<Cow<'static, str>>,
    pub(crate) expiry: Option<Expiry>,
    pub(crate) once: bool,
}

impl DeclaredPair {
    /// The pair as it is written.
    pub(crate) fn as_pair(&self) -> Pair<'_> {
        let (key, value) = (self.key.as_ref(), self.value.as_ref());
        Pair { key, value, metadata: self.metadata.as_deref(), expiry: self.expiry }
    }

    pub(crate) fn digest(&self, key: &DigestKey) -> Digest {
        key.digest(&self.value, self.metadata.as_deref(), self.expiry)
    }
}

/// The digests of many pairs, by all cores where that is worth it.
pub(crate) fn digests(pairs: &[DeclaredPair], key: &DigestKey) -> Vec<Digest> {
    const WORTH_A_THREAD: usize = 5_000;
    let digests =
        |pairs: &[DeclaredPair]| pairs.iter().map(|pair| pair.digest(key)).collect::<Vec<_>>();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = pairs.len().div_ceil(threads).max(WORTH_A_THREAD);
    std::thread::scope(|scope| {
        let (mine, others) = pairs.split_at(share.min(pairs.len()));
        let others: Vec<_> =
            others.chunks(share).map(|pairs| scope.spawn(move || digests(pairs))).collect();
        let mut all = digests(mine);
        for other in others {
            all.extend(other.join().expect("a digest does not panic"));
        }
        all
    })
}

/// The pairs of a spread, whose files were checked when compiling.
pub(super) fn spread_pairs(spread: &'static Spread) -> Result<Vec<DeclaredPair>, String> {
    Ok(match spread {
        Spread::Bulk { path, json } => {
            serde_json::from_str(json).map_err(|error| format!("{path}: {error}"))?
        }
        Spread::Dir { files, .. } => files
            .iter()
            .map(|file| DeclaredPair {
                key: Cow::Borrowed(file.key),
                value: Cow::Borrowed(file.content),
                metadata: Some(Cow::Borrowed(file.metadata)),
                expiry: None,
                once: false,
            })
            .collect(),
    })
}

/// A pair of a file in wrangler's bulk format.
#[derive(Deserialize)]
struct BulkPair<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
    #[serde(default)]
    base64: bool,
    expiration: Option<u64>,
    expiration_ttl: Option<u64>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

impl TryFrom<BulkPair<'static>> for DeclaredPair {
    type Error = String;

    fn try_from(pair: BulkPair<'static>) -> Result<Self, String> {
        let value = match pair.value {
            text if pair.base64 => {
                let decoded = STANDARD.decode(text.as_bytes());
                Cow::Owned(decoded.map_err(|e| format!("the key {:?}: {e}", pair.key))?)
            }
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        };
        let expiry = pair.expiration_ttl.map(Expiry::Ttl).or(pair.expiration.map(Expiry::At));
        let metadata = pair.metadata.map(|metadata| compact(metadata.get()));
        Ok(Self { key: pair.key, value, metadata, expiry, once: false })
    }
}

/// JSON text without the white space between its tokens; numbers stay as they are written.
fn compact(json: &'static str) -> Cow<'static, str> {
    let (mut in_string, mut escaped) = (false, false);
    let mut keep = |c: char| {
        let keep = in_string || !c.is_ascii_whitespace();
        if in_string && !escaped && c == '\\' {
            escaped = true;
        } else {
            if c == '"' && !escaped {
                in_string = !in_string;
            }
            escaped = false;
        }
        keep
    };
    if json.bytes().any(|b| b.is_ascii_whitespace()) {
        Cow::Owned(json.chars().filter(|c| keep(*c)).collect())
    } else {
        Cow::Borrowed(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compacting_keeps_strings_and_numbers_as_written() {
        let json = "{ \"a b\" : [1e2,\n 10000000000000000000001 ], \"c\\\" d\\\\\" : \" \" }";
        assert_eq!(compact(json), "{\"a b\":[1e2,10000000000000000000001],\"c\\\" d\\\\\":\" \"}");
        assert!(matches!(compact("[1]"), Cow::Borrowed("[1]")));
    }
}
