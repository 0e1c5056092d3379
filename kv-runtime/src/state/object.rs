//! States in an object store that has conditional writes, such as S3 or R2: `PREFIX/APP/STAGE.json`.
//!
//! The lock is an object, `STAGE.lock`, that its holder rewrites while it is alive. One that was
//! not rewritten for [`LEASE`] is taken over. Ages are measured by the store's clock alone, so a
//! host whose clock is wrong neither steals a lock nor loses one. Every write names the version
//! that it replaces, so that even a lock that was taken over by mistake loses no update.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{
    Error, ObjectMeta, ObjectStore as Objects, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    RetryConfig, UpdateVersion,
};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use crate::chain::{chain, with_sources};

use super::store::{Holder, Lock, ObjectError, StageKey, StateError, StateStore};

/// How long a lock lasts that nobody rewrites.
const LEASE: Duration = Duration::from_mins(2);

/// How often a lock is rewritten: three times may fail before it ends.
const RENEWAL: Duration = Duration::from_secs(30);

/// How long a request to the store is tried: well within a lease.
const TRYING: Duration = Duration::from_secs(30);

/// Keeps states in an object store.
#[derive(Debug, Clone)]
pub struct ObjectStore {
    objects: Arc<dyn Objects>,
    prefix: Path,
    /// For messages.
    url: String,
    /// After how long a lock that was not rewritten is taken over.
    lease: Duration,
}

