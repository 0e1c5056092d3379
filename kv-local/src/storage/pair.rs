//! Pairs to write, their checks, and pairs that were read.

use std::borrow::Cow;

use bytes::Bytes;
use kv_rules::{Expiry, Time, check_key, check_metadata, check_value, compact_json};
use serde::de::IgnoredAny;

use super::{PairError, StorageError};

/// A pair to write.
///
/// ```
/// use kv_local::Pair;
///
/// let pair = Pair::new("motd", "Hello".as_bytes());
/// assert!(pair.metadata.is_none() && pair.expiry.is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Pair<'a> {
    /// The key.
    pub key: Cow<'a, str>,
    /// The value.
    pub value: Cow<'a, [u8]>,
    /// JSON text, which is stored without whitespace; `null` is the same as no metadata.
    pub metadata: Option<Cow<'a, str>>,
    /// When the pair expires; `None` if never.
    pub expiry: Option<Expiry>,
}

impl<'a> Pair<'a> {
    /// A pair without metadata that never expires.
    pub fn new(key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, [u8]>>) -> Self {
        Self { key: key.into(), value: value.into(), metadata: None, expiry: None }
    }
}

/// A pair that was read.
///
/// ```
/// use kv_local::{Pair, Storage};
///
/// # let folder = tempfile::tempdir()?;
/// let storage = Storage::open(folder.path())?;
/// let notes = storage.pairs(&storage.create("notes")?.id)?;
/// notes.put_many([Pair::new("motd", "Hello".as_bytes())])?;
/// assert_eq!(notes.get("motd")?.unwrap().value, "Hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The value.
    pub value: Bytes,
    /// JSON text.
    pub metadata: Option<String>,
    /// When the pair expires, in seconds since 1970.
    pub expiration: Option<u64>,
}

/// The checked metadata and expiration of a pair, as they are stored.
#[derive(Debug)]
pub(super) struct Attributes {
    pub(super) metadata: Option<String>,
    pub(super) expiration: Option<u64>,
}

/// Checks a pair that is written now against every rule.
pub(super) fn check(pair: &Pair<'_>, now: Time) -> Result<Attributes, StorageError> {
    let broken = |source| StorageError::Pair { key: pair.key.clone().into_owned(), source };
    attributes(pair, now).map_err(broken)
}

fn attributes(pair: &Pair<'_>, now: Time) -> Result<Attributes, PairError> {
    check_key(&pair.key)?;
    check_value(pair.value.len())?;
    if let Some(text) = &pair.metadata {
        serde_json::from_str::<IgnoredAny>(text).map_err(PairError::MetadataNotJson)?;
    }
    let metadata = pair.metadata.as_deref().map(|text| compact_json(text).into_owned());
    let metadata = metadata.filter(|text| text != "null");
    check_metadata(metadata.as_ref().map_or(0, String::len))?;
    let expiration = pair.expiry.map(|expiry| expiry.expiration(now)).transpose()?;
    Ok(Attributes { metadata, expiration })
}

#[cfg(test)]
mod tests {
    use kv_rules::ExpiryError;

    use super::*;

    const NOW: Time = Time::from_unix(1_800_000_000);

    fn refused(pair: &Pair<'_>) -> PairError {
        match check(pair, NOW) {
            Err(StorageError::Pair { source, .. }) => source,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_ttl_counts_from_the_write() {
        let expiry = Some(Expiry::Ttl(60));
        let pair = Pair { expiry, ..Pair::new("k", b"".as_slice()) };
        assert_eq!(check(&pair, NOW).unwrap().expiration, Some(1_800_000_060));
    }

    #[test]
    fn a_ttl_that_ends_after_2038_is_refused() {
        let expiry = Some(Expiry::Ttl(999_999_999));
        let pair = Pair { expiry, ..Pair::new("k", b"".as_slice()) };
        let error = refused(&pair);
        assert!(matches!(error, PairError::Expiry(ExpiryError::ExpirationTooLate(_))), "{error}");
    }

    #[test]
    fn an_expiration_lies_a_minute_ahead() {
        let at = |at| Pair { expiry: Some(Expiry::At(at)), ..Pair::new("k", b"".as_slice()) };
        assert_eq!(check(&at(1_800_000_060), NOW).unwrap().expiration, Some(1_800_000_060));
        let error = refused(&at(1_800_000_059));
        assert!(matches!(error, PairError::Expiry(ExpiryError::NotAhead { .. })), "{error}");
    }

    #[test]
    fn metadata_is_measured_and_kept_compact() {
        let metadata = |text: &'static str| Pair {
            metadata: Some(text.into()),
            ..Pair::new("k", b"".as_slice())
        };
        let kept = |text| check(&metadata(text), NOW).unwrap().metadata;
        assert_eq!(kept(" { \"a\" : 1 } "), Some("{\"a\":1}".to_owned()));
        assert_eq!(kept("null"), None);
        assert!(matches!(refused(&metadata("{")), PairError::MetadataNotJson(_)));

        let json = |letters: usize| Pair {
            metadata: Some(format!(" \"{}\" ", "x".repeat(letters)).into()),
            ..Pair::new("k", b"".as_slice())
        };
        assert!(check(&json(1022), NOW).is_ok());
        assert!(matches!(refused(&json(1023)), PairError::Metadata(_)));
    }

    #[test]
    fn the_rules_of_keys_and_values_hold() {
        let long = "k".repeat(513);
        assert!(matches!(refused(&Pair::new(&long, b"".as_slice())), PairError::Key(_)));
        let large = vec![0; 26_214_401];
        assert!(matches!(refused(&Pair::new("k", large)), PairError::Value(_)));
    }
}
