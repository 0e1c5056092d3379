//! A Worker that does with its binding what an application does all day, and answers with the first
//! promise that is not kept.

#![deny(missing_docs)]

use kv_runtime::{Bytes, kv_namespace};

kv_namespace! {
    /// What is tried.
    pub struct Daily;
    title: "daily",
    keys: {
        "profile:{tenant}/{id: u64}": String { metadata: u32, as: profile },
        "file:{name}": Bytes { metadata: u32 },
    },
    values: [{ key: "limits", value: { perMinute: 60 }, expirationTtl: 3600 }]
}

#[cfg(target_arch = "wasm32")]
mod handler {
    use futures_util::{StreamExt as _, TryStreamExt as _, future::try_join_all, stream};
    use kv_runtime::{Bytes, Error, ReadOnly};
    use worker::{Context, Env, Method, Request, Response, Result, event};

    use super::{Daily, daily};

    #[event(fetch)]
    async fn fetch(mut request: Request, env: Env, _context: Context) -> Result<Response> {
        let daily = Daily::from_env(&env)?;
        if request.method() == Method::Put {
            // A body passes through as it arrives.
            let put = daily.file("body").put_stream(request.stream()?).metadata(&7);
            put.expiration_ttl(3600).await?;
            return Response::ok("it was put");
        }
        match broken(&daily).await {
            Ok(None) => Response::ok("all promises are kept"),
            Ok(Some(promise)) => Response::error(promise, 500),
            Err(error) => Response::error(format!("{error:?}"), 500),
        }
    }

    /// The first promise that is not kept.
    async fn broken(daily: &Daily) -> std::result::Result<Option<&'static str>, Error> {
        let store = daily.store();
        if daily.limits().update(|_| ()).await?.is_some() || daily.limits().exists().await? {
            return Ok(Some("what is not there is none"));
        }
        daily.limits().put(&daily::Limits { per_minute: 60 }).await?;
        let before = daily.limits().info().await?.and_then(|info| info.expiration);
        let changed = daily.limits().update(|limits| limits.per_minute += 1).await?;
        let after = daily.limits().info().await?.and_then(|info| info.expiration);
        if changed.map(|limits| limits.per_minute) != Some(61)
            || before.is_none()
            || before != after
        {
            return Ok(Some("an update keeps the expiration"));
        }

        let profile = |id: u64| daily.profile("acme", id);
        store.put_many((0..130).map(|id| profile(id).put(&format!("é{id}")).metadata(&7))).await?;
        let got = store.get_many((0..131).map(profile)).await?;
        let expected = (0..130).map(|id| Some(format!("é{id}"))).chain([None]);
        if !got.into_iter().eq(expected) {
            return Ok(Some("many values come in the order of their keys"));
        }
        let pairs = store.get_many_with_metadata([profile(1), profile(999)]).await?;
        if pairs != [Some(("é1".to_owned(), Some(7))), None] {
            return Ok(Some("many come with their metadata"));
        }
        let reads = try_join_all((0..5).map(|id| profile(id).get())).await?;
        if reads.iter().any(Option::is_none) {
            return Ok(Some("requests are futures"));
        }

        let files = [b"\xff\x00".to_vec(), "text \u{fffd}".as_bytes().to_vec()];
        for (name, content) in ["a", "b"].into_iter().zip(&files) {
            daily.file(name).put(content).await?;
        }
        let got = store.get_many(["a", "b", "c"].map(|name| daily.file(name))).await?;
        if got != [Some(Bytes::from(files[0].clone())), Some(Bytes::from(files[1].clone())), None] {
            return Ok(Some("bytes come among many as they are"));
        }

        if let Some(promise) = broken_stream(daily, &daily.reader()).await? {
            return Ok(Some(promise));
        }

        let list = || daily.profile_list().within("acme");
        let (mut cursor, mut count) = (None, 0);
        loop {
            let page = list().page(50, cursor).await?;
            count += page.items.len();
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        if count != 130 || list().count().await? != 130 {
            return Ok(Some("pages have every key once"));
        }
        if list().delete_all().await? != 130 || daily.profile_list().next().await.is_some() {
            return Ok(Some("a listing is deleted"));
        }
        Ok(None)
    }

    /// How many pages of 64 KiB the Worker's memory may grow by while 24 MB pass through it.
    const PAGES: usize = 64;

    /// The same of streams.
    async fn broken_stream(
        daily: &Daily,
        reader: &Daily<ReadOnly>,
    ) -> std::result::Result<Option<&'static str>, Error> {
        let big = daily.file("big");
        let before = core::arch::wasm32::memory_size(0);
        let pieces = |count: u8| (0..count).map(|n| Ok::<_, Error>(vec![n; 100_000]));
        big.put_stream(stream::iter(pieces(240))).await?;
        let Some(mut read) = reader.file("big").get_stream().await? else {
            return Ok(Some("a stream is there"));
        };
        let mut expected = (0..240_u8).flat_map(|n| std::iter::repeat_n(n, 100_000));
        while let Some(piece) = read.try_next().await? {
            if !piece.iter().eq(expected.by_ref().take(piece.len()).collect::<Vec<_>>().iter()) {
                return Ok(Some("bytes stream as they are"));
            }
        }
        if expected.next().is_some() || reader.file("none").get_stream().await?.is_some() {
            return Ok(Some("bytes stream to their end"));
        }
        if core::arch::wasm32::memory_size(0) - before > PAGES {
            return Ok(Some("a value that streams never lies whole in a Worker's memory"));
        }

        let small = daily.file("small");
        small.put(b"old").await?;
        let pieces = [Ok(vec![1; 100_000]), Ok(Vec::new()), Err("the source broke off")];
        let error = small.put_stream(stream::iter(pieces)).await;
        if !error.is_err_and(|error| error.to_string() == "the source broke off") {
            return Ok(Some("what broke a stream off is told"));
        }
        let error =
            small.put_stream(stream::repeat_with(|| Ok::<_, Error>(vec![0; 100_000]))).await;
        if !matches!(error, Err(Error::ValueTooLarge { .. })) {
            return Ok(Some("a stream without an end is too large"));
        }
        small.put_stream(stream::empty::<std::result::Result<Vec<u8>, Error>>()).await?;
        if small.get().await?.as_deref() != Some(b"") {
            return Ok(Some("a stream can be empty"));
        }
        Ok(None)
    }
}
