//! What `kv_namespace!` makes of a declaration: a type over a store.

use crate::declaration::Declaration;
use crate::store::Store;

/// A declared namespace. [`kv_namespace!`](crate::kv_namespace) implements it.
pub trait Namespace: Sized {
    /// What was declared.
    const DECLARATION: &'static Declaration;

    /// The namespace in a store.
    fn from_store(store: Store) -> Self;

    /// The namespace behind the Worker's binding that the declaration names.
    #[cfg(target_arch = "wasm32")]
    fn from_env(env: &worker::Env) -> Result<Self, crate::Error> {
        Store::from_env(env, Self::DECLARATION.binding).map(Self::from_store)
    }
}
