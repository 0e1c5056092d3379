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
        "file:{name}": Bytes,
    },
    values: [{ key: "limits", value: { perMinute: 60 }, expirationTtl: 3600 }]
}

#[cfg(target_arch = "wasm32")]
mod handler {
    use futures_util::{StreamExt as _, TryStreamExt as _, future::try_join_all, stream};
    use kv_runtime::{Bytes, Error};
    use worker::{Context, Env, Request, Response, Result, event};

    use super::{Daily, daily};

    #[event(fetch)]
    async fn fetch(_request: Request, env: Env, _context: Context) -> Result<Response> {
        match broken(&Daily::from_env(&env)?).await {
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

        let pieces = (0..20_u8).map(|n| Ok::<_, Error>(Bytes::from(vec![n; 100_000])));
        daily.file("big").put_stream(stream::iter(pieces)).await?;
        let Some(pieces) = daily.file("big").get_stream().await? else {
            return Ok(Some("a stream is there"));
        };
        let whole = pieces.try_fold(Vec::new(), |mut whole, piece| async move {
            whole.extend_from_slice(&piece);
            Ok(whole)
        });
        let expected: Vec<u8> = (0..20_u8).flat_map(|n| vec![n; 100_000]).collect();
        if whole.await? != expected || daily.file("none").get_stream().await?.is_some() {
            return Ok(Some("bytes stream as they are"));
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
}
