//! Digests, by which the state recognizes what was written without storing it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kv_rules::Expiry;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The key of a state's digests. It is random, so that digests in a leaked state cannot be looked up in a
/// precomputed table.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestKey([u8; 32]);

/// 128 bits that tell whether a pair has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 16]);

impl DigestKey {
    /// Creates a random key.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// Creates the digest of a stored pair.
    #[must_use]
    pub fn digest(&self, value: &[u8], metadata: Option<&str>, expiry: Option<Expiry>) -> Digest {
        let mut before = Vec::new();
        push_before_value(&mut before, metadata, expiry);
        let mut hasher = self.hasher();
        hasher.update(&before);
        hasher.update(value);
        Digest::of(hasher.finalize())
    }

    /// A hasher for what is not a pair.
    pub(crate) fn hasher(&self) -> blake3::Hasher {
        blake3::Hasher::new_keyed(&self.0)
    }

    /// The same for one of many pairs: all bytes in one piece take half the time.
    pub(crate) fn digest_in(
        &self,
        buffer: &mut Vec<u8>,
        value: &[u8],
        metadata: Option<&str>,
        expiry: Option<Expiry>,
    ) -> Digest {
        buffer.clear();
        push_before_value(buffer, metadata, expiry);
        buffer.extend_from_slice(value);
        Digest::of(blake3::keyed_hash(&self.0, buffer))
    }
}

fn push_before_value(bytes: &mut Vec<u8>, metadata: Option<&str>, expiry: Option<Expiry>) {
    let (tag, seconds) = match expiry {
        None => (0, 0),
        Some(Expiry::Ttl(seconds)) => (1, seconds),
        Some(Expiry::At(seconds)) => (2, seconds),
    };
    bytes.extend([tag, u8::from(metadata.is_some())]);
    // In 32 bits, as at Cloudflare and as earlier versions hashed it.
    bytes.extend(u32::try_from(seconds).unwrap_or(u32::MAX).to_le_bytes());
    let metadata = metadata.unwrap_or_default();
    bytes.extend((metadata.len() as u64).to_le_bytes());
    bytes.extend_from_slice(metadata.as_bytes());
}

impl Digest {
    /// A placeholder for a digest that is not computed yet.
    pub const NONE: Self = Self([0; 16]);

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The digest of what [`DigestKey::hasher`] hashed.
    pub(crate) fn of(hash: blake3::Hash) -> Self {
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.as_bytes()[..16]);
        Self(digest)
    }

    /// The number of characters of a digest in the state.
    pub(super) const TEXT_LEN: usize = 22;

    /// Those characters.
    pub(super) fn to_text(self) -> [u8; Self::TEXT_LEN] {
        let mut text = [0; Self::TEXT_LEN];
        // It fits, so this cannot fail.
        let written = URL_SAFE_NO_PAD.encode_slice(self.0, &mut text);
        debug_assert_eq!(written, Ok(Self::TEXT_LEN));
        text
    }

    pub(super) fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let written = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (written == bytes.len()).then_some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for DigestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestKey(..)")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| serde::de::Error::custom("a digest has 16 bytes"))
    }
}

impl Serialize for DigestKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for DigestKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("a digest key has 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_differs_in_a_pair_differs_in_its_digest() {
        let key = DigestKey([7; 32]);
        let digests = [
            key.digest(b"a", None, None),
            key.digest(b"b", None, None),
            key.digest(b"", Some("a"), None),
            key.digest(b"a", Some(""), None),
            key.digest(b"a", None, Some(Expiry::Ttl(60))),
            key.digest(b"a", None, Some(Expiry::Ttl(61))),
            key.digest(b"a", None, Some(Expiry::At(60))),
            DigestKey([8; 32]).digest(b"a", None, None),
        ];
        for (i, one) in digests.iter().enumerate() {
            for other in &digests[i + 1..] {
                assert_ne!(one, other);
            }
        }
    }

    #[test]
    fn a_digest_reads_back_from_its_text() {
        let digest = DigestKey([7; 32]).digest(b"a", None, None);
        let text = digest.to_string();
        assert_eq!(text.len(), Digest::TEXT_LEN);
        assert_eq!(Digest::from_text(&text), Some(digest));
        assert_eq!(Digest::from_text("short"), None);
    }
}
