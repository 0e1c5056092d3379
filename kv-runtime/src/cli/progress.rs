//! What a running deploy says: a bar on a terminal, plain lines elsewhere.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::render::{keys_of, size};
use super::screen::Screen;
use crate::engine::{Action, Event, Reporter};

/// Shows events on a screen.
pub(super) struct Progress<'a> {
    screen: &'a Screen,
    current: Mutex<Current>,
}

/// The namespace that is worked on.
#[derive(Default)]
struct Current {
    bar: Option<ProgressBar>,
    changed: bool,
    bytes: u64,
    total: u64,
}

impl<'a> Progress<'a> {
    pub(super) fn new(screen: &'a Screen) -> Self {
        Self { screen, current: Mutex::default() }
    }

    fn bar(&self, keys: usize) -> Option<ProgressBar> {
        const TEMPLATE: &str = "{prefix:>12.cyan.bold} [{bar:30}] {human_pos}/{human_len} keys  {msg}  {per_sec:.dim}  {eta} left";
        if !self.screen.is_live() || keys == 0 {
            return None;
        }
        let style = ProgressStyle::with_template(TEMPLATE).ok()?.progress_chars("=> ");
        let bar = ProgressBar::with_draw_target(Some(keys as u64), ProgressDrawTarget::stderr());
        Some(bar.with_style(style).with_prefix("Writing"))
    }
}

impl Reporter for Progress<'_> {
    fn event(&self, event: Event<'_>) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begin { id, action, puts, bytes, deletes } => {
                let verb = match action {
                    Action::Create | Action::Resume { .. } | Action::Recreate { .. } => "Creating",
                    Action::Adopt { .. } => "Adopting",
                    Action::Rename { .. } => "Renaming",
                    Action::Keep { .. } => "Updating",
                    Action::Destroy { .. } => "Destroying",
                    Action::Retain { .. } => "Retaining",
                    Action::Forget => "Forgetting",
                };
                let kept = matches!(action, Action::Keep { .. });
                let changed = !kept || puts + deletes > 0;
                if changed {
                    let mut what = id.to_owned();
                    if puts > 0 {
                        let _ = write!(what, ", {} to put ({})", keys_of(puts as u64), size(bytes));
                    }
                    if deletes > 0 {
                        let _ = write!(what, ", {} to delete", keys_of(deletes as u64));
                    }
                    self.screen.say(verb, &what);
                }
                *current = Current { bar: self.bar(puts), changed, bytes: 0, total: bytes };
            }
            Event::Put { keys, bytes } => {
                current.bytes += bytes;
                if let Some(bar) = &current.bar {
                    bar.inc(keys as u64);
                    bar.set_message(format!("{} of {}", size(current.bytes), size(current.total)));
                }
            }
            Event::Deleted { keys } => {
                self.screen.say("Deleted", &keys_of(keys as u64));
            }
            Event::Waiting { what } => match &current.bar {
                Some(bar) => bar.suspend(|| self.screen.say("Waiting", what)),
                None => self.screen.say("Waiting", what),
            },
            Event::Done { id } => {
                if let Some(bar) = current.bar.take() {
                    bar.finish_and_clear();
                }
                if current.changed {
                    self.screen.say("Done", id);
                }
            }
        }
    }
}
