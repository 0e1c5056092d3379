//! Requests: futures that are created when they are first polled.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::error::Error;

/// A request for an `O`; nothing is sent until it is awaited.
///
/// It is a [`Future`] that borrows nothing, so you can pass it to `join_all`, `tokio::spawn`, `select!`
/// and `timeout` directly.
///
/// ```
/// use std::time::Duration;
///
/// use kv_runtime::Request;
///
/// # kv_runtime::kv_namespace! { pub struct Notes; title: "notes", keys: { "note:{user}/{id: u64}": String { metadata: u32 } } }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let notes = Notes::in_memory();
/// let there: Request<bool> = notes.note("ada", 1).exists();
/// let there = tokio::time::timeout(Duration::from_secs(10), tokio::spawn(there));
/// assert!(!there.await???);
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent until it is awaited"]
pub struct Request<O>(BoxFuture<'static, Result<O, Error>>);

impl<O> Request<O> {
    pub(crate) fn new(work: impl Future<Output = Result<O, Error>> + Send + 'static) -> Self {
        Self(work.boxed())
    }
}

impl<O> Future for Request<O> {
    type Output = Result<O, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(cx)
    }
}

impl<O> fmt::Debug for Request<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").finish_non_exhaustive()
    }
}

/// A request that still takes options, or one that was sent.
pub(super) enum Lazy<P, O> {
    /// The parts of the request; `None` while they are being sent.
    Open(Option<P>),
    Sent(BoxFuture<'static, Result<O, Error>>),
}

impl<P, O> Lazy<P, O> {
    pub(super) fn new(parts: P) -> Self {
        Self::Open(Some(parts))
    }

    /// Sets an option, unless the request was already sent.
    pub(super) fn set(&mut self, set: impl FnOnce(&mut P)) {
        if let Self::Open(Some(parts)) = self {
            set(parts);
        }
    }

    /// The parts of the request, unless it was already sent.
    pub(super) fn into_parts(self) -> Option<P> {
        match self {
            Self::Open(parts) => parts,
            Self::Sent(_) => None,
        }
    }

    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        send: impl FnOnce(P) -> BoxFuture<'static, Result<O, Error>>,
    ) -> Poll<Result<O, Error>> {
        if let Self::Open(parts) = self
            && let Some(parts) = parts.take()
        {
            *self = Self::Sent(send(parts));
        }
        match self {
            Self::Sent(request) => request.poll_unpin(cx),
            // Only a panic in `send` leads here.
            Self::Open(_) => Poll::Pending,
        }
    }
}
