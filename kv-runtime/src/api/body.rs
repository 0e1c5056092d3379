//! The body of a bulk write, built without an intermediate copy of the values.

use std::fmt;
use std::io::{self, Write};

use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use kv_rules::{Expiry, MAX_BULK_BYTES, MAX_BULK_PAIRS};

/// A pair to write. `Debug` does not show the value.
///
/// ```
/// use kv_runtime::api::{BulkBody, Pair};
///
/// let metadata = Some("{\"by\":\"seed\"}");
/// let pair = Pair { key: "motd", value: b"Hello", metadata, expiry: None };
/// assert!(BulkBody::new().push(&pair));
/// ```
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// The key.
    pub key: &'a str,
    /// The value as it is stored.
    pub value: &'a [u8],
    /// The metadata, as JSON text.
    pub metadata: Option<&'a str>,
    /// When the pair expires.
    pub expiry: Option<Expiry>,
}

/// Pairs for one bulk write, already serialized. `Debug` does not show them.
///
/// ```
/// use kv_runtime::api::{BulkBody, Pair};
///
/// let mut body = BulkBody::new();
/// let is_taken = body.push(&Pair { key: "motd", value: b"Hello", metadata: None, expiry: None });
/// assert!(is_taken, "the body is full");
/// assert_eq!(body.len(), 1);
/// ```
#[derive(Clone, Default)]
pub struct BulkBody<'a> {
    /// A JSON array without its closing bracket.
    json: Vec<u8>,
    keys: Vec<&'a str>,
}

impl<'a> BulkBody<'a> {
    /// Creates an empty body.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty body in a buffer.
    #[cfg(feature = "deploy")]
    pub(crate) fn in_buffer(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { json: buffer, keys: Vec::new() }
    }

    /// Adds a pair. Returns `false` and leaves the body unchanged if the pair does not fit into the
    /// same request. An empty body accepts every pair whose key, value and metadata Workers KV can
    /// store.
    #[must_use]
    pub fn push(&mut self, pair: &Pair<'a>) -> bool {
        let Pair { key, value, metadata, expiry } = *pair;
        self.push_bytes(key, value, metadata, expiry)
    }

    /// Like [`push`](Self::push). The value is not needed afterwards.
    #[must_use]
    pub(crate) fn push_bytes(
        &mut self,
        key: &'a str,
        value: &[u8],
        metadata: Option<&str>,
        expiry: Option<Expiry>,
    ) -> bool {
        self.add(key, value.len(), |out| write_value(out, value), metadata, expiry)
    }

    /// Adds a pair whose value is already a JSON string.
    #[must_use]
    #[cfg(feature = "deploy")]
    pub(crate) fn push_json(
        &mut self,
        key: &'a str,
        json: &[u8],
        is_base64: bool,
        metadata: Option<&str>,
        expiry: Option<Expiry>,
    ) -> bool {
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(json);
            out.extend_from_slice(if is_base64 { IS_BASE64 } else { b"" });
            Ok(())
        };
        self.add(key, json.len(), write, metadata, expiry)
    }

    fn add(
        &mut self,
        key: &'a str,
        bytes: usize,
        write_value: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
        metadata: Option<&str>,
        expiry: Option<Expiry>,
    ) -> bool {
        let before = self.json.len();
        if self.keys.len() < MAX_BULK_PAIRS && before + bytes < MAX_BULK_BYTES {
            self.json.push(if self.keys.is_empty() { b'[' } else { b',' });
            // Include the closing bracket.
            if write_pair(&mut self.json, key, write_value, metadata, expiry).is_ok()
                && self.json.len() < MAX_BULK_BYTES
            {
                self.keys.push(key);
                return true;
            }
        }
        self.json.truncate(before);
        false
    }

    /// The number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether the body has no pairs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The size of the request's body in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.json.len() + 1
    }

    /// Completes the body, so that it can be sent any number of times.
    #[must_use]
    pub fn seal(mut self) -> SealedBody<'a> {
        if self.keys.is_empty() {
            self.json.push(b'[');
        }
        self.json.push(b']');
        SealedBody { json: self.json.into(), keys: self.keys }
    }
}

