//! Declared pairs. A value in a file is read only when it is sent.

use std::borrow::Cow;
use std::fs::File;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arcstr::Substr;
use bytes::Bytes;
use foldhash::quality::FixedState;
use kv_rules::seed::SeedValue;
use kv_rules::{Expiry, Time};

use crate::state::{Digest, DigestKey, KeyRecord};

/// A declared pair. It does not implement `Debug`, because its value can be a secret.
///
/// There can be millions: the plan and the state share its key, and what most pairs do not have is
/// elsewhere.
pub(crate) struct DeclaredPair {
    pub(crate) key: Substr,
    pub(crate) digest: Digest,
    content: Content,
    more: Option<Box<More>>,
}

/// What a pair can have besides its key and its value.
#[derive(Default, PartialEq)]
pub(super) struct More {
    pub(super) metadata: Option<Cow<'static, str>>,
    pub(super) expiry: Option<Expiry>,
    pub(super) once: bool,
    /// The environment variable that contains its value, if the value is a secret.
    pub(super) secret: Option<&'static str>,
}

/// Where a value is.
pub(super) enum Content {
    /// In the program.
    Held(Cow<'static, [u8]>),
    /// In a seed file, as a JSON string at an offset.
    Seed { seed: Arc<Seed>, place: SeedPlace },
    /// A file in a folder, whose path is the key.
    File { folder: Arc<SeedFolder>, bytes: u32 },
}

/// A JSON string of a seed file.
#[derive(Clone, Copy)]
pub(super) struct SeedPlace {
    /// The byte offset of its start.
    pub(super) at: u64,
    /// Its length in bytes, including its quotes.
    pub(super) len: u32,
    /// How many bytes its value has.
    pub(super) bytes: u32,
    /// A checksum, to check that it has not changed.
    pub(super) checksum: u32,
    /// Whether its text is base64.
    pub(super) is_base64: bool,
}

impl SeedPlace {
    pub(super) fn new(at: u64, json: &str, is_base64: bool, bytes: u32) -> Self {
        let len = u32::try_from(json.len()).unwrap_or(u32::MAX);
        Self { at, len, bytes, checksum: checksum(json.as_bytes()), is_base64 }
    }

    fn end(&self) -> u64 {
        self.at + u64::from(self.len)
    }
}

fn checksum(json: &[u8]) -> u32 {
    let mut hasher = FixedState::with_seed(0).build_hasher();
    hasher.write(json);
    let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// An open seed file. It stays the file that was planned, even if another file replaces it.
pub(super) struct Seed {
    /// Its path as written.
    pub(super) name: String,
    pub(super) file: Mutex<File>,
}

/// A folder whose files are values.
pub(super) struct SeedFolder {
    /// Its path as written.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) digest_key: DigestKey,
}

/// A value cannot be sent, because its file cannot be read or has changed since it was planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SeedError {
    /// The content of the file changed.
    #[error("{name} changed while it was deployed")]
    Changed {
        /// The file.
        name: String,
    },
    /// It cannot be read.
    #[error("{name} cannot be read")]
    Unreadable {
        /// The file.
        name: String,
        /// Why.
        source: io::Error,
    },
}

impl DeclaredPair {
    pub(super) fn new(
        key: impl Into<Substr>,
        digest: Digest,
        content: Content,
        more: More,
    ) -> Self {
        let more = (more != More::default()).then(|| Box::new(more));
        Self { key: key.into(), digest, content, more }
    }

    pub(super) fn content(&self) -> &Content {
        &self.content
    }

    pub(crate) fn metadata(&self) -> Option<&str> {
        self.more.as_ref()?.metadata.as_deref()
    }

    pub(crate) fn expiry(&self) -> Option<Expiry> {
        self.more.as_ref()?.expiry
    }

    pub(crate) fn is_once(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.once)
    }

