//! Output for other programs, on stdout.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};

use clap::CommandFactory as _;
use serde::Serialize;

use super::args::Args;
use super::error::CliError;
use super::screen::acts;
use crate::base::Redactor;

pub(super) fn print_json<T: Serialize>(value: &T, redactor: &Redactor) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(value).map_err(io::Error::from);
    let json = json.map_err(CliError::Stdout)?;
    write(&format!("{}\n", tame(&json, redactor)))
}

/// Prints the completion script of a shell for the program's name.
pub(super) fn completions(shell: clap_complete::Shell, name: &str) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), name, &mut script);
    write(&String::from_utf8_lossy(&script))
}

/// Prints text.
pub(super) fn print(text: &str, redactor: &Redactor) -> Result<(), CliError> {
    // GitHub Actions would run it as a command.
    write(&redactor.redact_our_text(text).replace("##[", "## ["))
}

/// Writes to stdout; a reader that closes the pipe early is not an error.
fn write(text: &str) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Stdout(error)),
        _ => Ok(()),
    }
}

/// Redacts secrets in the strings of a JSON document, and escapes what a terminal or GitHub Actions would
/// interpret. Property names are ours and are not redacted.
fn tame(json: &str, redactor: &Redactor) -> String {
    let (mut out, mut rest) = (String::with_capacity(json.len()), json);
    while let Some(start) = rest.find('"') {
        let (before, text) = rest.split_at(start);
        let (literal, after) = text.split_at(literal_len(text));
        out.push_str(before);
        match serde_json::from_str::<String>(literal) {
            Ok(text) if !after.starts_with(':') => {
                let text = redactor.redact_our_text(&text).into_owned();
                escape_into(&mut out, &serde_json::Value::from(text).to_string());
            }
            _ => escape_into(&mut out, literal),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The length of the string literal at the start of a text.
fn literal_len(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

fn escape_into(out: &mut String, literal: &str) {
    for c in literal.replace("##[", "\\u0023#[").chars() {
        if acts(c) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_stays_json_whatever_a_secret_is_and_nothing_in_it_acts() {
        let redactor = Redactor::default();
        for secret in ["\"action\": \"rename\"", "namespaces", "a\\b\"c-long"] {
            redactor.add(secret, "env HOOK");
        }
        let value = serde_json::json!({
            "namespaces": [{ "action": "rename", "title": "a\\b\"c-long, namespaces" }],
            "key": "\u{9b}2J\u{202e}\u{2028}##[group]é\u{1}",
        });
        let json = tame(&serde_json::to_string_pretty(&value).unwrap(), &redactor);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["namespaces"][0]["action"], "rename");
        assert_eq!(read["namespaces"][0]["title"], "[env HOOK], [env HOOK]");
        assert_eq!(read["key"], value["key"]);
        assert!(!json.chars().any(|c| acts(c) && c != '\n') && !json.contains("##["), "{json}");
    }
}