impl ObjectStore {
    /// The store that `s3://BUCKET/PREFIX` names.
    ///
    /// Credentials, region and endpoint come from the standard variables: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL` (for R2:
    /// `https://ACCOUNT.r2.cloudflarestorage.com` and the region `auto`). An endpoint without TLS
    /// is for this machine only.
    pub fn s3(url: &str) -> Result<Self, StateError> {
        let unknown = || StateError::UnknownStore(url.to_owned());
        let rest = url.strip_prefix("s3://").ok_or_else(unknown)?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(unknown());
        }
        let prefix = Path::parse(prefix.trim_end_matches('/')).map_err(|_| unknown())?;
        let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok());
        let local = endpoint.as_deref().is_some_and(|endpoint| {
            endpoint.starts_with("http://") && kv_rules::check_base_url(endpoint).is_ok()
        });
        let retry = RetryConfig { retry_timeout: TRYING, ..RetryConfig::default() };
        let builder = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_allow_http(local)
            .with_retry(retry);
        let builder = match endpoint {
            Some(endpoint) => builder.with_endpoint(endpoint),
            None => builder,
        };
        let objects = builder.build().map_err(|error| StateError::Object {
            action: "use",
            url: url.to_owned(),
            source: plain(&error),
        })?;
        let url = url.trim_end_matches('/').to_owned();
        Ok(Self { objects: Arc::new(objects), prefix, url, lease: LEASE })
    }

    fn path(&self, stage: &StageKey, suffix: &str) -> Path {
        self.prefix.clone().join(stage.app()).join(format!("{}{suffix}", stage.stage()))
    }

    fn failed(&self, action: &'static str, path: &Path) -> impl Fn(Error) -> StateError + use<> {
        let url = self.url.strip_suffix(self.prefix.as_ref()).unwrap_or(&self.url);
        let url = format!("{}/{path}", url.trim_end_matches('/'));
        move |error| StateError::Object { action, url: url.clone(), source: plain(&error) }
    }

    /// Writes an object when it still has the version that is named; `None`: when it is not there.
    async fn put(
        &self,
        path: &Path,
        bytes: Bytes,
        version: Option<UpdateVersion>,
    ) -> Result<UpdateVersion, Error> {
        let mode = version.map_or(PutMode::Create, PutMode::Update);
        let options = PutOptions::from(mode);
        match self.objects.put_opts(path, bytes.clone().into(), options).await {
            Ok(result) => Ok(result.into()),
            Err(error) if is_conflict(&error) => {
                // An answer may have been lost and the write repeated: then it is there.
                let found = self.objects.get(path).await?;
                let version = version_of(&found.meta);
                if found.bytes().await? == bytes { Ok(version) } else { Err(error) }
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the lock of somebody who did not rewrite it for a lease, or says who holds it.
    async fn take_over(
        &self,
        stage: &StageKey,
        path: &Path,
        holder: Bytes,
    ) -> Result<UpdateVersion, StateError> {
        let failed = self.failed("read the lock", path);
        let found = match self.objects.get(path).await {
            Ok(found) => found,
            // It was given back in between.
            Err(Error::NotFound { .. }) => {
                let taken = self.put(path, holder, None).await;
                return taken.map_err(|error| self.refused(stage, None, error, path));
            }
            Err(error) => return Err(failed(error)),
        };
        let meta = found.meta.clone();
        let other = found.bytes().await.map_err(&failed)?;
        let other: Option<Holder> = serde_json::from_slice(&other).ok();
        let now = self.probe(path).await.map_err(&failed)?;
        let age = now.last_modified - meta.last_modified;
        if age.to_std().is_ok_and(|age| age > self.lease) {
            let taken = self.put(path, holder, Some(version_of(&meta))).await;
            return taken.map_err(|error| self.refused(stage, other, error, path));
        }
        Err(locked(stage, other))
    }

    fn refused(
        &self,
        stage: &StageKey,
        other: Option<Holder>,
        error: Error,
        path: &Path,
    ) -> StateError {
        if is_conflict(&error) {
            return locked(stage, other);
        }
        self.failed("take the lock", path)(error)
    }

    /// Proves that the store refuses a write whose condition does not hold: one that does not would
    /// give every deploy the lock, and let each overwrite what others wrote.
    async fn prove_conditions(&self, lock: &Path) -> Result<(), StateError> {
        let other = UpdateVersion { e_tag: Some("\"of-no-version\"".to_owned()), version: None };
        for (mode, condition) in
            [(PutMode::Create, "If-None-Match"), (PutMode::Update(other), "If-Match")]
        {
            match self.objects.put_opts(lock, PutPayload::new(), PutOptions::from(mode)).await {
                Err(error) if is_conflict(&error) => {}
                Err(error) => return Err(self.failed("take the lock", lock)(error)),
                Ok(_) => {
                    // It overwrote the lock: whoever holds it does not have it for sure any more.
                    let _ = self.objects.delete(lock).await;
                    return Err(StateError::Unconditional { url: self.url.clone(), condition });
                }
            }
        }
        Ok(())
    }

    /// What the store says of an object written just now: its own time.
    async fn probe(&self, lock: &Path) -> Result<ObjectMeta, Error> {
        let path = Path::from(format!("{lock}-{:016x}", rand::random::<u64>()));
        self.objects.put(&path, PutPayload::new()).await?;
        let meta = self.objects.head(&path).await;
        self.objects.delete(&path).await?;
        meta
    }
}

#[async_trait]
impl StateStore for ObjectStore {
    fn location(&self, stage: &StageKey) -> String {
        format!("{}/{}/{}.json", self.url, stage.app(), stage.stage())
    }

    async fn read(&self, stage: &StageKey) -> Result<Option<Vec<u8>>, StateError> {
        let path = self.path(stage, ".json");
        let read = async { self.objects.get(&path).await?.bytes().await };
        match read.await {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("read", &path)(error)),
        }
    }

    async fn lock(&self, stage: &StageKey, holder: &Holder) -> Result<Box<dyn Lock>, StateError> {
        let path = self.path(stage, ".lock");
        let holder = Bytes::from(serde_json::to_vec(holder).map_err(StateError::Serialize)?);
        let version = match self.put(&path, holder.clone(), None).await {
            Ok(version) => version,
            Err(error) if is_conflict(&error) => {
                self.take_over(stage, &path, holder.clone()).await?
            }
            Err(error) => return Err(self.failed("take the lock", &path)(error)),
        };
        self.prove_conditions(&path).await?;
        let document = self.path(stage, ".json");
        let current = match self.objects.head(&document).await {
            Ok(meta) => Some(version_of(&meta)),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(self.failed("read", &document)(error)),
        };
        let lease = Arc::new(Mutex::new(Some(version)));
        let renewal = tokio::spawn(renew(self.clone(), path.clone(), holder, Arc::clone(&lease)));
        let (stage, store) = (stage.clone(), self.clone());
        Ok(Box::new(ObjectLock { store, stage, document, current, path, lease, renewal }))
    }

    async fn apps(&self) -> Result<Vec<String>, StateError> {
        let listed = self.objects.list_with_delimiter(Some(&self.prefix)).await;
        let listed = listed.map_err(self.failed("list", &self.prefix))?;
        let apps = listed.common_prefixes.iter().filter_map(Path::filename);
        let mut apps: Vec<_> = apps.map(str::to_owned).collect();
        apps.sort_unstable();
        Ok(apps)
    }

    async fn stages(&self, app: &str) -> Result<Vec<String>, StateError> {
        let folder = self.prefix.clone().join(app);
        let listed = self.objects.list_with_delimiter(Some(&folder)).await;
        let listed = listed.map_err(self.failed("list", &folder))?;
        let names = listed.objects.iter().filter_map(|object| object.location.filename());
        let stages = names.filter_map(|name| name.strip_suffix(".json"));
        let mut stages: Vec<_> = stages.map(str::to_owned).collect();
        stages.sort_unstable();
        Ok(stages)
    }

    async fn unlock(&self, stage: &StageKey) -> Result<Option<Holder>, StateError> {
        let path = self.path(stage, ".lock");
        let break_lock = async {
            let holder = self.objects.get(&path).await?.bytes().await?;
            self.objects.delete(&path).await?;
            Ok(holder)
        };
        match break_lock.await {
            Ok(holder) => Ok(serde_json::from_slice(&holder).ok()),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed("unlock", &path)(error)),
        }
    }
}

