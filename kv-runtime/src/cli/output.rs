//! What other programs read: data, on stdout.

use std::io::{ErrorKind, Write as _};

use serde::Serialize;

use super::error::CliError;
use crate::base::Redactor;

pub(super) fn print_json<T: Serialize>(value: &T, redactor: &Redactor) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(value).map_err(std::io::Error::from);
    // The log of a GitHub workflow would act on it, and within JSON it can only be part of a text.
    let json = json.map_err(CliError::Stdout)?.replace("##[", "\\u0023#[");
    print(&format!("{json}\n"), redactor)
}

/// Prints; a reader that went away has read enough.
pub(super) fn print(text: &str, redactor: &Redactor) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let text = redactor.redact_our_text(text);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Stdout(error)),
        _ => Ok(()),
    }
}
