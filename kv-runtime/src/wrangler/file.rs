//! Finds, reads and replaces the configuration file.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::Document;

use super::document::{Fault, Kind, Node, Syntax};
use super::edit::{Edited, block, edit, not_inherited, remote, remove};
use super::jsonc::JSONC;
use super::toml::TOML;
use super::{Binding, Field, Scope, WranglerError};
use crate::base;
use crate::deploy::DEFAULT_STAGE;

const NAMES: [&str; 3] = ["wrangler.toml", "wrangler.json", "wrangler.jsonc"];

/// The scope for operations that do not depend on a stage.
const TOP: Scope<'static> = Scope { stage: DEFAULT_STAGE, field: Field::Id, previews: false };

/// Wrangler's configuration, for one stage.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    syntax: &'static Syntax,
    stage: String,
    field: Field,
    previews: bool,
}

impl ConfigFile {
    /// The file at `path`.
    pub(crate) fn at(path: PathBuf, scope: Scope<'_>) -> Result<Self, WranglerError> {
        let Scope { stage, field, previews } = scope;
        let syntax = match path.extension().and_then(|extension| extension.to_str()) {
            Some("toml") => &TOML,
            Some("json" | "jsonc") => &JSONC,
            _ => return Err(WranglerError::Format(path)),
        };
        let file = Self { path, syntax, stage: stage.to_owned(), field, previews };
        // Reports an error in the file before anything is deployed.
        file.stale(&[])?;
        Ok(file)
    }

    /// The file in the package's folder `root`, or in the nearest folder above it up to its workspace.
    pub(crate) fn find(root: &Path, scope: Scope<'_>) -> Result<Self, WranglerError> {
        Self::at(Self::look(root)?, scope)
    }

