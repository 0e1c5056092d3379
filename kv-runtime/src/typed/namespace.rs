//! What `kv_namespace!` makes of a declaration: a type over a store.

use super::declaration::Declaration;
use super::store::Store;

/// A declared namespace. [`kv_namespace!`](crate::kv_namespace) implements it, for the namespace
/// itself and not for its views.
///
/// ```
/// use kv_runtime::Namespace;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// /// How many keys begin so, in any namespace.
/// async fn count<N: Namespace>(namespace: &N, prefix: &str) -> Result<usize, kv_runtime::Error> {
///     namespace.store().list::<serde_json::Value>(prefix).count().await
/// }
///
/// assert_eq!(count(&notes, "note:").await?, 0);
/// # Ok(())
/// # }
/// ```
pub trait Namespace: Sized + Send + Sync + 'static {
    /// What was declared.
    const DECLARATION: &'static Declaration;

    /// The namespace in a store.
    fn from_store(store: Store) -> Self;

    /// The store that the values are in.
    fn store(&self) -> &Store;
}