    /// The environment variable that contains its value, if the value is a secret.
    pub(crate) fn secret(&self) -> Option<&'static str> {
        self.more.as_ref()?.secret
    }

    /// How many bytes its value has.
    pub(crate) fn bytes(&self) -> u32 {
        match &self.content {
            Content::Held(value) => u32::try_from(value.len()).unwrap_or(u32::MAX),
            Content::Seed { place, .. } => place.bytes,
            Content::File { bytes, .. } => *bytes,
        }
    }

    /// Its record in the state once it is stored; `written` says whether by this tool.
    pub(crate) fn record(&self, written: bool) -> KeyRecord {
        KeyRecord {
            digest: self.digest,
            confirmed: true,
            once: self.is_once(),
            written,
            secret: self.secret().is_some(),
        }
    }

    /// Checks that it does not expire before it can be stored.
    pub(crate) fn check_ahead(&self, now: Time) -> Result<(), String> {
        let Some(Expiry::At(at)) = self.expiry() else { return Ok(()) };
        kv_rules::check_expiration_ahead(at, now).map_err(|error| error.to_string())
    }

    /// How much of a request it takes: its bytes, each of which can become two.
    pub(crate) fn cost(&self) -> usize {
        self.key.len() + self.bytes() as usize + self.metadata().map_or(0, str::len)
    }

    /// About how many bytes of a request it takes.
    pub(crate) fn request_bytes(&self) -> usize {
        /// What a pair usually takes besides its key and value.
        const FRAME: usize = 64;
        let value = match &self.content {
            Content::Seed { place, .. } => place.len,
            _ => self.bytes(),
        };
        self.key.len() + value as usize + self.metadata().map_or(0, str::len) + FRAME
    }
}

/// A value to send. Clones share its bytes.
#[derive(Clone)]
pub(crate) enum Value {
    /// As it is stored.
    Bytes(Bytes),
    /// As a JSON string with its quotes, which can be sent unchanged.
    Json { json: Bytes, is_base64: bool },
}

impl Value {
    /// As it is stored.
    pub(crate) fn decode(self, name: &str) -> Result<Bytes, SeedError> {
        let (json, is_base64) = match self {
            Self::Bytes(bytes) => return Ok(bytes),
            Self::Json { json, is_base64 } => (json, is_base64),
        };
        let text = str::from_utf8(&json).ok();
        match text.and_then(|json| SeedValue::decode(json, is_base64)) {
            // Without escapes, the value is the text between the quotes.
            Some(Cow::Borrowed(_)) => Ok(json.slice(1..json.len() - 1)),
            Some(Cow::Owned(value)) => Ok(value.into()),
            None => Err(SeedError::Changed { name: name.to_owned() }),
        }
    }
}

/// The values of some pairs as they are stored.
pub(crate) fn stored_values(pairs: &[&DeclaredPair]) -> Result<Vec<Bytes>, SeedError> {
    let values = pairs.iter().zip(Values::new(pairs));
    values.map(|(pair, value)| value?.decode(pair.seed_name())).collect()
}

/// The values of some pairs, in order. Those that are next to each other in a file are read together.
pub(crate) struct Values<'a> {
    rest: &'a [&'a DeclaredPair],
    /// A part of a seed file.
    text: Bytes,
    /// Where in the file it begins.
    at: u64,
    /// How many of the next pairs have their values in it.
    left: usize,
}

impl<'a> Values<'a> {
    pub(crate) fn new(pairs: &'a [&'a DeclaredPair]) -> Self {
        Self { rest: pairs, text: Bytes::new(), at: 0, left: 0 }
    }

    /// The value of the first pair that is left.
    fn value(&mut self, pair: &DeclaredPair) -> Result<Value, SeedError> {
        Ok(match &pair.content {
            Content::Held(Cow::Borrowed(value)) => Value::Bytes(Bytes::from_static(value)),
            Content::Held(Cow::Owned(value)) => Value::Bytes(Bytes::copy_from_slice(value)),
            Content::File { folder, .. } => Value::Bytes(folder.read(pair)?),
            Content::Seed { seed, place } => {
                if self.left == 0 {
                    let (count, end) = seed.run(self.rest);
                    self.text = seed.read(place.at, end)?;
                    (self.at, self.left) = (place.at, count);
                }
                self.left -= 1;
                seed.value(place, &self.text, self.at)?
            }
        })
    }
}

