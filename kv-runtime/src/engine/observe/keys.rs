//! Every key of a namespace.

use super::super::error::DeployError;
use super::super::remote::{NamePage, Remote};
use super::super::wait;
use crate::base::Interrupt;
use crate::raw::Cursors;

/// The pages of a listing, one after another.
pub(super) struct KeyPages<'a> {
    remote: &'a dyn Remote,
    id: &'a str,
    namespace_id: &'a str,
    interrupt: &'a Interrupt,
    cursor: Option<String>,
    cursors: Cursors,
    is_done: bool,
}

impl<'a> KeyPages<'a> {
    /// All keys of a namespace; `id` is its id in the declarations.
    pub(super) fn new(
        remote: &'a dyn Remote,
        id: &'a str,
        namespace_id: &'a str,
        interrupt: &'a Interrupt,
    ) -> Self {
        let (cursor, cursors) = (None, Cursors::default());
        Self { remote, id, namespace_id, interrupt, cursor, cursors, is_done: false }
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
        if let Some(cursor) = &cursor {
            let id = || self.id.to_owned();
            self.cursors
                .follow(cursor)
                .map_err(|source| DeployError::CircularListing { id: id(), source })?;
        }
        self.is_done = cursor.is_none();
        self.cursor = cursor;
        Ok(Some(names))
    }
}
