//! The description next to an exported file, since wrangler's format has no place for one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use kv_rules::Time;
use serde::{Deserialize, Serialize};

use super::error::DataError;

/// The format of a description.
const FORMAT: u32 = 1;

/// The description of an exported file: the JSON of `FILE.about`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    /// The format of this description.
    pub(crate) format: u32,
    /// The namespace's id in the declarations.
    pub(crate) id: String,
    /// Cloudflare's id of the namespace.
    pub(crate) namespace_id: String,
    /// The app.
    pub(crate) app: String,
    /// The stage.
    pub(crate) stage: String,
    /// When the export began.
    pub(crate) begun_at: Time,
    /// When the export was complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) done_at: Option<Time>,
    /// Only for pairs that a deploy kept before it wrote: identifies the state after that deploy among later
    /// ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_state: Option<String>,
    /// The families and keys that were selected; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) only: Vec<String>,
    /// The families and keys that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) except: Vec<String>,
    /// Whether values that `env(...)` declares were included.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) has_secrets: bool,
    /// The keys that were left out because `env(...)` declares their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) secrets_left_out: Vec<String>,
    /// The number of pairs in the file.
    #[serde(default)]
    pub(crate) pairs: u64,
    /// The size of the file in bytes.
    #[serde(default)]
    pub(crate) bytes: u64,
    /// The BLAKE3 hash of the file.
    #[serde(default)]
    pub(crate) blake3: String,
}

impl About {
    /// Creates the description of an export that begins.
    pub(crate) fn begin(id: &str, namespace_id: &str, app: &str, stage: &str) -> Self {
        Self {
            format: FORMAT,
            id: id.to_owned(),
            namespace_id: namespace_id.to_owned(),
            app: app.to_owned(),
            stage: stage.to_owned(),
            begun_at: Time::now(),
            done_at: None,
            left_state: None,
            only: Vec::new(),
            except: Vec::new(),
            has_secrets: false,
            secrets_left_out: Vec::new(),
            pairs: 0,
            bytes: 0,
            blake3: String::new(),
        }
    }

    /// The path of a file's description.
    pub(super) fn path(file: &Path) -> PathBuf {
        named_after(file, ".about")
    }

    /// Reads the description of a file, if there is one.
    pub(super) fn find(file: &Path) -> Result<Option<Self>, DataError> {
        let path = Self::path(file);
        let json = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(DataError::io("read", &path))?,
        };
        let about: Self = serde_json::from_slice(&json).map_err(|error| {
            DataError::File(vec![format!(
                "{} does not describe an export: {error}; remove it to restore the file as it is",
                path.display()
            )])
        })?;
        if about.format > FORMAT {
            return Err(DataError::File(vec![format!(
                "{} has format {}, but this version reads formats up to {FORMAT}",
                path.display(),
                about.format
            )]));
        }
        Ok(Some(about))
    }

    /// Writes the description of a file.
    pub(super) fn write(&self, file: &Path) -> Result<(), DataError> {
        let path = Self::path(file);
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        crate::base::replace::replace(&path, &json, None).map_err(DataError::io("write", &path))
    }

    /// Checks that a file matches its description.
    pub(super) fn check(&self, path: &Path, summed: &Summed, pairs: u64) -> Result<(), DataError> {
        let what = if summed.bytes < self.bytes {
            "it is shorter, as if it was cut off"
        } else if pairs != self.pairs {
            "it has a different number of pairs"
        } else if summed.hash() != self.blake3 {
            "its content has a different hash"
        } else {
            return Ok(());
        };
        Err(DataError::Unlike { path: path.to_owned(), about: Self::path(path), what })
    }
}

/// A path with a suffix added to the file name.
pub(super) fn named_after(file: &Path, end: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(end);
    path.into()
}

/// A file whose bytes are hashed and counted while they are read.
#[derive(Debug, Default)]
pub(super) struct Summed {
    pub(super) hasher: blake3::Hasher,
    pub(super) bytes: u64,
}

impl Summed {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub(super) fn hash(&self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

/// Reads a file and sums it.
pub(super) struct SummedFile<'a> {
    pub(super) file: &'a File,
    pub(super) summed: &'a mut Summed,
}

impl Read for SummedFile<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.summed.add(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