/// The lock of a stage, rewritten until it is given back or dropped.
#[derive(Debug)]
struct ObjectLock {
    store: ObjectStore,
    stage: StageKey,
    document: Path,
    /// The version of the document that the next write replaces.
    current: Option<UpdateVersion>,
    path: Path,
    /// The version of the lock; `None` once somebody else has it.
    lease: Arc<Mutex<Option<UpdateVersion>>>,
    renewal: JoinHandle<()>,
}

#[async_trait]
impl Lock for ObjectLock {
    async fn write(&mut self, document: Vec<u8>) -> Result<(), StateError> {
        if self.lease.lock().await.is_none() {
            return Err(self.lost());
        }
        match self.store.put(&self.document, document.into(), self.current.clone()).await {
            Ok(version) => {
                self.current = Some(version);
                Ok(())
            }
            Err(error) if is_conflict(&error) => Err(self.lost()),
            Err(error) => Err(self.store.failed("write", &self.document)(error)),
        }
    }

    async fn release(self: Box<Self>) -> Result<(), StateError> {
        self.renewal.abort();
        if self.lease.lock().await.is_none() {
            return Ok(());
        }
        match self.store.objects.delete(&self.path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.store.failed("unlock", &self.path)(error)),
        }
    }
}

impl ObjectLock {
    fn lost(&self) -> StateError {
        StateError::LockLost { location: self.store.location(&self.stage) }
    }
}

impl Drop for ObjectLock {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Rewrites the lock until it is somebody else's.
async fn renew(
    store: ObjectStore,
    path: Path,
    holder: Bytes,
    lease: Arc<Mutex<Option<UpdateVersion>>>,
) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let mut version = lease.lock().await;
        let options = PutOptions::from(PutMode::Update(match &*version {
            Some(version) => version.clone(),
            None => return,
        }));
        match store.objects.put_opts(&path, holder.clone().into(), options).await {
            Ok(renewed) => *version = Some(renewed.into()),
            Err(error) if is_conflict(&error) => *version = None,
            Err(error) => tracing::warn!(%error, "cannot renew the lock; trying again"),
        }
    }
}

fn is_conflict(error: &Error) -> bool {
    // A version of an object that is gone is no version either.
    matches!(
        error,
        Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotFound { .. }
    )
}

fn version_of(meta: &ObjectMeta) -> UpdateVersion {
    UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() }
}

fn locked(stage: &StageKey, holder: Option<Holder>) -> StateError {
    let stage = format!("{}/{}", stage.app(), stage.stage());
    StateError::Locked { stage, holder, alive: false }
}

