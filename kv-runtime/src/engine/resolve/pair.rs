//! Pairs as they are to be stored. A value that is in a file stays there until it is sent.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use kv_rules::seed::SeedValue;
use kv_rules::{Expiry, Time};

use crate::state::{Digest, DigestKey};

/// A pair as it is to be stored. It has no `Debug`: its value can be a secret.
pub(crate) struct DeclaredPair {
    pub(crate) key: Cow<'static, str>,
    pub(super) content: Content,
    pub(crate) metadata: Option<Cow<'static, str>>,
    pub(crate) expiry: Option<Expiry>,
    pub(crate) once: bool,
    pub(crate) digest: Digest,
}

/// Where a value is.
pub(super) enum Content {
    /// In the program.
    Held(Cow<'static, [u8]>),
    /// In a seed file: the JSON string that begins at a byte.
    Seed { seed: Arc<Seed>, at: u64, json_len: u32, is_base64: bool, bytes: u32 },
    /// A file below a folder, named by the key.
    File { folder: Arc<SeedFolder>, bytes: u32 },
}

/// A seed file that is open. It stays the file that was planned, even when another takes its name.
pub(super) struct Seed {
    /// Its path as written.
    pub(super) name: String,
    pub(super) file: Mutex<File>,
    pub(super) digest_key: DigestKey,
}

/// A folder whose files are values.
pub(super) struct SeedFolder {
    /// Its path as written.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) digest_key: DigestKey,
}

/// A value cannot be sent, because its file is not any more what was planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SeedError {
    /// It has another content.
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
    /// How many bytes its value has.
    pub(crate) fn bytes(&self) -> usize {
        match &self.content {
            Content::Held(value) => value.len(),
            Content::Seed { bytes, .. } | Content::File { bytes, .. } => *bytes as usize,
        }
    }

    /// That it does not expire before it could be stored.
    pub(crate) fn check_ahead(&self, now: Time) -> Result<(), String> {
        let Some(Expiry::At(at)) = self.expiry else { return Ok(()) };
        kv_rules::check_expiration_ahead(at, now).map_err(|error| error.to_string())
    }

    /// What it takes of a request: its bytes, of which each can become two.
    pub(crate) fn cost(&self) -> usize {
        self.key.len() + self.bytes() + self.metadata.as_ref().map_or(0, |json| json.len())
    }

    /// That a file gives the value which was planned.
    fn check(&self, value: Bytes, name: &str, key: &DigestKey) -> Result<Bytes, SeedError> {
        if key.digest(&value, self.metadata.as_deref(), self.expiry) == self.digest {
            Ok(value)
        } else {
            Err(SeedError::Changed { name: name.to_owned() })
        }
    }
}

/// The values of some pairs. Those that follow one another in a file are read at once.
pub(crate) fn values(pairs: &[&DeclaredPair]) -> Result<Vec<Bytes>, SeedError> {
    let mut values = Vec::with_capacity(pairs.len());
    let mut rest = pairs;
    while let Some(pair) = rest.first() {
        let taken = match &pair.content {
            Content::Held(value) => {
                values.push(match value {
                    Cow::Borrowed(value) => Bytes::from_static(value),
                    Cow::Owned(value) => Bytes::copy_from_slice(value),
                });
                1
            }
            Content::File { folder, .. } => {
                let name = || format!("{}/{}", folder.name, pair.key);
                let read = std::fs::read(folder.path.join(pair.key.as_ref()));
                let read = read.map_err(|source| SeedError::Unreadable { name: name(), source })?;
                values.push(pair.check(read.into(), &name(), &folder.digest_key)?);
                1
            }
            Content::Seed { seed, .. } => {
                let run = seed.run(rest);
                seed.read(&rest[..run], &mut values)?;
                run
            }
        };
        rest = &rest[taken..];
    }
    Ok(values)
}

impl Seed {
    /// Where the JSON string of a pair of this file is.
    fn place(self: &Arc<Self>, pair: &DeclaredPair) -> Option<(u64, u64)> {
        match &pair.content {
            Content::Seed { seed, at, json_len, .. } if Arc::ptr_eq(seed, self) => {
                Some((*at, *at + u64::from(*json_len)))
            }
            _ => None,
        }
    }

    /// How many of the first pairs are near one another in this file.
    fn run(self: &Arc<Self>, pairs: &[&DeclaredPair]) -> usize {
        /// What may lie between two values that are read at once.
        const GAP: u64 = 4096;
        let mut end = None;
        let near = |pair: &&&DeclaredPair| {
            let Some((from, to)) = self.place(pair) else { return false };
            let is_near = end.is_none_or(|end| (end..=end + GAP).contains(&from));
            end = Some(to);
            is_near
        };
        pairs.iter().take_while(near).count().max(1)
    }

    fn read(
        self: &Arc<Self>,
        pairs: &[&DeclaredPair],
        values: &mut Vec<Bytes>,
    ) -> Result<(), SeedError> {
        let changed = || SeedError::Changed { name: self.name.clone() };
        let (Some(first), Some(last)) = (pairs.first(), pairs.last()) else { return Ok(()) };
        let (Some((from, _)), Some((_, to))) = (self.place(first), self.place(last)) else {
            return Ok(());
        };
        let text = self.read_range(from, to)?;
        for pair in pairs {
            let Content::Seed { at, json_len, is_base64, .. } = &pair.content else { continue };
            let begin = usize::try_from(at - from).unwrap_or(usize::MAX);
            let range = begin..begin.saturating_add(*json_len as usize);
            let json = text.get(range.clone()).and_then(|json| str::from_utf8(json).ok());
            let json = json.ok_or_else(changed)?;
            let value = match SeedValue::decode(json, *is_base64).ok_or_else(changed)? {
                // Between the quotes.
                Cow::Borrowed(_) => text.slice(range.start + 1..range.end - 1),
                Cow::Owned(value) => value.into(),
            };
            values.push(pair.check(value, &self.name, &self.digest_key)?);
        }
        Ok(())
    }

    fn read_range(&self, from: u64, to: u64) -> Result<Bytes, SeedError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = vec![0; usize::try_from(to - from).unwrap_or(usize::MAX)];
        let read = file.seek(SeekFrom::Start(from)).and_then(|_| file.read_exact(&mut text));
        match read {
            Ok(()) => Ok(text.into()),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Err(SeedError::Changed { name: self.name.clone() })
            }
            Err(source) => Err(SeedError::Unreadable { name: self.name.clone(), source }),
        }
    }
}