/// The complete body of a bulk write. Clones share its bytes; `Debug` does not show them.
///
/// ```no_run
/// use kv_runtime::api::{BulkBody, Pair};
///
/// # async fn example(
/// #     namespaces: kv_runtime::api::Namespaces,
/// #     id: &str,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let mut body = BulkBody::new();
/// body.push(&Pair { key: "motd", value: b"Hello", metadata: None, expiry: None });
/// let sealed = body.seal();
/// namespaces.bulk_put(id, &sealed).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SealedBody<'a> {
    pub(super) json: Bytes,
    pub(super) keys: Vec<&'a str>,
}

#[cfg(feature = "deploy")]
impl SealedBody<'_> {
    /// The buffer that it is in, if nothing else uses it any more.
    pub(crate) fn into_buffer(self) -> Option<Vec<u8>> {
        let mut buffer = self.json.try_into_mut().ok()?;
        // Otherwise the conversion would move the content.
        buffer.clear();
        Some(buffer.into())
    }
}

fn write_pair(
    out: &mut Vec<u8>,
    key: &str,
    write_value: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    metadata: Option<&str>,
    expiry: Option<Expiry>,
) -> io::Result<()> {
    out.extend_from_slice(b"{\"key\":");
    serde_json::to_writer(&mut *out, key)?;
    out.extend_from_slice(b",\"value\":");
    write_value(out)?;
    match expiry {
        Some(Expiry::Ttl(ttl)) => write!(out, ",\"expiration_ttl\":{ttl}")?,
        Some(Expiry::At(time)) => write!(out, ",\"expiration\":{time}")?,
        None => {}
    }
    if let Some(metadata) = metadata {
        out.extend_from_slice(b",\"metadata\":");
        out.extend_from_slice(metadata.as_bytes());
    }
    out.push(b'}');
    Ok(())
}

const IS_BASE64: &[u8] = br#","base64":true"#;

/// Writes text as a JSON string, and other bytes as base64.
fn write_value(out: &mut Vec<u8>, value: &[u8]) -> io::Result<()> {
    match str::from_utf8(value) {
        Ok(text) if is_sent_as_text(text) => Ok(serde_json::to_writer(out, text)?),
        _ => {
            write!(out, "\"{}\"", Base64Display::new(value, &BASE64_STANDARD))?;
            out.extend_from_slice(IS_BASE64);
            Ok(())
        }
    }
}

/// Whether to send text as text. Text whose escaped control characters would make it more than twice as
/// long is sent as base64, since it could exceed the limit of a request.
fn is_sent_as_text(text: &str) -> bool {
    json_text_len(text) <= 2 * text.len() + 2
}

/// How long a text is as a JSON string, as `serde_json` escapes it.
fn json_text_len(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
}

impl fmt::Debug for Pair<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.value.len();
        f.debug_struct("Pair")
            .field("key", &self.key)
            .field("bytes", &bytes)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BulkBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pairs, bytes) = (self.len(), self.bytes());
        f.debug_struct("BulkBody").field("pairs", &pairs).field("bytes", &bytes).finish()
    }
}

