//! Streams of the pieces of a value.

use bytes::Bytes;
use futures_util::stream::{BoxStream, Stream, StreamExt};

use super::RawError;

/// The pieces of a value.
pub type ByteStream = BoxStream<'static, Result<Bytes, RawError>>;

/// A stream of `Result<B, E>`, where a `B` converts to [`Bytes`] and an `E` to an error.
///
/// The stream must be [`Send`], except in a Worker, which has one thread. There, you can pass the body
/// of a request directly, and an error is anything that implements `Display`.
///
/// ```
/// use kv_runtime::{Bytes, Entry, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let file = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"hello"))]);
/// let store = Store::from(MemoryStore::new());
/// Entry::<Bytes>::new(&store, "file")?.put_stream(file).await?;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stream of pieces of a value",
    label = "pass a `Stream` of `Result<B, E>` that is `Send`, where a `B` is bytes and an `E` an error"
)]
pub trait IntoByteStream {
    /// Converts to a stream of the same pieces.
    fn into_byte_stream(self) -> ByteStream;
}

#[cfg(not(target_arch = "wasm32"))]
#[diagnostic::do_not_recommend]
impl<S, B, E> IntoByteStream for S
where
    S: Stream<Item = Result<B, E>> + Send + 'static,
    B: Into<Bytes>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn into_byte_stream(self) -> ByteStream {
        self.map(|piece| piece.map(Into::into).map_err(RawError::other)).boxed()
    }
}

#[cfg(target_arch = "wasm32")]
#[diagnostic::do_not_recommend]
impl<S, B, E> IntoByteStream for S
where
    S: Stream<Item = Result<B, E>> + 'static,
    B: Into<Bytes>,
    E: std::fmt::Display,
{
    fn into_byte_stream(self) -> ByteStream {
        use worker::send::{SendFuture, SendWrapper};

        let pieces = SendWrapper::new(Box::pin(self));
        let pieces = futures_util::stream::unfold(pieces, |mut pieces| {
            SendFuture::new(async move {
                let piece = pieces.next().await?.map(Into::into);
                Some((piece.map_err(|error| RawError::other(error.to_string())), pieces))
            })
        });
        pieces.boxed()
    }
}
