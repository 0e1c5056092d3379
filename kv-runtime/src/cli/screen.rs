//! What people read: status lines and errors, on stderr.

use std::io;

use console::{Style, Term};

use super::args::Color;
use super::error::CliError;

/// How wide the column of status words is.
const VERB_WIDTH: usize = 12;

/// Says things on stderr.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    term: Term,
    quiet: bool,
}

impl Screen {
    pub(super) fn new(color: Color, quiet: bool) -> Self {
        match color {
            Color::Auto => {}
            Color::Always => console::set_colors_enabled_stderr(true),
            Color::Never => console::set_colors_enabled_stderr(false),
        }
        Self { term: Term::stderr(), quiet }
    }

    /// Whether somebody sees and answers.
    pub(super) fn is_attended(&self) -> bool {
        self.term.is_term() && std::io::IsTerminal::is_terminal(&std::io::stdin())
    }

    /// Whether lines can be drawn over.
    pub(super) fn is_live(&self) -> bool {
        self.term.is_term() && !self.quiet
    }

    /// A status line: a word and what it is about.
    pub(super) fn say(&self, verb: &str, what: &str) {
        let verb = style().green().bold().apply_to(format!("{verb:>VERB_WIDTH$}"));
        self.line(&format!("{verb} {what}"));
    }

    /// A line as it is.
    pub(super) fn line(&self, line: &str) {
        if !self.quiet {
            self.write(line);
        }
    }

    /// Asks a question whose answer is no unless it is yes.
    pub(super) fn confirm(&self, question: &str) -> io::Result<bool> {
        self.term.write_str(&format!("{question} [y/N] "))?;
        let answer = self.term.read_line()?.trim().to_ascii_lowercase();
        Ok(matches!(answer.as_str(), "y" | "yes"))
    }

    pub(super) fn error(&self, error: &CliError) {
        let red = style().red().bold();
        self.write(&format!("{} {}", red.apply_to("error:"), printable(&error.to_string())));
        for cause in error.causes() {
            self.write(&format!("  {} {}", red.apply_to("caused by:"), printable(&cause)));
        }
        if let Some(help) = error.help() {
            let cyan = style().cyan().bold();
            self.write(&format!("  {} {}", cyan.apply_to("help:"), printable(&help)));
        }
    }

    fn write(&self, line: &str) {
        // Where the terminal is gone, nobody is left to tell.
        let _ = self.term.write_line(line);
    }
}

pub(super) fn style() -> Style {
    Style::new().for_stderr()
}

/// Text without anything that a terminal would act on.
pub(super) fn printable(text: &str) -> String {
    let escape = |c: char| {
        if acts(c) && c != '\n' { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(escape).collect()
}

/// Whether a terminal acts on a character instead of showing it. Those that turn the direction of
/// writing make a line look like another.
pub(super) fn acts(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    turns || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_act_on() {
        assert_eq!(printable("é\u{1b}[2J\r\u{9b}\n\u{202e}"), "é\\u{1b}[2J\\r\\u{9b}\n\\u{202e}");
    }
}