    fn scope(&self) -> Scope<'_> {
        Scope { stage: &self.stage, field: self.field, previews: self.previews }
    }

    /// The path of that file.
    pub(crate) fn look(root: &Path) -> Result<PathBuf, WranglerError> {
        let root = std::path::absolute(root).map_err(|source| WranglerError::Io {
            action: "find",
            path: root.into(),
            source,
        })?;
        let folders: Vec<_> = root.ancestors().collect();
        // Search up to the repository, which can contain more than the workspace. Without a repository,
        // search up to the workspace.
        let is_repository = |folder: &&Path| folder.join(".git").exists();
        let top = folders.iter().position(is_repository);
        let top = top.or_else(|| folders.iter().position(|folder| is_workspace(folder)));
        let searched = &folders[..=top.unwrap_or(0)];
        for folder in searched {
            let paths = NAMES.iter().map(|name| folder.join(name));
            let mut paths: Vec<_> = paths.filter(|path| path.is_file()).collect();
            match paths.len() {
                0 => {}
                1 => return Ok(paths.remove(0)),
                _ => return Err(WranglerError::Several(paths)),
            }
        }
        Err(WranglerError::Missing(searched.iter().map(|folder| (*folder).to_owned()).collect()))
    }

    /// The account id in the file.
    pub(crate) fn account(path: &Path) -> Option<String> {
        let file = Self::at(path.to_owned(), TOP).ok()?;
        let (_, root) = file.read(file.syntax.parse).ok()?;
        root.get("account_id").and_then(Node::text).map(str::to_owned)
    }

    /// The bindings of all environments in the file.
    pub(crate) fn bindings(path: &Path) -> Result<Vec<FoundBinding>, WranglerError> {
        // Reports an error in the file in the same way as any other use of it.
        let file = Self::at(path.to_owned(), TOP)?;
        let (_, root) = file.read(file.syntax.parse)?;
        let mut found = found_in(&root, None);
        if let Some(Kind::Table(environments)) = root.get("env").map(|env| &env.kind) {
            for environment in environments {
                found.extend(found_in(&environment.value, Some(&environment.key)));
            }
        }
        Ok(found)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The bindings that are missing from the file or have another id there.
    pub(crate) fn stale(&self, bindings: &[Binding<'_>]) -> Result<Vec<String>, WranglerError> {
        Ok(self.edited(bindings)?.1.changed)
    }

    /// Updates the bindings and returns those that were out of date. Writes nothing if none were.
    pub(crate) fn update(&self, bindings: &[Binding<'_>]) -> Result<Vec<String>, WranglerError> {
        let _lock = self.lock()?;
        self.write(self.edited(bindings)?)
    }

    /// The bindings that get no local id, because `wrangler dev` uses their namespaces at Cloudflare.
    pub(crate) fn remote(&self, bindings: &[Binding<'_>]) -> Result<Vec<String>, WranglerError> {
        if self.field == Field::Id {
            return Ok(Vec::new());
        }
        self.read(|text| remote(self.syntax, text, self.scope(), bindings)).map(|(_, names)| names)
    }

    /// The block in which the stage's bindings are; empty for the top level.
    pub(crate) fn block(&self) -> Result<String, WranglerError> {
        self.read(|text| block(self.syntax, text, self.scope())).map(|(_, block)| block)
    }

    /// What the top level has but the block of the stage lacks, and wrangler does not inherit.
    pub(crate) fn not_inherited(&self) -> Result<Vec<String>, WranglerError> {
        self.read(|text| not_inherited(self.syntax, text, self.scope())).map(|(_, names)| names)
    }

    /// Removes the bindings of namespaces that were destroyed, and returns those that it found.
    pub(crate) fn remove(&self, ids: &[&str]) -> Result<Vec<String>, WranglerError> {
        let _lock = self.lock()?;
        self.write(self.read(|text| remove(self.syntax, text, self.scope(), ids))?)
    }

    /// Waits for other deploys that write the file, because each replaces the whole file. Dropping the
    /// returned file releases the lock.
    fn lock(&self) -> Result<File, WranglerError> {
        let path = fs::canonicalize(&self.path).map_err(|source| self.io_error("find", source))?;
        let name = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
        let lock = std::env::temp_dir().join(format!("kv-wrangler-{name}.lock"));
        let error = |source| WranglerError::Io { action: "lock", path: lock.clone(), source };
        let file = OpenOptions::new().create(true).append(true).open(&lock).map_err(error)?;
        file.lock().map_err(error)?;
        Ok(file)
    }

    fn write(
        &self,
        (mark, Edited { text, changed }): (&'static str, Edited),
    ) -> Result<Vec<String>, WranglerError> {
        if !changed.is_empty() {
            replace(&self.path, &format!("{mark}{text}"))
                .map_err(|source| self.io_error("write", source))?;
        }
        Ok(changed)
    }

    fn edited(&self, bindings: &[Binding<'_>]) -> Result<(&'static str, Edited), WranglerError> {
        self.read(|text| edit(self.syntax, text, self.scope(), bindings))
    }

    /// Reads the file. Returns its byte order mark, if it has one, and the result of `make` for the text.
    fn read<T>(
        &self,
        make: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Result<(&'static str, T), WranglerError> {
        let whole =
            fs::read_to_string(&self.path).map_err(|source| self.io_error("read", source))?;
        let (mark, text) = match whole.strip_prefix('\u{feff}') {
            Some(text) => ("\u{feff}", text),
            None => ("", &*whole),
        };
        match make(text) {
            Ok(made) => Ok((mark, made)),
            Err(fault) => Err(self.content_error(text, fault)),
        }
    }

    fn content_error(&self, text: &str, fault: Fault) -> WranglerError {
        let place = kv_rules::Place::of(text, fault.at);
        WranglerError::Content { path: self.path.clone(), place, message: fault.message }
    }

    fn io_error(&self, action: &'static str, source: io::Error) -> WranglerError {
        WranglerError::Io { action, path: self.path.clone(), source }
    }
}

/// A binding in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundBinding {
    /// The environment, or `None` for the top level.
    pub(crate) environment: Option<String>,
    pub(crate) name: String,
    /// Cloudflare's id. Wrangler creates a namespace for a binding without one.
    pub(crate) id: Option<String>,
}

fn found_in(node: &Node, environment: Option<&str>) -> Vec<FoundBinding> {
    let Some(Kind::Array(items)) = node.get("kv_namespaces").map(|node| &node.kind) else {
        return Vec::new();
    };
    let found = |item: &Node| {
        Some(FoundBinding {
            environment: environment.map(str::to_owned),
            name: item.get("binding")?.text()?.to_owned(),
            id: item.get("id").and_then(Node::text).map(str::to_owned),
        })
    };
    items.iter().filter_map(found).collect()
}

/// Whether a folder is the root of a Cargo workspace.
fn is_workspace(folder: &Path) -> bool {
    fs::read_to_string(folder.join("Cargo.toml")).is_ok_and(|manifest| {
        Document::parse(manifest)
            .is_ok_and(|manifest| manifest.as_table().contains_key("workspace"))
    })
}

/// Replaces the file and keeps its permissions.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A read-only file must not be replaced, so fail if it cannot be opened for writing.
    let permissions = OpenOptions::new().write(true).open(path)?.metadata()?.permissions();
    base::replace::replace(path, text.as_bytes(), Some(permissions))
}
