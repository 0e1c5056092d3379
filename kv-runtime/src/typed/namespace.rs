//! The trait of the types that `kv_namespace!` generates.

use super::declaration::Declaration;
use super::store::Store;

/// A declared namespace. [`kv_namespace!`](crate::kv_namespace) implements this trait for the
/// namespace itself, but not for its read-only and write-only views.
///
/// ```
/// use kv_runtime::Namespace;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// /// Counts the keys with a prefix, in any namespace.
/// async fn count<N: Namespace>(namespace: &N, prefix: &str) -> Result<usize, kv_runtime::Error> {
///     namespace.store().list::<serde_json::Value>(prefix).count().await
/// }
///
/// assert_eq!(count(&notes, "note:").await?, 0);
/// # Ok(())
/// # }
/// ```
pub trait Namespace: Sized + Send + Sync + 'static {
    /// The declaration.
    const DECLARATION: &'static Declaration;

    /// Creates the namespace over a store.
    fn from_store(store: Store) -> Self;

    /// The store that contains the values.
    fn store(&self) -> &Store;
}
