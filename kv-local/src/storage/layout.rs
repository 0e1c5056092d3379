//! Where wrangler keeps a namespace's files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::StorageError;

/// The Durable Object class in which miniflare stores namespaces.
const OBJECT_CLASS: &str = "miniflare-KVNamespaceObject";

/// The files of one namespace.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The database with the keys.
    pub(super) index: PathBuf,
    /// The folder that belongs to this namespace only.
    pub(super) folder: PathBuf,
    /// The folder with the values.
    pub(super) blobs: PathBuf,
}

impl Layout {
    /// Refuses an id that would name a file outside its folder.
    pub(super) fn new(root: &Path, id: &str) -> Result<Self, StorageError> {
        let escapes = matches!(id, "" | "." | "..") || id == OBJECT_CLASS;
        if escapes || id.contains(['/', '\\', ':', '\0']) || id.len() > 255 {
            return Err(StorageError::NotANamespaceId(id.to_owned()));
        }
        let kv = root.join("v3/kv");
        let folder = kv.join(id);
        Ok(Self {
            index: kv.join(OBJECT_CLASS).join(format!("{}.sqlite", object_id(id))),
            blobs: folder.join("blobs"),
            folder,
        })
    }
}

/// The id that workerd gives the object of a namespace: a keyed hash of the namespace's id, followed by a
/// keyed hash of that hash, which shows workerd that the id belongs to this class.
fn object_id(namespace: &str) -> String {
    let key = Sha256::digest(OBJECT_CLASS);
    let name = truncated_hmac(&key, namespace.as_bytes());
    let check = truncated_hmac(&key, &name);
    hex(&[name, check].concat())
}

fn truncated_hmac(key: &[u8], data: &[u8]) -> [u8; 16] {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes a key of any length");
    hmac.update(data);
    let digest = hmac.finalize().into_bytes();
    let mut start = [0; 16];
    start.copy_from_slice(&digest[..16]);
    start
}

/// The bytes as lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_id_is_the_one_that_workerd_computes() {
        let expected = "30f51a5fa376723f634c74ce3a08b180582992222efbe9055f6748290f6d3fa2";
        assert_eq!(object_id("sessions"), expected);
    }

    #[test]
    fn an_id_cannot_name_a_file_outside_its_folder() {
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", "C:", "a\0", OBJECT_CLASS] {
            assert!(Layout::new(Path::new("/root"), bad).is_err(), "{bad:?}");
        }
        assert!(Layout::new(Path::new("/root"), "SESSIONS").is_ok());
    }
}
