//! Reads the seeds of a declaration, and records the place and the digest of each value.

use std::borrow::Cow;
use std::io::{self, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arcstr::Substr;
use kv_rules::Expiry;
use kv_rules::seed::{Folder, FolderFile, Package, SeedMistakes, SeedPair, places};

use super::content_type::content_type;
use super::pair::{Content, DeclaredPair, More, Seed, SeedFolder, SeedPlace};
use super::sources::Sources;
use super::workers::read_pairs;
use super::{Scope, check_part};
use crate::base::{Interrupt, Interrupted};
use crate::state::DigestKey;
use crate::typed::Families;
use crate::typed::declaration::Spread;

/// How many hex digits of a file's BLAKE3 hash are in its etag: 128 bits.
const ETAG_DIGITS: usize = 32;

/// Reads the seeds of one namespace.
pub(super) struct Seeds<'a, 'p> {
    pub(super) scope: &'a mut Scope<'p>,
    pub(super) pairs: &'a mut Vec<DeclaredPair>,
    pub(super) package: Package,
    pub(super) families: Families,
    pub(super) digest_key: &'a DigestKey,
    pub(super) interrupt: &'a Interrupt,
}

impl Seeds<'_, '_> {
    /// Reads a seed. `sources` gets what a file contains.
    pub(super) fn spread(
        &mut self,
        spread: &Spread,
        sources: Option<&mut Sources>,
    ) -> Result<(), Interrupted> {
        match spread {
            Spread::File(name) => self.file(name, sources),
            Spread::Dir(name) => self.folder(name)?,
        }
        self.interrupt.check()
    }

    fn file(&mut self, name: &str, sources: Option<&mut Sources>) {
        let opened = self.package.open(name);
        let Some(file) = self.scope.check(opened) else { return };
        let seed = Arc::new(Seed { name: name.to_owned(), file: Mutex::new(file) });
        match self.read(&seed, sources) {
            Ok(messages) => self.scope.problems(messages),
            Err(error) => self.scope.problem(format!("`{}` cannot be read: {error}", seed.name)),
        }
    }

    /// Reads a seed file and returns its mistakes.
    fn read(&mut self, seed: &Arc<Seed>, sources: Option<&mut Sources>) -> io::Result<Vec<String>> {
        let mut file = seed.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut mistakes = SeedMistakes::default();
        let (families, digest_key) = (&self.families, self.digest_key);
        let make = |pair: SeedPair<'_>, buffer: &mut Vec<u8>, mistakes: &mut SeedMistakes| {
            seed_pair(pair, seed, families, digest_key, buffer, mistakes)
        };
        let (pairs, interrupt) = (&mut *self.pairs, self.interrupt);
        if let Some(sources) = sources {
            let mut source = sources.file(&mut *file);
            read_pairs(&mut source, pairs, &mut mistakes, interrupt, make)?;
            source.end();
        } else {
            read_pairs(&mut *file, pairs, &mut mistakes, interrupt, make)?;
        }
        file.seek(SeekFrom::Start(0))?;
        mistakes.messages(&seed.name, &mut *file)
    }

    fn folder(&mut self, name: &str) -> Result<(), Interrupted> {
        let read = Folder::read(&self.package, name);
        let path = self.package.folder(name);
        let (Some(Folder { files, mistakes }), Ok(path)) = (self.scope.check(read), path) else {
            return Ok(());
        };
        self.scope.problems(mistakes);
        let name = name.trim_end_matches('/').to_owned();
        let folder = Arc::new(SeedFolder { name, path, digest_key: self.digest_key.clone() });
        for file in files {
            self.interrupt.check()?;
            self.folder_file(file, &folder);
        }
        Ok(())
    }

    fn folder_file(&mut self, FolderFile { key, path, .. }: FolderFile, folder: &Arc<SeedFolder>) {
        let value = match std::fs::read(path) {
            Ok(value) => value,
            Err(error) => {
                let name = &folder.name;
                return self.scope.problem(format!("`{name}/{key}` cannot be read: {error}"));
            }
        };
        if let Err(error) = kv_rules::check_value(value.len()) {
            return self.scope.problem(format!("`{}/{key}`: {error}", folder.name));
        }
        let hash = blake3::hash(&value).to_hex();
        let etag = hash.get(..ETAG_DIGITS).unwrap_or_default();
        let metadata = format!(r#"{{"contentType":"{}","etag":"{etag}"}}"#, content_type(&key));
        let bytes = u32::try_from(value.len()).unwrap_or(u32::MAX);
        let content = Content::File { folder: Arc::clone(folder), bytes };
        let (expiry, problems) = of_family(&self.families, &key, &value, Some(&metadata), None);
        for what in problems {
            self.scope.problem(format!("`{}/{key}`: {what}", folder.name));
        }
        let digest = self.digest_key.digest(&value, Some(&metadata), expiry);
        let more = More { metadata: Some(Cow::Owned(metadata)), expiry, ..More::default() };
        self.pairs.push(DeclaredPair::new(key, digest, content, more));
    }

    /// Checks that each key is declared only once.
    pub(super) fn check_keys(&mut self) {
        if self.pairs.is_sorted_by(|one, other| one.key < other.key) {
            return;
        }
        let mut order: Vec<&DeclaredPair> = self.pairs.iter().collect();
        // A stable sort keeps equal keys in the order of the declaration.
        order.sort_by(|one, other| one.key.cmp(&other.key));
        for pair in order.windows(2) {
            let [first, second] = pair else { continue };
            if first.key == second.key {
                self.scope.key_problem(
                    &first.key,
                    format!(
                        "it is declared twice, {} and {}: keep one of the two",
                        self.describe(first),
                        self.describe(second)
                    ),
                );
            }
        }
    }

    /// Where a pair is declared.
    fn describe(&self, pair: &DeclaredPair) -> String {
        match pair.content() {
            Content::Held(_) => "as an entry of `values`".to_owned(),
            Content::File { folder, .. } => format!("by the file {}/{}", folder.name, pair.key),
            Content::Seed { seed, place, .. } => {
                let file = self.package.open(&seed.name).ok();
                let place = file.and_then(|file| places(vec![place.at], file).ok()?.pop());
                place.map_or_else(
                    || format!("in {}", seed.name),
                    |(_, place)| format!("at {}:{place}", seed.name),
                )
            }
        }
    }
}

/// Declares a pair of a seed file, without its key. `buffer` is to work in.
fn seed_pair(
    pair: SeedPair<'_>,
    seed: &Arc<Seed>,
    families: &Families,
    digest_key: &DigestKey,
    buffer: &mut Vec<u8>,
    mistakes: &mut SeedMistakes,
) -> DeclaredPair {
    let SeedPair { key, key_at, value, metadata, expiry } = pair;
    let bytes = u32::try_from(value.bytes.len()).unwrap_or(u32::MAX);
    let place = SeedPlace::new(value.at, value.json, value.is_base64, bytes);
    let content = Content::Seed { seed: Arc::clone(seed), place };
    let metadata = metadata.map(|json| Cow::Owned(json.into_owned()));
    let (expiry, problems) = of_family(families, &key, &value.bytes, metadata.as_deref(), expiry);
    for what in problems {
        mistakes.push(key_at, format!("the key `{}`: {what}", key.escape_debug()));
    }
    let digest = digest_key.digest_in(buffer, &value.bytes, metadata.as_deref(), expiry);
    DeclaredPair::new(Substr::new(), digest, content, More { metadata, expiry, ..More::default() })
}

/// Checks a pair against the types of its family. Returns its expiration, which defaults to that of the
/// family, and the problems found.
fn of_family(
    families: &Families,
    key: &str,
    value: &[u8],
    metadata: Option<&str>,
    expiry: Option<Expiry>,
) -> (Option<Expiry>, Vec<String>) {
    let Some(family) = families.of_key(key) else { return (expiry, Vec::new()) };
    let value = check_part("value", Some(family.types.value), value);
    let metadata = metadata
        .map_or(Ok(()), |json| check_part("metadata", family.types.metadata, json.as_bytes()));
    let problems = [value, metadata].into_iter().filter_map(Result::err).collect();
    (expiry.or(family.expiration_ttl.map(Expiry::Ttl)), problems)
}

/// The folder of the package that declares a namespace, or why its seeds cannot be read.
pub(super) fn package(root: Option<PathBuf>, declared: &str) -> Result<Package, String> {
    let is_named = root.is_some();
    let root = root.unwrap_or_else(|| PathBuf::from(declared));
    if root.is_dir() {
        return Ok(Package::new(Some(root)));
    }
    let root = root.display();
    Err(if is_named {
        format!(
            "its seeds are read when deploying, but the folder {root} does not exist: pass the folder of the package's `Cargo.toml` with `--root`"
        )
    } else {
        format!(
            "its seeds are read when deploying, but the package's folder {root} does not exist on this machine: pass the folder that contains them with `--root`"
        )
    })
}
