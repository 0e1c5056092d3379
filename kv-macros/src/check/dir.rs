//! `..dir("public")`: every file below a folder.
//!
//! Hidden files and folders are left out, as they are for editors, version control and secrets;
//! `.well-known` is not, which is made to be served. Symlinks are followed inside the crate;
//! one that leaves it, or leads back to a folder it lies in, is an error, as is a name that is
//! not UTF-8 or a file that is no regular one.

use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use proc_macro2::Span;

use super::keys::{Keys, Place};
use crate::errors::Errors;
use crate::model::{DirFile, Spread};
use crate::package::{self, FileContent, FileError, Package};
use crate::syntax::Name;

/// How many hex digits of a file's BLAKE3 hash its etag has: 128 bits.
const ETAG_DIGITS: usize = 32;

/// How many mistakes of one folder are shown.
const SHOWN: usize = 20;

/// Checks a folder and all its files.
pub(super) fn dir(
    path: Name,
    package: &Package,
    keys: &mut Keys,
    errors: &mut Errors,
) -> Option<Spread> {
    let Name { text: written, span } = path;
    let root = match package.folder(&written) {
        Ok(root) => root,
        Err(error) => {
            errors.push(span, error);
            return None;
        }
    };
    let mut walk = Walk { package, written: &written, files: Vec::new(), mistakes: Vec::new() };
    walk.folder(&root, "", &mut Vec::new());
    let Walk { mut files, mut mistakes, .. } = walk;
    files.sort_by(|(one, _), (other, _)| one.cmp(other));
    let spread = keys.spread(written.trim_end_matches('/'), Rc::from(""));
    let mut read = Vec::with_capacity(files.len());
    let mut firsts = Vec::new();
    for (key, path) in files {
        let shown = format!("{written}/{key}");
        if let Err(clash) = keys.claim(&key, Place::Dir { spread }) {
            mistakes.push(format!("`{shown}`: {}", clash.message));
            firsts.extend(clash.entry);
        }
        if let Err(error) = kv_rules::check_key(&key) {
            mistakes.push(format!("`{shown}`: {error}"));
        }
        match package::read(&path, &shown, kv_rules::check_value) {
            Ok(content) => read.push(file(key, &content)),
            Err(error) => mistakes.push(error.to_string()),
        }
    }
    report(mistakes, &written, span, errors);
    for (span, first) in firsts {
        errors.push(span, first);
    }
    Some(Spread::Dir { written, files: read })
}

fn report(mistakes: Vec<String>, written: &str, span: Span, errors: &mut Errors) {
    let more = mistakes.len().saturating_sub(SHOWN);
    for mistake in mistakes.into_iter().take(SHOWN) {
        errors.push(span, mistake);
    }
    if more > 0 {
        errors.push(span, format!("`{written}`: there are {more} more mistakes below this folder"));
    }
}

fn file(key: String, content: &FileContent) -> DirFile {
    let hash = blake3::hash(&content.bytes).to_hex();
    let etag: String = hash.chars().take(ETAG_DIGITS).collect();
    let content_type = mime_guess::from_path(&key).first_or_octet_stream();
    let metadata =
        format!("{{\"contentType\":\"{}\",\"etag\":\"{etag}\"}}", content_type.essence_str());
    DirFile { key, absolute: content.absolute.clone(), metadata }
}

struct Walk<'a> {
    package: &'a Package,
    written: &'a str,
    /// Keys and paths.
    files: Vec<(String, PathBuf)>,
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
                "`{shown}` is a symlink to a folder that it lies in, so its files would never end: remove it"
            ));
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

    fn entry(
        &mut self,
        path: &Path,
        name: &std::ffi::OsStr,
        prefix: &str,
        inside: &mut Vec<PathBuf>,
    ) {
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
            Ok(metadata) if metadata.is_dir() => self.folder(path, &format!("{key}/"), inside),
            Ok(metadata) if metadata.is_file() => match path.canonicalize() {
                Ok(real) if self.package.contains(&real) => self.files.push((key, path.to_owned())),
                Ok(_) => self.mistakes.push(FileError::Outside(shown).to_string()),
                Err(error) => self.unreadable(shown, error),
            },
            Ok(_) => self.mistakes.push(FileError::Special(shown).to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.mistakes.push(format!(
                "`{shown}` is a symlink that leads nowhere: remove it, or create what it leads to"
            )),
            Err(error) => self.unreadable(shown, error),
        }
    }

    fn unreadable(&mut self, path: String, source: io::Error) {
        self.mistakes.push(FileError::Unreadable { path, source }.to_string());
    }
}
