//! The access to a store, as a type that does not exist at run time.

use std::fmt;

/// Reading and writing: the default access of a [`Store`](crate::Store).
///
/// ```
/// use kv_runtime::ReadWrite;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// # let notes = Notes::in_memory();
/// /// Needs both reading and writing.
/// async fn shout(notes: &Notes<ReadWrite>) -> Result<(), kv_runtime::Error> {
///     notes.note("ada", 1).update(|text| text.make_ascii_uppercase()).await.map(drop)
/// }
///
/// shout(&notes).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadWrite {}

/// Reading only: the access after `reader()` on a namespace or a [`Store`](crate::Store).
///
/// ```
/// use kv_runtime::{MemoryStore, ReadOnly, kv_namespace};
///
/// kv_namespace! { pub struct Flags; title: "flags", keys: { "user:{id}": bool } }
///
/// /// Its signature says that it writes nothing.
/// async fn is_on(flags: &Flags<ReadOnly>, user: &str) -> Result<bool, kv_runtime::Error> {
///     Ok(flags.user(user).get().await?.unwrap_or_default())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let flags = Flags::new(MemoryStore::new());
/// flags.user("ada").put(&true).await?;
/// assert!(is_on(&flags.reader(), "ada").await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {}

/// Writing only: the access after `writer()` on a namespace or a [`Store`](crate::Store).
///
/// ```
/// use kv_runtime::{MemoryStore, WriteOnly, kv_namespace};
///
/// kv_namespace! { pub struct Flags; title: "flags", keys: { "user:{id}": bool } }
///
/// async fn forget(flags: &Flags<WriteOnly>, user: &str) -> Result<(), kv_runtime::Error> {
///     flags.user(user).delete().await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let flags = Flags::new(MemoryStore::new());
/// flags.user("ada").put(&true).await?;
/// forget(&flags.writer(), "ada").await?;
/// assert_eq!(flags.user("ada").get().await?, None);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOnly {}

/// Access that allows reading: [`ReadWrite`] and [`ReadOnly`].
///
/// ```
/// use kv_runtime::{CanRead, MemoryStore, kv_namespace};
///
/// kv_namespace! { pub struct Flags; title: "flags", keys: { "user:{id}": bool } }
///
/// /// Accepts the namespace itself or its `reader()`.
/// async fn is_on<A: CanRead>(flags: &Flags<A>, user: &str) -> Result<bool, kv_runtime::Error> {
///     Ok(flags.user(user).get().await?.unwrap_or_default())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let flags = Flags::new(MemoryStore::new());
/// assert!(!is_on(&flags, "ada").await?);
/// assert!(!is_on(&flags.reader(), "ada").await?);
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not allow reading",
    label = "this reads, which `ReadWrite` and `ReadOnly` allow",
    note = "use the namespace itself, or its `reader()` for code that only reads"
)]
pub trait CanRead: Access {}

/// Access that allows writing: [`ReadWrite`] and [`WriteOnly`].
///
/// ```
/// use kv_runtime::{CanWrite, MemoryStore, kv_namespace};
///
/// kv_namespace! { pub struct Flags; title: "flags", keys: { "user:{id}": bool } }
///
/// /// Accepts the namespace itself or its `writer()`.
/// async fn turn_on<A: CanWrite>(flags: &Flags<A>, user: &str) -> Result<(), kv_runtime::Error> {
///     flags.user(user).put(&true).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kv_runtime::Error> {
/// let flags = Flags::new(MemoryStore::new());
/// turn_on(&flags, "ada").await?;
/// turn_on(&flags.writer(), "grace").await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not allow writing",
    label = "this writes, which `ReadWrite` and `WriteOnly` allow",
    note = "use the namespace itself, or its `writer()` for code that only writes"
)]
pub trait CanWrite: Access {}

/// Seals the access traits: only the three types above implement them.
#[doc(hidden)]
pub trait Access: sealed::Sealed + Clone + fmt::Debug + Send + Sync + 'static {}

mod sealed {
    #[doc(hidden)]
    pub trait Sealed {}
}

impl sealed::Sealed for ReadWrite {}
impl sealed::Sealed for ReadOnly {}
impl sealed::Sealed for WriteOnly {}
impl Access for ReadWrite {}
impl Access for ReadOnly {}
impl Access for WriteOnly {}
impl CanRead for ReadWrite {}
impl CanRead for ReadOnly {}
impl CanWrite for ReadWrite {}
impl CanWrite for WriteOnly {}
