//! The progress of a running deploy: a bar on a terminal, otherwise a plain line now and then.

use std::fmt::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::render::{grouped, keys_of, printable_key, reads_of_a_day, size};
use super::screen::Screen;
use crate::engine::{Action, Event};

/// The time between plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Shows events on a screen.
pub(super) struct Progress<'a> {
    screen: &'a Screen,
    current: Mutex<Current>,
}

/// The namespace that is worked on.
#[derive(Default)]
struct Current {
    has_bar: bool,
    is_told: bool,
    written: Amount,
    total: Amount,
    begun: Option<Instant>,
    /// When the last plain line was printed.
    said: Option<Instant>,
}

#[derive(Clone, Copy, Default)]
struct Amount {
    keys: u64,
    bytes: u64,
}

impl Current {
    /// The plain line that is due, where there is no bar.
    fn line(&mut self, now: Instant) -> Option<String> {
        let said = self.said.or(self.begun)?;
        if now < said + LINE_EVERY || self.written.keys >= self.total.keys {
            return None;
        }
        self.said = Some(now);
        Some(describe(self.written, self.total, now - self.begun?))
    }
}

/// The rate and the time left, once they are known.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is rounded")]
fn pace(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.pos() > 0 {
        let (rate, left) = (grouped(state.per_sec() as u64), HumanDuration(state.eta()));
        // A failure is harmless: the bar is drawn again soon.
        let _ = write!(out, ", {rate} a second, {left:#} left");
    }
}

/// The progress, the rate and the time left of a write.
fn describe(written: Amount, total: Amount, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = written.keys.saturating_mul(1000) / millis;
    let left = (total.keys - written.keys).checked_div(rate).map_or_else(String::new, |seconds| {
        format!(", {} left", HumanDuration(Duration::from_secs(seconds)))
    });
    format!(
        "{} of {} ({} of {}), {} a second{left}",
        grouped(written.keys),
        keys_of(total.keys),
        size(written.bytes),
        size(total.bytes),
        grouped(rate),
    )
}

impl<'a> Progress<'a> {
    pub(super) fn new(screen: &'a Screen) -> Self {
        Self { screen, current: Mutex::default() }
    }

    /// Starts the progress of a write.
    fn start(&self, keys: u64, bytes: u64) -> Current {
        let bar = self.bar("Writing", keys);
        let has_bar = bar.is_some();
        self.screen.set_bar(bar);
        let (total, begun) = (Amount { keys, bytes }, Some(Instant::now()));
        Current { has_bar, total, begun, ..Current::default() }
    }

    /// A counter, for when the total is not known.
    fn counter(&self) -> Option<ProgressBar> {
        const TEMPLATE: &str = "{prefix:>12.cyan.bold} {spinner} {human_pos} keys{msg}";
        let style = ProgressStyle::with_template(TEMPLATE).ok()?;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        self.screen.is_live().then(|| bar.with_style(style).with_prefix("Reading"))
    }

    fn bar(&self, verb: &'static str, keys: u64) -> Option<ProgressBar> {
        const TEMPLATE: &str =
            "{prefix:>12.cyan.bold} [{bar:30}] {human_pos} of {human_len} keys{msg}{pace:.dim}";
        if !self.screen.is_live() || keys == 0 {
            return None;
        }
        let style = ProgressStyle::with_template(TEMPLATE).ok()?.progress_chars("=> ");
        let style = style.with_key("pace", pace);
        let bar = ProgressBar::with_draw_target(Some(keys), ProgressDrawTarget::stderr());
        Some(bar.with_style(style).with_prefix(verb))
    }
}

