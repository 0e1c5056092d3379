//! `.env` next to the package's Cargo.toml, and `--env-file`: variables that the environment does not set.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Package;
use super::args::Args;
use super::error::CliError;
use super::options::root;
use crate::base::env;

/// Reads the files and adds their variables; if two files set the same name, the first one wins.
pub(super) fn read(args: &Args, package: &Package) -> Result<(), CliError> {
    let mut variables = BTreeMap::new();
    for path in &args.place.env_file {
        add(path, true, &mut variables)?;
    }
    add(&root(args, package)?.join(".env"), false, &mut variables)?;
    env::add(variables);
    Ok(())
}

fn add(
    path: &Path,
    must_exist: bool,
    variables: &mut BTreeMap<String, String>,
) -> Result<(), CliError> {
    let failed = |what: String| CliError::EnvFile { path: PathBuf::from(path), what };
    let lines = match dotenvy::from_path_iter(path) {
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound && !must_exist => {
            return Ok(());
        }
        Err(dotenvy::Error::Io(error)) => {
            return Err(failed(format!("it cannot be read: {error}")));
        }
        Err(error) => return Err(failed(told(&error))),
        Ok(lines) => lines,
    };
    for line in lines {
        let (name, value) = line.map_err(|error| failed(told(&error)))?;
        variables.entry(name).or_insert(value);
    }
    Ok(())
}

/// What is wrong with a line. The line can contain a secret, so only its name is repeated.
fn told(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(line, _) => {
            let name = line.split(['=', ' ']).next().unwrap_or_default();
            format!("the line of `{}` is not `NAME=value`", name.escape_debug())
        }
        dotenvy::Error::Io(error) => format!("it cannot be read: {error}"),
        error => error.to_string(),
    }
}