impl Iterator for Values<'_> {
    type Item = Result<Value, SeedError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (pair, rest) = self.rest.split_first()?;
        let value = self.value(pair);
        self.rest = if value.is_ok() { rest } else { &[] };
        Some(value)
    }
}

impl DeclaredPair {
    fn seed_name(&self) -> &str {
        match &self.content {
            Content::Held(_) => "",
            Content::Seed { seed, .. } => &seed.name,
            Content::File { folder, .. } => &folder.name,
        }
    }
}

impl SeedFolder {
    fn read(&self, pair: &DeclaredPair) -> Result<Bytes, SeedError> {
        let name = || format!("{}/{}", self.name, pair.key);
        let value = std::fs::read(self.path.join(&*pair.key))
            .map_err(|source| SeedError::Unreadable { name: name(), source })?;
        let digest = self.digest_key.digest(&value, pair.metadata(), pair.expiry());
        if digest == pair.digest {
            Ok(value.into())
        } else {
            Err(SeedError::Changed { name: name() })
        }
    }
}

impl Seed {
    /// The place of a pair's value, if it is in this file.
    fn place(self: &Arc<Self>, pair: &DeclaredPair) -> Option<SeedPlace> {
        match &pair.content {
            Content::Seed { seed, place, .. } if Arc::ptr_eq(seed, self) => Some(*place),
            _ => None,
        }
    }

    /// How many of the first pairs are close to each other in this file, and where the last ends.
    fn run(self: &Arc<Self>, pairs: &[&DeclaredPair]) -> (usize, u64) {
        /// The maximum number of bytes between two values that are read together.
        const GAP: u64 = 4096;
        /// The most bytes that are read together, unless one value has more: a small buffer is used again,
        /// where memory for a large one would come from the system each time.
        const MOST: u64 = 128 * 1024;
        let mut places = pairs.iter().map_while(|pair| self.place(pair));
        let Some(first) = places.next() else { return (0, 0) };
        let (mut count, mut end) = (1, first.end());
        for place in places {
            if !(end..=end + GAP).contains(&place.at) || place.end() - first.at > MOST {
                break;
            }
            (count, end) = (count + 1, place.end());
        }
        (count, end)
    }

    /// A value in a part of the file that begins at `begin`.
    fn value(&self, place: &SeedPlace, text: &Bytes, begin: u64) -> Result<Value, SeedError> {
        /// How many times longer than its value a JSON string can be to be sent unchanged. A string of
        /// escapes only could exceed the size of a request.
        const LONGER: usize = 2;
        let begin = usize::try_from(place.at - begin).unwrap_or(usize::MAX);
        let json = text.slice(begin..begin + place.len as usize);
        if checksum(&json) != place.checksum {
            return Err(SeedError::Changed { name: self.name.clone() });
        }
        let is_short = json.len() <= LONGER * place.bytes as usize + LONGER;
        let value = Value::Json { json, is_base64: place.is_base64 };
        Ok(if is_short { value } else { Value::Bytes(value.decode(&self.name)?) })
    }

    fn read(&self, from: u64, to: u64) -> Result<Bytes, SeedError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let most = usize::try_from(to - from).unwrap_or(usize::MAX);
        let mut text = Vec::with_capacity(most);
        let found = file.seek(SeekFrom::Start(from));
        match found.and_then(|_| (&mut *file).take(to - from).read_to_end(&mut text)) {
            Ok(read) if read == most => Ok(text.into()),
            Ok(_) => Err(SeedError::Changed { name: self.name.clone() }),
            Err(source) => Err(SeedError::Unreadable { name: self.name.clone(), source }),
        }
    }
}