impl Progress<'_> {
    /// Shows an event.
    #[expect(clippy::too_many_lines, reason = "one arm for each event")]
    pub(super) fn event(&self, event: Event<'_>) {
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
                    Action::Leave { .. } => "Leaving",
                };
                let kept = matches!(action, Action::Keep { .. } | Action::Leave { .. });
                let is_told = !kept || puts + deletes > 0;
                if is_told {
                    let mut what = id.to_owned();
                    if puts > 0 {
                        let _ = write!(what, ", {} to put ({})", keys_of(puts as u64), size(bytes));
                    }
                    if deletes > 0 {
                        let _ = write!(what, ", {} to delete", keys_of(deletes as u64));
                    }
                    self.screen.say(verb, &what);
                }
                *current = Current { is_told, ..self.start(puts as u64, bytes) };
            }
            Event::Put { keys, bytes } => {
                current.written.keys += keys as u64;
                current.written.bytes += bytes;
                let (written, total) = (current.written, current.total);
                if current.has_bar {
                    let message = format!(" ({} of {})", size(written.bytes), size(total.bytes));
                    self.screen.advance(keys as u64, message);
                } else if let Some(line) = current.line(Instant::now()) {
                    self.screen.say("Writing", &line);
                }
            }
            Event::Reading { verb, id, keys } => {
                let what = match keys {
                    None => id.to_owned(),
                    // Each value counts as a read on the bill.
                    Some(keys) => {
                        format!("{id}: {} to read{}", keys_of(keys), reads_of_a_day(keys))
                    }
                };
                self.screen.say(verb, &what);
                let bar = keys.map_or_else(|| self.counter(), |keys| self.bar("Reading", keys));
                let has_bar = bar.is_some();
                self.screen.set_bar(bar);
                *current = Current { has_bar, ..Current::default() };
            }
            Event::GoingOn { id, since } => self.screen.warn(
                "Resuming",
                &format!(
                    "the export of {id} that began at {since}: it has the pairs as of that time"
                ),
            ),
            Event::NotKept { id, keys } => {
                let keys: Vec<_> = keys.iter().map(|key| printable_key(key)).collect();
                let what =
                    format!("{id}: {}: values of env(...) cannot be undone", keys.join(", "));
                self.screen.warn("Not kept", &what);
            }
            Event::Read { keys, bytes } => {
                current.written.bytes += bytes;
                if current.has_bar {
                    let bytes = current.written.bytes;
                    let message =
                        if bytes > 0 { format!(" ({})", size(bytes)) } else { String::new() };
                    self.screen.advance(keys, message);
                }
            }
            Event::ReadAll => {
                current.has_bar = false;
                self.screen.set_bar(None);
            }
            Event::Writing { verb, id, keys, bytes } => {
                self.screen.say(verb, &format!("{id}, {} to put ({})", keys_of(keys), size(bytes)));
                *current = self.start(keys, bytes);
                current.is_told = true;
            }
            Event::Deleted { keys } => {
                self.screen.say("Deleted", &keys_of(keys as u64));
            }
            Event::Changed => {
                self.screen.warn("Changed", "in the meantime; the new plan is:");
            }
            Event::Waiting { what } => self.screen.warn("Waiting", what),
            Event::Locked { holder } => {
                let holder =
                    holder.map_or_else(|| "another deploy".to_owned(), ToString::to_string);
                self.screen.warn("Waiting", &format!("for {holder}"));
            }
            Event::Done { id } => {
                current.has_bar = false;
                self.screen.set_bar(None);
                if current.is_told {
                    self.screen.say("Done", id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_line_says_how_far_how_fast_and_how_long_yet() {
        let written = Amount { keys: 20_000, bytes: 1_280_000 };
        let total = Amount { keys: 100_000, bytes: 6_400_000 };
        assert_eq!(
            describe(written, total, Duration::from_secs(5)),
            "20,000 of 100,000 keys (1.22 MiB of 6.10 MiB), 4,000 a second, 20 seconds left"
        );
    }

    #[test]
    fn plain_lines_are_few() {
        let begun = Instant::now();
        let total = Amount { keys: 100_000, bytes: 0 };
        let mut current = Current { begun: Some(begun), total, ..Current::default() };
        let mut lines = 0;
        for second in 1..=20 {
            current.written.keys = second * 5_000;
            let line = current.line(begun + Duration::from_secs(second));
            lines += usize::from(line.is_some());
        }
        // At 5, 10 and 15 seconds; at 20 everything is done.
        assert_eq!(lines, 3);
    }
}
