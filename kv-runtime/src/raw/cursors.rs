//! The cursors of one listing, so that one which leads in a circle ends.

use std::collections::HashSet;

/// The cursors that a listing has followed.
#[derive(Debug, Default)]
pub(crate) struct Cursors(HashSet<String>);

/// A listing came back to where it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server's listing of keys leads in a circle")]
pub struct CircularListing;

impl Cursors {
    /// Takes note of the next cursor.
    pub(crate) fn follow(&mut self, cursor: &str) -> Result<(), CircularListing> {
        if self.0.insert(cursor.to_owned()) { Ok(()) } else { Err(CircularListing) }
    }
}
