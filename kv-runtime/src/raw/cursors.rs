//! The cursors of one listing, to detect a listing that loops.

/// The cursors that a listing has followed. It keeps one and compares later ones with it. It replaces the
/// kept cursor with a later one after twice as many steps each time (Brent's algorithm).
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    kept: Option<String>,
    /// How many cursors were followed since one was kept, and how many until the next one is kept.
    since: u64,
    until: u64,
}

/// A listing returned a cursor that it had returned before.
///
/// ```
/// use kv_runtime::raw::CircularListing;
///
/// /// A listing that never ends is no listing.
/// fn is_broken(error: &(dyn std::error::Error + 'static)) -> bool {
///     error.is::<CircularListing>()
/// }
/// # assert!(!is_broken(&std::fmt::Error));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server's listing of keys loops: it returned the same cursor again")]
pub struct CircularListing;

impl Cursors {
    /// Records the next cursor.
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
