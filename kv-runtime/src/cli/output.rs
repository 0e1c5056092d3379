//! What other programs read: data, on stdout.

use std::io::Write as _;

use serde::Serialize;

use super::error::CliError;

pub(super) fn print_json<T: Serialize>(value: &T) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(value).map_err(std::io::Error::from);
    print(&format!("{}\n", json.map_err(CliError::Stdout)?))
}

pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Stdout)
}