impl fmt::Debug for SealedBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pairs, bytes) = (self.keys.len(), self.json.len());
        f.debug_struct("SealedBody").field("pairs", &pairs).field("bytes", &bytes).finish()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn pair<'a>(key: &'a str, value: &'a [u8]) -> Pair<'a> {
        Pair { key, value, metadata: None, expiry: None }
    }

    fn sent(pairs: &[Pair<'_>]) -> Value {
        let mut body = BulkBody::new();
        assert!(pairs.iter().all(|pair| body.push(pair)));
        let bytes = body.bytes();
        let json = body.seal().json;
        assert_eq!(json.len(), bytes.max(2));
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn pairs_are_sent_as_cloudflare_documents_them() {
        let ttl = Some(Expiry::Ttl(60));
        let expires = Some(Expiry::At(2_000_000_000));
        let pairs = [
            pair("text \"quoted\"\u{1b}\n/é", "line\n\"é\"\\".as_bytes()),
            pair("empty", b""),
            Pair { metadata: Some(r#"{"a":[1]}"#), expiry: ttl, ..pair("meta", b"v") },
            Pair { expiry: expires, ..pair("time", b"v") },
            pair("bytes", &[0xff, 0, 1]),
        ];
        let expected = json!([
            { "key": "text \"quoted\"\u{1b}\n/é", "value": "line\n\"é\"\\" },
            { "key": "empty", "value": "" },
            { "key": "meta", "value": "v", "expiration_ttl": 60, "metadata": { "a": [1] } },
            { "key": "time", "value": "v", "expiration": 2_000_000_000 },
            { "key": "bytes", "value": "/wAB", "base64": true },
        ]);
        assert_eq!(sent(&pairs), expected);
        assert_eq!(sent(&[]), json!([]));
    }

    #[test]
    fn a_batch_is_cut_by_count() {
        let mut body = BulkBody::new();
        for _ in 0..MAX_BULK_PAIRS {
            assert!(body.push(&pair("k", b"v")));
        }
        let bytes = body.bytes();
        assert!(!body.push(&pair("k", b"v")));
        assert_eq!((body.len(), body.bytes()), (MAX_BULK_PAIRS, bytes));
    }

    #[test]
    fn a_batch_is_cut_by_the_bytes_that_are_sent() {
        // Quotes: 20 MiB of them are 40 MiB of JSON, so two fit into 100 MB and three do not.
        let value = vec![b'"'; 20 * 1024 * 1024];
        let mut body = BulkBody::new();
        assert!(body.push(&pair("a", &value)) && body.push(&pair("b", &value)));
        let bytes = body.bytes();
        assert!(!body.push(&pair("c", &value)));
        assert_eq!((body.len(), body.bytes()), (2, bytes));
        // What is left can still be filled, to the last byte and no further.
        let frame = r#",{"key":"","value":""}"#.len();
        let rest = vec![b'x'; MAX_BULK_BYTES - bytes - frame];
        assert!(!body.push(&pair("d", &rest)));
        assert!(body.push(&pair("d", &rest[1..])));
        assert_eq!(body.seal().json.len(), MAX_BULK_BYTES);
    }

    /// What one pair takes besides its key, value and metadata.
    const FRAME: usize = 100;

    const _: () = assert!(
        2 * kv_rules::MAX_VALUE_BYTES
            + 6 * kv_rules::MAX_KEY_BYTES
            + kv_rules::MAX_METADATA_BYTES
            + FRAME
            < MAX_BULK_BYTES,
        "an empty body takes every pair that can be stored"
    );

    proptest! {
        #[test]
        fn a_value_takes_at_most_twice_its_length(
            value in prop_oneof![vec(any::<u8>(), 0..99), vec(0..0x40_u8, 0..99)],
            key in "[\u{0}-\u{20}a\"]{1,9}",
        ) {
            let expiry = Some(Expiry::At(u64::MAX));
            let pair = Pair { metadata: Some("{}"), expiry, ..pair(&key, &value) };
            let mut body = BulkBody::new();
            prop_assert!(body.push(&pair));
            prop_assert!(body.bytes() <= 2 * value.len() + 6 * key.len() + FRAME);

            let sent: Value = serde_json::from_slice(&body.seal().json).unwrap();
            let text = sent[0]["value"].as_str().unwrap();
            let stored = match sent[0]["base64"].as_bool() {
                Some(true) => BASE64_STANDARD.decode(text).unwrap(),
                _ => text.as_bytes().to_vec(),
            };
            prop_assert_eq!((sent[0]["key"].as_str(), stored), (Some(key.as_str()), value));
        }
    }

    #[test]
    fn debug_shows_no_value() {
        let mut body = BulkBody::new();
        let pair = pair("k", b"hush");
        assert!(body.push(&pair));
        assert!(!format!("{pair:?} {body:?} {:?}", body.clone().seal()).contains("hush"));
    }
}
