//! `..dir("public")`: every file below a folder.
//!
//! Hidden files and folders are left out, since editors, version control and secrets use them;
//! `.well-known` is not, since it is meant to be served. Folders that are named `node_modules` or
//! contain a `CACHEDIR.TAG` are left out too: tools make them, and can make them again. Symlinks are
//! followed inside the package; a symlink that leaves the package, or leads back to a folder that
//! contains it, is a mistake, as is a name that is not UTF-8 or a file that is not a regular file.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::package::{FileError, Package, check_size};

/// How many mistakes of one folder are shown.
const SHOWN: usize = 20;

/// A folder, with every file below it that becomes a pair.
///
/// ```
/// use kv_rules::seed::{Folder, Package};
///
/// # let root = tempfile::tempdir()?;
/// # std::fs::create_dir(root.path().join("public"))?;
/// # std::fs::write(root.path().join("public/index.html"), "<h1>Hello</h1>")?;
/// let package = Package::new(Some(root.path().to_owned()));
/// let folder = Folder::read(&package, "public")?;
/// assert_eq!(folder.files[0].key, "index.html");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Folder {
    /// The files, in the order of their keys.
    pub files: Vec<FolderFile>,
    /// What is wrong with the other files.
    pub mistakes: Vec<String>,
}

/// A file below a [`Folder`].
///
/// ```
/// use kv_rules::seed::{Folder, Package};
///
/// # let root = tempfile::tempdir()?;
/// # std::fs::create_dir(root.path().join("public"))?;
/// # std::fs::write(root.path().join("public/a.txt"), "abc")?;
/// let package = Package::new(Some(root.path().to_owned()));
/// let file = &Folder::read(&package, "public")?.files[0];
/// assert_eq!((file.key.as_str(), file.bytes), ("a.txt", 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FolderFile {
    /// Its path below the folder, separated by `/`.
    pub key: String,
    /// Where it is.
    pub path: PathBuf,
    /// How long it is.
    pub bytes: u64,
}

impl Folder {
    /// Looks through a folder of a package. The content of its files is not read.
    pub fn read(package: &Package, written: &str) -> Result<Self, FileError> {
        let root = package.folder(written)?;
        let written = written.trim_end_matches('/');
        let mut walk = Walk { package, written, files: Vec::new(), mistakes: Vec::new() };
        walk.folder(&root, "", &mut Vec::new());
        let Walk { mut files, mut mistakes, .. } = walk;
        files.sort_by(|one, other| one.key.cmp(&other.key));
        if files.is_empty() && mistakes.is_empty() {
            mistakes.push(format!(
                "`{written}` holds no file to deploy (hidden ones, `node_modules` and caches are left \
                 out), which would delete every key that came from it: put a file there, or remove \
                 the `..dir`"
            ));
        }
        let more = mistakes.len().saturating_sub(SHOWN);
        if more > 0 {
            mistakes.truncate(SHOWN);
            mistakes.push(format!("`{written}`: there are {more} more mistakes below this folder"));
        }
        Ok(Self { files, mistakes })
    }
}

/// How a `CACHEDIR.TAG` begins (<https://bford.info/cachedir/>).
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Whether a tool has marked a folder as one that it can make again.
fn is_cache(folder: &Path) -> bool {
    let mut begin = [0; CACHE_SIGNATURE.len()];
    let tag = File::open(folder.join("CACHEDIR.TAG"));
    tag.and_then(|mut tag| tag.read_exact(&mut begin)).is_ok() && begin == CACHE_SIGNATURE
}

struct Walk<'a> {
    package: &'a Package,
    written: &'a str,
    files: Vec<FolderFile>,
    mistakes: Vec<String>,
}

impl Walk<'_> {
    /// Collects the files of a folder. `prefix` begins their keys, `inside` are the real paths of
    /// the folders around this one.
    fn folder(&mut self, folder: &Path, prefix: &str, inside: &mut Vec<PathBuf>) {
        let shown = format!("{}/{prefix}", self.written);
        let entries = folder.canonicalize().and_then(|real| Ok((real, folder.read_dir()?)));
        let (real, entries) = match entries {
            Ok(read) => read,
            Err(error) => return self.unreadable(shown, error),
        };
        if !self.package.contains(&real) {
            return self.mistakes.push(FileError::Outside(shown).to_string());
        }
        if inside.contains(&real) {
            return self.mistakes.push(format!(
                "`{shown}` is a symlink to a folder that contains it, so its files would never end: remove it"
            ));
        }
        if !prefix.is_empty() && is_cache(&real) {
            return;
        }
        inside.push(real);
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry.path(), &entry.file_name(), prefix, inside),
                Err(error) => self.unreadable(shown.clone(), error),
            }
        }
        inside.pop();
    }

    fn entry(&mut self, path: &Path, name: &OsStr, prefix: &str, inside: &mut Vec<PathBuf>) {
        let Some(name) = name.to_str() else {
            let shown = Path::new(self.written).join(prefix).join(name);
            return self.mistakes.push(FileError::NotUtf8(shown).to_string());
        };
        if name.starts_with('.') && name != ".well-known" {
            return;
        }
        let key = format!("{prefix}{name}");
        let shown = format!("{}/{key}", self.written);
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() && name == "node_modules" => {}
            Ok(metadata) if metadata.is_dir() => self.folder(path, &format!("{key}/"), inside),
            Ok(metadata) if metadata.is_file() => match path.canonicalize() {
                Ok(real) if self.package.contains(&real) => {
                    self.file(key, path, metadata.len(), &shown);
                }
                Ok(_) => self.mistakes.push(FileError::Outside(shown).to_string()),
                Err(error) => self.unreadable(shown, error),
            },
            Ok(_) => self.mistakes.push(FileError::Special(shown).to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.mistakes.push(format!(
                "`{shown}` is a symlink to a missing file: remove it, or create that file"
            )),
            Err(error) => self.unreadable(shown, error),
        }
    }

    fn file(&mut self, key: String, path: &Path, bytes: u64, shown: &str) {
        let key_error = crate::check_key(&key).err().map(|error| format!("`{shown}`: {error}"));
        let size_error = check_size(bytes, shown).err().map(|error| error.to_string());
        if key_error.is_none() && size_error.is_none() {
            self.files.push(FolderFile { key, path: path.to_owned(), bytes });
        }
        self.mistakes.extend(key_error.into_iter().chain(size_error));
    }

    fn unreadable(&mut self, path: String, source: io::Error) {
        self.mistakes.push(FileError::Unreadable { path, source }.to_string());
    }
}
