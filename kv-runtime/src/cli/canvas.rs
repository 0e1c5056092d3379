//! The thread that writes to stderr. A stopped terminal, or a pipe that no process reads, blocks only this
//! thread.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use console::Term;
use indicatif::ProgressBar;

/// Draws lines, and a bar that stays below them. Clones draw on the same canvas.
#[derive(Debug, Clone)]
pub(super) struct Canvas(Sender<Stroke>);

/// Something to draw.
enum Stroke {
    Line(String),
    /// Text without a line break.
    Text(String),
    /// Replaces the bar.
    Bar(Option<ProgressBar>),
    /// How far to advance the bar, and its message.
    Advance(u64, String),
    /// Notifies the sender when everything before it is drawn.
    Mark(Sender<()>),
}

impl Canvas {
    /// A canvas on a terminal.
    pub(super) fn new(term: Term) -> Self {
        let (strokes, waiting) = mpsc::channel();
        let painter = thread::Builder::new().name("stderr".to_owned());
        // Without the thread nothing is shown, but everything else works.
        let _ = painter.spawn(move || paint(&term, &waiting));
        Self(strokes)
    }

    pub(super) fn line(&self, line: String) {
        self.draw(Stroke::Line(line));
    }

    pub(super) fn text(&self, text: String) {
        self.draw(Stroke::Text(text));
    }

    pub(super) fn set_bar(&self, bar: Option<ProgressBar>) {
        self.draw(Stroke::Bar(bar));
    }

    pub(super) fn advance(&self, by: u64, message: String) {
        self.draw(Stroke::Advance(by, message));
    }

    /// Waits until everything is drawn, but at most `limit`.
    pub(super) fn flush(&self, limit: Duration) {
        let (mark, drawn) = mpsc::channel();
        self.draw(Stroke::Mark(mark));
        let _ = drawn.recv_timeout(limit);
    }

    fn draw(&self, stroke: Stroke) {
        // If the thread is gone, there is nowhere left to report it.
        let _ = self.0.send(stroke);
    }
}

fn paint(term: &Term, strokes: &Receiver<Stroke>) {
    let mut bar: Option<ProgressBar> = None;
    for stroke in strokes {
        match stroke {
            Stroke::Line(line) => write(bar.as_ref(), || term.write_line(&line)),
            Stroke::Text(text) => write(bar.as_ref(), || term.write_str(&text)),
            Stroke::Bar(next) => {
                if let Some(bar) = std::mem::replace(&mut bar, next) {
                    bar.finish_and_clear();
                }
                if let Some(bar) = &bar {
                    bar.tick();
                }
            }
            Stroke::Advance(by, message) => {
                if let Some(bar) = &bar {
                    bar.set_message(message);
                    bar.inc(by);
                }
            }
            Stroke::Mark(mark) => drop(mark.send(())),
        }
    }
}

fn write(bar: Option<&ProgressBar>, write: impl FnOnce() -> io::Result<()>) {
    // If the terminal is gone, there is nowhere left to report it.
    let write = || drop(write());
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}
