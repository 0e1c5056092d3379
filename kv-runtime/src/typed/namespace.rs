//! What `kv_namespace!` makes of a declaration: a type over a store.

use super::declaration::Declaration;
use super::store::Store;

/// A declared namespace. [`kv_namespace!`](crate::kv_namespace) implements it.
pub trait Namespace: Sized {
    /// What was declared.
    const DECLARATION: &'static Declaration;

    /// The namespace in a store.
    fn from_store(store: Store) -> Self;

    /// The store that the values are in.
    fn store(&self) -> &Store;
}