/// An error of the store in one line: what the server says, without the request's own words around
/// it and without the XML.
fn plain(error: &Error) -> ObjectError {
    let whole = with_sources(error);
    let tag = |name: &str| {
        let (_, rest) = whole.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    };
    let innermost = chain(error).last();
    let text = match (tag("Code"), tag("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => innermost.map_or(whole, ToString::to_string),
    };
    ObjectError(text.escape_debug().to_string())
}

#[cfg(test)]
mod tests {
    use futures_util::stream::BoxStream;
    use object_store::memory::InMemory;
    use object_store::{
        CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, PutMultipartOptions,
        PutResult,
    };

    use super::*;
    use crate::state::Session;

    fn store(lease: Duration) -> ObjectStore {
        let url = "s3://bucket/states".to_owned();
        let prefix = Path::from("states");
        ObjectStore { objects: Arc::new(InMemory::new()), prefix, url, lease }
    }

    fn stage() -> StageKey {
        StageKey::new("shop", "dev").unwrap()
    }

    #[tokio::test]
    async fn the_lock_of_a_dead_holder_is_taken_over_after_its_lease() {
        let store = store(Duration::ZERO);
        drop(Session::open(&store, &stage()).await.unwrap());
        Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
    }

    #[tokio::test]
    async fn before_its_lease_ends_a_lock_is_honoured() {
        let store = store(LEASE);
        drop(Session::open(&store, &stage()).await.unwrap());
        let error = Session::open(&store, &stage()).await.unwrap_err();
        assert!(matches!(error, StateError::Locked { holder: Some(_), .. }), "{error}");
        let holder = store.unlock(&stage()).await.unwrap().unwrap();
        assert_eq!(holder.pid, std::process::id());
        Session::open(&store, &stage()).await.unwrap().close().await.unwrap();
    }

    #[tokio::test]
    async fn who_was_taken_for_dead_and_is_not_writes_nothing_over() {
        let store = store(Duration::ZERO);
        let mut slow = Session::open(&store, &stage()).await.unwrap();
        let mut quick = Session::open(&store, &stage()).await.unwrap();
        quick.save().await.unwrap();
        let saved = store.read(&stage()).await.unwrap();
        let error = slow.save().await.unwrap_err();
        assert!(matches!(error, StateError::LockLost { .. }), "{error}");
        assert_eq!(store.read(&stage()).await.unwrap(), saved);
    }

    #[tokio::test]
    async fn nothing_but_the_document_is_left_behind() {
        let store = store(Duration::ZERO);
        drop(Session::open(&store, &stage()).await.unwrap());
        let mut session = Session::open(&store, &stage()).await.unwrap();
        session.save().await.unwrap();
        session.close().await.unwrap();
        let left = store.objects.list_with_delimiter(Some(&Path::from("states/shop"))).await;
        let left: Vec<_> = left.unwrap().objects.into_iter().map(|o| o.location).collect();
        assert_eq!(left, [Path::from("states/shop/dev.json")]);
    }

    /// A store that ignores one condition of a write, or both.
    #[derive(Debug)]
    struct Unconditional {
        store: InMemory,
        ignores_create: bool,
    }

    impl std::fmt::Display for Unconditional {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.store.fmt(f)
        }
    }

    #[async_trait]
    impl Objects for Unconditional {
        async fn put_opts(
            &self,
            path: &Path,
            bytes: PutPayload,
            mut options: PutOptions,
        ) -> object_store::Result<PutResult> {
            if self.ignores_create || !matches!(options.mode, PutMode::Create) {
                options.mode = PutMode::Overwrite;
            }
            self.store.put_opts(path, bytes, options).await
        }

        async fn put_multipart_opts(
            &self,
            path: &Path,
            options: PutMultipartOptions,
        ) -> object_store::Result<Box<dyn MultipartUpload>> {
            self.store.put_multipart_opts(path, options).await
        }

        async fn get_opts(
            &self,
            path: &Path,
            options: GetOptions,
        ) -> object_store::Result<GetResult> {
            self.store.get_opts(path, options).await
        }

        fn delete_stream(
            &self,
            paths: BoxStream<'static, object_store::Result<Path>>,
        ) -> BoxStream<'static, object_store::Result<Path>> {
            self.store.delete_stream(paths)
        }

        fn list(
            &self,
            prefix: Option<&Path>,
        ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
            self.store.list(prefix)
        }

        async fn list_with_delimiter(
            &self,
            prefix: Option<&Path>,
        ) -> object_store::Result<ListResult> {
            self.store.list_with_delimiter(prefix).await
        }

        async fn copy_opts(
            &self,
            from: &Path,
            to: &Path,
            options: CopyOptions,
        ) -> object_store::Result<()> {
            self.store.copy_opts(from, to, options).await
        }
    }

    #[tokio::test]
    async fn a_store_that_ignores_a_condition_is_refused_by_name_and_left_empty() {
        for (ignores_create, ignored) in [(true, "If-None-Match"), (false, "If-Match")] {
            let objects = Arc::new(Unconditional { store: InMemory::new(), ignores_create });
            let store = ObjectStore { objects: objects.clone(), ..store(LEASE) };
            let opened = (0..8).map(|_| async { Session::open(&store, &stage()).await });
            for opened in futures_util::future::join_all(opened).await {
                let error = opened.unwrap_err();
                let refused = matches!(&error, StateError::Unconditional { condition, .. } if *condition == ignored);
                let locked = matches!(&error, StateError::Locked { .. });
                assert!(refused || (locked && !ignores_create), "{error}");
            }
            let left = objects.list_with_delimiter(Some(&Path::from("states/shop"))).await.unwrap();
            assert!(left.objects.is_empty(), "{left:?}");
        }
    }

    #[test]
    fn what_the_server_says_is_shown_once_and_without_its_xml() {
        let said = "Server returned non-2xx status code: 403 Forbidden: <?xml version=\"1.0\"?>\n\
             <Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        let source = Box::new(std::io::Error::other(said));
        let error = plain(&Error::Generic { store: "S3", source });
        assert_eq!(error.to_string(), "AccessDenied: Access Denied");
        let source = Box::new(std::io::Error::other("connection refused\r\n::error::x"));
        let error = plain(&Error::Generic { store: "S3", source });
        assert_eq!(error.to_string(), "connection refused\\r\\n::error::x");
    }

    #[test]
    fn a_url_names_a_bucket() {
        for bad in ["s3://", "s3:bucket", "s3:///prefix", "gs://bucket"] {
            let error = ObjectStore::s3(bad).unwrap_err();
            assert!(matches!(error, StateError::UnknownStore(_)), "{bad}: {error}");
        }
    }
}
