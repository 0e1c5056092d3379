//! The types of the declared pairs, for the parts of a project that are not Rust.
//!
//! `pairs` tells them as JSON Schema, the types of the user's own through `definitions`; `typescript` and
//! `json_schema` write that.

mod definitions;
mod json_schema;
mod names;
mod pairs;
mod typescript;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::CliError;
use super::output::print;
use super::screen::Screen;
use crate::base::Redactor;
use crate::engine::{DeployError, check_ids};
use crate::typed::Declaration;
use definitions::Definitions;
use pairs::Pair;

/// What every written file says in one of its first lines. A file that does not say it is not replaced.
const MARK: &str = "from the declarations in Rust: do not edit.";

/// Where the types are written.
pub(super) struct Paths<'a> {
    pub(super) typescript: &'a Option<PathBuf>,
    pub(super) json_schema: &'a Option<PathBuf>,
}

impl Paths<'_> {
    /// Writes the types of the declared pairs; with `check`, fails if a file is out of date.
    pub(super) fn write(
        &self,
        declarations: &[&'static Declaration],
        check: bool,
        screen: &Screen,
        redactor: &Redactor,
    ) -> Result<(), CliError> {
        let problems = check_ids(declarations);
        if !problems.is_empty() {
            return Err(DeployError::Resolve(problems).into());
        }
        if let (Some(path), Some(other)) = (self.typescript, self.json_schema)
            && place(path) == place(other)
        {
            return Err(CliError::OneFile(path.clone()));
        }
        let declared = Declared::of(declarations);
        if !declared.numbered.is_empty() {
            let names = declared.numbered.join(", ");
            screen.warn("Same names", &format!("{names}: other types of the namespace have the same name, and the next one may take this one; give each its own with `#[schemars(rename = \"...\")]`"));
        }
        let typescript = self.typescript.as_ref();
        let json_schema = self.json_schema.as_ref();
        let files = [
            typescript.map(|path| (path, typescript::typescript(&declared))),
            json_schema.map(|path| (path, json_schema::json_schema(&declared))),
        ];
        let files = files.into_iter().flatten();
        let files: Vec<_> =
            files.map(|(path, code)| (Found::at(path, &code), path, code)).collect();
        let stale =
            files.iter().filter_map(|(found, path, _)| Some(((*path).clone(), found.stale()?)));
        let stale: Vec<_> = stale.collect();
        if check && files.iter().any(|(found, ..)| *found == Found::Stdout) {
            return Err(CliError::NoStream("a check compares files"));
        }
        if check && !stale.is_empty() {
            return Err(CliError::TypesOutOfDate(stale));
        }
        if let Some((_, path, _)) = files.iter().find(|(found, ..)| *found == Found::Other) {
            return Err(CliError::OtherFile((*path).clone()));
        }
        for (found, path, code) in files {
            let shown = path.display().to_string();
            if found == Found::Stdout {
                print(&code, redactor)?;
            } else if found == Found::Equal {
                screen.say("Up to date", &shown);
            } else {
                let failed = |source| CliError::Write { path: path.clone(), source };
                fs::write(path, code).map_err(failed)?;
                screen.say("Written", &shown);
            }
        }
        Ok(())
    }
}

/// Where a path leads.
fn place(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok()
}

/// What is where types are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The path is `-`.
    Stdout,
    Equal,
    /// What an earlier run wrote.
    Older,
    Nothing,
    /// Something that no run wrote.
    Other,
    /// Something that is no file, such as a folder.
    NoFile,
}

impl Found {
    fn at(path: &Path, code: &str) -> Self {
        if path == Path::new("-") {
            return Self::Stdout;
        }
        match fs::metadata(path) {
            Ok(found) if !found.is_file() => return Self::NoFile,
            Err(_) => return Self::Nothing,
            Ok(_) => {}
        }
        match fs::read(path) {
            // git may have converted the line ends.
            Ok(found) if found.iter().filter(|byte| **byte != b'\r').eq(code.as_bytes()) => {
                Self::Equal
            }
            Ok(found) if String::from_utf8_lossy(&found).contains(MARK) => Self::Older,
            Ok(found) if found.is_empty() => Self::Older,
            _ => Self::Other,
        }
    }

    /// Why a check fails.
    fn stale(self) -> Option<&'static str> {
        match self {
            Self::Stdout | Self::Equal => None,
            Self::Older => Some("is out of date"),
            Self::Nothing => Some("does not exist"),
            Self::Other => Some("was not written by `types`"),
            Self::NoFile => Some("is no file"),
        }
    }
}

/// What some declarations declare. Nothing depends on the order of declarations.
struct Declared {
    namespaces: Vec<Namespace>,
    /// The named types that the pairs refer to.
    types: BTreeMap<String, Value>,
    /// The names that depend on the order of families.
    numbered: Vec<String>,
}

struct Namespace {
    declaration: &'static Declaration,
    /// How the names of its types begin.
    name: String,
    pairs: Vec<Pair>,
}

impl Declared {
    fn of(declarations: &[&'static Declaration]) -> Self {
        let mut declarations = declarations.to_vec();
        declarations.sort_by_key(|declaration| declaration.id);
        let mut definitions = Definitions::default();
        let mut taken = BTreeSet::new();
        let mut namespaces = Vec::new();
        for declaration in declarations {
            let name = names::of_namespace(declaration.id, &mut taken);
            let pairs = pairs::of(declaration, &name, &mut definitions);
            namespaces.push(Namespace { declaration, name, pairs });
        }
        let names = definitions.names(&taken);
        for pair in namespaces.iter_mut().flat_map(|namespace| &mut namespace.pairs) {
            pair.value.schema = names.resolve(&pair.value.schema);
            pair.metadata = pair.metadata.as_ref().map(|schema| names.resolve(schema));
        }
        Self { namespaces, types: definitions.named(&names), numbered: names.numbered }
    }
}
