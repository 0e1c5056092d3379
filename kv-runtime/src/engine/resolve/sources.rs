//! The digest of what the pairs of a namespace come from. If it is the same as at the last deploy, so are the
//! pairs, and a large seed file need not be read as JSON.

use std::io::{self, Read};

use kv_rules::seed::Package;

use super::pair::DeclaredPair;
use crate::base::Interrupt;
use crate::state::{Digest, DigestKey};
use crate::typed::declaration::{Declaration, DeclaredFamily, Outline, Spread};

/// How many bytes of a file are digested at once.
const PIECE: usize = 256 * 1024;

/// Digests the sources of a namespace: its entries, its families, and then its seed files.
#[derive(Clone)]
pub(super) struct Sources(blake3::Hasher);

impl Sources {
    /// Those of a declaration without its seed files. `None` if it has no seed files; if it has a folder,
    /// whose files are not read as JSON anyway; or if it has a family whose values are JSON of a Rust type,
    /// which can change while the values stay the same.
    pub(super) fn new(
        declaration: &Declaration,
        entries: &[DeclaredPair],
        key: &DigestKey,
    ) -> Option<Self> {
        let Declaration { spreads, families, .. } = declaration;
        let are_files = spreads.iter().all(|spread| matches!(spread, Spread::File(_)));
        if spreads.is_empty() || !are_files {
            return None;
        }
        let mut sources = Self(key.hasher());
        // Another version can have other rules.
        sources.part(concat!("sources ", env!("CARGO_PKG_VERSION")).as_bytes());
        sources.number(spreads.len());
        sources.number(families.len());
        for DeclaredFamily { pattern, expiration_ttl, types, .. } in *families {
            let is_text = match (types.value_type.outline)() {
                Outline::Text => true,
                Outline::Bytes => false,
                Outline::Json(_) => return None,
            };
            if types.metadata.is_some() {
                return None;
            }
            sources.part(pattern.as_bytes());
            sources.part(format!("{expiration_ttl:?} {is_text}").as_bytes());
        }
        sources.number(entries.len());
        for pair in entries {
            sources.part(pair.key.as_bytes());
            sources.part(pair.digest.as_bytes());
            sources.part(&[u8::from(pair.is_once()), u8::from(pair.secret().is_some())]);
        }
        Some(sources)
    }

    fn part(&mut self, part: &[u8]) {
        self.number(part.len());
        self.0.update(part);
    }

    fn number(&mut self, number: usize) {
        self.0.update(&(number as u64).to_le_bytes());
    }

    /// A file that is digested while it is read.
    pub(super) fn file<R: Read>(&mut self, file: R) -> SourceFile<'_, R> {
        SourceFile { file, sources: self, bytes: 0 }
    }

    /// The digest together with the seed files; `None` if these cannot be read.
    pub(super) fn with_files(
        mut self,
        spreads: &[Spread],
        package: &Package,
        interrupt: &Interrupt,
    ) -> Option<Digest> {
        let mut piece = vec![0; PIECE];
        for spread in spreads {
            let (Spread::File(name) | Spread::Dir(name)) = spread;
            let mut file = self.file(package.open(name).ok()?);
            while file.read(&mut piece).ok()? > 0 {
                interrupt.check().ok()?;
            }
            file.end();
        }
        Some(self.finish())
    }

    pub(super) fn finish(self) -> Digest {
        Digest::of(self.0.finalize())
    }
}

/// A seed file that is digested while it is read.
pub(super) struct SourceFile<'a, R> {
    file: R,
    sources: &'a mut Sources,
    bytes: usize,
}

impl<R> SourceFile<'_, R> {
    /// Adds the length, so that no two lists of files have the same digest.
    pub(super) fn end(self) {
        self.sources.number(self.bytes);
    }
}

impl<R: Read> Read for SourceFile<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.sources.0.update(&buffer[..read]);
        self.bytes += read;
        Ok(read)
    }
}
