//! Lists all keys of a namespace.

use super::super::error::DeployError;
use super::super::remote::{NamePage, Remote};
use super::super::wait;
use crate::base::Interrupt;
use crate::raw::{CircularListing, Cursors};

/// The pages of a listing, one after another.
pub(super) struct KeyPages<'a> {
    remote: &'a dyn Remote,
    id: &'a str,
    namespace_id: &'a str,
    interrupt: &'a Interrupt,
    cursor: Option<String>,
    cursors: Cursors,
    /// The last key so far.
    last: Option<String>,
    is_done: bool,
}

impl<'a> KeyPages<'a> {
    /// Lists all keys of a namespace; `id` is its id in the declarations.
    pub(super) fn new(
        remote: &'a dyn Remote,
        id: &'a str,
        namespace_id: &'a str,
        interrupt: &'a Interrupt,
    ) -> Self {
        let (cursor, cursors, last) = (None, Cursors::default(), None);
        Self { remote, id, namespace_id, interrupt, cursor, cursors, last, is_done: false }
    }

    /// The keys of the next page, in the order of their bytes; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<String>>, DeployError> {
        if self.is_done {
            return Ok(None);
        }
        let Self { remote, id, namespace_id, cursor, .. } = self;
        let keys = || remote.keys(namespace_id, cursor.as_deref());
        let page = wait::while_unseen(self.interrupt, keys).await;
        let NamePage { names, cursor } = page.map_err(DeployError::request(id, "list the keys"))?;
        let circular = |source| DeployError::CircularListing { id: self.id.to_owned(), source };
        if names.first().is_some_and(|first| self.last.as_ref().is_some_and(|last| first <= last)) {
            return Err(circular(CircularListing));
        }
        if let Some(cursor) = &cursor {
            self.cursors.follow(cursor).map_err(circular)?;
        }
        self.last = names.last().cloned().or(self.last.take());
        self.is_done = cursor.is_none();
        self.cursor = cursor;
        Ok(Some(names))
    }
}
