//! The cursors of one listing, so that one which leads in a circle ends.

/// The cursors that a listing has followed, of which it keeps one: it compares the others with that,
/// and takes a later one twice as far apart each time (Brent's algorithm).
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    kept: Option<String>,
    /// How many were followed since, and how many are until another is kept.
    since: u64,
    until: u64,
}

/// A listing came back to where it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server's listing of keys leads in a circle")]
pub struct CircularListing;

impl Cursors {
    /// Takes note of the next cursor.
    pub(crate) fn follow(&mut self, cursor: &str) -> Result<(), CircularListing> {
        if self.kept.as_deref() == Some(cursor) {
            return Err(CircularListing);
        }
        if self.since == self.until {
            self.kept = Some(cursor.to_owned());
            self.until = (2 * self.until).max(1);
            self.since = 0;
        }
        self.since += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_any_length_ends_and_a_line_does_not() {
        for (before, circle) in [(0, 1), (0, 2), (3, 1), (5, 7), (1000, 3), (2, 1000)] {
            let mut cursors = Cursors::default();
            let ends = (0..20_000_u32).find(|step| {
                let at = if *step < before { *step } else { before + (step - before) % circle };
                cursors.follow(&at.to_string()).is_err()
            });
            assert!(ends.is_some_and(|step| step <= 4 * (before + circle)), "{before} {circle}");
        }
        let mut cursors = Cursors::default();
        assert!((0..20_000).all(|step| cursors.follow(&step.to_string()).is_ok()));
    }
}
