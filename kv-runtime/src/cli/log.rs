//! Shows the crate's `tracing` events as lines on the screen.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::screen::{Screen, printable};

/// Shows events of this project's crates.
struct Log {
    screen: Screen,
    level: Level,
}

/// Shows warnings; with `verbose` also each request, or everything.
pub(super) fn show(screen: &Screen, verbose: u8) {
    let level = match verbose {
        0 => Level::WARN,
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    // The caller may have set a subscriber already, which then takes precedence.
    let _ = tracing::subscriber::set_global_default(Log { screen: screen.clone(), level });
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.level && metadata.target().starts_with("kv_")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let message = printable(&(text.message + &text.fields));
        if *event.metadata().level() > Level::WARN {
            return self.screen.line(&message);
        }
        match message.split_once(' ') {
            // A capitalized first word is a status word, and goes in the column for those.
            Some((verb, what)) if verb.starts_with(char::is_uppercase) => {
                self.screen.warn(verb, what);
            }
            _ => self.screen.warn("Warning", &message),
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// An event as text.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
