//! Output for people: status lines and errors, on stderr. Nothing here fails or blocks, whatever happens
//! to that stream.

use std::io;
use std::time::Duration;

use console::{Style, Term};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Color;
use super::canvas::Canvas;
use super::error::CliError;
use super::help::{GUIDE, help, page};
use crate::base::Redactor;

/// The width of the column of status words.
const VERB_WIDTH: usize = 12;

/// How long the program waits before it exits for lines that are not shown yet.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Prints to stderr. Clones share the bar below the lines.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    is_term: bool,
    quiet: bool,
    redactor: Redactor,
    canvas: Canvas,
}

impl Screen {
    pub(super) fn new(color: Color, quiet: bool, redactor: Redactor) -> Self {
        match color {
            Color::Auto => {}
            Color::Always => console::set_colors_enabled_stderr(true),
            Color::Never => console::set_colors_enabled_stderr(false),
        }
        let term = Term::stderr();
        Self { is_term: term.is_term(), quiet, redactor, canvas: Canvas::new(term) }
    }

    /// Whether there is a terminal on which a question can be read and answered.
    pub(super) fn can_ask(&self) -> bool {
        self.is_term && io::IsTerminal::is_terminal(&io::stdin())
    }

    /// Whether lines can be redrawn.
    pub(super) fn is_live(&self) -> bool {
        self.is_term && !self.quiet
    }

    /// Keeps a bar below all lines until it is replaced.
    pub(super) fn set_bar(&self, bar: Option<ProgressBar>) {
        self.canvas.set_bar(bar);
    }

    /// Advances the bar.
    pub(super) fn advance(&self, by: u64, message: String) {
        self.canvas.advance(by, message);
    }

    /// Shows that work goes on whose amount is not known.
    pub(super) fn spin(&self, verb: &'static str) {
        const TEMPLATE: &str = "{prefix:>12.cyan.bold} {spinner}";
        if let (true, Ok(style)) = (self.is_live(), ProgressStyle::with_template(TEMPLATE)) {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(100));
            self.set_bar(Some(bar.with_style(style).with_prefix(verb)));
        }
    }

    /// Waits a short time for lines that are not shown yet.
    pub(super) fn finish(&self) {
        self.canvas.set_bar(None);
        self.canvas.flush(LAST_WORDS);
    }

    /// Prints a status line: a word and what it is about.
    pub(super) fn say(&self, verb: &str, what: &str) {
        self.line(&status(style().green(), verb, what));
    }

    /// Prints a status line about a problem.
    pub(super) fn warn(&self, verb: &str, what: &str) {
        self.line(&status(style().yellow(), verb, what));
    }

    /// Prints a line without a status word.
    pub(super) fn line(&self, line: &str) {
        if !self.quiet {
            self.write(line);
        }
    }

    /// Prints what you have to see before a question, if the screen is quiet and has not shown it.
    pub(super) fn line_to_answer(&self, line: &str) {
        if self.quiet {
            self.write(line);
        }
    }

    /// Asks a question. Anything except yes is no, and so is the end of the input.
    pub(super) fn confirm(&self, question: &str) -> io::Result<bool> {
        self.canvas.text(format!("{} [y/N] ", self.tame(question)));
        let mut answer = String::new();
        if io::stdin().read_line(&mut answer)? == 0 {
            self.write("");
        }
        Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    pub(super) fn error(&self, error: &CliError) {
        let red = style().red().bold();
        self.write(&format!("{} {}", red.apply_to("error:"), printable(&error.to_string())));
        for cause in error.causes() {
            self.write(&format!("  {} {}", red.apply_to("caused by:"), printable(&cause)));
        }
        if let Some(help) = help(error) {
            let cyan = style().cyan().bold();
            self.write(&format!("  {} {}", cyan.apply_to("help:"), printable(&help)));
        }
        if let Some(page) = page(error) {
            let dim = style().dim();
            self.write(&format!("  {} {GUIDE}{page}/index.html", dim.apply_to("more:")));
        }
    }

    fn write(&self, line: &str) {
        self.canvas.line(self.tame(line));
    }

    /// Redacts secrets, and escapes what GitHub Actions would run as a command.
    fn tame(&self, text: &str) -> String {
        let lines = self.redactor.redact_our_text(text).replace("##[", "## [");
        let tame = |line: &str| {
            let rest = line.trim_start();
            let indent = &line[..line.len() - rest.len()];
            rest.strip_prefix("::")
                .map_or_else(|| line.to_owned(), |rest| format!("{indent}: :{rest}"))
        };
        lines.split('\n').map(tame).collect::<Vec<_>>().join("\n")
    }
}

fn status(style: Style, verb: &str, what: &str) -> String {
    format!("{} {what}", style.bold().apply_to(format!("{verb:>VERB_WIDTH$}")))
}

pub(super) fn style() -> Style {
    Style::new().for_stderr()
}

/// Escapes everything that a terminal would act on, except line breaks.
pub(super) fn printable(text: &str) -> String {
    let escape = |c: char| {
        if acts(c) && c != '\n' { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(escape).collect()
}

/// Whether a terminal acts on a character instead of showing it. Includes characters that change the
/// writing direction, or that only some programs treat as line breaks: they disguise what a line says.
pub(super) fn acts(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
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

    #[test]
    fn no_line_is_a_command_to_a_workflow_or_shows_a_secret() {
        let redactor = Redactor::default();
        redactor.add("hush-hush", "token");
        let screen = Screen::new(Color::Never, false, redactor);
        let tame = "error: x\n  : :error::y\n: :set-env a=[token]\n## [group]z :: a";
        assert_eq!(
            screen.tame("error: x\n  ::error::y\n::set-env a=hush-hush\n##[group]z :: a"),
            tame
        );
    }
}
